// The lanes of an exchange: how a provider's answer reaches the client.
//
//   error      status 300 and above: read whole (bounded), passed on verbatim if it is JSON, else wrapped.
//   document   one JSON answer: held until whole while it is small, so that an error inside a 200 or a broken
//              connection still becomes an honest status; from kHoldDocument on it is passed on as it comes.
//   stream     in relay_stream.cpp
#include <cstring>

#include "cost.h"
#include "exchange.h"
#include "refuse.h"
#include "weir/codec/json_reader.h"

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
  if (status < 400) co_return refuse(Fault::upstream_redirect);
  const bool translated = record_.provider_dialect != endpoint_.client;
  std::string fields = translated ? retry_fields(head) : std::string();
  const bool delay_told = head.find(Bytes("retry-after")) != nullptr;
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
  if (client_gone_) co_return refuse(Fault::client_gone);
  const Bytes text = body.contiguous(gateway_.context().scratch);
  std::string scratch;
  const auto report = dialect::read_error(status, upstream.body_done() ? text : Bytes(), scratch);
  const std::string delay = delay_of(report, delay_told);
  if (!translated) {
    if (!delay.empty()) answer.writer.field("retry-after", delay);
    co_return give_error(std::move(answer), status, body, upstream.body_done());
  }
  if (!delay.empty()) fields.append("retry-after: ").append(delay).append("\r\n");
  give_error(report, fields);
}

void Exchange::give_error(const dialect::ErrorReport& report, Bytes fields) {
  if (client_gone_) return refuse(Fault::client_gone);
  std::string body;
  dialect::write_error(body, endpoint_.client, report);
  record_.status = dialect::status_for(endpoint_.client, report);
  std::string more(fields);
  more.append("x-weir-deployment: ").append(record_.provider).append("/").append(record_.model_id).append("\r\n");
  downstream_.answer(record_.status, "application/json", body, more);
  sent_first_byte();
}

void Exchange::give_error(net::Downstream::Answer answer, int status, const net::Body& body, bool whole) {
  record_.status = status;
  answer.writer.field("content-type", "application/json");
  const Bytes text = body.contiguous(gateway_.context().scratch);
  if (whole && codec::JsonReader(text).peek() == codec::JsonType::object && is_json(text)) {
    downstream_.begin_sized(std::move(answer), text.size());
    for (const io::Chunk& chunk : body.chunks()) downstream_.send(chunk);
  } else {
    // A page of some proxy in between, or nothing at all: the client's SDK expects an error object.
    std::string scratch;
    std::string wrapped;
    dialect::write_error(wrapped, endpoint_.client, dialect::read_error(status, whole ? text : Bytes(), scratch));
    downstream_.begin_sized(std::move(answer), wrapped.size());
    downstream_.send_text(wrapped);
  }
  downstream_.end_answer();
  sent_first_byte();
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
    if (!part) co_return refuse(at_deadline(part.error()));
    body.append(loop_.buffers(), *part);
    if (!may_hold(body)) break;  // no memory: passed on as if it were larger
  }
  record_.status = status;
  if (upstream.body_done()) {
    const Bytes text = body.contiguous(gateway_.context().scratch);
    if (const auto error = tap_document(text)) {
      note_fault(Fault::upstream_stream_error);
      co_return give_error(downstream_.start_head(*error), *error, body, true);
    }
    tell_cost(record_, answer.writer);
    downstream_.begin_sized(std::move(answer), body.size());
    for (const io::Chunk& chunk : body.chunks()) downstream_.send(chunk);
    downstream_.end_answer();
    co_return sent_first_byte();
  }

  // Too large to be held: from here on the client has bytes, and a failure can only cut the answer off.
  sized ? downstream_.begin_sized(std::move(answer), length) : downstream_.begin_streamed(std::move(answer));
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
      copy = {}, copy_memory.shrink_to(0);
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

std::optional<int> Exchange::tap_document(Bytes text) {
  dialect::Decoder decoder(record_.provider_dialect);
  const auto facts = decoder.tap(text);
  record_.usage = decoder.usage();
  record_.finish = decoder.finish_reason();
  if (facts.content) record_.ttft_ns = to_ns(loop_.now() - record_.started);
  if (endpoint_.client == dialect::Dialect::openai_responses) remember_owner(text);
  if (!facts.fault) return std::nullopt;
  return status_of(endpoint_.client, decoder.error());
}

void Exchange::cut_off(Fault fault) {
  note_fault(client_gone_ ? Fault::client_gone : fault);
  downstream_.abort_answer();
}

}  // namespace weir::gateway
