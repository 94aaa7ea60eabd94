#include "exchange.h"

#include <algorithm>

#include "authenticate.h"
#include "cost.h"
#include "refuse.h"
#include "weir/catalog/dollars.h"
#include "weir/catalog/model_traits.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/continuation.h"
#include "weir/gateway/ask.h"

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
  if (race_) race_->clear();
  --gateway_.metrics().in_flight;
  record_.answer_bytes = downstream_.answer_bytes();
  record_.total_ns = to_ns(loop_.now() - record_.started);
  if (!record_.cost_known) note_cost(record_);  // a document has been told its own
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
    case Operation::count_tokens:
      co_await answer();
      if (downstream_.aborted()) note_fault(Fault::shed);  // nothing else was wrong: a buffer was missing
      co_return;
    case Operation::list_models:
      co_return list_models();
    case Operation::show_model:
      co_return show_model();
    case Operation::stored:
      co_return co_await stored();
  }
}

// ---- The race: one attempt after the other, until one of them has something for the client.

io::Task<> Exchange::answer() {
  if (!co_await read_request()) co_return;
  downstream_.watch(&on_client_gone, this);
  auto step = race_->attempts->first(race_->plan, gateway_.router(), loop_.now());
  while (step) {
    begin_attempt(*step);
    if (step->pause > Duration{}) co_await attempt_->pause_until(loop_.now() + step->pause);
    if (client_gone_) co_return refuse(Fault::client_gone);  // it has left already: nobody is asked
    co_await attempt();
    end_attempt();
    if (!has_failed()) co_return;
    step = race_->attempts->after(race_->failure->end, race_->plan, gateway_.router(), loop_.now(), deadline_,
                                  loop_.random());
  }
  note_end_of_chain();
  give_failure();
}

bool Exchange::has_failed() const { return race_ && race_->failure; }

io::Task<bool> Exchange::read_request() {
  if (head_.find(codec::HeaderId::content_encoding)) co_return refused(Fault::media_type_unsupported);
  race_ = gateway_.races().take();
  if (const auto read = co_await downstream_.read_body(race_->body); !read) co_return refused(read.error());
  record_.request_bytes = race_->body.size();
  co_return plan();
}

bool Exchange::plan() {
  const Bytes text = race_->text = race_->body.contiguous(gateway_.context().scratch);
  dialect::Envelope& envelope = race_->envelope;
  if (const auto read = dialect::read_envelope(endpoint_.client, text)) {
    envelope = *read;
  } else {
    return refused(read.error().fault, {.text = {}, .param = read.error().field});
  }
  race_->model.assign(envelope.model());
  if (endpoint_.client == dialect::Dialect::gemini) {
    const auto decoded = decode_path(endpoint_.model, dialect::Envelope::kMaxModelSize);
    if (!decoded) return refused(Fault::model_not_found, {.text = {}, .param = "model"});
    race_->model.assign(*decoded);
    envelope.stream = endpoint_.stream;
  }
  const Bytes model = race_->model.view();
  record_.model.assign(model);
  record_.stream = envelope.stream;

  race_->resolution = gateway_.catalog().find(model);
  if (!race_->resolution) return refused(Fault::model_not_found, {.text = model, .param = "model"});
  const catalog::Model* const configured = race_->resolution->model();
  routing::Ask ask;
  if (head_.field_list.contains(codec::HeaderId::x_weir) && !read_fields(ask)) return false;
  const bool has_cost_limit = ask.most_cost_nano_usd >= 0 || (configured && configured->route.most_cost_nano_usd >= 0);
  if (race_->resolution->size() > 1 || has_cost_limit)
    take_request(read(text).request, record_.key, model, head_.field_list, ask);
  ask.owner = owner_of_previous(text);
  gateway_.router().plan(*race_->resolution, ask, loop_.now(), loop_.random(), race_->plan);
  routing::AttemptOptions options;
  if (configured) options.most_attempts = configured->route.most_attempts;
  race_->attempts.emplace(options);
  return true;
}

/// Who keeps the answer that the request goes on from, if that is known and the model is there.
std::optional<std::uint32_t> Exchange::owner_of_previous(Bytes text) const {
  const dialect::BodyRange id = race_->envelope.previous_answer;
  if (id.size == 0) return std::nullopt;
  const auto owner = gateway_.owner_of(text.substr(id.offset, id.size));
  for (std::size_t i = 0; owner && i < race_->resolution->size(); ++i)
    if ((*race_->resolution)[i].provider_index == *owner) return owner;
  return std::nullopt;
}

/// What the client itself says of who may answer. False: it has been refused.
bool Exchange::read_fields(routing::Ask& ask) {
  const Bytes field = gateway::read_fields(head_.field_list, gateway_.router(), ask);
  if (field.empty()) return true;
  return refused(Fault::header_invalid,
                 {.text = std::string(field) + ": " + std::string(advice_on(field)), .param = field});
}

void Exchange::begin_attempt(const routing::Step& step) {
  Asking& asking = race_->asking;
  race_->forget_asking();
  race_->failure.reset();
  // What the last attempt has left in the record is not this one's; but for what the client has got of it.
  record_.usage = {};
  record_.finish = dialect::FinishReason::unspecified;
  if (!is_for_rest()) {
    lane_.reset();
    dropped_.clear();
    withhold_usage_ = false;
    record_.dropped = 0;
    record_.ttft_ns = -1;
  }

  ++record_.tries;
  const routing::Candidate& candidate = race_->plan.askable()[step.candidate];
  asking.target = (*race_->resolution)[candidate.place];
  const catalog::Provider& provider = *asking.target.provider;
  record_.cell = asking.target.cell;
  record_.provider = provider.name;
  // Of "provider/model" the model is a part of what the client wrote.
  record_.model_id = race_->resolution->model()
                         ? asking.target.model_id
                         : record_.model.view().substr(std::min(provider.name.size() + 1, record_.model.view().size()));
  record_.provider_dialect = is_for_rest() ? *catalog::continuing_dialect(provider, *asking.target.traits)
                                           : provider.dialects.for_client(endpoint_.client);
  attempt_.reset();
  attempt_.emplace(gateway_, record_, asking.target);
  attempt_->track(step.pass);
}

io::Task<> Exchange::attempt() {
  Asking& asking = race_->asking;
  const bool is_written = write_request(asking);
  race_->reading.reset();
  if (!is_written) co_return;
  ++record_.attempts;
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - loop_.now());
  const bool translated = asking.translated.size() > 0;
  const AttemptRequest request{asking.call, head_, translated ? asking.translated : race_->body,
                               asking.call.dialect != endpoint_.client};
  const auto head = co_await attempt_->start(request, asking.edits, deadline_);
  if (!head) co_return fail(at_deadline(head.error()));
  if (!is_for_rest()) first_byte_answered();
  // To ask somebody else the request has to be kept beside the answer.
  if (!downstream_.keep_request()) race_->body.clear();
  if (endpoint_.operation == Operation::count_tokens)
    co_await relay_count(**head);
  else
    co_await relay(**head);
}

void Exchange::end_attempt() {
  routing::AttemptEnd end{.output_tokens = record_.usage.output_total()};
  if (record_.ttft_ns >= 0 && !is_for_rest())
    end.stream_ms = to_ns(loop_.now() - record_.started) / 1'000'000 - record_.ttft_ns / 1'000'000;
  if (has_failed()) {
    end = race_->failure->end;
    append_outcome(*race_->failure);
    if (race_->body.size() == 0) race_->attempts->give_up();
  } else if (!attempt_->asked()) {
    end.blame = routing::Blame::gone;  // answered without it
  } else if (record_.fault) {
    end.blame =
        *record_.fault == Fault::upstream_stream_error ? routing::Blame::overload : routing::blame_of(*record_.fault);
  }
  if (record_.connect_ns > 0) end.connect_us = record_.connect_ns / 1000;
  attempt_->end(end);
  attempt_->release();
}

/// As the trail has it: who was asked, and how that ended.
void Exchange::append_outcome(const Failure& failure) {
  std::string& trail = record_.trail;
  if (!trail.empty()) trail += ", ";
  trail.append(record_.provider).append("/").append(record_.model_id).append(" ");
  if (failure.end.status >= 300)
    trail += std::to_string(failure.end.status);
  else
    trail += failure.fault ? to_string(*failure.fault) : routing::to_string(failure.end.blame);
}

/// A deployment that could not be given the request says nothing about the chain, if nobody was asked at all.
void Exchange::note_end_of_chain() {
  if (!has_failed() || record_.attempts == 0) return;
  if (routing::verdict(race_->failure->end) == routing::Verdict::stop) return;
  record_.exhausted = true;
  gateway_.count_exhausted(*race_->resolution);
}

// ---- What the deployment is asked.

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
  if (!is_path_safe(asking.target.model_id)) return refused(Fault::model_not_found, {.text = {}, .param = "model"});
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
    if (!dropped_.empty()) dropped_ += ',';
    dropped_ += name;
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

// ---- How an answer is given.

io::Task<> Exchange::relay(codec::ResponseHead& head) {
  // The lanes; each ends the answer, or the connection, or fails before the client has seen anything.
  const auto* type = head.find(codec::HeaderId::content_type);
  const bool json = type && type->value.starts_with("application/json");
  const bool events = type && type->value.starts_with("text/event-stream");
  const auto* coding = head.find(codec::HeaderId::content_encoding);
  if (head.status >= 300) {
    co_await relay_error(head);
  } else if (coding && coding->value != "identity") {
    // It was not asked for, and cannot be read: only a client of the same dialect may know what to do with it.
    if (lane_)
      fail(Fault::upstream_malformed);
    else
      co_await relay_document(head);
  } else if (lane_) {
    co_await translate(head);
  } else if (record_.stream ? json : events) {  // not what was asked for
    make_lane({.provider = record_.provider_dialect, .include_usage = !withhold_usage_});
    co_await translate(head);
  } else if (record_.stream) {
    co_await relay_stream(head);
  } else {
    co_await relay_document(head);
  }
}

net::Downstream::Answer Exchange::start_answer(const codec::ResponseHead& head, codec::HeaderId except) {
  auto answer = downstream_.start_head(head.status);
  codec::forward_response_fields(answer.writer, head, except);
  write_deployment(answer.writer, std::to_string(head.status));
  if (!dropped_.empty()) answer.writer.field("x-weir-dropped", dropped_);
  return answer;
}

void Exchange::write_deployment(codec::HeadWriter& writer, Bytes outcome) const {
  writer.field("x-weir-deployment", {record_.provider, "/", record_.model_id});
  if (!record_.trail.empty())
    writer.field("x-weir-attempts", {record_.trail, ", ", record_.provider, "/", record_.model_id, " ", outcome});
}

/// The same where all have failed: a field line, or nothing where there was one try alone.
std::string Exchange::trail_line() const {
  return record_.tries > 1 ? "x-weir-attempts: " + record_.trail + "\r\n" : std::string();
}

Committed Exchange::commit() {
  if (race_ && race_->body.size() > 0 && lane_ && lane_->stitches) return Race::leave_rest_open(*race_);
  if (race_) downstream_.release_request();  // nothing of the request is needed any more
  return Race::commit(std::exchange(race_, {}));
}

void Exchange::begin_sized(net::Downstream::Answer answer, std::uint64_t length, Committed) {
  downstream_.begin_sized(std::move(answer), length);
}

void Exchange::begin_streamed(net::Downstream::Answer answer, Committed) {
  downstream_.begin_streamed(std::move(answer));
}

// ---- Ending badly.

void Exchange::fail(Fault fault, Bytes detail) {
  const FaultSource source = row(fault).source;
  if (source == FaultSource::weir || source == FaultSource::gone) return refuse(fault, {.text = detail, .param = {}});
  const bool timed_out =
      fault == Fault::connect_timeout || fault == Fault::first_byte_timeout || fault == Fault::idle_timeout;
  Failure failure{.end = {.blame = routing::blame_of(fault), .timed_out = timed_out}, .fault = fault};
  failure.text = detail;
  fail(std::move(failure));
}

void Exchange::fail(Failure failure) {
  if (client_gone_) return refuse(Fault::client_gone);
  if (!race_) {  // a question about a stored answer: there is nobody else
    attempt_->end(failure.end);
    return give(failure);
  }
  race_->failure = std::move(failure);
}

void Exchange::give_failure() {
  if (!has_failed()) return refuse_all();
  if (is_for_rest()) return break_off(lane_->translation->fault());
  Failure failure = *std::exchange(race_->failure, {});
  race_->clear();
  give(failure);
}

/// Nobody may be asked at all: why. It would be the same at any other time.
void Exchange::refuse_all() {
  const routing::Plan& plan = race_->plan;
  std::string why;
  if (const std::int64_t cost = plan.least_refused_cost(); cost >= 0)
    why = "The cheapest would cost about $" + std::string(catalog::DollarText(cost).view()) +
          ", which is more than is allowed.";
  for (const routing::Candidate& candidate : plan.unfit()) {
    if (!why.empty()) break;
    const catalog::Target target = (*race_->resolution)[candidate.place];
    why.append(target.provider->name).append("/").append(target.model_id).append(": ");
    why += candidate.unfit == routing::Unfit::capability ? "lacks " : "";
    why += candidate.unfit == routing::Unfit::capability ? to_string(candidate.lacking) : to_string(candidate.unfit);
  }
  refuse(Fault::no_deployment, {.text = why, .param = {}});
}

void Exchange::give(Failure& failure) {
  if (client_gone_) return refuse(Fault::client_gone);
  if (failure.status == 0) return refuse(*failure.fault, {.text = failure.text, .param = {}});
  if (failure.fault) note_fault(*failure.fault);
  record_.status = failure.status;
  if (failure.answer) {
    begin_sized(*std::move(failure.answer), failure.body.size(), commit());
    for (const io::Chunk& chunk : failure.body.chunks()) downstream_.send(chunk);
    downstream_.end_answer();
  } else {
    failure.fields += trail_line();
    downstream_.answer(failure.status, "application/json", failure.text, failure.fields);
  }
  sent_first_byte();
}

void Exchange::refuse(Fault fault, const dialect::FaultDetail& detail) {
  if (client_gone_) fault = Fault::client_gone;
  if (is_for_rest()) return break_off(fault);
  note_fault(fault);
  record_.status = row(fault).status;
  gateway::refuse(downstream_, endpoint_.client, fault, detail, trail_line());
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

void Exchange::content_came() {
  if (record_.ttft_ns >= 0) return;
  record_.ttft_ns = to_ns(loop_.now() - record_.started);
  if (attempt_) attempt_->answered();
}

void Exchange::sent_first_byte() {
  // Since this turn began, when the last bytes that were waited for arrived.
  record_.overhead_ns += to_ns(loop_.ring().precise_now() - loop_.now());
}

}  // namespace weir::gateway
