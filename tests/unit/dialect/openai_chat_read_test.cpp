// Reading a client's whole chat request. What comes out right is seen best in what is written of it: see the golden
// requests and openai_chat_write_test.cpp.
#include <gtest/gtest.h>

#include <string>

#include "weir/dialect/openai_chat.h"

namespace weir::dialect::openai_chat {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string line;
  for (const std::string& name : names) line += (line.empty() ? "" : " ") + name;
  return line;
}

std::string with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + members + "}";
}
std::string messages(const std::string& list) { return R"({"model":"m","messages":[)" + list + "]}"; }
std::string user(const std::string& part) { return messages(R"({"role":"user","content":[)" + part + "]}"); }

struct Refused {
  std::string body;
  Fault fault;
  const char* field;
};

TEST(OpenAiChatRequest, SaysWhichFieldIsWrong) {
  using enum Fault;
  const Refused cases[] = {
      {"", json_malformed, ""},
      {"[]", field_invalid, ""},
      {R"({"model":"m","messages":[{"role":"user","content":"hi"}]} x)", json_malformed, ""},
      {R"({"model":"m","messages":[{"role":"user","content":"a)", json_malformed, ""},
      {with(R"("max_tokens":100ent)"), json_malformed, ""},
      {with(R"("reasoning_effort":"low)"), json_malformed, ""},
      {with(R"("x":)" + std::string(200, '[')), json_too_deep, ""},
      {R"({"messages":[]})", field_missing, "model"},
      {R"({"model":null,"messages":[]})", field_missing, "model"},
      {R"({"model":"","messages":[]})", field_invalid, "model"},
      {R"({"model":1,"messages":[]})", field_invalid, "model"},
      {R"({"model":"m"})", field_missing, "messages"},
      {R"({"model":"m","messages":{}})", field_invalid, "messages"},
      {with(R"("model":"n")"), field_repeated, "model"},
      {with(R"("mo\u0064el":"n")"), field_repeated, "model"},
      {with(R"("stream":"yes")"), field_invalid, "stream"},
      {with(R"("stream_options":{"include_usage":1})"), field_invalid, "stream_options.include_usage"},
      {with(R"("temperature":"1")"), field_invalid, "temperature"},
      {with(R"("max_tokens":1.5)"), field_invalid, "max_tokens"},
      {with(R"("max_completion_tokens":-1)"), field_invalid, "max_completion_tokens"},
      {with(R"("stop":[1])"), field_invalid, "stop[0]"},
      {with(R"("stop":1)"), field_invalid, "stop"},
      {with(R"("reasoning_effort":"huge")"), field_invalid, "reasoning_effort"},
      {with(R"("response_format":{"type":"xml"})"), field_invalid, "response_format.type"},
      {with(R"("response_format":{})"), field_missing, "response_format.type"},
      {with(R"("response_format":{"type":"json_schema","json_schema":{"schema":"x"}})"), field_invalid,
       "response_format.json_schema.schema"},
      {with(R"("tools":[{"type":"function","function":{}}])"), field_missing, "tools[0].function.name"},
      {with(R"("tools":[{"type":"function"}])"), field_missing, "tools[0].function.name"},
      {with(R"("tool_choice":"maybe")"), field_invalid, "tool_choice"},
      {with(R"("tool_choice":{"type":"function","function":{}})"), field_missing, "tool_choice.function.name"},
      {with(R"("tool_choice":{"type":"custom","custom":{"name":"x"}})"), parameter_unsupported, "tool_choice"},
      {with(R"("audio":{"voice":"x"})"), parameter_unsupported, "audio"},
      {with(R"("modalities":["text","audio"])"), parameter_unsupported, "modalities"},
      {with(R"("web_search_options":{})"), parameter_unsupported, "web_search_options"},
      {with(R"("functions":[])"), parameter_unsupported, "functions"},
      {with(R"("logprobs":1)"), field_invalid, "logprobs"},
      {messages(R"({"content":"x"})"), field_missing, "messages[0].role"},
      {messages(R"({"role":"robot","content":"x"})"), field_invalid, "messages[0].role"},
      {messages(R"({"role":"user"})"), field_missing, "messages[0].content"},
      {messages(R"({"role":"user","content":"a"},{"role":"user","content":null})"), field_missing,
       "messages[1].content"},
      {messages(R"({"role":"user","role":"system","content":"x"})"), field_repeated, "messages[0].role"},
      {messages(R"({"role":"user","content":7})"), field_invalid, "messages[0].content"},
      {messages(R"({"role":"tool","content":"x"})"), field_missing, "messages[0].tool_call_id"},
      {messages(R"({"role":"assistant","audio":{"id":"a"}})"), parameter_unsupported, "messages[0].audio"},
      {messages(R"({"role":"assistant","function_call":{"name":"f"}})"), parameter_unsupported,
       "messages[0].function_call"},
      {messages(R"({"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{}}]})"), parameter_unsupported,
       "messages[0].tool_calls[0].type"},
      {messages(R"({"role":"assistant","tool_calls":[{"id":"a","function":{"arguments":"{}"}}]})"), field_missing,
       "messages[0].tool_calls[0].function.name"},
      {messages(R"({"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":[1]}}]})"),
       field_invalid, "messages[0].tool_calls[0].function.arguments"},
      {user("1"), field_invalid, "messages[0].content[0]"},
      {user(R"({"text":"x"})"), field_missing, "messages[0].content[0].type"},
      {user(R"({"type":"hologram","hologram":{}})"), parameter_unsupported, "messages[0].content[0].type"},
      {user(R"({"type":"image_url","image_url":{}})"), field_missing, "messages[0].content[0].image_url.url"},
      {user(R"({"type":"image_url","image_url":{"url":""}})"), field_invalid, "messages[0].content[0].image_url.url"},
      {user(R"({"type":"image_url","image_url":{"url":"data:image/png,x"}})"), field_invalid,
       "messages[0].content[0].image_url.url"},
      {user(R"({"type":"image_url","image_url":{"url":"data:a\"b;base64,x"}})"), field_invalid,
       "messages[0].content[0].image_url.url"},
      {user(R"({"type":"input_audio","input_audio":{"format":"wav"}})"), field_missing,
       "messages[0].content[0].input_audio.data"},
      {user(R"({"type":"input_audio","input_audio":{"data":"AA"}})"), field_invalid,
       "messages[0].content[0].input_audio.format"},
      {user(R"({"type":"file","file":{"filename":"x"}})"), field_missing, "messages[0].content[0].file.file_data"},
  };
  for (const Refused& c : cases) {
    Request request;
    Loss loss;
    read(c.body, request, loss);
    ASSERT_TRUE(loss.refused()) << c.body;
    EXPECT_EQ(to_string(loss.refusal().fault), to_string(c.fault)) << c.body;
    EXPECT_EQ(loss.refusal().field, c.field) << c.body;
  }
}

TEST(OpenAiChatRequest, NullIsAbsentAndUnknownFieldsAreTold) {
  Request request;
  Loss loss;
  const std::string body = with(
      R"("temperature":null,"tools":null,"stop":null,"stream":null,"response_format":null,"reasoning_effort":null,)"
      R"("user":null,"tool_choice":null,"audio":null,"modalities":["text"],"x":1,"\u0061":2,"prediction":{},"é":3,"x":2)");
  read(body, request, loss);
  EXPECT_FALSE(loss.refused()) << loss.refusal().field;
  EXPECT_EQ(joined(loss.dropped()), "x other prediction");
  EXPECT_TRUE(request.temperature.empty() && request.tools.empty() && request.stop.empty());
  EXPECT_FALSE(request.include_usage);

  Loss strict(Unsupported::error);
  Request again;
  read(with(R"("x":1)"), again, strict);
  EXPECT_EQ(strict.refusal().field, "x");
}

TEST(OpenAiChatRequest, BoundsAreKept) {
  const auto refused = [](const std::string& body) {
    Request request;
    Loss loss;
    read(body, request, loss);
    return loss.refused() ? loss.refusal().field : "";
  };
  const auto list = [](const std::string& element, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += (i ? "," : "") + element;
    return all;
  };
  const std::string message = R"({"role":"user","content":"x"})";
  EXPECT_EQ(refused(messages(list(message, 16'384))), "");
  EXPECT_EQ(refused(messages(list(message, 16'385))), "messages");
  EXPECT_EQ(refused(user(list(R"({"type":"text","text":"x"})", 4'096))), "");
  EXPECT_EQ(refused(user(list(R"({"type":"text","text":"x"})", 4'097))), "messages[0].content");
  const std::string tool = R"({"type":"function","function":{"name":"f"}})";
  EXPECT_EQ(refused(with("\"tools\":[" + list(tool, 1'024) + "]")), "");
  EXPECT_EQ(refused(with("\"tools\":[" + list(tool, 1'025) + "]")), "tools");
}

TEST(OpenAiChatRequest, ReadsWhatOnlyOtherDialectsWrite) {
  Request request;
  Loss loss;
  read(
      R"({"model":"m","top_k":40,"thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"type":"allowed_tools",)"
      R"("allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}},"messages":[)"
      R"({"role":"assistant","reasoning_content":"not read","reasoning_details":[)"
      R"({"type":"reasoning.text","text":"r","signature":"weir/antc2ln","index":0},)"
      R"({"type":"reasoning.encrypted","data":"weir/anrZGF0YQ==","index":1},{"type":"reasoning.text"},)"
      R"({"type":"reasoning.summary","summary":"s"}],"content":null,"tool_calls":[{"id":"c","type":"function",)"
      R"("function":{"name":"f","arguments":{"a":1}},"extra_content":{"google":{"thought_signature":"c2ln"}}},)"
      R"({"id":"d","function":{"name":"g","arguments":" "}}]},)"
      R"({"role":"user","content":[{"type":"text","text":"","cache_control":{"type":"ephemeral"}},)"
      R"({"cache_control":{"type":"ephemeral"},"text":"x","type":"text"},{"type":"image_url","image_url":"https:\/\/a\/b"},)"
      R"({"type":"file","file":{"file_id":"file-1"}},{"type":"video_url","video_url":{"url":"https://v"}}]}]})",
      request, loss);
  ASSERT_FALSE(loss.refused()) << loss.refusal().field << loss.refusal().why;
  EXPECT_EQ(request.top_k, "40");
  EXPECT_EQ(request.reasoning.mode, Reasoning::Mode::on);
  EXPECT_EQ(request.reasoning.budget_tokens, 2000U);
  EXPECT_EQ(request.tool_choice.mode, ToolChoice::Mode::required);
  EXPECT_EQ(request.tool_choice.allowed, std::vector<Bytes>{"f"});

  const std::vector<Part>& turn = request.messages.at(0).parts;
  ASSERT_EQ(turn.size(), 5U);
  EXPECT_EQ(turn[0].text, "r");
  EXPECT_EQ(turn[0].seal.vendor, Vendor::anthropic);
  EXPECT_EQ(turn[0].seal.data, "c2ln");
  EXPECT_TRUE(turn[1].redacted);
  EXPECT_EQ(turn[1].seal.vendor, Vendor::anthropic_redacted);
  EXPECT_EQ(turn[2].text, "s");
  EXPECT_EQ(turn[3].seal.vendor, Vendor::gemini);
  EXPECT_EQ(turn[3].arguments.text, R"({"a":1})");
  EXPECT_FALSE(turn[3].arguments.in_string);
  EXPECT_EQ(turn[4].arguments.text, "");

  const std::vector<Part>& said = request.messages.at(1).parts;
  ASSERT_EQ(said.size(), 4U);
  EXPECT_EQ(said[0].cache_control, R"({"type":"ephemeral"})");
  EXPECT_EQ(said[1].media.value, "https://a/b");
  EXPECT_EQ(said[2].media.source, Media::Source::file_id);
  EXPECT_EQ(said[3].kind, PartKind::video);
}

/// A stream tells the seal without its text.
TEST(OpenAiChatRequest, SealsFromAStreamFindTheirText) {
  const std::string bare = R"({"type":"reasoning.text","text":"","signature":"weir/antQQ==","index":0})";
  const std::string redacted = R"({"type":"reasoning.encrypted","data":"weir/anrQg==","index":1})";
  const std::string full = R"({"type":"reasoning.text","text":"f","signature":"weir/antQw==","index":1})";
  const struct {
    std::string details;
    std::string read;  // text and seal of each part
  } cases[] = {
      {bare, "r/QQ== "},          {bare + "," + redacted, "r/QQ== /Qg== "},
      {bare + "," + bare, "r/ "}, {bare + "," + full, "f/Qw== "},
      {redacted, "/Qg== "},       {"", "r/ "},
  };
  for (const auto& c : cases) {
    const std::string body = messages(
        R"({"role":"assistant","content":null,"reasoning_content":"r","reasoning_details":[)" + c.details + "]}");
    Request request;
    Loss loss;
    read(body, request, loss);
    ASSERT_FALSE(loss.refused()) << loss.refusal().field;
    std::string parts;
    for (const Part& part : request.messages.at(0).parts)
      parts += std::string(part.text) + '/' + std::string(part.seal.data) + ' ';
    EXPECT_EQ(parts, c.read) << c.details;
  }
}

TEST(OpenAiChatRequest, EffortAndModesOfThinking) {
  const struct {
    const char* members;
    Reasoning::Mode mode;
    const char* effort;
  } cases[] = {
      {R"("x":1)", Reasoning::Mode::unset, ""},
      {R"("reasoning_effort":"h\u0069gh")", Reasoning::Mode::on, "high"},
      {R"("reasoning_effort":"none")", Reasoning::Mode::off, "none"},
      {R"("reasoning":{"enabled":false})", Reasoning::Mode::off, ""},
      {R"("reasoning":{"max_tokens":100,"exclude":true})", Reasoning::Mode::on, ""},
      {R"("reasoning":{"effort":"low"})", Reasoning::Mode::on, "low"},
      {R"("thinking":{"type":"disabled"})", Reasoning::Mode::off, ""},
      {R"("thinking":{"type":"auto"})", Reasoning::Mode::adaptive, ""},
  };
  for (const auto& c : cases) {
    Request request;
    Loss loss;
    const std::string body = with(c.members);
    read(body, request, loss);
    EXPECT_FALSE(loss.refused()) << c.members;
    EXPECT_EQ(request.reasoning.mode, c.mode) << c.members;
    EXPECT_EQ(request.reasoning.effort, c.effort) << c.members;
  }
}

}  // namespace
}  // namespace weir::dialect::openai_chat
