// The lanes of an exchange: how a provider's answer reaches the client.
//
//   error      status 300 and above: read whole (bounded), passed on verbatim if it is JSON, else wrapped.
//   document   one JSON answer: held until whole while it is small, so that an error inside a 200 or a broken
//              connection still becomes an honest status; from kHoldDocument on it is passed on as it comes.
//   stream     server-sent events: the head is held until the first event, then every part goes out at once.
#include <cstring>

#include "exchange.h"
#include "refuse.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kMaxErrorBytes = 256 * 1024;
constexpr std::size_t kHoldDocument = 64 * 1024;  // held as received chunks, then commit
constexpr std::size_t kReadDocument = 4 << 20;    // largest document whose usage is read
constexpr std::size_t kFreeTail = 4 * 1024;       // of a cut frame, within what every exchange has reserved
constexpr std::size_t kHoldComments = 16 * 1024;  // comments before the first event, then commit

/// The status for an error that came inside a 200: the provider's own code if it is one, else a bad gateway.
int status_of(const dialect::FaultReport& error) {
  const auto code = parse_decimal(error.code);
  return code && *code >= 400 && *code <= 599 ? static_cast<int>(*code) : row(Fault::upstream_stream_error).status;
}

}  // namespace

io::Task<> Exchange::relay_error(codec::ResponseHead& head) {
  const int status = head.status;
  if (status < 400) co_return refuse(Fault::upstream_redirect);
  auto answer = start_answer(head, codec::HeaderId::content_type);
  auto& upstream = attempt_->upstream();
  net::Body body;
  while (!upstream.body_done() && body.size() <= kMaxErrorBytes) {
    const auto part = co_await upstream.read_body(next_frame_deadline());
    if (!part) break;  // the status says enough; the rest of the body does not come
    body.append(loop_.buffers(), *part);
    if (!may_hold(body)) break;  // nor is there memory for it
  }
  if (client_gone_) co_return refuse(Fault::client_gone);
  give_error(std::move(answer), status, body, upstream.body_done());
}

void Exchange::give_error(net::Downstream::Answer answer, int status, const net::Body& body, bool whole) {
  record_.status = status;
  answer.writer.field("content-type", "application/json");
  const Bytes text = body.contiguous(gateway_.context().scratch);
  dialect::OpenAiChatDecoder decoder;
  if (whole && !text.empty() && !decoder.tap(text).malformed) {
    downstream_.begin_sized(std::move(answer), text.size());
    for (const io::Chunk& chunk : body.chunks()) downstream_.send(chunk);
  } else {
    // A page of some proxy in between, or nothing at all: the client's SDK expects an error object.
    std::string wrapped;
    dialect::openai_error::write_status_body(wrapped, status);
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
  dialect::OpenAiChatDecoder decoder;
  const auto facts = decoder.tap(text);
  record_.usage = decoder.usage();
  record_.finish = decoder.finish_reason();
  if (facts.content) record_.ttft_ns = to_ns(loop_.now() - record_.started);
  if (!facts.fault) return std::nullopt;
  return status_of(decoder.error());
}

// ---- A stream.

io::Task<> Exchange::relay_stream(codec::ResponseHead& head) {
  auto answer = start_answer(head, codec::HeaderId::other);
  if (!head.find(codec::HeaderId::content_type))
    answer.writer.field("content-type", "text/event-stream; charset=utf-8");
  record_.status = head.status;
  auto& upstream = attempt_->upstream();
  SseRelay relay(withhold_usage_);
  std::vector<io::Chunk> comments;  // what came before the first event
  std::size_t comment_bytes = 0;
  bool begun = false;
  io::MemoryLedger::Hold tail_memory(loop_.memory(), io::MemoryLedger::Use::held);

  for (bool last = false; !last;) {
    auto part = co_await upstream.read_body(next_frame_deadline());
    if (!part) {
      const Fault fault = at_deadline(part.error());
      if (!begun) co_return refuse(fault);
      if (relay.inside_frame()) downstream_.send_text("\n\n");
      account(relay);
      co_return fail_stream(fault);
    }
    last = part->last;
    const auto facts = relay.read(*part);
    if (relay.tail_bytes() <= kFreeTail && relay.tail_buffers() <= 1) {
      tail_memory.shrink_to(0);
    } else if (!tail_memory.grow_to(relay.tail_buffers() * loop_.buffers().buffer_bytes() + relay.tail_bytes())) {
      if (relay.tail_bytes() <= kFreeTail) {
        relay.pack_tail(loop_.buffers().take());
      } else {
        if (!begun) co_return refuse(Fault::shed);
        relay.let_go();
      }
    }
    if (facts.content && record_.ttft_ns < 0) record_.ttft_ns = to_ns(loop_.now() - record_.started);
    if (!begun) {
      if (facts.fault_first) co_return give_stream_error(relay);
      if (!facts.data && !relay.inside_frame() && !last && comment_bytes <= kHoldComments) {
        for (io::Chunk& chunk : relay.pass(*part)) {
          comment_bytes += chunk.size();
          if (comments.empty() || !loop_.buffers().append(comments.back(), chunk.bytes()))
            comments.push_back(std::move(chunk));
        }
        continue;
      }
      if (last && !facts.data && !relay.has_tail()) {
        // Not one event: an answer that never began. Nothing was sent, so the client gets an honest status.
        co_return refuse(Fault::upstream_truncated);
      }
      downstream_.begin_streamed(std::move(answer));
      downstream_.send(comments);
      comments = {};
    }
    pass(std::move(*part), relay);
    if (!std::exchange(begun, true)) sent_first_byte();
    if (downstream_.aborted()) {
      account(relay);
      co_return cut_off(Fault::shed);
    }
    if (facts.fault || facts.done) break;
    if (!last && !downstream_.has_room())
      if (const auto room = co_await downstream_.catch_up(); !room) {
        account(relay);
        co_return cut_off(room.error());
      }
  }
  end_stream(relay);
  // The client has its end; the provider's own end is usually there too.
  attempt_->release_at_end();
}

void Exchange::pass(net::BodyPart&& part, SseRelay& relay) {
  // The provider's end of the body may go to the client only when nothing has to be said behind it.
  if (part.last && !relay.done() && !relay.decoder().failed()) part.framed = false;
  if (relay.untouched()) return downstream_.send(std::move(part));
  downstream_.send(relay.pass());
  relay.pass().clear();
}

void Exchange::end_stream(SseRelay& relay) {
  if (relay.finish()) {
    downstream_.send(relay.pass());
    downstream_.send_text("\n\n");
  }
  if (relay.inside_frame()) downstream_.send_text("\n\n");  // what follows is an event of its own
  if (relay.owes_line_feed()) downstream_.send_text("\n");
  account(relay);
  if (relay.decoder().failed()) {
    note_fault(Fault::upstream_stream_error);  // the provider's own error event has been passed on
    return downstream_.end_answer();
  }
  if (!relay.complete()) return fail_stream(Fault::upstream_truncated);
  if (!relay.done()) downstream_.send_text("data: [DONE]\n\n");  // some servers leave it out; SDKs wait for it
  downstream_.end_answer();
}

void Exchange::give_stream_error(const SseRelay& relay) {
  const int status = status_of(relay.decoder().error());
  note_fault(Fault::upstream_stream_error);
  record_.status = status;
  downstream_.answer(status, "application/json", relay.error_payload());
  sent_first_byte();
}

void Exchange::account(const SseRelay& relay) {
  record_.usage = relay.decoder().usage();
  record_.finish = relay.decoder().finish_reason();
}

void Exchange::cut_off(Fault fault) {
  note_fault(client_gone_ ? Fault::client_gone : fault);
  downstream_.abort_answer();
}

}  // namespace weir::gateway
