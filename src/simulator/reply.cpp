#include "reply.h"

#include <algorithm>
#include <chrono>

namespace weir::simulator {
namespace {

using std::chrono::milliseconds;

/// A stream may be so far ahead of its client; every event waiting holds buffers of the shard.
constexpr std::size_t kUnsentEvents = 4 * 1024;
/// A document goes out in pieces of this size, one waiting.
constexpr std::size_t kDocumentPiece = 16 * 1024;
/// A stalled answer does not hold its connection for ever.
constexpr Duration kLongestStall = 600s;

constexpr Bytes kHtml = "<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>\n";

}  // namespace

Reply::Reply(net::Downstream& downstream, const Scenario& scenario, Prompt prompt, Telling telling)
    : downstream_(downstream),
      scenario_(scenario),
      script_(scenario, std::move(prompt)),
      narrator_(std::move(telling)),
      attendance_(downstream) {}

io::Task<> Reply::run() {
  if (!co_await attendance_.wait(milliseconds(scenario_.delay_ms))) co_return downstream_.abort_answer();
  if (scenario_.error_status != 0 && scenario_.error_place == ErrorPlace::answer) co_return answer_error();
  if (narrator_.telling().as_stream) {
    co_await answer_stream();
  } else {
    co_await answer_document();
  }
}

net::Downstream::Answer Reply::start(Bytes content_type) {
  auto answer = downstream_.start_head(200);
  answer.writer.field("content-type", content_type);
  answer.writer.field("cache-control", "no-cache");
  answer.writer.field("x-request-id", {"req-", narrator_.telling().id});
  return answer;
}

void Reply::answer_error() {
  const Failure error = failure_of(scenario_);
  std::string fields = "x-request-id: req-" + narrator_.telling().id + "\r\n";
  const bool is_passing = error.status == 429 || error.status == 503 || error.status == 529;
  const bool says_when = is_passing && scenario_.special_error == SpecialError::none;
  if (scenario_.retry_after_s || says_when)
    fields += "retry-after: " + std::to_string(scenario_.retry_after_s.value_or(1)) + "\r\n";
  if (scenario_.is_html) return downstream_.answer(error.status, "text/html", kHtml, fields);
  write_failure(scratch_, narrator_.telling().dialect, error);
  downstream_.answer(error.status, "application/json", scratch_, fields);
}

io::Task<> Reply::answer_document() {
  if (scenario_.error_place != ErrorPlace::answer) {
    write_failure(scratch_, narrator_.telling().dialect, failure_of(scenario_));
  } else {
    narrator_.document(script_, scenario_.has_usage, scratch_);
  }
  downstream_.begin_sized(start(narrator_.content_type()), scratch_.size());
  Bytes left = scratch_;
  if (scenario_.break_off != BreakOff::none) left = left.substr(0, left.size() / 2);
  while (!left.empty()) {
    downstream_.send_text(left.substr(0, kDocumentPiece));
    left.remove_prefix(std::min(left.size(), kDocumentPiece));
    const auto room = co_await downstream_.room(kDocumentPiece);
    if (!room || !downstream_.answer_begun()) co_return downstream_.abort_answer();
  }
  if (scenario_.break_off != BreakOff::none) {
    co_await break_off();
  } else {
    downstream_.end_answer();
  }
}

io::Task<> Reply::answer_stream() {
  downstream_.begin_streamed(start(narrator_.content_type()));
  bool goes_on = true;
  if (scenario_.error_place != ErrorPlace::first_event) {
    scratch_.clear();
    narrator_.begin(scratch_);
    goes_on = co_await send(scratch_) && co_await attendance_.wait(milliseconds(scenario_.first_token_ms)) &&
              co_await send_words();
  }
  if (!goes_on) co_return downstream_.abort_answer();
  if (scenario_.break_off != BreakOff::none) {
    co_await break_off();
  } else {
    co_await end_stream();
  }
}

/// Says everything, or what is to be said before something goes wrong.
io::Task<bool> Reply::send_words() {
  std::uint32_t limit = kMaxChunks * 2;  // more than any script has
  if (scenario_.error_place == ErrorPlace::mid_stream) limit = std::min(limit, scenario_.error_after);
  if (scenario_.break_off != BreakOff::none) limit = std::min(limit, scenario_.break_after);
  const Duration interval = milliseconds(scenario_.interval_ms);
  Delta delta;
  for (std::uint32_t said = 0; said < limit && script_.next(delta); ++said) {
    if (said > 0 && !co_await attendance_.wait(interval)) co_return false;
    scratch_.clear();
    narrator_.say(delta, scratch_);
    if (!co_await send(scratch_)) co_return false;
  }
  co_return attendance_.is_present();
}

io::Task<> Reply::end_stream() {
  scratch_.clear();
  if (scenario_.error_place != ErrorPlace::answer) {
    narrator_.fail(failure_of(scenario_), scratch_);  // no finish and no end marker
  } else if (scenario_.has_finish) {
    narrator_.finish(script_, scenario_.has_usage, scenario_.has_done, scratch_);
  }
  if (co_await send(scratch_)) {
    downstream_.end_answer();
  } else {
    downstream_.abort_answer();
  }
}

/// False when nobody is left to send to. A dialect may keep a piece to itself, to tell it with the next one.
io::Task<bool> Reply::send(Bytes text) {
  if (!text.empty()) downstream_.send_text(text);
  const auto room = co_await downstream_.room(kUnsentEvents);
  co_return room&& downstream_.answer_begun() && attendance_.is_present();
}

io::Task<> Reply::break_off() {
  co_await downstream_.room(0);
  if (scenario_.break_off == BreakOff::stall) co_await attendance_.wait(kLongestStall);
  downstream_.abort_answer();
}

}  // namespace weir::simulator
