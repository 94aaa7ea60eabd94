#include "question.h"

#include <vector>

#include "plan.h"
#include "request_wire.h"

namespace weir::sim {

using dialect::Dialect;

namespace {

constexpr Bytes kPicture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";
constexpr Bytes kSchema =
    R"({"type":"object","properties":{"q":{"type":"string"},"n":{"type":"number"}},"required":["q"]})";

class Maker {
 public:
  Maker(Random& random, const QuestionWish& wish) : random_(random), wish_(wish) {
    text_ =
        std::string(kPromptMark) + " " + std::to_string(wish.id) + " " + filler(random, random.below(wish.max_bytes));
    picture_ = random.one_in(4);
    system_ = random.one_in(2);
    history_ = random.one_in(3);
    tools_ = history_ || random.one_in(3);
  }

  std::string make() {
    switch (wish_.client) {
      case Dialect::openai_chat:
        chat();
        break;
      case Dialect::openai_responses:
        responses();
        break;
      case Dialect::anthropic_messages:
        anthropic();
        break;
      case Dialect::gemini:
        gemini();
        break;
    }
    for (std::size_t i = members_.size() - 1; i > 0; --i) std::swap(members_[i], members_[random_.below(i + 1)]);
    const std::string comma = random_.one_in(3) ? " ,\n" : ",";
    std::string body = random_.one_in(4) ? " {" : "{";
    for (std::size_t i = 0; i < members_.size(); ++i) body += (i > 0 ? comma : std::string()) + members_[i];
    return body + (random_.one_in(3) ? "}\r\n" : "}");
  }

 private:
  void add(Bytes name, const std::string& value) {
    members_.push_back("\"" + std::string(name) + "\"" + (random_.one_in(3) ? " : " : ":") + value);
  }
  void maybe(Bytes name, const std::string& value, std::uint64_t n = 4) {
    if (random_.one_in(n)) add(name, value);
  }
  std::string model() const { return std::string("\"") + kModelHole + "\""; }
  static std::string quoted(Bytes text) { return "\"" + std::string(text) + "\""; }

  void chat() {
    add("model", model());
    std::string messages = "[";
    if (system_) messages += R"({"role":"system","content":"Be brief."},)";
    messages += R"({"role":"user","content":)";
    if (picture_ || random_.one_in(3)) {
      messages += R"([{"type":"text","text":)" + quoted(text_) + "}";
      if (picture_)
        messages +=
            R"(,{"type":"image_url","image_url":{"url":"data:image/png;base64,)" + std::string(kPicture) + R"("}})";
      messages += "]}";
    } else {
      messages += quoted(text_) + "}";
    }
    if (history_)
      messages += R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"call_h1","type":"function","function":)"
                  R"({"name":"look_up","arguments":"{\"q\":\"weir\"}"}}]},)"
                  R"({"role":"tool","tool_call_id":"call_h1","content":"found it"})";
    add("messages", messages + "]");
    if (tools_) {
      add("tools", R"([{"type":"function","function":{"name":"look_up","description":"Looks up.","parameters":)" +
                       std::string(kSchema) + "}}]");
      maybe("tool_choice", R"("auto")");
      maybe("parallel_tool_calls", "false", 6);
    }
    if (wish_.stream || random_.one_in(3)) add("stream", wish_.stream ? "true" : "false");
    if (wish_.stream && random_.one_in(2)) add("stream_options", R"({"include_usage":true})");
    maybe(random_.one_in(2) ? "max_tokens" : "max_completion_tokens", "2100");
    maybe("temperature", "0.70000000000000000001");
    maybe("stop", R"(["END"])", 8);
    maybe("seed", "12345678901234567890123", 6);
    maybe("metadata", R"({"a":"b"})", 8);
    maybe("user", R"("somebody")", 8);
    maybe("reasoning_effort", R"("low")", 6);
    maybe("n", "2", 20);
    if (!tools_)
      maybe("response_format",
            R"({"type":"json_schema","json_schema":{"name":"shape","schema":)" + std::string(kSchema) + "}}", 4);
  }

  void anthropic() {
    add("model", model());
    if (!wish_.counts) add("max_tokens", "2100");
    if (system_) add("system", random_.one_in(2) ? R"("Be brief.")" : R"([{"type":"text","text":"Be brief."}])");
    std::string messages = R"([{"role":"user","content":)";
    if (picture_ || random_.one_in(3)) {
      messages += R"([{"type":"text","text":)" + quoted(text_) + "}";
      if (picture_)
        messages += R"(,{"type":"image","source":{"type":"base64","media_type":"image/png","data":")" +
                    std::string(kPicture) + R"("}})";
      messages += "]}";
    } else {
      messages += quoted(text_) + "}";
    }
    if (history_) {
      messages += R"(,{"role":"assistant","content":[)";
      if (random_.one_in(2)) messages += R"({"type":"thinking","thinking":"hm","signature":"c2ln"},)";
      messages += R"({"type":"tool_use","id":"toolu_h1","name":"look_up","input":{"q":"weir","n":1.10}}]},)"
                  R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_h1","content":"found it"},)"
                  R"({"type":"text","text":"Go on."}]})";
    }
    add("messages", messages + "]");
    if (tools_) {
      add("tools", R"([{"name":"look_up","description":"Looks up.","input_schema":)" + std::string(kSchema) + "}]");
      maybe("tool_choice", R"({"type":"auto"})");
    }
    if (wish_.counts) return;
    if (wish_.stream || random_.one_in(3)) add("stream", wish_.stream ? "true" : "false");
    maybe("temperature", "0.5");
    maybe("top_k", "40", 8);
    maybe("stop_sequences", R"(["END"])", 8);
    maybe("metadata", R"({"user_id":"somebody"})", 6);
    maybe("thinking", R"({"type":"enabled","budget_tokens":1024})", 6);
    maybe("service_tier", R"("auto")", 10);
  }

  void responses() {
    add("model", model());
    if (system_) add("instructions", R"("Be brief.")");
    if (!picture_ && !history_ && random_.one_in(2)) {
      add("input", quoted(text_));
    } else {
      std::string input = R"([{"role":"user","content":[{"type":"input_text","text":)" + quoted(text_) + "}";
      if (picture_)
        input += R"(,{"type":"input_image","image_url":"data:image/png;base64,)" + std::string(kPicture) + R"("})";
      input += "]}";
      if (history_)
        input += R"(,{"type":"function_call","call_id":"call_h1","name":"look_up","arguments":"{\"q\":\"weir\"}"},)"
                 R"({"type":"function_call_output","call_id":"call_h1","output":"found it"})";
      add("input", input + "]");
    }
    if (tools_) {
      add("tools", R"([{"type":"function","name":"look_up","description":"Looks up.","parameters":)" +
                       std::string(kSchema) + "}]");
      maybe("tool_choice", R"("auto")");
    }
    maybe("previous_response_id", R"("resp_before")", wish_.translated ? 25 : 5);
    if (wish_.counts) return;
    if (wish_.stream || random_.one_in(3)) add("stream", wish_.stream ? "true" : "false");
    maybe("max_output_tokens", "2100");
    maybe("temperature", "0.5");
    maybe("reasoning", R"({"effort":"low"})", 6);
    maybe("store", "false");
    if (!tools_)
      maybe("text", R"({"format":{"type":"json_schema","name":"shape","schema":)" + std::string(kSchema) + "}}", 5);
  }

  void gemini() {
    std::string contents = R"([{"role":"user","parts":[{"text":)" + quoted(text_) + "}";
    if (picture_) contents += R"(,{"inlineData":{"mimeType":"image/png","data":")" + std::string(kPicture) + R"("}})";
    contents += "]}";
    if (history_)
      contents += R"(,{"role":"model","parts":[{"functionCall":{"name":"look_up","args":{"q":"weir","n":1.10}}}]},)"
                  R"({"role":"user","parts":[{"functionResponse":{"name":"look_up","response":{"result":"found"}}}]})";
    add("contents", contents + "]");
    if (system_ && !wish_.counts) add("systemInstruction", R"({"parts":[{"text":"Be brief."}]})");
    if (wish_.counts) return;
    if (tools_)
      add("tools", R"([{"functionDeclarations":[{"name":"look_up","description":"Looks up.","parametersJsonSchema":)" +
                       std::string(kSchema) + "}]}]");
    std::string config = "{";
    const auto set = [&](const std::string& member, std::uint64_t n) {
      if (random_.one_in(n)) config += (config.size() > 1 ? "," : "") + member;
    };
    set(R"("maxOutputTokens":2100)", 3);
    set(R"("temperature":0.5)", 4);
    set(R"("stopSequences":["END"])", 8);
    set(R"("seed":7)", 6);
    set(R"("thinkingConfig":{"includeThoughts":true,"thinkingBudget":1024})", 5);
    set(R"("candidateCount":2)", 25);
    if (!tools_) set(R"("responseMimeType":"application/json","responseJsonSchema":)" + std::string(kSchema), 5);
    if (config.size() > 1) add("generationConfig", config + "}");
  }

  Random& random_;
  const QuestionWish& wish_;
  std::string text_;
  bool picture_ = false, system_ = false, history_ = false, tools_ = false;
  std::vector<std::string> members_;
};

}  // namespace

std::string make_question(Random& random, const QuestionWish& wish) { return Maker(random, wish).make(); }

std::string fill_model(const std::string& body, const std::string& model) {
  const std::size_t hole = body.find(kModelHole);
  return hole == std::string::npos ? body : body.substr(0, hole) + model + body.substr(hole + 1);
}

}  // namespace weir::sim
