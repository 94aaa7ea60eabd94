#include <algorithm>

#include "model_facts.h"
#include "resolver.h"
#include "value_parser.h"
#include "weir/routing/plan.h"

namespace weir::control {

namespace {

constexpr std::size_t kMostConsidered = routing::Plan::kMost;

/// A number that was written; else the default stays.
template <class Number>
void take(const Written<std::uint64_t>& written, Number& into) {
  if (written.value) into = static_cast<Number>(*written.value);
}

}  // namespace

void Resolver::resolve_models() {
  std::set<std::size_t> used;
  for (WrittenModel& written : written_.models) {
    catalog::Model& model = models_.emplace_back();
    model.name = written.name;
    model.policy = {
        .unsupported_parameters = written.unsupported_parameters.value.value_or(written_.unsupported_parameters),
        .include_reasoning = written.include_reasoning};
    const std::string key = "models." + written.name;
    for (std::size_t i = 0; i < written.deployments.size(); ++i)
      resolve_deployment(written.deployments[i], key + ".deployments[" + std::to_string(i) + "]", model, used);
    resolve_route(written, key, model);
  }
  if (written_.expose_provider_models || !errors_.empty()) return;
  if (models_.empty())
    report({}, "", "there is no model that a client could ask for.",
           "Add models, or write expose_provider_models: true to offer provider/model names.");
  for (std::size_t i = 0; i < providers_.size(); ++i)
    if (!used.contains(i)) warn("providers." + providers_[i].name + ": no model uses this provider.");
}

void Resolver::resolve_deployment(const WrittenDeployment& written, const std::string& key, catalog::Model& model,
                                  std::set<std::size_t>& used) {
  if (!written.reference.value) return;
  const Bytes reference = *written.reference.value;
  const auto found = provider_of(reference, written.reference.at, key);
  if (!found) return;
  const std::size_t index = *found;
  const Bytes model_id = reference.substr(reference.find('/') + 1);
  for (const catalog::Deployment& earlier : model.deployments)
    if (earlier.provider == index && earlier.model_id == model_id)
      return report(written.reference.at, key, "this deployment is in the list already.", "Remove one of the two.");
  used.insert(index);
  model.deployments.push_back({.provider = index, .model_id = std::string(model_id)});
  catalog::DeploymentPolicy& policy = model.deployments.back().route;
  take(written.weight, policy.weight);
  take(written.quality, policy.quality);
  take(written.max_in_flight, policy.most_in_flight);
  policy.tags = take_tags(written.tags, key + ".tags");
  if (!written.quota_group.value) return;
  policy.quota_group = *written.quota_group.value;
  // Health is kept for a deployment, however many models have it.
  const auto [earlier, is_new] = quota_groups_.emplace(reference, policy.quota_group);
  if (!is_new && earlier->second != policy.quota_group)
    report(written.quota_group.at, key + ".quota_group",
           "elsewhere this deployment is in the group " + earlier->second + ".", "Name the same one.");
}

std::optional<std::size_t> Resolver::provider_of(Bytes reference, Position at, const std::string& key) {
  const Bytes provider = reference.substr(0, reference.find('/'));
  const auto found = std::ranges::find(providers_, provider, &catalog::Provider::name);
  if (found != providers_.end()) return static_cast<std::size_t>(found - providers_.begin());
  std::vector<Bytes> names;
  for (const catalog::Provider& known : providers_) names.push_back(known.name);
  const Bytes similar = nearest(provider, names);
  report(at, key, "there is no provider \"" + std::string(provider) + "\".",
         similar.empty() ? "Name one of the entries of providers before the slash."
                         : "Did you mean " + std::string(similar) + "?");
  return std::nullopt;
}

void Resolver::resolve_route(const WrittenModel& written, const std::string& key, catalog::Model& model) {
  catalog::RoutePolicy& route = model.route;
  route.strategy = written.strategy.value.value_or(route.strategy);
  route.affinity = written.affinity.value.value_or(route.affinity);
  route.after_commit = written.after_commit.value.value_or(route.after_commit);
  take(written.quality, route.least_quality);
  take(written.max_cost, route.most_cost_nano_usd);
  take(written.assumed_output_tokens, route.assumed_output_tokens);
  take(written.attempts, route.most_attempts);
  if (written.max_ttft.value) route.most_ttft_ms = static_cast<std::uint32_t>(to_ms(*written.max_ttft.value));
  route.require_tags = take_tags(written.require_tags, key + ".require_tags");
  route.forbid_tags = take_tags(written.forbid_tags, key + ".forbid_tags");
  resolve_blend(written, key, route);
  check_tags(written, key, model);
  if (written.deployments.size() > kMostConsidered)
    warn(key + ": it has " + std::to_string(written.deployments.size()) + " deployments; those behind the first " +
         std::to_string(kMostConsidered) + " are never asked.");
  const auto is_spare = [](const catalog::Deployment& deployment) { return deployment.route.weight == 0; };
  if (route.strategy == catalog::Strategy::weighted && !model.deployments.empty() &&
      std::ranges::all_of(model.deployments, is_spare))
    report(written.strategy.at, key + ".strategy", "every deployment has the weight 0.",
           "Give one of them a weight, or write strategy: priority.");
}

void Resolver::resolve_blend(const WrittenModel& written, const std::string& key, catalog::RoutePolicy& route) {
  catalog::BlendWeights& blend = route.blend;
  take(written.blend.cost, blend.cost);
  take(written.blend.latency, blend.latency);
  take(written.blend.in_flight, blend.in_flight);
  take(written.blend.failures, blend.failures);
  take(written.blend.quality, blend.quality);
  if (blend.cost + blend.latency + blend.in_flight + blend.failures + blend.quality == 0)
    report(written.blend.at, key + ".blend", "nothing counts anything.", "Give one of the figures a weight.");
  if (written.blend.at.line != 0 && route.strategy != catalog::Strategy::blend && !is_misread(key + ".strategy"))
    warn(key + ".blend: the strategy is " + std::string(catalog::to_string(route.strategy)) +
         ", so this changes nothing.");
}

std::vector<std::string> Resolver::take_tags(const std::vector<Written<std::string>>& written, const std::string& key) {
  std::vector<std::string> tags;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const auto& [tag, at] = written[i];
    const std::string entry = key + "[" + std::to_string(i) + "]";
    if (std::ranges::find(tags, *tag) != tags.end())
      report(at, entry, "this tag is in the list already.", "Remove one of the two.");
    else
      tags.push_back(*tag);
    if (tags_.insert(*tag).second && tags_.size() == catalog::RoutePolicy::kMostTags + 1)
      report(at, entry,
             "this is the " + std::to_string(tags_.size()) +
                 "th different tag of the file, one more than there can "
                 "be.",
             "Use fewer tags: they are for what models require or forbid.");
  }
  return tags;
}

void Resolver::check_tags(const WrittenModel& written, const std::string& key, const catalog::Model& model) {
  if (model.deployments.empty() || is_misread(key + ".deployments")) return;
  const auto has = [](const catalog::Deployment& deployment, const std::string& tag) {
    return std::ranges::find(deployment.route.tags, tag) != deployment.route.tags.end();
  };
  const auto may_be_asked = [&](const catalog::Deployment& deployment) {
    return std::ranges::all_of(model.route.require_tags, [&](const auto& tag) { return has(deployment, tag); }) &&
           std::ranges::none_of(model.route.forbid_tags, [&](const auto& tag) { return has(deployment, tag); });
  };
  if (std::ranges::any_of(model.deployments, may_be_asked)) return;
  const bool requires_some = !written.require_tags.empty();
  report(requires_some ? written.require_tags[0].at : written.forbid_tags[0].at,
         key + (requires_some ? ".require_tags" : ".forbid_tags"), "no deployment of the model is left.",
         "Write tags beside its deployments, as in {deployment: openai/gpt-4o-mini, tags: [eu]}.");
}

void Resolver::resolve_model_facts() {
  for (const WrittenModelFacts& written : written_.model_facts) {
    const std::string key = "model_facts." + written.name;
    const auto provider = provider_of(written.name, written.at, key);
    if (!provider || !providers_[*provider].kind) continue;
    const catalog::ProviderKind& kind = *providers_[*provider].kind;
    catalog::OwnFacts& own = facts_.emplace_back();
    own.provider = *provider;
    own.model_id = written.name.substr(written.name.find('/') + 1);
    const catalog::ModelRow* known = catalog::find_model(kind, own.model_id);
    own.row = with_written(written, known ? *known : catalog::ModelRow{.kind = kind.name});
    for (std::size_t i = 0; i < written.cannot.size(); ++i)
      if (std::ranges::any_of(written.can, [&](const auto& can) { return can.value == written.cannot[i].value; }))
        report(written.cannot[i].at, key + ".cannot[" + std::to_string(i) + "]", "it stands in can as well.",
               "Remove one of the two.");
    if (!written_.expose_provider_models && !is_deployed(own)) warn(key + ": no model has this deployment.");
  }
}

bool Resolver::is_deployed(const catalog::OwnFacts& own) const {
  return std::ranges::any_of(models_, [&own](const catalog::Model& model) {
    return std::ranges::any_of(model.deployments, [&own](const catalog::Deployment& deployment) {
      return deployment.provider == own.provider && deployment.model_id == own.model_id;
    });
  });
}

void Resolver::check_prices() {
  if (written_.unknown_price != catalog::UnknownPrice::block) return;
  for (std::size_t m = 0; m < written_.models.size(); ++m) {
    const catalog::Model& model = config_.catalog.models()[m];
    for (std::size_t i = 0; i < model.deployments.size(); ++i) {
      const catalog::Deployment& deployment = model.deployments[i];
      if (deployment.facts && deployment.facts->price.known()) continue;
      const std::string name = config_.catalog.providers()[deployment.provider].name + "/" + deployment.model_id;
      report(written_.models[m].deployments[i].at, "models." + model.name + ".deployments[" + std::to_string(i) + "]",
             "nobody knows what " + name + " costs, and unknown_price is block.",
             "Write its price in model_facts, or unknown_price: allow.");
    }
  }
}

}  // namespace weir::control
