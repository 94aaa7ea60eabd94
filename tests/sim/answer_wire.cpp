#include "answer_wire.h"

#include <algorithm>
#include <array>

#include "weir/dialect/error_report.h"

namespace weir::sim {
namespace {

constexpr Duration kLongestWait = 1s;  // who names a longer time is not returned to

std::string hex(std::size_t value) {
  std::string text;
  do text.insert(text.begin(), "0123456789abcdef"[value & 15]);
  while ((value >>= 4) != 0);
  return text;
}

}  // namespace

/// Text as a model might write it, already escaped for JSON.
std::string words(Random& random, std::size_t bytes) {
  static constexpr std::array kWords = {"light ",     "weir ",  "\\u00e9t\\u00e9 ", "d\xc3\xa9j\xc3\xa0 ", "\\n",
                                        "\\\"q\\\" ", "water ", "data: ",           "{\\\"a\\\":1} ",      "stream "};
  std::string text;
  while (text.size() < bytes) text += kWords[random.below(kWords.size())];
  return text;
}

void AnswerWire::prepend(const std::string& text) {
  plan_.wire.insert(0, text);
  plan_.golden.needed += text.size();
  for (std::size_t& end : plan_.golden.frame_ends) end += text.size();
}

std::string AnswerWire::head(int status, Bytes reason, Bytes type) {
  // Now and then a provider speaks the older version.
  old_version_ = plan_.kind != AnswerPlan::Kind::malformed && random_.one_in(20);
  std::string text = (old_version_ ? "HTTP/1.0 " : "HTTP/1.1 ") + std::to_string(status) +
                     (reason.empty() && random_.one_in(2) ? "" : " ");
  text += reason;
  text += "\r\n";
  if (!type.empty()) text.append(random_.one_in(2) ? "Content-Type: " : "content-type:").append(type).append("\r\n");
  text += "x-request-id: req-" + id_ + "\r\n";
  text += "Date: Sat, 21 Nov 2026 00:00:00 GMT\r\nset-cookie: session=provider-cookie\r\nx-hop: 1\r\n";
  return text;
}

/// Wraps the body in one of the three framings.
void AnswerWire::frame(std::string start, const std::string& body, std::size_t needed_of_body) {
  const std::uint64_t dice = random_.below(plan_.kind == AnswerPlan::Kind::stream ? 10 : 6);
  const bool may_close = random_.one_in(5) || old_version_;
  if (dice == 0 || (old_version_ && dice > 3)) {
    start += random_.one_in(2) ? "connection: close, x-hop\r\n\r\n" : "connection: x-hop\r\n\r\n";
    plan_.closes = true;
    plan_.golden.until_close = true;
    plan_.golden.needed = start.size() + needed_of_body;
    plan_.wire = start + body;
    for (const std::size_t end : frames_) plan_.golden.frame_ends.push_back(start.size() + end);
    return;
  }
  start += may_close ? "Connection: close, x-hop\r\n" : "connection: keep-alive, x-hop\r\n";
  plan_.closes = may_close;
  if (dice <= 3) {
    start += "content-length: " + std::to_string(body.size()) + "\r\n\r\n";
    plan_.golden.needed = start.size() + needed_of_body;
    plan_.wire = start + body;
    for (const std::size_t end : frames_) plan_.golden.frame_ends.push_back(start.size() + end);
  } else {
    std::size_t next_end = 0;
    start += "Transfer-Encoding: chunked\r\n\r\n";
    plan_.wire = start;
    const bool odd =
        random_.one_in(4) && frames_.size() < 500;  // extensions and trailers: legal, and not to be passed on
    for (std::size_t at = 0; at < body.size();) {
      std::size_t n = body.size() - at;
      if (frames_.empty()) {
        n = std::min<std::size_t>(n, random_.between(1, 4000));
      } else if (random_.one_in(3)) {
        n = std::min<std::size_t>(n, random_.between(1, 60));
      } else {
        const auto next = std::upper_bound(frames_.begin(), frames_.end(), at);
        if (next != frames_.end()) n = std::min(n, *next - at);
      }
      plan_.wire += hex(n) + (odd && random_.one_in(3) ? ";name=\"v\"\r\n" : "\r\n");
      if (at < needed_of_body && needed_of_body <= at + n)
        plan_.golden.needed = plan_.wire.size() + needed_of_body - at;
      for (; next_end < frames_.size() && frames_[next_end] <= at + n; ++next_end)
        plan_.golden.frame_ends.push_back(plan_.wire.size() + frames_[next_end] - at);
      plan_.wire.append(body, at, n).append("\r\n");
      at += n;
    }
    plan_.wire += odd && random_.one_in(2) ? "0\r\nx-trailer: t\r\n\r\n" : "0\r\n\r\n";
    if (needed_of_body == body.size() && plan_.kind != AnswerPlan::Kind::stream)
      plan_.golden.needed = plan_.wire.size();
    if (needed_of_body == 0) plan_.golden.needed = plan_.wire.size();
  }
  // Bytes nobody asked for. On a connection that was not said to end they may be taken for the next answer.
  if (random_.one_in(20) && (may_break_ || may_close)) {
    plan_.surplus = true;
    plan_.closes = true;
  }
}

void AnswerWire::redirect() {
  plan_.kind = AnswerPlan::Kind::redirect;
  plan_.again = Again::anybody;
  plan_.golden.status = 502;
  plan_.golden.tail = Golden::Tail::weir_body;
  plan_.wire = head(random_.one_in(2) ? 302 : 307, "Found", "") + "location: http://elsewhere.example/\r\n" +
               "content-length: 0\r\n\r\n";
  plan_.golden.needed = plan_.wire.size();
}

void AnswerWire::malformed() {
  plan_.kind = AnswerPlan::Kind::malformed;
  plan_.again = Again::anybody;
  plan_.golden.status = 502;
  plan_.golden.tail = Golden::Tail::weir_body;
  const std::string good = head(200, "OK", "application/json");
  switch (random_.below(9)) {
    case 0:
      plan_.wire = "HTTP/2 200 OK\r\n\r\n";
      break;
    case 1:
      plan_.wire = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
      break;
    case 2:
      plan_.wire = good + "content-length: 5\r\ncontent-length: 6\r\n\r\nhello";
      break;
    case 3:
      plan_.wire = good + "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}";
      break;
    case 4:
      plan_.wire = good + "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n";
      break;
    case 5:
      plan_.wire = good + "transfer-encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n";
      break;
    case 6:
      plan_.wire = "HTTP/1.1 200 OK\r\nbad field: x\r\n\r\n";
      break;
    case 7:
      plan_.wire = "HTTP/1.1 200 OK\r\nx: y\nz: w\r\n\r\n";
      break;
    default:
      plan_.wire = good + "x-pad: " + std::string(66'000, 'p') + "\r\n\r\n";
  }
  plan_.golden.needed = plan_.wire.size();
}

void AnswerWire::read_again(int status, Bytes body) {
  std::string scratch;
  const bool waits = plan_.wants > kLongestWait;
  plan_.again = again_after(dialect::read_error(status, body, scratch).error_class, waits);
  plan_.again_alone = again_after(dialect::read_error(status, {}, scratch).error_class, waits);
}

std::string AnswerWire::line_end() {
  static constexpr std::array kEnds = {"\n", "\r\n", "\r"};
  return kEnds[mixed_ ? random_.below(2) : style_];
}

// ---- Time and breaks.

void AnswerWire::happen() {
  if (plan_.kind != AnswerPlan::Kind::silence && random_.one_in(12)) {
    plan_.interim = true;
    prepend("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  }
  pauses();
  plan_.early = random_.one_in(15);
  plan_.stale = random_.one_in(4);
  plan_.stale_by_reset = random_.one_in(2);
  if (may_break_) break_off();
}

void AnswerWire::pauses() {
  if (plan_.wire.empty()) return;
  for (std::uint64_t n = random_.below(4); n > 0; --n) {
    const std::int64_t us = static_cast<std::int64_t>(random_.one_in(5) ? random_.below(150'000) : random_.below(3000));
    plan_.pauses.push_back({random_.below(plan_.wire.size()), Duration(us * 1000)});
  }
  if (may_break_ && random_.one_in(12))  // slower than some time-outs
    plan_.pauses.push_back({random_.one_in(2) ? 0 : random_.below(plan_.wire.size()),
                            Duration(static_cast<std::int64_t>(random_.below(5'000)) * 1'000'000)});
  if (late_)
    plan_.pauses.push_back({random_.one_in(2) ? 0 : random_.below(std::max<std::size_t>(plan_.meant_from(), 1)),
                            Duration(static_cast<std::int64_t>(random_.between(1'000, 12'000)) * 1'000'000)});
  std::ranges::sort(plan_.pauses, {}, &AnswerPlan::Pause::offset);
}

void AnswerWire::break_off() {
  if (plan_.kind == AnswerPlan::Kind::silence) {
    plan_.again = Again::anybody;
    plan_.breaks = random_.one_in(2)   ? AnswerPlan::Break::stall
                   : random_.one_in(2) ? AnswerPlan::Break::reset
                                       : AnswerPlan::Break::finish;
    plan_.golden.status = 0;
    return;
  }
  if (!random_.one_in(5) && !breaks_surely_) return;
  plan_.breaks =
      std::array{AnswerPlan::Break::finish, AnswerPlan::Break::reset, AnswerPlan::Break::stall}[random_.below(3)];
  plan_.breaks_at = random_.below(plan_.wire.size() + 1);
  if (random_.one_in(3)) plan_.breaks_at = std::min(plan_.wire.size(), plan_.golden.needed + random_.below(3));
  if (breaks_surely_ && plan_.meant_from() > 0 && random_.one_in(2))
    plan_.breaks_at = random_.below(plan_.meant_from());
  if (plan_.breaks == AnswerPlan::Break::stall && plan_.breaks_at == plan_.wire.size())
    plan_.breaks = AnswerPlan::Break::none;
}

}  // namespace weir::sim
