// The lanes of an answer that is translated: the client speaks another dialect than the provider, or wants a document
// where the provider only streams. What becomes of the bytes is decided in translation.h; here they are sent.
#include "cost.h"
#include "exchange.h"
#include "refuse.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kSendAtOnce = 64 * 1024;
constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

/// What a translated answer needs from its head to its end.
struct Exchange::Translating {
  Translation translation;
  net::Downstream::Answer answer;  // until it is begun
  bool begun = false;
  io::MemoryLedger::Hold memory;
  std::string large;  // what is too much to be queued at once
};

io::Task<> Exchange::translate(codec::ResponseHead& head) {
  record_.status = head.status;
  Translating translating{.translation = {endpoint_.client, lane_->context, !record_.stream},
                          .answer = start_answer(head, codec::HeaderId::content_type),
                          .memory = {loop_.memory(), io::MemoryLedger::Use::held},
                          .large = {}};
  translating.answer.writer.field("content-type", record_.stream
                                                      ? dialect::stream_content_type(endpoint_.client, endpoint_.array)
                                                      : Bytes("application/json"));
  for (;;) {
    auto part = co_await attempt_->upstream().read_body(next_frame_deadline());
    const Then then = translate_part(translating, part);
    for (Bytes rest = translating.large; !rest.empty(); rest.remove_prefix(std::min(kPiece, rest.size()))) {
      downstream_.send_text(rest.substr(0, kPiece));
      if (downstream_.has_room()) continue;
      if (const auto room = co_await downstream_.catch_up(); !room) {
        account(translating.translation);
        co_return cut_off(room.error());
      }
    }
    if (!translating.large.empty()) translating.large = {};
    if (then == Then::over) co_return;
    if (then == Then::last) break;
    if (downstream_.has_room()) continue;
    if (const auto room = co_await downstream_.catch_up(); !room) {
      account(translating.translation);
      co_return cut_off(room.error());
    }
  }
  downstream_.end_answer();
  attempt_->release_at_end();
}

Exchange::Then Exchange::translate_part(Translating& translating, Result<net::BodyPart>& part) {
  Translation& translation = translating.translation;
  std::string& out = gateway_.staging();
  out.clear();
  if (!part) {
    const Fault fault = at_deadline(part.error());
    if (translation.begun()) translation.fail(fault, out);
    return fail_translating(translating, fault, out);
  }
  bool last = part->last;
  translation.read(*part, out);
  if (!translation.failed() && (last || translation.done())) {
    last = true;
    translation.end(out);
  }
  if (translation.has_content()) content_came();
  if (translation.failed()) return fail_translating(translating, translation.fault(), out);
  // (Of an answer that is complete nothing is held but what goes out now.)
  if (!last && !translating.memory.grow_to(translation.held_bytes())) {
    if (translation.begun()) translation.fail(Fault::shed, out);
    return fail_translating(translating, Fault::shed, out);
  }
  send_translated(translating, out, last);
  if (downstream_.aborted()) {
    account(translation);
    cut_off(Fault::shed);
    return Then::over;
  }
  if (last) account(translation);
  return last ? Then::last : Then::go_on;
}

void Exchange::send_translated(Translating& translating, std::string& out, bool whole) {
  if (out.empty()) return;
  if (!std::exchange(translating.begun, true)) {
    if (whole && !record_.stream) {
      account(translating.translation);
      tell_cost(record_, translating.answer.writer);
    }
    whole ? begin_sized(std::move(translating.answer), out.size(), commit())
          : begin_streamed(std::move(translating.answer), commit());
    sent_first_byte();
  }
  if (out.size() > kSendAtOnce) {
    translating.large = std::exchange(out, {});
  } else {
    downstream_.send_text(out);
  }
}

/// `told`: the error event for a client that has bytes already.
Exchange::Then Exchange::fail_translating(Translating& translating, Fault fault, Bytes told) {
  account(translating.translation);
  // Content that came in one part with the error behind it has begun the answer, too.
  if (!translating.begun && translating.translation.begun() && record_.stream &&
      row(fault).source != FaultSource::gone) {
    translating.begun = true;
    begin_streamed(std::move(translating.answer), commit());
    sent_first_byte();
  }
  if (!translating.begun) {
    if (!translating.translation.failed()) {
      fail(fault);
    } else {
      Failure failure = failure_of(translating.translation.error());
      failure.fault = fault;
      failure.end.status = 0;
      fail(std::move(failure));
    }
    return Then::over;
  }
  if (client_gone_ || row(fault).source == FaultSource::gone) {
    cut_off(fault);
    return Then::over;
  }
  note_fault(fault);
  downstream_.send_text(told);
  downstream_.end_answer();
  return Then::over;
}

void Exchange::account(const Translation& translation) {
  record_.usage = translation.decoder().usage();
  record_.finish = translation.decoder().finish_reason();
}

}  // namespace weir::gateway
