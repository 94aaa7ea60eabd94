// The lanes of an answer that is translated: the client speaks another dialect than the provider, or wants a document
// where the provider only streams, or the answer may be stitched. What becomes of the bytes is decided in
// translation.h; here they are sent.
#include "cost.h"
#include "exchange.h"
#include "refuse.h"
#include "weir/dialect/continuation.h"

namespace weir::gateway {
namespace {

constexpr std::size_t kSendAtOnce = 64 * 1024;
constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

io::Task<> Exchange::translate(codec::ResponseHead& head) {
  lane_->begun() ? go_on() : start_translation(head);
  Lane& lane = *lane_;
  for (;;) {
    auto part = co_await attempt_->upstream().read_body(next_frame_deadline());
    const Then then = translate_part(part);
    if (!lane.large.empty()) [[unlikely]] {
      for (Bytes rest = lane.large; !rest.empty(); rest.remove_prefix(std::min(kPiece, rest.size()))) {
        downstream_.send_text(rest.substr(0, kPiece));
        if (downstream_.has_room()) continue;
        if (const auto room = co_await downstream_.catch_up(); !room) {
          account(*lane.translation);
          co_return cut_off(room.error());
        }
      }
      give_back(lane.large);
    }
    if (then == Then::over) co_return;
    if (then == Then::last) break;
    if (downstream_.has_room()) continue;
    if (const auto room = co_await downstream_.catch_up(); !room) {
      account(*lane.translation);
      co_return cut_off(room.error());
    }
  }
  downstream_.end_answer();
  attempt_->release_at_end();
}

void Exchange::start_translation(const codec::ResponseHead& head) {
  record_.status = head.status;
  lane_->translation.emplace(endpoint_.client, lane_->context, !record_.stream, lane_->stitches);
  lane_->answer = start_answer(head, codec::HeaderId::content_type);
  lane_->answer->writer.field("content-type", record_.stream
                                                  ? dialect::stream_content_type(endpoint_.client, endpoint_.array)
                                                  : Bytes("application/json"));
}

/// What comes now is the rest of an answer that the client has the beginning of.
void Exchange::go_on() {
  const catalog::Provider& provider = *race_->asking.target.provider;
  lane_->translation->resume(record_.provider_dialect,
                             dialect::repeats_what_was_said(record_.provider_dialect, provider.quirks));
  ++record_.stitched;
  if (lane_->context.array) return;  // there are no comments in it
  lane_->mark.assign(": x-weir-attempts: ")
      .append(record_.trail.view())
      .append(", ")
      .append(record_.provider)
      .append("/");
  lane_->mark.append(record_.model_id).append("\n\n");
}

Exchange::Then Exchange::translate_part(Result<net::BodyPart>& part) {
  Lane& lane = *lane_;
  Translation& translation = *lane.translation;
  std::string& out = gateway_.staging();
  out.clear();
  if (!part) {
    const Fault fault = at_deadline(part.error());
    if (translation.begun()) translation.fail(fault, out);
    return fail_translating(fault, out);
  }
  bool last = part->last;
  translation.read(*part, out);
  if (!translation.failed() && (last || translation.done())) {
    last = true;
    translation.end(out);
  }
  if (translation.has_content()) content_came();
  if (translation.failed()) return fail_translating(translation.fault(), out);
  // (Of an answer that is complete nothing is held but what goes out now.)
  if (!last && !lane.memory.grow_to(translation.held_bytes())) {
    if (translation.begun()) translation.fail(Fault::shed, out);
    return fail_translating(Fault::shed, out);
  }
  if (lane.stitches) [[unlikely]]
    note_said(out);
  send_translated(out, last);
  if (downstream_.aborted()) {
    account(translation);
    cut_off(Fault::shed);
    return Then::over;
  }
  if (last) account(translation);
  return last ? Then::last : Then::go_on;
}

/// Of a part of an answer that stitches, `out`: in front of a rest stands whose it is.
void Exchange::note_said(std::string& out) {
  Lane& lane = *lane_;
  Translation& translation = *lane.translation;
  if (!out.empty() && !lane.mark.empty()) out.insert(0, std::exchange(lane.mark, {}));
  // For the client the first content of a rest is not the first, for the router it is.
  if (record_.stitched > 0 && translation.has_content()) attempt_->answered();
  // Without memory for the text so far nobody is asked for the rest.
  if (lane.said_memory.grow_to(translation.said_bytes())) return;
  translation.give_up_stitching();
  lane.said_memory.shrink_to(translation.said_bytes());
}

void Exchange::send_translated(std::string& out, bool whole) {
  if (out.empty()) return;
  Lane& lane = *lane_;
  if (lane.answer) {
    auto answer = *std::exchange(lane.answer, {});
    if (whole && !record_.stream) {
      account(*lane.translation);
      tell_cost(record_, answer.writer);
    }
    whole ? begin_sized(std::move(answer), out.size(), commit()) : begin_streamed(std::move(answer), commit());
    sent_first_byte();
  }
  if (out.size() > kSendAtOnce) {
    lane.large = std::exchange(out, {});
  } else {
    downstream_.send_text(out);
  }
}

/// `told`: what the client gets all the same, if it has bytes already.
Exchange::Then Exchange::fail_translating(Fault fault, std::string& told) {
  Lane& lane = *lane_;
  Translation& translation = *lane.translation;
  account(translation);
  // Content that came in one part with the error behind it has begun the answer, too.
  if (lane.answer && translation.begun() && record_.stream && row(fault).source != FaultSource::gone) {
    begin_streamed(*std::exchange(lane.answer, {}), commit());
    sent_first_byte();
  }
  if (lane.answer) {
    if (!translation.failed()) {
      fail(fault);
    } else {
      Failure failure = failure_of(translation.error());
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
  if (is_for_rest() && translation.can_go_on() && row(fault).source == FaultSource::upstream) {
    note_said(told);
    send_translated(told, false);
    leave_rest(fault);
    return Then::over;
  }
  translation.tell_failure(told);
  note_fault(fault);
  downstream_.send_text(told);
  downstream_.end_answer();
  return Then::over;
}

/// The attempt has failed in the midst of the answer: its part is over, and somebody else may have the rest.
void Exchange::leave_rest(Fault fault) {
  note_cost(record_);
  gateway_.metrics().count_part(record_);
  set_part_aside(record_);
  race_->attempts->restrict_to(who_can_continue());
  if (fault != Fault::upstream_stream_error) return fail(fault);
  const dialect::ErrorClass said = lane_->translation->error().error_class;
  fail({.end = {.blame = routing::blame_of(said), .exhausted = said == dialect::ErrorClass::quota_exhausted},
        .fault = fault});
}

/// By their places in the plan.
std::uint32_t Exchange::who_can_continue() const {
  const auto candidates = race_->plan.askable();
  std::uint32_t able = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const catalog::Target target = (*race_->resolution)[candidates[i].place];
    if (catalog::continuing_dialect(*target.provider, *target.traits)) able |= std::uint32_t{1} << i;
  }
  return able;
}

void Exchange::break_off(Fault fault) {
  race_->failure.reset();
  if (client_gone_ || row(fault).source == FaultSource::gone) return cut_off(fault);
  note_fault(fault);
  std::string& out = gateway_.staging();
  out.clear();
  lane_->translation->tell_failure(out);
  downstream_.send_text(out);
  downstream_.end_answer();
}

void Exchange::account(const Translation& translation) {
  record_.usage = translation.decoder().usage();
  record_.finish = translation.decoder().finish_reason();
}

}  // namespace weir::gateway
