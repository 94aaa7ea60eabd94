// The lanes of an exchange: how a provider's answer reaches the client.
//
//   error      status 300 and above: read whole (bounded). Somebody else may be asked; if the client gets it, it is
//              passed on verbatim if it is JSON, else wrapped.
//   document   one JSON answer: held until whole while it is small, so that an error inside a 200 or a broken
//              connection still becomes an honest status; from kHoldDocument on it is passed on as it comes.
//   stream     in relay_stream.cpp
#include "cost.h"
#include "exchange.h"
#include "refuse.h"
#include "weir/codec/json_reader.h"
#include "weir/routing/retry_after.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kMaxErrorBytes = 256 * 1024;
constexpr std::size_t kHoldDocument = 64 * 1024;  // held as received chunks, then commit
constexpr std::size_t kReadDocument = 4 << 20;    // largest document whose usage is read

/// Seconds of the delay that a provider tells in its error's body alone: clients look for it in the head. Empty: none.
std::string delay_of(const dialect::ErrorReport& report, bool told_in_head) {
  if (report.retry_after_ms < 0 || told_in_head) return {};
  return std::to_string((report.retry_after_ms + 999) / 1000);
}

/// What a client of any dialect may want to know of a provider's error beside its body.
std::string retry_fields(const codec::ResponseHead& head) {
  std::string lines;
  for (const Bytes name :
       {Bytes("retry-after"), Bytes("retry-after-ms"), Bytes("x-should-retry"), Bytes("x-request-id")})
    if (const auto* field = head.find(name)) lines.append(name).append(": ").append(field->value).append("\r\n");
  return lines;
}

bool is_json(Bytes text) {
  codec::JsonReader json(text);
  return json.skip_value() && json.finish();
}

}  // namespace

io::Task<> Exchange::relay_error(codec::ResponseHead& head) {
  const int status = head.status;
  if (status < 400) co_return fail(Fault::upstream_redirect);
  const bool translated = record_.provider_dialect != endpoint_.client || is_for_rest();
  const auto delay_in_head = routing::read_retry_after(head.field_list, loop_.ring().wall());
  const bool delay_told = head.find(Bytes("retry-after")) != nullptr;
  std::string fields = translated ? retry_fields(head) : std::string();
  auto answer = translated ? net::Downstream::Answer{{}, codec::HeadWriter({})}
                           : start_answer(head, codec::HeaderId::content_type);
  auto& upstream = attempt_->upstream();
  net::Body body;
  while (!upstream.body_done() && body.size() <= kMaxErrorBytes) {
    const auto part = co_await upstream.read_body(next_frame_deadline());
    if (!part) break;  // the status says enough; the rest of the body does not come
    body.append(loop_.buffers(), *part);
    if (!may_hold(body)) break;  // nor is there memory for it
  }
  const bool whole = upstream.body_done();
  const Bytes text = body.contiguous(gateway_.context().scratch);
  std::string scratch;
  const auto report = dialect::read_error(status, whole ? text : Bytes(), scratch);
  const std::string delay = delay_of(report, delay_told);
  Failure failure;
  if (translated) {
    if (!delay.empty()) fields.append("retry-after: ").append(delay).append("\r\n");
    failure = failure_of(report, std::move(fields));
  } else {
    if (!delay.empty()) answer.writer.field("retry-after", delay);
    answer.writer.field("content-type", "application/json");
    failure.status = status;
    failure.answer = std::move(answer);
    const bool is_object = whole && codec::JsonReader(text).peek() == codec::JsonType::object && is_json(text);
    if (!is_object) {
      // A page of some proxy in between, or nothing at all: the client's SDK expects an error object.
      std::string wrapped;
      dialect::write_error(wrapped, endpoint_.client, report);
      if (!body.assign(loop_.buffers(), wrapped)) co_return refuse(Fault::shed);
    }
    failure.body = std::move(body);
  }
  failure.end = {.blame = routing::blame_of(report.error_class),
                 .status = status,
                 .retry_after_ms = delay_in_head ? to_ms_up(*delay_in_head) : report.retry_after_ms,
                 .exhausted = report.error_class == dialect::ErrorClass::quota_exhausted};
  fail(std::move(failure));
}

/// An error that is told in the words of the client's dialect.
Failure Exchange::failure_of(const dialect::ErrorReport& report, std::string fields) const {
  Failure failure{.end = {.blame = routing::blame_of(report.error_class), .status = report.status}};
  failure.status = dialect::status_for(endpoint_.client, report);
  dialect::write_error(failure.text, endpoint_.client, report);
  failure.fields = std::move(fields);
  failure.fields.append("x-weir-deployment: ").append(record_.provider).append("/").append(record_.model_id);
  failure.fields += "\r\n";
  return failure;
}

// ---- One JSON document.

io::Task<> Exchange::relay_document(codec::ResponseHead& head) {
  const int status = head.status;
  const bool sized = head.framing == codec::Framing::length;
  const std::uint64_t length = head.content_length;
  auto answer = start_answer(head, codec::HeaderId::other);
  auto& upstream = attempt_->upstream();

  net::Body body;
  while (!upstream.body_done() && body.size() < kHoldDocument) {
    const auto part = co_await upstream.read_body(next_frame_deadline());
    if (!part) co_return fail(at_deadline(part.error()));
    body.append(loop_.buffers(), *part);
    if (!may_hold(body)) break;  // no memory: passed on as if it were larger
  }
  if (upstream.body_done()) {
    const Bytes text = body.contiguous(gateway_.context().scratch);
    if (auto failure = tap_document(text)) {
      failure->answer = downstream_.start_head(failure->status);
      write_deployment(failure->answer->writer, to_string(*failure->fault));
      failure->answer->writer.field("content-type", "application/json");
      failure->body = std::move(body);
      co_return fail(*std::move(failure));
    }
    record_.status = status;
    tell_cost(record_, answer.writer);
    begin_sized(std::move(answer), body.size(), commit());
    for (const io::Chunk& chunk : body.chunks()) downstream_.send(chunk);
    downstream_.end_answer();
    co_return sent_first_byte();
  }

  // Too large to be held: from here on the client has bytes, and a failure can only cut the answer off.
  record_.status = status;
  sized ? begin_sized(std::move(answer), length, commit()) : begin_streamed(std::move(answer), commit());
  std::string copy;  // for the tap, as long as there is memory for it; a string grows by doubling
  io::MemoryLedger::Hold copy_memory(loop_.memory(), io::MemoryLedger::Use::held);
  bool tapped = copy_memory.grow_to(2 * body.size());
  if (tapped) copy = body.contiguous(gateway_.context().scratch);
  for (const io::Chunk& chunk : body.chunks()) downstream_.send(chunk);
  body.clear();
  sent_first_byte();
  while (!upstream.body_done()) {
    if (downstream_.aborted()) co_return cut_off(Fault::shed);
    if (!downstream_.has_room())
      if (const auto room = co_await downstream_.catch_up(); !room) co_return cut_off(room.error());
    auto part = co_await upstream.read_body(next_frame_deadline());
    if (!part) co_return cut_off(at_deadline(part.error()));
    tapped =
        tapped && copy.size() + part->size() <= kReadDocument && copy_memory.grow_to(2 * (copy.size() + part->size()));
    if (tapped)
      for (std::size_t i = 0; i < part->count; ++i) copy.append(part->payloads[i]);
    else
      give_back(copy), copy_memory.shrink_to(0);
    downstream_.send(std::move(*part));
  }
  if (tapped) tap_document(copy);
  downstream_.end_answer();
}

bool Exchange::may_hold(const net::Body& body) {
  // The first buffer is the one that every answer has reserved.
  if (body.chunks().size() <= 1) return true;
  return downstream_.hold(net::Body::most_memory(body.size(), loop_.buffers().buffer_bytes()));
}

std::optional<Failure> Exchange::tap_document(Bytes text) {
  dialect::Decoder decoder(record_.provider_dialect);
  const auto facts = decoder.tap(text);
  record_.usage = decoder.usage();
  record_.finish = decoder.finish_reason();
  if (facts.content) content_came();
  if (endpoint_.client == dialect::Dialect::openai_responses) remember_owner(text);
  if (!facts.fault) return std::nullopt;
  return Failure{.end = {.blame = routing::blame_of(decoder.error().error_class)},
                 .fault = Fault::upstream_stream_error,
                 .status = status_of(endpoint_.client, decoder.error())};
}

void Exchange::cut_off(Fault fault) {
  note_fault(client_gone_ ? Fault::client_gone : fault);
  if (race_) race_->failure.reset();  // of an answer that stitches: nobody waits for the rest
  downstream_.abort_answer();
}

}  // namespace weir::gateway
