#include "answer_plan.h"

#include <array>

#include "answer_wire.h"
#include "http_reader.h"
#include "spoken.h"

namespace weir::sim {
namespace {

class Maker : AnswerWire {
 public:
  Maker(Random& random, const AnswerWish& wish) : AnswerWire(random, wish.id, wish.may_break), wish_(wish) {}

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
    happen();
    return std::move(plan_);
  }

 private:
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
    if (wish_.stream) tell_as_stream(body);
    dialect::Decoder decoder(dialect::Dialect::openai_chat);
    if (decoder.tap(body).fault || golden.status != 200) plan_.again = again_after(decoder.error().error_class, false);
    frame(head(200, "OK", "application/json"), body, body.size());
  }

  /// A document although a stream was asked for: the client gets a stream nevertheless.
  void tell_as_stream(const std::string& body) {
    Spoken spoken;
    spoken.context.include_usage = wish_.wants_usage;
    if (body.starts_with('{')) spoken.told.push_back({.payload = body});
    const Heard heard = hear(spoken, spoken.told.size());
    auto& golden = plan_.golden;
    golden.held_whole = true;
    golden.status = heard.status;
    golden.body = heard.body;
    golden.stream = heard.stream;
    if (!heard.stream) return;
    golden.payloads = read_sse(heard.body).whole;
    golden.payloads.pop_back();  // [DONE]
    golden.finished_after = golden.payloads.size();
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
    plan_.wants = golden.status == 429 ? 7s : 0s;
    read_again(golden.status, body);
    frame(std::move(start), body, body.size());
  }

  // ---- Streams.

  void add_frame(std::string text, bool passes, std::string payload) {
    body_ += text;
    frames_.push_back(body_.size());
    const bool meant =
        payload.contains("ANSWER-TEXT") || payload.contains(R"("finish_reason":"stop")") || text.contains("[DONE]");
    if (meant && plan_.golden.meant_frame == 0) plan_.golden.meant_frame = frames_.size();
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
    // Nothing was meant for the client yet: an honest status.
    const bool error_alone = error_first || (error_midway && golden.meant_frame == 0);
    if (error_first || error_midway) {
      const std::string code = random_.one_in(2) ? "529" : "\"overloaded\"";
      const std::string text =
          R"({"error":{"message":"overloaded )" + id_ + R"(","type":"server_error","code":)" + code + "}}";
      add_frame(data_frame(text), true, text);
      if (error_alone) {
        golden.stream = false;
        golden.status = code == "529" ? 529 : 503;
        golden.body = text;
        golden.payloads.clear();
        plan_.again = Again::anybody;
      } else {
        golden.error_in_stream = true;
      }
    } else if (no_finish && !random_.one_in(3)) {
      if (golden.meant_frame == 0) {
        golden = {.status = 502, .body = {}, .tail = Golden::Tail::weir_body};
        plan_.again = Again::anybody;
      } else {
        golden.tail = Golden::Tail::weir_event;
      }
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

  const AnswerWish& wish_;
  std::size_t golden_done_ = 0;
  bool space_ = true;
  bool open_end_ = false;
};

}  // namespace

AnswerPlan plan_answer(Random& random, const AnswerWish& wish) { return Maker(random, wish).make(); }

}  // namespace weir::sim
