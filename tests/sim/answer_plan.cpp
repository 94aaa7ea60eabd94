#include "answer_plan.h"

#include <algorithm>
#include <array>

namespace weir::sim {
namespace {

std::string hex(std::size_t value) {
  std::string text;
  do text.insert(text.begin(), "0123456789abcdef"[value & 15]);
  while ((value >>= 4) != 0);
  return text;
}

/// Text as a model might write it, already escaped for JSON.
std::string words(Random& random, std::size_t bytes) {
  static constexpr std::array kWords = {"light ",     "weir ",  "\\u00e9t\\u00e9 ", "d\xc3\xa9j\xc3\xa0 ", "\\n",
                                        "\\\"q\\\" ", "water ", "data: ",           "{\\\"a\\\":1} ",      "stream "};
  std::string text;
  while (text.size() < bytes) text += kWords[random.below(kWords.size())];
  return text;
}

class Maker {
 public:
  Maker(Random& random, const AnswerWish& wish) : random_(random), wish_(wish), id_(std::to_string(wish.id)) {}

  AnswerPlan make() {
    const std::uint64_t dice = random_.below(100);
    if (wish_.may_break && dice < 4) {
      plan_.kind = AnswerPlan::Kind::silence;
    } else if (wish_.may_break && dice < 8) {
      malformed();
    } else if (dice < 10) {
      redirect();
    } else if (dice < 20) {
      error();
    } else if (wish_.stream && dice < 96) {
      stream();
    } else {
      document();
    }
    if (plan_.kind != AnswerPlan::Kind::silence && random_.one_in(12)) {
      plan_.interim = true;
      prepend("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
    }
    pauses();
    plan_.early = random_.one_in(15);
    plan_.stale = random_.one_in(4);
    plan_.stale_by_reset = random_.one_in(2);
    if (wish_.may_break) break_off();
    return std::move(plan_);
  }

 private:
  void prepend(const std::string& text) {
    plan_.wire.insert(0, text);
    plan_.golden.needed += text.size();
  }

  std::string head(int status, Bytes reason, Bytes type) {
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

  /// Wraps the body in one of the three framings; `marks` are offsets in the body to be turned into offsets in the
  /// wire.
  void frame(std::string start, const std::string& body, std::size_t needed_of_body) {
    const std::uint64_t dice = random_.below(plan_.kind == AnswerPlan::Kind::stream ? 10 : 6);
    const bool may_close = random_.one_in(5) || old_version_;
    if (dice == 0 || (old_version_ && dice > 3)) {
      start += random_.one_in(2) ? "connection: close, x-hop\r\n\r\n" : "connection: x-hop\r\n\r\n";
      plan_.closes = true;
      plan_.golden.until_close = true;
      plan_.golden.needed = start.size() + needed_of_body;
      plan_.wire = start + body;
      return;
    }
    start += may_close ? "Connection: close, x-hop\r\n" : "connection: keep-alive, x-hop\r\n";
    plan_.closes = may_close;
    if (dice <= 3) {
      start += "content-length: " + std::to_string(body.size()) + "\r\n\r\n";
      plan_.golden.needed = start.size() + needed_of_body;
      plan_.wire = start + body;
    } else {
      start += "Transfer-Encoding: chunked\r\n\r\n";
      plan_.wire = start;
      const bool odd = random_.one_in(4);  // extensions and trailers: legal, and not to be passed on
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
        plan_.wire.append(body, at, n).append("\r\n");
        at += n;
      }
      plan_.wire += odd && random_.one_in(2) ? "0\r\nx-trailer: t\r\n\r\n" : "0\r\n\r\n";
      if (needed_of_body == body.size() && plan_.kind != AnswerPlan::Kind::stream)
        plan_.golden.needed = plan_.wire.size();
      if (needed_of_body == 0) plan_.golden.needed = plan_.wire.size();
    }
    // Bytes nobody asked for. On a connection that was not said to end they may be taken for the next answer.
    if (random_.one_in(20) && (wish_.may_break || may_close)) {
      plan_.surplus = true;
      plan_.closes = true;
    }
  }

  void document() {
    plan_.kind = AnswerPlan::Kind::document;
    auto& golden = plan_.golden;
    const std::size_t size =
        random_.one_in(12) ? random_.between(60'000, 120'000) : random_.between(0, wish_.max_bytes);
    std::string body = R"({"id":"chatcmpl-)" + id_ +
                       R"(","object":"chat.completion","created":1700000000,"model":"real-)" + id_ +
                       R"(","choices":[{"index":0,"message":{"role":"assistant","content":"ANSWER-TEXT )" +
                       words(random_, size) + R"("},"finish_reason":"stop"}])";
    if (!random_.one_in(5)) body += R"(,"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21})";
    body += random_.one_in(3) ? "}\n" : "}";
    if (random_.one_in(20)) {  // an error that calls itself a success
      body = R"({"error":{"message":"busy )" + id_ + R"(","type":"server_error","code":429}})";
      golden.status = 429;
    } else if (random_.one_in(25)) {
      body = "plain words, no JSON, of " + id_;
    }
    golden.body = body;
    frame(head(200, "OK", "application/json"), body, body.size());
  }

  void error() {
    plan_.kind = AnswerPlan::Kind::error;
    static constexpr std::array kStatuses = {400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529};
    auto& golden = plan_.golden;
    golden.status = kStatuses[random_.below(kStatuses.size())];
    std::string body;
    switch (random_.below(4)) {
      case 0:
        golden.tail = Golden::Tail::weir_body;
        break;
      case 1:
        body = "<html><body><h1>Bad Gateway of " + id_ + "</h1></body></html>";
        golden.tail = Golden::Tail::weir_body;
        break;
      default:
        body = R"({"error":{"message":"provider says no to )" + id_ + R"( )" + words(random_, random_.below(300)) +
               R"(","type":"invalid_request_error","param":null,"code":null}})";
        golden.body = body;
    }
    std::string start = head(golden.status, "", body.starts_with('<') ? "text/html" : "application/json");
    if (golden.status == 429) start += "retry-after: 7\r\n";
    frame(std::move(start), body, body.size());
  }

  void redirect() {
    plan_.kind = AnswerPlan::Kind::redirect;
    plan_.golden.status = 502;
    plan_.golden.tail = Golden::Tail::weir_body;
    plan_.wire = head(random_.one_in(2) ? 302 : 307, "Found", "") + "location: http://elsewhere.example/\r\n" +
                 "content-length: 0\r\n\r\n";
    plan_.golden.needed = plan_.wire.size();
  }

  void malformed() {
    plan_.kind = AnswerPlan::Kind::malformed;
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

  // ---- Streams.

  void add_frame(std::string text, bool passes, std::string payload) {
    body_ += text;
    frames_.push_back(body_.size());
    if (!passes) return;
    plan_.golden.body += text;
    if (!payload.empty()) plan_.golden.payloads.push_back(std::move(payload));
  }

  std::string data_frame(const std::string& payload) {
    std::string text;
    if (random_.one_in(8)) text += "event: message" + line_end();
    if (random_.one_in(10)) text += "id: 7" + line_end();
    text += space_ ? "data: " : "data:";
    text += payload + line_end();
    return text + line_end();
  }

  std::string line_end() {
    static constexpr std::array kEnds = {"\n", "\r\n", "\r"};
    return kEnds[mixed_ ? random_.below(2) : style_];
  }

  std::string delta(const std::string& inside, Bytes finish, Bytes more = {}) {
    std::string text = R"({"id":"chatcmpl-)" + id_ +
                       R"(","object":"chat.completion.chunk","created":1700000000,"model":"m",)" +
                       R"("choices":[{"index":0,"delta":{)" + inside + R"(},"finish_reason":)";
    text += finish;
    text += "}]";
    text += more;
    return text + "}";
  }

  void comment(bool passes) {
    std::string text = ": KEEP-ALIVE" + line_end();
    add_frame(text + line_end(), passes, {});
  }

  void stream() {
    plan_.kind = AnswerPlan::Kind::stream;
    auto& golden = plan_.golden;
    golden.stream = true;
    golden.withholds_usage = !wish_.wants_usage;
    style_ = random_.one_in(2) ? 0 : random_.below(3);
    mixed_ = random_.one_in(8);
    space_ = !random_.one_in(4);
    if (random_.one_in(5))
      for (std::uint64_t n = random_.between(1, 3); n > 0; --n) comment(true);

    const std::uint64_t length = random_.one_in(6) ? random_.between(20, 60) : random_.between(0, 10);
    const bool error_first = random_.one_in(25);
    const bool error_midway = !error_first && random_.one_in(15);
    const bool no_finish = random_.one_in(15);
    if (!error_first) {
      const std::string role = delta(R"("role":"assistant","content":"")", "null");
      add_frame(data_frame(role), true, role);
    }
    for (std::uint64_t i = 0; i < length && !error_first; ++i) {
      const std::size_t size = !no_finish && random_.one_in(150) ? 70'000
                               : random_.one_in(10)              ? random_.below(3000)
                                                                 : random_.below(60);
      golden.giant |= size > 60'000;
      const std::string text = delta(R"("content":"ANSWER-TEXT )" + words(random_, size) + "\"", "null");
      add_frame(data_frame(text), true, text);
      if (random_.one_in(15)) comment(true);
    }
    if (error_first || error_midway) {
      const std::string code = random_.one_in(2) ? "529" : "\"overloaded\"";
      const std::string text =
          R"({"error":{"message":"overloaded )" + id_ + R"(","type":"server_error","code":)" + code + "}}";
      add_frame(data_frame(text), true, text);
      if (error_first) {  // nothing was committed yet: an honest status
        golden.stream = false;
        golden.status = code == "529" ? 529 : 502;
        golden.body = text;
        golden.payloads.clear();
      } else {
        golden.error_in_stream = true;
      }
    } else if (no_finish && !random_.one_in(3)) {
      golden.tail = Golden::Tail::weir_event;
      return frame(head(200, "OK", "text/event-stream"), body_, body_.size());
    } else {
      finish(no_finish);
    }
    golden_done_ = body_.size();
    if (!open_end_ && !golden.adds_done && random_.one_in(10)) comment(false);  // behind the end: nobody reads it
    frame(head(200, "OK", "text/event-stream; charset=utf-8"), body_, golden_done_);
  }

  void finish(bool no_finish) {
    auto& golden = plan_.golden;
    const Bytes usage = R"("usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21})";
    const bool usage_inside = random_.one_in(6);
    if (!no_finish) {
      const std::string text = delta("", "\"stop\"", usage_inside ? "," + std::string(usage) : std::string());
      add_frame(data_frame(text), true, text);
      golden.finished_after = golden.payloads.size();
    }
    if (!usage_inside && !random_.one_in(8)) {
      std::string text = R"({"id":"chatcmpl-)" + id_ + R"(","object":"chat.completion.chunk","choices":[],)";
      text.append(usage).append("}");
      add_frame(data_frame(text), !golden.withholds_usage, text);
    } else {
      golden.withholds_usage = false;
    }
    if (!no_finish && random_.one_in(8)) {
      golden.adds_done = true;
      golden.body += "data: [DONE]\n\n";
      return;
    }
    std::string text = data_frame("[DONE]");
    // Some servers leave out the last blank line.
    if (!mixed_ && random_.one_in(10)) {
      const std::string kept = text.substr(0, text.size() - line_end().size() * (random_.one_in(2) ? 1 : 2));
      add_frame(kept, true, {});
      golden.body += "\n\n";
      open_end_ = true;
    } else {
      add_frame(text, true, {});
    }
    if (no_finish) golden.finished_after = golden.payloads.size();
  }

  // ---- Time and breaks.

  void pauses() {
    if (plan_.wire.empty()) return;
    for (std::uint64_t n = random_.below(4); n > 0; --n) {
      const std::int64_t us =
          static_cast<std::int64_t>(random_.one_in(5) ? random_.below(150'000) : random_.below(3000));
      plan_.pauses.push_back({random_.below(plan_.wire.size()), Duration(us * 1000)});
    }
    if (wish_.may_break && random_.one_in(12))  // slower than some time-outs
      plan_.pauses.push_back({random_.one_in(2) ? 0 : random_.below(plan_.wire.size()),
                              Duration(static_cast<std::int64_t>(random_.below(5'000)) * 1'000'000)});
    std::ranges::sort(plan_.pauses, {}, &AnswerPlan::Pause::offset);
  }

  void break_off() {
    if (plan_.kind == AnswerPlan::Kind::silence) {
      plan_.breaks = random_.one_in(2)   ? AnswerPlan::Break::stall
                     : random_.one_in(2) ? AnswerPlan::Break::reset
                                         : AnswerPlan::Break::finish;
      plan_.golden.status = 0;
      return;
    }
    if (!random_.one_in(5)) return;
    plan_.breaks =
        std::array{AnswerPlan::Break::finish, AnswerPlan::Break::reset, AnswerPlan::Break::stall}[random_.below(3)];
    plan_.breaks_at = random_.below(plan_.wire.size() + 1);
    if (random_.one_in(3)) plan_.breaks_at = std::min(plan_.wire.size(), plan_.golden.needed + random_.below(3));
    if (plan_.breaks == AnswerPlan::Break::stall && plan_.breaks_at == plan_.wire.size())
      plan_.breaks = AnswerPlan::Break::none;
  }

  Random& random_;
  const AnswerWish& wish_;
  std::string id_;
  AnswerPlan plan_;
  std::string body_;
  std::vector<std::size_t> frames_;
  std::size_t golden_done_ = 0;
  std::uint64_t style_ = 0;
  bool mixed_ = false;
  bool space_ = true;
  bool open_end_ = false;
  bool old_version_ = false;
};

}  // namespace

AnswerPlan plan_answer(Random& random, const AnswerWish& wish) { return Maker(random, wish).make(); }

}  // namespace weir::sim
