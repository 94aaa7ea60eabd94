#include "weir/dialect/openai_chat_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/dialect/stream_runner.h"

namespace weir::dialect {
namespace {

using test::StreamRunner;

/// A chunk with one choice.
std::string chunk(const std::string& delta, const std::string& more = R"("finish_reason":null)") {
  return R"({"id":"c1","created":5,"model":"m","choices":[{"index":0,"delta":)" + delta + ',' + more + "}]}";
}
const std::string kStop = chunk("{}", R"("finish_reason":"stop")");

struct Case {
  const char* name;
  std::vector<std::string> payloads;
  const char* events;
};

TEST(OpenAiChatDecoder, TellsWhatWasSaid) {
  const Case cases[] = {
      {"text",
       {chunk(R"({"role":"assistant","content":""})"), chunk(R"({"content":"a\n"})"), chunk(R"({"content":"b"})"),
        kStop, "[DONE]"},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"a\\n\"\nblock_delta 0.0 \"b\"\nblock_end 0.0\n"
       "finish 0 stop native=\"stop\"\n"},
      {"reasoning, then text, then reasoning again",
       {chunk(R"({"content":null,"reasoning_content":"r"})"), chunk(R"({"reasoning":"s","content":"t"})"),
        chunk(R"({"reasoning":"u","reasoning_content":"u"})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"r\"\nblock_delta 0.0 \"s\"\nblock_end 0.0\n"
       "block_begin 0.1 text\nblock_delta 0.1 \"t\"\nblock_end 0.1\n"
       "block_begin 0.2 reasoning\nblock_delta 0.2 \"u\"\nblock_end 0.2\n"
       "finish 0 stop native=\"stop\"\n"},
      {"refusal and media",
       {chunk(R"({"refusal":"no"})"), chunk(R"({"audio":{"id":"a","data":"UklG","transcript":"hi"}})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 refusal\nblock_delta 0.0 \"no\"\nblock_end 0.0\n"
       "block_begin 0.1 text\nblock_delta 0.1 \"hi\"\nblock_end 0.1\n"
       "block_begin 0.2 media\nblock_delta 0.2 \"UklG\"\nblock_end 0.2\n"
       "finish 0 stop native=\"stop\"\n"},
      {"a transcript beside the text says the same",
       {chunk(R"({"content":"hi","audio":{"id":"a","transcript":"hi"}})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"hi\"\nblock_end 0.0\n"
       "finish 0 stop native=\"stop\"\n"},
      {"fields of calls that are none",
       {chunk(R"({"content":"hi","function_call":{"name":"","arguments":""},"tool_calls":[{"function":{}}]})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"hi\"\nblock_end 0.0\n"
       "finish 0 stop native=\"stop\"\n"},
      {"legacy function call",
       {chunk(R"({"function_call":{"name":"f","arguments":""}})"), chunk(R"({"function_call":{"arguments":"{}"}})"),
        chunk("{}", R"("finish_reason":"function_call")")},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 tool_call id=\"\" name=\"f\"\nblock_delta 0.0 \"{}\"\nblock_end 0.0\n"
       "finish 0 tool_calls native=\"function_call\"\n"},
      {"arguments as an object are escaped",
       {chunk(R"({"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":{"a":"\"\n"}}}]})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 tool_call id=\"i\" name=\"f\"\nblock_delta 0.0 "
       "\"{\\\"a\\\":\\\"\\\\\\\"\\\\n\\\"}\"\nblock_end 0.0\n"
       "finish 0 stop native=\"stop\"\n"},
      {"a call without anything is none",
       {chunk(R"({"content":"a","function_call":{"name":"","arguments":""},"tool_calls":[{"index":0,"function":{}}]})"),
        kStop},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n"
       "finish 0 stop native=\"stop\"\n"},
      {"constant index, no ids, two names",
       {chunk(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":"1"}}]})"),
        chunk(R"({"tool_calls":[{"index":0,"function":{"name":"f","arguments":"2"}}]})"),
        chunk(R"({"tool_calls":[{"index":0,"function":{"name":"g","arguments":"3"}}]})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 tool_call id=\"\" name=\"f\"\nblock_delta 0.0 \"1\"\nblock_delta 0.0 \"2\"\n"
       "block_begin 0.1 tool_call id=\"\" name=\"g\"\nblock_delta 0.1 \"3\"\nblock_end 0.0\nblock_end 0.1\n"
       "finish 0 stop native=\"stop\"\n"},
      {"no index: an id continues its call, nothing at all continues the last",
       {chunk(
            R"({"tool_calls":[{"id":"p","function":{"name":"f","arguments":"1"}},{"id":"q","function":{"name":"f"}}]})"),
        chunk(R"({"tool_calls":[{"id":"p","function":{"arguments":"2"}}]})"),
        chunk(R"({"tool_calls":[{"function":{"arguments":"3"}}]})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 tool_call id=\"p\" name=\"f\"\nblock_delta 0.0 \"1\"\n"
       "block_begin 0.1 tool_call id=\"q\" name=\"f\"\nblock_delta 0.0 \"2\"\nblock_delta 0.1 \"3\"\n"
       "block_end 0.0\nblock_end 0.1\nfinish 0 stop native=\"stop\"\n"},
      {"content after the finish is an extra, a second finish is nothing",
       {kStop, chunk(R"({"content":"late"})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\nfinish 0 stop native=\"stop\"\n"
       "extra {\"index\":0,\"delta\":{\"content\":\"late\"},\"finish_reason\":null}\n"},
      {"an empty finish reason is none, the end marker ends",
       {chunk(R"({"content":"a"})", R"("finish_reason":"")"), "[DONE]", chunk(R"({"content":"late"})")},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 unspecified native=\"\"\n"},
      {"no end marker and no finish",
       {chunk(R"({"content":"a"})")},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\n"
       "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n"},
      {"an end marker alone", {"[DONE]"}, "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n"},
      {"nothing", {}, "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n"},
      {"choices before id",
       {R"({"choices":[{"delta":{"content":"a"},"finish_reason":"length"}],"model":"m","id":"c"})"},
       "begin id=\"c\" model=\"m\" created=0\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 length native=\"length\"\n"},
      {"parts",
       {chunk(
            R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}]},{"type":"text","text":"t"},{"type":"reference"}]})"),
        kStop},
       "begin id=\"c1\" model=\"m\" created=5\n"
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"r\"\nblock_end 0.0\nblock_begin 0.1 text\nblock_delta 0.1 \"t\"\n"
       "extra {\"type\":\"reference\"}\nblock_end 0.1\nfinish 0 stop native=\"stop\"\n"},
      {"legacy completion",
       {R"({"id":"c","choices":[{"text":"a","index":0,"finish_reason":"stop"}]})"},
       "begin id=\"c\" model=\"\" created=0\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 stop native=\"stop\"\n"},
      {"a message beside deltas repeats them",
       {R"({"id":"c","choices":[{"index":0,"message":{"content":"a"},"delta":{"content":"a"}}]})",
        R"({"id":"c","choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]})"},
       "begin id=\"c\" model=\"\" created=0\n"
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 stop native=\"stop\"\n"},
      {"annotations with an address are citations, others extras",
       {chunk(R"({"content":"a","annotations":[{"type":"file_citation"},{"type":"url_citation","url_citation":)"
              R"({"url":"u","title":"t","content":"q","start_index":1,"end_index":4}},{"type":"x","url":"v"}]})"),
        kStop},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\n"
       "extra {\"type\":\"file_citation\"}\ncitation 0 url=\"u\" title=\"t\" quoted=\"q\" at 1..4\n"
       "citation 0 url=\"v\" title=\"\"\nblock_end 0.0\nfinish 0 stop native=\"stop\"\n"},
      {"sources beside the choices come with the finish",
       {R"({"id":"c","search_results":[{"title":"t","url":"u"}],"choices":[{"index":0,"delta":{"content":"a"}}]})",
        R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"search_results":[{"url":"u"}]})"},
       "begin id=\"c\" model=\"\" created=0\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\n"
       "citation 0 url=\"u\" title=\"\"\nblock_end 0.0\nfinish 0 stop native=\"stop\"\n"},
      {"pictures are media",
       {chunk(R"({"content":"a","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"}},)"
              R"({"type":"image_url","image_url":{"url":"https://x"}}]})"),
        chunk(R"({"content":"b"})"), kStop},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n"
       "block_begin 0.1 media type=\"image/png\"\nblock_delta 0.1 \"QUJD\"\nblock_end 0.1\n"
       "extra {\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x\"}}\n"
       "block_begin 0.2 text\nblock_delta 0.2 \"b\"\nblock_end 0.2\nfinish 0 stop native=\"stop\"\n"},
      {"a finish that is an error",
       {chunk(R"({"content":"a"})"), chunk(R"({"content":"b"})", R"("finish_reason":"insufficient_system_resource")"),
        "[DONE]"},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_delta 0.0 \"b\"\n"
       "fault upstream_stream_error overloaded code=\"insufficient_system_resource\" type=\"\" message=\"\"\n"},
      {"malformed",
       {chunk(R"({"content":"a"})"), R"({"id":"c1","choices":[{"delta":{"content":"b"}}])"},
       "begin id=\"c1\" model=\"m\" created=5\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\n"
       "fault upstream_stream_error code=\"invalid_json\" type=\"\" message=\"\"\n"},
      {"too many choices",
       {R"({"id":"c","choices":[{"index":128,"delta":{"content":"b"}}]})"},
       "begin id=\"c\" model=\"\" created=0\nfault upstream_stream_error code=\"too_many_choices\" type=\"\" "
       "message=\"\"\n"},
      {"usage grows and is told again",
       {R"({"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}})",
        R"({"id":"c","choices":[{"delta":{},"finish_reason":"stop","usage":{"completion_tokens":2,"cached_tokens":1}}]})",
        R"({"x_groq":{"usage":{"completion_tokens":3}}})", R"({"choices":[],"usage":null})"},
       "begin id=\"c\" model=\"\" created=0\nusage input=3 output=1\nfinish 0 stop native=\"stop\"\n"
       "usage input=2 cache_read=1 output=2\nusage input=2 cache_read=1 output=3\nextra "
       "{\"choices\":[],\"usage\":null}\n"},
  };
  for (const Case& c : cases) {
    StreamRunner runner;
    for (const std::string& payload : c.payloads) runner.feed("data: " + payload + "\n\n");
    runner.finish();
    EXPECT_EQ(runner.lines, c.events) << c.name;
    EXPECT_EQ(runner.checker.broken_law(), "") << c.name;
  }
}

struct ErrorCase {
  const char* payload;
  const char* code;
  const char* type;
  const char* message;
  const char* error_class = "";  // as the line has it: nothing for `server`
};

TEST(OpenAiChatDecoder, ReadsEveryShapeOfError) {
  const ErrorCase cases[] = {
      {R"({"error":"busy"})", "", "", "busy"},
      {R"({"code":"c","error":"wrong \"key\""})", "c", "", R"(wrong \"key\")"},
      {R"({"error":{"message":"m","type":"t","param":null,"code":"c"}})", "c", "t", "m"},
      {R"({"error":{"message":"m","code":502,"metadata":{"raw":"x"}}})", "502", "", "m"},
      {R"({"error":{"message":{"detail":"d"},"code":null}})", "", "", R"({\"detail\":\"d\"})"},
      {R"({"error":{}})", "", "", ""},
      {R"({"error":["odd"]})", "", "", R"([\"odd\"])"},
      {R"({"object":"error","message":"m","type":"BadRequestError","code":400})", "400", "BadRequestError", "m",
       " invalid_request"},
      {R"({"error":{"message":"m","type":"tokens","code":429}})", "429", "tokens", "m", " rate_limit"},
      {R"({"id":"x","error":{"message":"m"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]})", "", "",
       "m"},
  };
  for (const ErrorCase& c : cases) {
    StreamRunner runner;
    runner.feed("data: " + std::string(c.payload) + "\n\ndata: " + chunk(R"({"content":"late"})") + "\n\n");
    EXPECT_EQ(runner.lines, std::string("fault upstream_stream_error") + c.error_class + " code=\"" + c.code +
                                "\" type=\"" + c.type + "\" message=\"" + c.message + "\"\n");
    EXPECT_EQ(runner.facts, (std::vector<FrameFacts>{{.fault = true}, {.ignored = true}}));
    EXPECT_EQ(runner.tap_facts, runner.facts);

    OpenAiChatDecoder tap;
    tap.tap(c.payload);
    EXPECT_EQ(tap.error().message, c.message);
    EXPECT_EQ(tap.error().code, c.code);
    EXPECT_TRUE(tap.failed());
  }
}

TEST(OpenAiChatDecoder, NoErrorIsNoError) {
  for (const char* error : {"null", "false", "\"\""}) {
    OpenAiChatDecoder tap;
    const FrameFacts facts =
        tap.tap(R"({"error":)" + std::string(error) + R"(,"choices":[{"delta":{"content":"a"}}]})");
    EXPECT_EQ(facts, (FrameFacts{.content = true})) << error;
  }
}

TEST(OpenAiChatDecoder, TapReportsFacts) {
  const struct {
    std::string payload;
    FrameFacts facts;
  } cases[] = {
      {"", {}},
      {" ", {}},
      {"[DONE]", {.done = true}},
      {" [DONE]", {.done = true}},
      {"[]", {.malformed = true}},
      {"{", {.malformed = true}},
      {chunk(R"({"content":"a"})") + "x", {.malformed = true}},
      {chunk(R"({"content":"a"})"), {.content = true}},
      {chunk(R"({"content":""})"), {}},
      {chunk(R"({"content":null,"role":"assistant"})"), {}},
      {chunk("null"), {}},
      {chunk(R"({"reasoning":"a"})"), {.content = true}},
      {chunk(R"({"reasoning_content":"a"})"), {.content = true}},
      {chunk(R"({"refusal":"a"})"), {.content = true}},
      {chunk(R"({"audio":{"data":"a"}})"), {.content = true}},
      {chunk(R"({"tool_calls":[{}]})"), {.content = true}},
      {chunk(R"({"tool_calls":[ ]})"), {}},
      {chunk(R"({"tool_calls":null})"), {}},
      {chunk(R"({"function_call":{"name":"f"}})"), {.content = true}},
      {chunk(R"({"content":[{"type":"text","text":"a"}]})"), {.content = true}},
      {chunk(R"({"cont\u0065nt":"a"})"), {.content = true}},
      {kStop, {.finish = true}},
      {chunk("{}", R"("finish_reason":"")"), {}},
      {chunk("{}", R"("finish_reason":"null")"), {}},
      {R"({"choices":[],"usage":{"prompt_tokens":1}})", {.usage = true, .pure_usage = true}},
      {R"({"usage":{"prompt_tokens":1},"choices":[ ]})", {.usage = true, .pure_usage = true}},
      {R"({"usage":{"prompt_tokens":1}})", {.usage = true}},
      {R"({"choices":[],"usage":null})", {}},
      {R"({"choices":null,"usage":{"prompt_tokens":1}})", {.usage = true}},
      {R"({"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}})", {.usage = true}},
      {R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{}})",
       {.content = true, .finish = true, .usage = true}},
  };
  for (const auto& c : cases) {
    OpenAiChatDecoder decoder;
    EXPECT_EQ(decoder.tap(c.payload), c.facts) << c.payload;
  }
}

TEST(OpenAiChatDecoder, TapKnowsWhenAnAnswerIsComplete) {
  OpenAiChatDecoder tap;
  EXPECT_FALSE(tap.complete());
  tap.tap(R"({"choices":[{"index":0,"delta":{}},{"index":1,"delta":{}}]})");
  tap.tap(R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})");
  EXPECT_FALSE(tap.complete());
  EXPECT_EQ(tap.finish_reason(), FinishReason::length);
  tap.tap(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7}})");
  EXPECT_TRUE(tap.complete());
  EXPECT_EQ(tap.finish_reason(), FinishReason::length);
  EXPECT_EQ(tap.usage().input, 7U);

  tap.reset();
  EXPECT_FALSE(tap.complete() || tap.usage().reported);
  tap.tap(R"({"choices":[{"delta":{"content":"a"}}]})");
  tap.tap("[DONE]");
  EXPECT_TRUE(tap.complete() && tap.done());
}

/// Payloads that a tap has seen before but for their text take a short cut, which must not be seen in its facts.
TEST(OpenAiChatDecoder, TapSeesTheSameWithAndWithoutMemory) {
  const std::vector<std::string> texts = {"a",
                                          "b",
                                          "",
                                          "\\\"",
                                          "\xC3\xA9",
                                          "\xC3",
                                          "\x01",
                                          "x\"",
                                          "a\",\"refusal\":\"r",
                                          "[DONE]",
                                          std::string(900, 'x'),
                                          "\\ud83d",
                                          "\\",
                                          "a\\"};
  const std::vector<std::pair<std::string, std::string>> frames = {
      {R"({"choices":[{"index":0,"delta":{"content":")", R"("},"finish_reason":null}],"usage":null})"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":null,"content":")", R"("}}],"obfuscation":"x"})"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":null,"content":")", R"("}}],"obfuscation":"yy"})"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":null,"content":")", R"("}}],"obfuscation":"y","error":"e"})"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":null,"content":")", R"("}}],"obfuscation":"y"},)"},
      {R"({"choices":[{"index":0,"delta":{"content":null,"reasoning":")", R"("}}]})"},
      {R"({"choices":[{"index":0,"delta":{"reasoning":"r","reasoning":")", R"("}}]})"},
      {R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")", R"("}}]}}]})"},
      {R"({"choices":[{"index":0,"delta":{"content":")", R"("},"finish_reason":"stop"}]})"},
      {R"({"choices":[{"index":0,"delta":{"content":")", R"("}}],"usage":{"prompt_tokens":1}})"},
  };
  for (const auto& [before, behind] : frames) {
    OpenAiChatDecoder remembering;
    for (const auto& [other_before, other_behind] : frames)
      for (const std::string& text : texts)
        for (const std::string& payload : {before + "a" + behind, other_before + text + other_behind}) {
          OpenAiChatDecoder fresh;
          if (remembering.failed()) remembering.reset();
          EXPECT_EQ(remembering.tap(payload), fresh.tap(payload)) << payload;
        }
  }
}

TEST(OpenAiChatDecoder, ToolCallsAreBounded) {
  StreamRunner runner;
  for (int i = 0; i < 600 && !runner.decoder.failed(); ++i)
    runner.feed("data: " + chunk(R"({"tool_calls":[{"id":")" + std::to_string(i) + R"(","function":{"name":"f"}}]})") +
                "\n\n");
  runner.finish();
  EXPECT_EQ(runner.answers[0].tool_calls.size(), OpenAiChatDecoder::kMaxToolCalls);
  EXPECT_TRUE(
      runner.lines.ends_with("fault upstream_stream_error code=\"too_many_tool_calls\" type=\"\" message=\"\"\n"));
  EXPECT_EQ(runner.checker.broken_law(), "");
}

TEST(OpenAiChatDecoder, ABatchThatIsTooSmallIsDrainedInOrder) {
  std::string parts;
  for (int i = 0; i < 100; ++i)
    parts += (i ? "," : "") + std::string(R"({"type":"text","text":")") + std::to_string(i) + R"("})";
  StreamRunner runner;
  runner.feed("data: " + chunk(R"({"content":[)" + parts + "]}") + "\n\n");
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(i);
  EXPECT_EQ(runner.answers[0].text, expected);
}

}  // namespace
}  // namespace weir::dialect
