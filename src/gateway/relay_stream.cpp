// The lane of a stream: the head is held until the first meaningful event (content, a finish), then every part goes out
// at once. What comes before it, a role or a keep-alive, is held too: as long as the client has nothing, a stream that
// breaks costs it nothing but time.
#include "exchange.h"
#include "refuse.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kFreeTail = 4 * 1024;    // of a cut frame, within what every exchange has reserved
constexpr std::size_t kHoldBegin = 16 * 1024;  // before the first meaningful event, then commit
constexpr Duration kHoldTime = 5s;             // likewise: a client wants signs of life

}  // namespace

/// What a stream needs from its head to its end. It lives in the frame of relay_stream(), of which there is one for
/// each stream that is held: what can be done without waiting is done in functions of their own, beside that frame.
struct Exchange::Stream {
  SseRelay relay;
  Beginning::Home::Lease beginning;  // until it has begun
  bool begun = false;
  io::MemoryLedger::Hold tail_memory;

  ~Stream() {
    if (beginning) beginning->clear();
  }
};

io::Task<> Exchange::relay_stream(codec::ResponseHead& head) {
  record_.status = head.status;
  Stream stream{.relay = SseRelay(endpoint_.client, withhold_usage_),
                .beginning = gateway_.beginnings().take(),
                .tail_memory = {loop_.memory(), io::MemoryLedger::Use::held}};
  stream.beginning->answer = start_answer(head, codec::HeaderId::other);
  stream.beginning->since = loop_.now();
  if (!head.find(codec::HeaderId::content_type))
    stream.beginning->answer.writer.field("content-type", "text/event-stream; charset=utf-8");
  for (;;) {
    auto part = co_await attempt_->upstream().read_body(next_frame_deadline());
    const Then then = take_part(stream, part);
    if (then == Then::over) co_return;
    if (then == Then::last) break;
    if (downstream_.has_room()) continue;
    const auto room = co_await downstream_.catch_up();
    if (!room) {
      account(stream.relay);
      co_return cut_off(room.error());
    }
  }
  end_stream(stream.relay);
  // The client has its end; the provider's own end is usually there too.
  attempt_->release_at_end();
}

Exchange::Then Exchange::take_part(Stream& stream, Result<net::BodyPart>& part) {
  SseRelay& relay = stream.relay;
  const auto failed = [this](Fault fault) {
    fail(fault);
    return Then::over;
  };
  if (!part) {
    const Fault fault = at_deadline(part.error());
    if (!stream.begun) return failed(fault);
    if (relay.inside_frame()) downstream_.send_text("\n\n");
    account(relay);
    fail_stream(fault);
    return Then::over;
  }
  const bool last = part->last;
  const auto facts = relay.read(*part);
  if (!reserve_tail(stream)) return failed(Fault::shed);
  if (facts.content) content_came();
  if (!stream.begun) {
    Beginning& beginning = *stream.beginning;
    const bool meant = facts.content || facts.finish || facts.done;
    const auto tail = last && !meant ? relay.judge_tail() : SseRelay::Tail::meant;
    if ((facts.fault && !facts.content) || tail == SseRelay::Tail::fault) {
      give_stream_error(relay);
      return Then::over;
    }
    if (facts.data && !std::exchange(beginning.has_event, true) && part->count > 0 &&
        endpoint_.client == dialect::Dialect::openai_responses) {
      // Should the first event have been cut, its answer's owner is found by asking.
      std::string scratch;
      const std::size_t end = codec::SseScanner().find_end(part->payloads[0]);
      remember_owner(codec::parse_sse_frame(part->payloads[0].substr(0, end), scratch).data);
    }
    if (!meant && !relay.inside_frame() && !last && beginning.bytes <= kHoldBegin &&
        loop_.now() < beginning.since + kHoldTime) {
      hold_beginning(beginning, relay.pass(*part));
      return Then::go_on;
    }
    // Nothing that would be an answer, and nothing was sent: the client gets an honest status.
    if (tail == SseRelay::Tail::nothing && !relay.complete()) return failed(Fault::upstream_truncated);
    begin_streamed(std::move(beginning.answer), commit());
    downstream_.send(beginning.chunks);
    beginning.clear();
    stream.beginning.reset();
  }
  pass(std::move(*part), relay);
  if (!std::exchange(stream.begun, true)) sent_first_byte();
  if (downstream_.aborted()) {
    account(relay);
    cut_off(Fault::shed);
    return Then::over;
  }
  return last || facts.fault || facts.done ? Then::last : Then::go_on;
}

bool Exchange::reserve_tail(Stream& stream) {
  SseRelay& relay = stream.relay;
  if (relay.tail_bytes() <= kFreeTail && relay.tail_buffers() <= 1) {
    stream.tail_memory.shrink_to(0);
    return true;
  }
  if (stream.tail_memory.grow_to(relay.tail_buffers() * loop_.buffers().buffer_bytes() + relay.tail_bytes()))
    return true;
  if (relay.tail_bytes() <= kFreeTail) {
    relay.pack_tail(loop_.buffers().take());
    return true;
  }
  if (!stream.begun && !relay.inside_frame()) return false;
  relay.let_go();
  return true;
}

void Exchange::hold_beginning(Beginning& beginning, std::span<io::Chunk> pieces) {
  auto& held = beginning.chunks;
  for (io::Chunk& piece : pieces) {
    beginning.bytes += static_cast<std::uint32_t>(piece.size());
    if (held.empty() || !loop_.buffers().append(held.back(), piece.bytes())) held.push_back(std::move(piece));
  }
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
  // Some servers leave the end marker out; SDKs wait for it.
  if (!relay.done()) downstream_.send_text(dialect::end_marker(endpoint_.client));
  downstream_.end_answer();
}

/// What the provider says of it is passed on as it is, where an event of an error is an error's document, too. (That of
/// the Responses is not.)
void Exchange::give_stream_error(const SseRelay& relay) {
  const dialect::FaultReport& error = relay.error();
  Failure failure;
  if (endpoint_.client == dialect::Dialect::openai_responses) {
    failure = failure_of({.error_class = error.error_class,
                          .status = row(Fault::upstream_stream_error).status,
                          .message = error.message.empty() ? row(Fault::upstream_stream_error).sentence : error.message,
                          .code = error.code,
                          .type = error.type});
  } else {
    failure.text = relay.error_payload();
  }
  failure.end = {.blame = routing::blame_of(error.error_class)};
  failure.fault = Fault::upstream_stream_error;
  failure.status = status_of(endpoint_.client, error);
  fail(std::move(failure));
}

void Exchange::account(const SseRelay& relay) {
  record_.usage = relay.decoder().usage();
  record_.finish = relay.decoder().finish_reason();
}

}  // namespace weir::gateway
