#include "explanation.h"

#include "weir/base/random.h"
#include "weir/dialect/registry.h"
#include "weir/gateway/ask.h"
#include "weir/routing/explain.h"

namespace weir::control {
namespace {

constexpr std::uint64_t kSeed = 1;  // `latency` draws: the same question has the same answer

std::unexpected<ValueProblem> refuse(std::string problem, std::string advice) {
  return std::unexpected(ValueProblem{std::move(problem), std::move(advice)});
}

std::unexpected<ValueProblem> refuse_model(Bytes model, const catalog::Catalog& catalog) {
  const std::string problem = "no model \"" + std::string(model) + "\" is configured.";
  std::vector<Bytes> names;
  std::string list;
  for (const catalog::Model& known : catalog.models()) {
    names.push_back(known.name);
    list += (list.empty() ? "" : ", ") + known.name;
  }
  const Bytes similar = nearest(model, names);
  if (!similar.empty()) return refuse(problem, "Did you mean " + std::string(similar) + "?");
  return refuse(problem, list.empty() ? "Ask for provider/model." : "The models are " + list + ".");
}

}  // namespace

std::expected<Explanation, ValueProblem> explain(const Question& question, const catalog::Catalog& catalog,
                                                 routing::Router& router, Instant now) {
  const auto envelope = dialect::read_envelope(question.dialect, question.body);
  if (!envelope) {
    const Bytes field = envelope.error().field;
    return refuse(
        "this is not a request that weir takes: " + std::string(row(envelope.error().fault).sentence) +
            (field.empty() ? "" : " (" + std::string(field) + ")"),
        "Write the body as a client sends it; it was read as " + std::string(to_string(question.dialect)) + ".");
  }
  const Bytes model = question.model.empty() ? envelope->model() : question.model;
  if (model.empty())
    return refuse("the request names no model.", "In this dialect it stands in the address: name it with --model.");
  const auto resolution = catalog.find(model);
  if (!resolution) return refuse_model(model, catalog);
  const codec::FieldList none{};
  const codec::FieldList& fields = question.fields ? *question.fields : none;
  if (const Bytes field = gateway::unknown_field(fields); !field.empty())
    return refuse("the header field " + std::string(field) + " says nothing to weir.",
                  std::string(gateway::advice_on(field)));
  routing::Ask ask;
  if (const Bytes field = gateway::read_fields(fields, router, ask); !field.empty())
    return refuse("the header field " + std::string(field) + " cannot be read.",
                  std::string(gateway::advice_on(field)));
  dialect::Request request;
  dialect::Loss loss;
  dialect::read(question.dialect, question.body, request, loss);
  gateway::take_request(request, {}, model, fields, ask);
  Random random(kSeed);
  routing::Plan plan;
  router.plan(*resolution, ask, now, random, plan);
  Explanation explanation{.text = {}, .can_be_asked = !plan.fit().empty()};
  if (question.as_json)
    explanation.text = routing::explain_json(plan, *resolution, router, ask, now) + "\n";
  else
    explanation.text =
        "model " + std::string(model) + ", " + routing::explain_text(plan, *resolution, router, ask, now);
  return explanation;
}

}  // namespace weir::control
