#include "weir/dialect/openai_chat_encoder.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"

namespace weir::dialect::openai_chat {
namespace {

using test::StreamRunner;

const AnswerContext kContext{.include_usage = false, .seed = 1, .now = 9, .model = "alias"};

std::string encoded(const std::vector<Event>& events, const AnswerContext& context = kContext) {
  return test::encoded(Dialect::openai_chat, events, context);
}

std::string document_of(const std::vector<Event>& events, const AnswerContext& context = kContext) {
  return test::documented(Dialect::openai_chat, events, context);
}

/// The deltas and finishes of a stream, without what every frame has.
std::string inside(const std::string& stream) {
  std::string lines;
  for (Bytes rest = stream; !rest.empty();) {
    const std::size_t end = rest.find("\n\n");
    EXPECT_NE(end, Bytes::npos);
    const Bytes frame = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    EXPECT_TRUE(frame.starts_with("data: "));
    const std::size_t choices = frame.find("\"choices\":");
    const Bytes told = choices == Bytes::npos ? frame.substr(6) : frame.substr(choices + 10);
    lines += std::string(told) + '\n';
    if (told == "[DONE]") continue;
    simdjson::dom::parser parser;
    EXPECT_EQ(parser.parse(simdjson::padded_string(frame.substr(6))).error(), simdjson::SUCCESS) << frame;
  }
  return lines;
}

std::string frame(const std::string& delta, int index = 0) {
  return R"([{"index":)" + std::to_string(index) + R"(,"delta":{)" + delta +
         R"(},"logprobs":null,"finish_reason":null}]})"
         "\n";
}
std::string stop(const std::string& word, const std::string& more = "") {
  return R"([{"index":0,"delta":{},"logprobs":null,"finish_reason":")" + word + '"' + more + "}]}\n[DONE]\n";
}
const std::string kRole = frame(R"("role":"assistant","content":"")");

struct Case {
  const char* name;
  std::vector<Event> events;  // between begin and the end
  std::string frames;         // behind the role
  std::string message;        // of the document
  AnswerContext context = kContext;
};

AnswerContext from(Dialect provider) {
  AnswerContext context = kContext;
  context.provider = provider;
  return context;
}
AnswerContext emulated() {
  AnswerContext context = kContext;
  context.emulated_schema = true;
  return context;
}

TEST(OpenAiChatEncoder, TellsEveryKindOfBlock) {
  using enum BlockKind;
  const std::vector<Case> cases = {
      {"text",
       {BlockBegin{.kind = text}, BlockDelta{0, 0, "a\\n"}, BlockDelta{0, 0, "b"}, BlockEnd{},
        Finish{0, FinishReason::stop, "stop", {}}},
       frame(R"("content":"a\n")") + frame(R"("content":"b")") + stop("stop"),
       R"("content":"a\nb","refusal":null)"},
      {"reasoning without a seal",
       {BlockBegin{.kind = reasoning}, BlockDelta{0, 0, "r"}, BlockEnd{}, Finish{0, FinishReason::stop, "stop", {}}},
       frame(R"("reasoning_content":"r")") + stop("stop"),
       R"("content":null,"refusal":null,"reasoning_content":"r")"},
      {"sealed reasoning",
       {BlockBegin{.kind = reasoning}, BlockDelta{0, 0, "r"}, BlockDelta{0, 0, "s"}, BlockEnd{0, 0, "c2ln"},
        BlockBegin{.index = 1, .kind = reasoning, .redacted = true}, BlockEnd{0, 1, "ZGF0YQ=="},
        Finish{0, FinishReason::stop, "end_turn", {}}},
       frame(R"("reasoning_content":"r")") + frame(R"("reasoning_content":"s")") +
           frame(R"("reasoning_details":[{"type":"reasoning.text","signature":"weir/antc2ln","text":"","index":0}])") +
           frame(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"weir/anrZGF0YQ==","index":1}])") +
           stop("stop", R"(,"native_finish_reason":"end_turn")"),
       R"("content":null,"refusal":null,"reasoning_content":"rs","reasoning_details":[)"
       R"({"type":"reasoning.text","signature":"weir/antc2ln","text":"rs","index":0},)"
       R"({"type":"reasoning.encrypted","data":"weir/anrZGF0YQ==","index":1}])",
       from(Dialect::anthropic_messages)},
      {"calls: one without arguments, interleaved",
       {BlockBegin{.index = 0, .kind = text}, BlockDelta{0, 0, "t"}, BlockEnd{0, 0, {}},
        BlockBegin{.index = 1, .kind = tool_call, .id = "c1", .name = "f"},
        BlockBegin{.index = 2, .kind = tool_call, .id = "c2", .name = "g"}, BlockDelta{0, 1, "{\\\"a\\\":"},
        BlockDelta{0, 1, "1}"}, BlockEnd{0, 1, {}}, BlockEnd{0, 2, {}}, Finish{0, FinishReason::stop, "STOP", {}}},
       frame(R"("content":"t")") +
           frame(R"("tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"f","arguments":""}}])") +
           frame(R"("tool_calls":[{"index":1,"id":"c2","type":"function","function":{"name":"g","arguments":""}}])") +
           frame(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}])") +
           frame(R"("tool_calls":[{"index":0,"function":{"arguments":"1}"}}])") +
           frame(R"("tool_calls":[{"index":1,"function":{"arguments":"{}"}}])") +
           stop("tool_calls", R"(,"native_finish_reason":"STOP")"),
       R"("content":"t","refusal":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},)"
       R"({"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}])"},
      {"a sealed call",
       {BlockBegin{.kind = tool_call, .id = "c", .name = "f", .signature = "c2ln"}, BlockEnd{},
        Finish{0, FinishReason::stop, {}, {}}},
       frame(R"("tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""},)"
             R"("extra_content":{"google":{"thought_signature":"c2ln"}}}])") +
           frame(R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])") + stop("tool_calls"),
       R"("content":null,"refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},)"
       R"("extra_content":{"google":{"thought_signature":"c2ln"}}}])",
       from(Dialect::gemini)},
      {"a refusal",
       {BlockBegin{.kind = refusal}, BlockDelta{0, 0, "no"}, BlockEnd{},
        Finish{0, FinishReason::content_filter, "refusal", {}}},
       frame(R"("refusal":"no")") + stop("content_filter", R"(,"native_finish_reason":"refusal")"),
       R"("content":null,"refusal":"no")"},
      {"a picture",
       {BlockBegin{.kind = media, .name = "image/png"}, BlockDelta{0, 0, "QU"}, BlockDelta{0, 0, "JD"}, BlockEnd{},
        Finish{0, FinishReason::stop, {}, {}}},
       frame(R"("images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"},"index":0}])") +
           stop("stop"),
       R"("content":null,"refusal":null,"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD"},"index":0}])"},
      {"a citation, and one that cannot be said",
       {BlockBegin{.kind = text}, BlockDelta{0, 0, "t"}, Citation{0, "u", "t", "q", 1, 2},
        Citation{0, {}, "d", {}, -1, -1}, BlockEnd{}, Finish{0, FinishReason::stop, {}, {}}},
       frame(R"("content":"t")") +
           frame(
               R"("annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":1,"end_index":2}}])") +
           stop("stop"),
       R"("content":"t","refusal":null,"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":1,"end_index":2}}])"},
      {"a schema's answer",
       {BlockBegin{.kind = tool_call, .id = "c", .name = kSchemaTool}, BlockDelta{0, 0, "{\\\"a\\\":1}"}, BlockEnd{},
        Finish{0, FinishReason::tool_calls, "tool_use", {}}},
       frame(R"("content":"{\"a\":1}")") + stop("stop", R"(,"native_finish_reason":"tool_use")"),
       R"("content":"{\"a\":1}","refusal":null)",
       emulated()},
      {"a schema's answer without a delta",
       {BlockBegin{.kind = tool_call, .id = "c", .name = kSchemaTool}, BlockEnd{},
        Finish{0, FinishReason::tool_calls, "stop", {}}},
       frame(R"("content":"{}")") + stop("stop"),
       R"("content":"{}","refusal":null)",
       emulated()},
      {"a stop sequence",
       {Finish{0, FinishReason::stop, "stop_sequence", "E\\n"}},
       stop("stop", R"(,"stop_reason":"E\n","native_finish_reason":"stop_sequence")"),
       R"("content":null,"refusal":null)"},
  };
  for (const Case& c : cases) {
    std::vector<Event> events = {Begin{"id1", "m", 5}};
    events.insert(events.end(), c.events.begin(), c.events.end());
    EXPECT_EQ(inside(encoded(events, c.context)), kRole + c.frames) << c.name;
    const std::string document = document_of(events, c.context);
    const std::string message = R"("message":{"role":"assistant",)" + c.message + "}";
    EXPECT_NE(document.find(message), std::string::npos) << c.name << '\n' << document;
  }
}

TEST(OpenAiChatEncoder, EveryFrameSaysWhatAnswerItIsOf) {
  EXPECT_EQ(
      encoded({Begin{"id1", "m", 5}}),
      R"(data: {"id":"id1","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":)"
      R"({"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]})"
      "\n\ndata: [DONE]\n\n");
  std::string id;
  append_id(id, "chatcmpl-", 1);
  EXPECT_TRUE(encoded({Begin{}}).starts_with(R"(data: {"id":")" + id +
                                             R"(","object":"chat.completion.chunk","created":9,"model":"alias",)"));
  EXPECT_TRUE(document_of({Begin{}, Finish{}})
                  .starts_with(R"({"id":")" + id + R"(","object":"chat.completion","created":9,"model":"alias",)"));
}

TEST(OpenAiChatEncoder, IdsOfCallsAreMadeWhereThereAreNone) {
  const std::vector<Event> events = {
      Begin{"i", "m", 5}, BlockBegin{.kind = BlockKind::tool_call, .name = "f"},
      BlockEnd{},         BlockBegin{.index = 1, .kind = BlockKind::tool_call, .name = "f"},
      BlockEnd{0, 1, {}}, Finish{}};
  StreamRunner stream, document;
  stream.feed(encoded(events));
  stream.finish();
  document.document(document_of(events));
  const auto& calls = stream.answers[0].tool_calls;
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_TRUE(calls[0].id.starts_with("call_"));
  EXPECT_NE(calls[0].id, calls[1].id);
  EXPECT_EQ(calls[0].id, document.answers[0].tool_calls[0].id);
  EXPECT_EQ(calls[1].id, document.answers[0].tool_calls[1].id);
}

TEST(OpenAiChatEncoder, UsageIsToldToThoseWhoAsked) {
  const Usage usage{.input = 10,
                    .cache_read = 3,
                    .cache_write = 2,
                    .audio_input = 1,
                    .output = 4,
                    .reasoning = 5,
                    .audio_output = 6,
                    .reported = true};
  const std::vector<Event> events = {Begin{"i", "m", 5}, Finish{0, FinishReason::stop, {}, {}}, UsageReport{usage}};
  AnswerContext asked = kContext;
  asked.include_usage = true;
  const std::string stream = encoded(events, asked);
  const std::string told =
      R"({"prompt_tokens":16,"completion_tokens":15,"total_tokens":31,"prompt_tokens_details":{"cached_tokens":3,)"
      R"("cache_write_tokens":2,"audio_tokens":1},"completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":6}})";
  EXPECT_NE(stream.find(R"("choices":[],"usage":)" + told + "}\n\ndata: [DONE]\n\n"), std::string::npos) << stream;
  EXPECT_NE(stream.find(R"("finish_reason":"stop"}],"usage":null})"), std::string::npos) << stream;
  EXPECT_EQ(encoded(events).find("usage"), std::string::npos);
  EXPECT_NE(document_of(events).find(R"("usage":)" + told), std::string::npos);
  StreamRunner runner;
  runner.feed(stream);
  EXPECT_EQ(runner.decoder.usage(), usage);
}

TEST(OpenAiChatEncoder, AFaultIsTheLastWord) {
  FaultReport fault;
  fault.error_class = ErrorClass::rate_limit;
  fault.message = "slow \\\"down\\\"";
  const std::string told =
      R"({"error":{"message":"slow \"down\"","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"
      "\n";
  EXPECT_EQ(inside(encoded({Begin{"i", "m", 5}, fault, Ping{}, Extra{"{}"}, BlockBegin{}, Finish{}})), kRole + told);
  EXPECT_EQ(inside(encoded({fault})), told);
  EXPECT_EQ(inside(encoded({FaultReport{.fault = Fault::upstream_truncated}})),
            "{\"error\":{\"message\":\"" + std::string(row(Fault::upstream_truncated).sentence) +
                R"(","type":"server_error","param":null,"code":null}})"
                "\n");
}

}  // namespace
}  // namespace weir::dialect::openai_chat
