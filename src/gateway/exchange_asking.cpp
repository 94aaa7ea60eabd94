// What a deployment is asked: the client's own bytes with edits, a translation of them, or the rest of an answer that
// broke off.
#include "exchange.h"
#include "weir/catalog/model_traits.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/continuation.h"

namespace weir::gateway {

/// False: it cannot be asked this; the attempt has failed, or the client has been refused.
bool Exchange::write_request(Asking& asking) {
  const catalog::Provider& provider = *asking.target.provider;
  const dialect::Envelope& envelope = race_->envelope;
  // The first attempt is written in the turn that has made the plan.
  const Bytes planned = std::exchange(race_->text, {});
  const Bytes text = planned.empty() ? race_->body.contiguous(gateway_.context().scratch) : planned;
  const bool collects = !envelope.stream && provider.quirks.has(dialect::Quirk::stream_only);
  asking.call = {
      .dialect = record_.provider_dialect, .model = asking.target.model_id, .stream = envelope.stream || collects};
  if (catalog::has_model_in_path(provider, record_.provider_dialect) && !is_path_safe(asking.target.model_id))
    return refused(Fault::model_not_found, {.text = {}, .param = "model"});
  if (is_for_rest()) return write_rest(asking, text);
  if (endpoint_.operation == Operation::count_tokens) return write_count(asking, text);
  if (record_.provider_dialect != endpoint_.client || collects) return translate_request(asking, text);

  // Usage is asked for in every stream; a client that did not ask does not get to see it.
  withhold_usage_ = dialect::withholds_usage(endpoint_.client, envelope);
  dialect::Loss loss(asking.target.policy->unsupported_parameters);
  asking.edits = dialect::write_passthrough(endpoint_.client, envelope, text, target_of(asking), asking.scratch, loss);
  if (!accept(loss)) return false;
  const bool stitches = may_stitch(text);
  if (endpoint_.array || stitches)  // (for an array it is asked for events)
    make_lane({.provider = record_.provider_dialect, .include_usage = !withhold_usage_, .array = endpoint_.array});
  if (stitches) lane_->stitches = true;
  return true;
}

/// Whether somebody else may be asked for the rest of a stream. An answer that a provider keeps is its own affair.
bool Exchange::may_stitch(const dialect::Request& request) const {
  const bool is_kept = endpoint_.client == dialect::Dialect::openai_responses &&
                       record_.provider_dialect == endpoint_.client && request.store.value_or(true);
  return !is_kept && dialect::can_be_continued(request);
}

bool Exchange::may_stitch(Bytes text) {
  if (!wants_stitching()) return false;
  const auto& [request, loss] = read(text);
  return !loss.refused() && may_stitch(request);
}

bool Exchange::wants_stitching() const {
  const catalog::Model* const model = race_->resolution->model();
  return model && model->route.after_commit == catalog::AfterCommit::stitch && record_.stream;
}

/// The request for the rest of an answer. What is lost of it cannot be told any more: the client has the head.
bool Exchange::write_rest(Asking& asking, Bytes text) {
  asking.call.stream = true;
  auto& [request, loss] = read(text);
  loss.enforce(asking.target.policy->unsupported_parameters);
  request.stream = true;
  dialect::ask_for_rest(request, lane_->translation->said());
  std::string body;
  dialect::write(record_.provider_dialect, request, target_of(asking), body, loss);
  return accept(loss) && hold_translated(asking, body);
}

dialect::Target Exchange::target_of(const Asking& asking) const {
  return {.model_id = asking.target.model_id,
          .quirks = catalog::quirks_in(*asking.target.provider, asking.call.dialect),
          .traits = asking.target.traits ? *asking.target.traits : catalog::model_traits(asking.target.model_id),
          .budgets = gateway_.catalog().reasoning_budgets(),
          .stream = asking.call.stream};
}

/// True when the request may go to the provider with what it has lost; else the attempt has failed.
bool Exchange::accept(const dialect::Loss& loss) {
  if (loss.refused()) {
    const dialect::Refusal& refusal = loss.refusal();
    // Another deployment may take what this one cannot be given.
    Failure failure{.end = {.blame = routing::Blame::misfit}, .fault = refusal.fault};
    failure.status = row(refusal.fault).status;
    dialect::write_fault(failure.text, endpoint_.client, refusal.fault, {.text = refusal.why, .param = refusal.field});
    fail(std::move(failure));
    return false;
  }
  record_.dropped = static_cast<std::uint16_t>(record_.dropped + loss.dropped().size());
  for (const std::string& name : loss.dropped()) {
    if (!race_->dropped.empty()) race_->dropped += ',';
    race_->dropped += name;
  }
  return true;
}

Reading& Exchange::read(Bytes text) {
  if (race_->reading) return *race_->reading;
  Reading& reading = race_->reading.emplace();
  dialect::read(endpoint_.client, text, reading.request, reading.loss);
  return reading;
}

bool Exchange::translate_request(Asking& asking, Bytes text) {
  auto& [request, loss] = read(text);
  loss.enforce(asking.target.policy->unsupported_parameters);
  if (loss.refused()) return accept(loss);
  request.stream = record_.stream;
  const dialect::Target target = target_of(asking);
  std::string body;
  dialect::write(record_.provider_dialect, request, target, body, loss);
  if (!accept(loss)) return false;

  make_lane({.provider = record_.provider_dialect,
             .include_usage = request.include_usage,
             .include_reasoning = asking.target.policy->include_reasoning,
             .array = endpoint_.array,
             .emulated_schema = dialect::emulates_schema(record_.provider_dialect, request, target)});
  lane_->stitches = wants_stitching() && may_stitch(request);
  return hold_translated(asking, body);
}

/// `context`: what the request says; the rest is the exchange's.
void Exchange::make_lane(const dialect::AnswerContext& context) {
  lane_ = std::make_unique<Lane>(loop_.memory());
  codec::append_json_escaped(lane_->model, record_.model.view());
  lane_->context = context;
  lane_->context.seed = record_.id;
  lane_->context.now = loop_.ring().wall().unix_ns / 1'000'000'000;
  lane_->context.model = lane_->model;
}

bool Exchange::hold_translated(Asking& asking, Bytes text) {
  asking.memory = {loop_.memory(), io::MemoryLedger::Use::request};
  if (!asking.memory.grow_to(net::Body::most_memory(text.size(), loop_.buffers().buffer_bytes())) ||
      !asking.translated.assign(loop_.buffers(), text))
    return refused(Fault::shed);
  return true;
}

}  // namespace weir::gateway
