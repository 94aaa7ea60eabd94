#include "exchange.h"

#include <algorithm>

#include "authenticate.h"
#include "cost.h"
#include "refuse.h"
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
    if (step->pause > Duration{}) co_await race_->pause.emplace(loop_).until(loop_.now() + step->pause);
    if (client_gone_) co_return refuse(Fault::client_gone);  // it has left already: nobody is asked
    co_await attempt();
    end_attempt();
    if (!has_failed()) co_return;
    step = race_->attempts->after(race_->failure->end, race_->plan, gateway_.router(), loop_.now(), deadline_,
                                  loop_.random());
    if (step) forget_attempt();
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

/// A field for weir that weir does not know is told, not passed over. False: it has been refused.
bool Exchange::knows_fields() {
  constexpr std::size_t kMostTold = 64;
  const Bytes field = unknown_field(head_.field_list);
  return field.empty() || refused_field(field.substr(0, kMostTold));
}

/// What the client itself says of who may answer. False: it has been refused.
bool Exchange::read_fields(routing::Ask& ask) {
  if (!knows_fields()) return false;
  const Bytes field = gateway::read_fields(head_.field_list, gateway_.router(), ask);
  return field.empty() || refused_field(field);
}

bool Exchange::refused_field(Bytes name) {
  return refused(Fault::header_invalid,
                 {.text = std::string(name) + ": " + std::string(advice_on(name)), .param = name});
}

/// What an attempt has left is not the next one's; but for what the client has got of it.
void Exchange::forget_attempt() {
  race_->forget_asking();
  race_->failure.reset();
  record_.usage = {};
  record_.finish = dialect::FinishReason::unspecified;
  if (!is_for_rest()) {
    lane_.reset();
    race_->dropped.clear();
    withhold_usage_ = false;
    record_.dropped = 0;
    record_.ttft_ns = -1;
  }
}

void Exchange::begin_attempt(const routing::Step& step) {
  Asking& asking = race_->asking;
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
  RareText& trail = record_.trail;
  if (!trail.empty()) trail.append(", ");
  trail.append(record_.provider).append("/").append(record_.model_id).append(" ");
  if (failure.end.status >= 300)
    trail.append(std::to_string(failure.end.status));
  else
    trail.append(failure.fault ? to_string(*failure.fault) : routing::to_string(failure.end.blame));
}

/// A deployment that could not be given the request says nothing about the chain, if nobody was asked at all.
void Exchange::note_end_of_chain() {
  if (!has_failed() || record_.attempts == 0) return;
  if (routing::verdict(race_->failure->end) == routing::Verdict::stop) return;
  record_.exhausted = true;
  gateway_.count_exhausted(*race_->resolution);
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
  if (race_ && !race_->dropped.empty()) answer.writer.field("x-weir-dropped", race_->dropped);
  return answer;
}

void Exchange::write_deployment(codec::HeadWriter& writer, Bytes outcome) const {
  writer.field("x-weir-deployment", {record_.provider, "/", record_.model_id});
  if (!record_.trail.empty())
    writer.field("x-weir-attempts",
                 {record_.trail.view(), ", ", record_.provider, "/", record_.model_id, " ", outcome});
}

/// The same where all have failed: a field line, or nothing where there was one try alone.
std::string Exchange::trail_line() const {
  if (record_.tries < 2) return {};
  return std::string("x-weir-attempts: ").append(record_.trail.view()).append("\r\n");
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
