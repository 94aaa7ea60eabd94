#include "exchange.h"

#include <algorithm>

#include "authenticate.h"
#include "cost.h"
#include "refuse.h"
#include "weir/catalog/model_traits.h"
#include "weir/codec/json_writer.h"

namespace weir::gateway {

Exchange::Exchange(Gateway& gateway, net::Downstream& downstream, codec::RequestHead& head)
    : gateway_(gateway), downstream_(downstream), head_(head), loop_(gateway.context().loop) {
  record_.id = loop_.random().next();
  record_.started = downstream.request_started();
  deadline_ = record_.started + gateway.context().options.total_timeout;
  ++gateway.metrics().in_flight;
}

Exchange::~Exchange() {
  downstream_.unwatch();
  --gateway_.metrics().in_flight;
  record_.answer_bytes = downstream_.answer_bytes();
  record_.total_ns = to_ns(loop_.now() - record_.started);
  note_cost(record_);
  gateway_.settle(record_);
}

io::Task<> Exchange::run() {
  const auto endpoint = find_endpoint(head_);
  endpoint_ = endpoint ? *endpoint : Endpoint{.client = dialect_of_client(head_)};
  record_.client_dialect = record_.provider_dialect = endpoint_.client;
  const auto key = authenticate(head_, gateway_.keys());
  if (!key) co_return refuse(key.error());
  record_.key = (*key)->name;
  if (!downstream_.admit()) co_return refuse(Fault::shed);
  if (!endpoint) co_return refuse(endpoint.error());

  switch (endpoint_.operation) {
    case Operation::answer:
      co_await answer();
      if (downstream_.aborted()) note_fault(Fault::shed);  // nothing else was wrong: a buffer was missing
      co_return;
    case Operation::list_models:
      co_return list_models();
    case Operation::show_model:
      co_return show_model();
    case Operation::count_tokens:
      co_return co_await count_tokens();
    case Operation::stored:
      co_return co_await stored();
  }
}

io::Task<> Exchange::answer() {
  codec::ResponseHead* const head = co_await ask_provider();
  if (!head) co_return;
  // The lanes; each ends the answer, or the connection.
  const auto* type = head->find(codec::HeaderId::content_type);
  const bool json = type && type->value.starts_with("application/json");
  const bool events = type && type->value.starts_with("text/event-stream");
  const auto* coding = head->find(codec::HeaderId::content_encoding);
  if (head->status >= 300) {
    co_await relay_error(*head);
  } else if (coding && coding->value != "identity") {
    // It was not asked for, and cannot be read: only a client of the same dialect may know what to do with it.
    if (lane_)
      refuse(Fault::upstream_malformed, {.text = "It is compressed, which it was not asked to be.", .param = {}});
    else
      co_await relay_document(*head);
  } else if (lane_) {
    co_await translate(*head);
  } else if (record_.stream ? json : events) {  // not what was asked for
    make_lane({.provider = record_.provider_dialect, .include_usage = !withhold_usage_});
    co_await translate(*head);
  } else if (record_.stream) {
    co_await relay_stream(*head);
  } else {
    co_await relay_document(*head);
  }
  attempt_->release();
}

io::Task<codec::ResponseHead*> Exchange::ask_provider() {
  const auto refused = [this](Fault fault) {
    refuse(fault);
    return nullptr;
  };
  if (head_.find(codec::HeaderId::content_encoding)) co_return refused(Fault::media_type_unsupported);
  Asking asking;
  if (const auto read = co_await downstream_.read_body(asking.body); !read) co_return refused(read.error());
  const Instant request_arrived = loop_.now();
  record_.request_bytes = asking.body.size();
  if (!prepare(asking)) co_return nullptr;

  attempt_.emplace(gateway_, record_, asking.target);
  downstream_.watch(&on_client_gone, this);
  if (client_gone_) co_return refused(Fault::client_gone);  // it had left already: nobody is asked
  ++record_.attempts;
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - request_arrived);
  const AttemptRequest request{asking.call, head_, asking.body, asking.call.dialect != endpoint_.client};
  const auto head = co_await attempt_->start(request, asking.edits, deadline_);
  asking.body.clear();
  asking.memory.shrink_to(0);
  downstream_.release_request();  // nothing of the request is needed any more
  if (!head) co_return refused(at_deadline(head.error()));
  first_byte_answered();
  co_return *head;
}

bool Exchange::prepare(Asking& asking) {
  const Bytes text = asking.body.contiguous(gateway_.context().scratch);
  dialect::Envelope envelope;
  if (const auto read = dialect::read_envelope(endpoint_.client, text)) {
    envelope = *read;
  } else {
    return refused(read.error().fault, {.text = {}, .param = read.error().field});
  }
  asking.model.assign(envelope.model());
  if (endpoint_.client == dialect::Dialect::gemini) {
    const auto decoded = decode_path(endpoint_.model, dialect::Envelope::kMaxModelSize);
    if (!decoded) return refused(Fault::model_not_found, {.text = {}, .param = "model"});
    asking.model.assign(*decoded);
    envelope.stream = endpoint_.stream;
  }
  const Bytes model = asking.model.view();
  record_.model.assign(model);
  record_.stream = envelope.stream;

  const auto resolution = gateway_.catalog().find(model);
  if (!resolution) return refused(Fault::model_not_found, {.text = model, .param = "model"});
  asking.target = (*resolution)[0];
  const catalog::Provider& provider = *asking.target.provider;
  record_.provider = provider.name;
  // Of "provider/model" the model is a part of what the client wrote.
  record_.model_id = resolution->model()
                         ? asking.target.model_id
                         : record_.model.view().substr(std::min(provider.name.size() + 1, record_.model.view().size()));

  record_.provider_dialect = provider.dialects.for_client(endpoint_.client);
  const bool collects = !envelope.stream && provider.quirks.has(dialect::Quirk::stream_only);
  asking.call = {
      .dialect = record_.provider_dialect, .model = asking.target.model_id, .stream = envelope.stream || collects};
  if (!is_path_safe(asking.target.model_id)) return refused(Fault::model_not_found, {.text = {}, .param = "model"});
  if (endpoint_.operation == Operation::count_tokens) return prepare_count(asking, envelope, text);
  if (record_.provider_dialect != endpoint_.client || collects) return translate_request(asking, text);

  // Usage is asked for in every stream; a client that did not ask does not get to see it.
  withhold_usage_ = dialect::withholds_usage(endpoint_.client, envelope);
  dialect::Loss loss(asking.target.policy->unsupported_parameters);
  asking.edits = dialect::write_passthrough(endpoint_.client, envelope, text, target_of(asking), asking.scratch, loss);
  if (!accept(loss)) return false;
  if (endpoint_.array) make_lane({.provider = record_.provider_dialect, .array = true});  // it is asked for events
  return true;
}

dialect::Target Exchange::target_of(const Asking& asking) const {
  return {.model_id = asking.target.model_id,
          .quirks = catalog::quirks_in(*asking.target.provider, asking.call.dialect),
          .traits = asking.target.traits ? *asking.target.traits : catalog::model_traits(asking.target.model_id),
          .budgets = gateway_.catalog().reasoning_budgets(),
          .stream = asking.call.stream};
}

/// True when the request may go to the provider with what it has lost; else the client has been refused.
bool Exchange::accept(const dialect::Loss& loss) {
  if (loss.refused()) {
    const dialect::Refusal& refusal = loss.refusal();
    return refused(refusal.fault, {.text = refusal.why, .param = refusal.field});
  }
  record_.dropped = static_cast<std::uint16_t>(record_.dropped + loss.dropped().size());
  for (const std::string& name : loss.dropped()) {
    if (!dropped_.empty()) dropped_ += ',';
    dropped_ += name;
  }
  return true;
}

bool Exchange::translate_request(Asking& asking, Bytes text) {
  dialect::Request request;
  dialect::Loss loss(asking.target.policy->unsupported_parameters);
  dialect::read(endpoint_.client, text, request, loss);
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
  return replace_body(asking, body);
}

/// `context`: what the request says; the rest is the exchange's.
void Exchange::make_lane(const dialect::AnswerContext& context) {
  lane_ = std::make_unique<Lane>();
  codec::append_json_escaped(lane_->model, record_.model.view());
  lane_->context = context;
  lane_->context.seed = record_.id;
  lane_->context.now = loop_.ring().wall().unix_ns / 1'000'000'000;
  lane_->context.model = lane_->model;
}

/// The client's own bytes are not needed any more.
bool Exchange::replace_body(Asking& asking, Bytes text) {
  asking.body.clear();
  asking.memory = {loop_.memory(), io::MemoryLedger::Use::request};
  if (!asking.memory.grow_to(net::Body::most_memory(text.size(), loop_.buffers().buffer_bytes())) ||
      !asking.body.assign(loop_.buffers(), text))
    return refused(Fault::shed);
  return true;
}

net::Downstream::Answer Exchange::start_answer(const codec::ResponseHead& head, codec::HeaderId except) {
  auto answer = downstream_.start_head(head.status);
  codec::forward_response_fields(answer.writer, head, except);
  answer.writer.field("x-weir-deployment", {record_.provider, "/", record_.model_id});
  if (!dropped_.empty()) answer.writer.field("x-weir-dropped", dropped_);
  return answer;
}

// ---- Ending badly.

void Exchange::refuse(Fault fault, const dialect::FaultDetail& detail) {
  if (client_gone_) fault = Fault::client_gone;
  note_fault(fault);
  record_.status = row(fault).status;
  gateway::refuse(downstream_, endpoint_.client, fault, detail);
}

void Exchange::fail_stream(Fault fault) {
  if (client_gone_) fault = Fault::client_gone;
  note_fault(fault);
  gateway::fail_stream(downstream_, endpoint_.client, fault);
}

void Exchange::note_fault(Fault fault) {
  if (!record_.fault) record_.fault = fault;
}

Fault Exchange::at_deadline(Fault fault) const {
  const bool timed_out = fault == Fault::first_byte_timeout || fault == Fault::idle_timeout;
  return timed_out && loop_.now() >= deadline_ ? Fault::total_timeout : fault;
}

void Exchange::on_client_gone(void* object) {
  auto& self = *static_cast<Exchange*>(object);
  self.client_gone_ = true;
  if (self.attempt_) self.attempt_->cancel();
}

// ---- Times.

Instant Exchange::next_frame_deadline() const {
  return std::min(loop_.now() + gateway_.context().options.stream_idle_timeout, deadline_);
}

void Exchange::first_byte_answered() { record_.ttfb_ns = to_ns(loop_.now() - record_.started); }

void Exchange::sent_first_byte() {
  // Since this turn began, when the last bytes that were waited for arrived.
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - loop_.now());
}

}  // namespace weir::gateway
