#include "weir/dialect/anthropic_messages_encoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"
#include "unit/dialect/encoded.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/anthropic_messages_decoder.h"

namespace weir::dialect {
namespace {

using Encoder = anthropic_messages::Encoder;
using Runner = test::BasicStreamRunner<anthropic_messages::Decoder>;

AnswerContext from(Dialect provider) { return {.provider = provider, .seed = 7, .model = "asked"}; }

struct Told {
  std::string stream;
  std::string document;
  std::string lines;  // the stream, decoded again
};

Told tell(const std::vector<Event>& events, const AnswerContext& context) {
  Told told{test::encoded(Dialect::anthropic_messages, events, context),
            test::documented(Dialect::anthropic_messages, events, context),
            {}};
  Runner runner;
  runner.feed(told.stream);
  runner.finish(true);
  EXPECT_EQ(runner.checker.broken_law(), "") << told.stream;
  told.lines = runner.lines;
  // Every frame has the name that its payload has.
  test::for_each_payload(told.stream, [&](Bytes payload) {
    const std::string type(payload.substr(9, payload.find('"', 9) - 9));
    EXPECT_NE(told.stream.find("event: " + type + "\ndata: " + std::string(payload) + "\n\n"), std::string::npos);
  });
  return told;
}

/// Only the content of a document.
std::string content(const Told& told) {
  const std::size_t start = told.document.find("\"content\":") + 10;
  return told.document.substr(start, told.document.find(R"(,"stop_reason")") - start);
}

const Begin kBegin{"id1", "model1", 5};
const Finish kStopped{0, FinishReason::stop, "stop", {}};
BlockBegin begins(std::uint32_t index, BlockKind kind) { return {.index = index, .kind = kind}; }
BlockBegin calls(std::uint32_t index, Bytes id, Bytes name, Bytes seal = {}) {
  return {.index = index, .kind = BlockKind::tool_call, .id = id, .name = name, .signature = seal};
}
BlockDelta adds(std::uint32_t index, Bytes text) { return {0, index, text}; }
BlockEnd ends(std::uint32_t index, Bytes seal = {}) { return {0, index, seal}; }
UsageReport counts(std::uint64_t input, std::uint64_t output) {
  return {{.input = input, .output = output, .reported = true}};
}

TEST(AnthropicEncoder, AStreamWordForWord) {
  const Told told = tell({kBegin, Ping{}, begins(0, BlockKind::text), adds(0, "a\\n"), adds(0, "b"), ends(0), kStopped,
                          UsageReport{{.input = 10,
                                       .cache_read = 20,
                                       .cache_write = 30,
                                       .audio_input = 1,
                                       .output = 4,
                                       .reasoning = 3,
                                       .reported = true}}},
                         from(Dialect::openai_chat));
  const std::string usage =
      R"({"input_tokens":11,"cache_creation_input_tokens":30,"cache_read_input_tokens":20,"cache_creation":null,)"
      R"("output_tokens":7,"output_tokens_details":{"thinking_tokens":3},"server_tool_use":null,"service_tier":null,)"
      R"("inference_geo":null})";
  EXPECT_EQ(told.stream,
            "event: message_start\n"
            R"(data: {"type":"message_start","message":{"id":"id1","type":"message","role":"assistant",)"
            R"("model":"model1","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,)"
            R"("container":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,)"
            R"("cache_read_input_tokens":0,"cache_creation":null,"output_tokens":0,"server_tool_use":null,)"
            R"("service_tier":null,"inference_geo":null}}})"
            "\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: content_block_start\n"
            R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
            "\n\nevent: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n"}})"
            "\n\nevent: content_block_delta\n"
            R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"b"}})"
            "\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
            "event: message_delta\n"
            R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,)"
            R"("stop_details":null,"container":null},"usage":)" +
                usage + "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  EXPECT_EQ(told.document,
            R"({"id":"id1","type":"message","role":"assistant","model":"model1","content":[)"
            R"({"type":"text","text":"a\nb","citations":null}],"stop_reason":"end_turn","stop_sequence":null,)"
            R"("stop_details":null,"container":null,"usage":)" +
                usage + "}");
}

TEST(AnthropicEncoder, UsageThatIsKnownAtTheStartIsTold) {
  const Told told =
      tell({kBegin, counts(9, 1), begins(0, BlockKind::text), adds(0, "a"), ends(0), counts(9, 5), kStopped},
           from(Dialect::gemini));
  EXPECT_EQ(told.lines,
            "begin id=\"id1\" model=\"model1\" created=0\nusage input=9 output=1\nblock_begin 0.0 text\n"
            "block_delta 0.0 \"a\"\nblock_end 0.0\nusage input=9 output=5\nfinish 0 stop native=\"end_turn\"\n");
}

TEST(AnthropicEncoder, AnAnswerWithoutWordsHasItsUsageTwiceAsWell) {
  const Told told = tell({kBegin, counts(9, 1), counts(9, 5), kStopped}, from(Dialect::anthropic_messages));
  EXPECT_EQ(told.lines,
            "begin id=\"id1\" model=\"model1\" created=0\nusage input=9 output=1\nusage input=9 output=5\n"
            "finish 0 stop native=\"end_turn\"\n");
}

TEST(AnthropicEncoder, NamesThatTheProviderDidNotGive) {
  const std::vector<Event> events = {Begin{}, calls(0, "", "f"), ends(0), calls(1, "", "f"), ends(1), kStopped};
  const Told told = tell(events, from(Dialect::gemini));
  Runner runner;
  runner.feed(told.stream);
  EXPECT_TRUE(runner.id.starts_with("msg_")) << runner.id;
  EXPECT_EQ(runner.model, "asked");
  ASSERT_EQ(runner.answers[0].tool_calls.size(), 2U);
  EXPECT_TRUE(runner.answers[0].tool_calls[0].id.starts_with("toolu_"));
  EXPECT_NE(runner.answers[0].tool_calls[0].id, runner.answers[0].tool_calls[1].id);
  for (const test::ToolCall& call : runner.answers[0].tool_calls)
    EXPECT_NE(told.document.find(call.id), std::string::npos) << "the document has other ids";
  EXPECT_EQ(tell(events, from(Dialect::gemini)).stream, told.stream);
}

struct Case {
  const char* name;
  Dialect provider;
  std::vector<Event> events;  // between begin and the finish
  std::string lines;          // between begin and usage
  std::string content;        // of the document
  Finish finish = kStopped;
  std::string finish_line = "finish 0 stop native=\"end_turn\"\n";
};

TEST(AnthropicEncoder, Blocks) {
  using enum Dialect;
  const Case cases[] = {
      {"parallel calls whose fragments interleave follow each other",
       openai_chat,
       {calls(0, "a", "f"), calls(1, "b", "g"), adds(0, "{\\\"x\\\""), adds(1, "{"), adds(0, ":1}"), adds(1, "}"),
        calls(2, "c", "h"), ends(1), ends(0), ends(2)},
       "block_begin 0.0 tool_call id=\"a\" name=\"f\"\nblock_delta 0.0 \"{\\\"x\\\"\"\nblock_delta 0.0 \":1}\"\n"
       "block_end 0.0\nblock_begin 0.1 tool_call id=\"b\" name=\"g\"\nblock_delta 0.1 \"{}\"\nblock_end 0.1\n"
       "block_begin 0.2 tool_call id=\"c\" name=\"h\"\nblock_end 0.2\n",
       R"([{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"g","input":{}},)"
       R"({"type":"tool_use","id":"c","name":"h","input":{}}])",
       kStopped,
       "finish 0 tool_calls native=\"tool_use\"\n"},
      {"one that waits becomes the open one",
       openai_chat,
       {calls(0, "a", "f"), calls(1, "b", "g"), adds(1, "{"), ends(0), adds(1, "}"), ends(1)},
       "block_begin 0.0 tool_call id=\"a\" name=\"f\"\nblock_end 0.0\nblock_begin 0.1 tool_call id=\"b\" name=\"g\"\n"
       "block_delta 0.1 \"{\"\nblock_delta 0.1 \"}\"\nblock_end 0.1\n",
       R"([{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"g","input":{}}])",
       kStopped,
       "finish 0 tool_calls native=\"tool_use\"\n"},
      {"thoughts and their seals",
       anthropic_messages,
       {begins(0, BlockKind::reasoning), adds(0, "t"), ends(0, "s"),
        BlockBegin{.index = 1, .kind = BlockKind::reasoning, .redacted = true}, ends(1, "d"),
        begins(2, BlockKind::reasoning), ends(2), begins(3, BlockKind::reasoning), ends(3, "only")},
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"t\"\nblock_end 0.0 signature=\"s\"\n"
       "block_begin 0.1 reasoning redacted\nblock_end 0.1 signature=\"d\"\n"
       "block_begin 0.2 reasoning\nblock_end 0.2 signature=\"only\"\n",
       R"([{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},)"
       R"({"type":"thinking","thinking":"","signature":"only"}])"},
      {"thoughts of a provider without seals",
       openai_chat,
       {begins(0, BlockKind::reasoning), adds(0, "t"), ends(0), begins(1, BlockKind::text), adds(1, "a"), ends(1)},
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"t\"\nblock_end 0.0\nblock_begin 0.1 text\nblock_delta 0.1 \"a\"\n"
       "block_end 0.1\n",
       R"([{"type":"thinking","thinking":"t","signature":""},{"type":"text","text":"a","citations":null}])"},
      {"seals of others have their tag",
       openai_responses,
       {begins(0, BlockKind::reasoning), adds(0, "t"), ends(0, "enc")},
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"t\"\nblock_end 0.0 signature=\"weir/oaienc\"\n",
       R"([{"type":"thinking","thinking":"t","signature":"weir/oaienc"}])"},
      {"redacted thoughts of others have it, too: Anthropic must never be given them back",
       openai_responses,
       {BlockBegin{.index = 0, .kind = BlockKind::reasoning, .redacted = true}, ends(0, "enc")},
       "block_begin 0.0 reasoning redacted\nblock_end 0.0 signature=\"weir/oaienc\"\n",
       R"([{"type":"redacted_thinking","data":"weir/oaienc"}])"},
      {"a call's seal stands in front of it",
       gemini,
       {calls(0, "a", "f", "sig"), adds(0, "{}"), ends(0)},
       "block_begin 0.0 reasoning\nblock_end 0.0 signature=\"weir/gemsig\"\n"
       "block_begin 0.1 tool_call id=\"a\" name=\"f\"\nblock_delta 0.1 \"{}\"\nblock_end 0.1\n",
       R"([{"type":"thinking","thinking":"","signature":"weir/gemsig"},)"
       R"({"type":"tool_use","id":"a","name":"f","input":{}}])",
       kStopped,
       "finish 0 tool_calls native=\"tool_use\"\n"},
      {"nothing is empty, and media cannot be said",
       openai_chat,
       {begins(0, BlockKind::text), ends(0), begins(1, BlockKind::media), adds(1, "UklG"), begins(2, BlockKind::text),
        adds(2, "a"), ends(1), ends(2)},
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n",
       R"([{"type":"text","text":"a","citations":null}])"},
      {"a refusal is text and the reason to stop",
       openai_chat,
       {begins(0, BlockKind::refusal), adds(0, "no"), ends(0)},
       "block_begin 0.0 text\nblock_delta 0.0 \"no\"\nblock_end 0.0\n",
       R"([{"type":"text","text":"no","citations":null}])",
       kStopped,
       "finish 0 content_filter native=\"refusal\"\n"},
      {"sources within their text, which ends only when something else follows",
       openai_responses,
       {begins(0, BlockKind::text), Citation{.url = "u", .title = "t", .quoted = "q"}, adds(0, "a"),
        Citation{.title = "d"}, ends(0), Citation{.url = "late"}},
       "block_begin 0.0 text\ncitation 0 url=\"u\" title=\"t\" quoted=\"q\"\nblock_delta 0.0 \"a\"\n"
       "citation 0 url=\"\" title=\"d\"\ncitation 0 url=\"late\" title=\"\"\nblock_end 0.0\n",
       R"([{"type":"text","text":"a","citations":[{"type":"web_search_result_location","encrypted_index":"","url":"u",)"
       R"("title":"t","cited_text":"q"},{"type":"char_location","document_index":0,"start_char_index":0,)"
       R"("end_char_index":0,"file_id":null,"document_title":"d","cited_text":""},)"
       R"({"type":"web_search_result_location","encrypted_index":"","url":"late","title":null,"cited_text":""}]}])"},
      {"only the first choice, and nothing of what is raw",
       openai_chat,
       {begins(0, BlockKind::text), BlockBegin{.choice = 1, .kind = BlockKind::text}, BlockDelta{1, 0, "b"},
        adds(0, "a"), Extra{"{}"}, BlockEnd{1, 0, {}}, ends(0), Finish{1, FinishReason::length, {}, {}}},
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n",
       R"([{"type":"text","text":"a","citations":null}])"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    std::vector<Event> events = {kBegin};
    events.insert(events.end(), one.events.begin(), one.events.end());
    events.push_back(one.finish);
    const Told told = tell(events, from(one.provider));
    EXPECT_EQ(told.lines,
              "begin id=\"id1\" model=\"model1\" created=0\nusage\n" + one.lines + "usage\n" + one.finish_line);
    EXPECT_EQ(content(told), one.content);
  }
}

TEST(AnthropicEncoder, StopReasons) {
  struct Row {
    Dialect provider;
    Finish finish;
    const char* told;
  };
  using enum FinishReason;
  const Row rows[] = {
      {Dialect::openai_chat, {0, stop, "stop", {}}, R"("stop_reason":"end_turn","stop_sequence":null)"},
      {Dialect::openai_chat, {0, unspecified, {}, {}}, R"("stop_reason":"end_turn")"},
      {Dialect::gemini,
       {0, other, "MALFORMED_FUNCTION_CALL", {}},
       R"("stop_reason":"end_turn","stop_sequence":null,"stop_details":null,"container":null,)"
       R"("native_finish_reason":"MALFORMED_FUNCTION_CALL")"},
      {Dialect::openai_chat, {0, tool_calls, "tool_calls", {}}, R"("stop_reason":"end_turn")"},
      {Dialect::openai_chat, {0, length, "length", {}}, R"("stop_reason":"max_tokens")"},
      {Dialect::gemini,
       {0, content_filter, "SAFETY", {}},
       R"("stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal")"},
      {Dialect::openai_chat, {0, stop, "stop", "END"}, R"("stop_reason":"stop_sequence","stop_sequence":"END")"},
      {Dialect::anthropic_messages, {0, stop, "stop_sequence", {}}, R"("stop_reason":"stop_sequence")"},
      {Dialect::anthropic_messages, {0, stop, "pause_turn", {}}, R"("stop_reason":"pause_turn")"},
      {Dialect::openai_chat, {0, stop, "pause_turn", {}}, R"("stop_reason":"end_turn")"},
      {Dialect::anthropic_messages,
       {0, length, "model_context_window_exceeded", {}},
       R"("stop_reason":"model_context_window_exceeded")"},
  };
  for (const Row& row : rows) {
    const Told told = tell({kBegin, begins(0, BlockKind::text), adds(0, "a"), ends(0), row.finish}, from(row.provider));
    EXPECT_NE(told.stream.find("\"delta\":{" + std::string(row.told)), std::string::npos) << told.stream;
    EXPECT_NE(told.document.find(row.told), std::string::npos) << told.document;
  }
}

TEST(AnthropicEncoder, AnAnswerThatATrickedToolGivesIsText) {
  AnswerContext context = from(Dialect::anthropic_messages);
  context.emulated_schema = true;
  const std::string begin = "begin id=\"id1\" model=\"model1\" created=0\nusage\n";
  const Told told = tell({kBegin, calls(0, "a", kSchemaTool), adds(0, "{\\\"x\\\":1}"), ends(0),
                          Finish{0, FinishReason::tool_calls, "tool_use", {}}},
                         context);
  EXPECT_EQ(told.lines, begin +
                            "block_begin 0.0 text\nblock_delta 0.0 \"{\\\"x\\\":1}\"\nblock_end 0.0\nusage\n"
                            "finish 0 stop native=\"end_turn\"\n");
  EXPECT_EQ(content(told), R"([{"type":"text","text":"{\"x\":1}","citations":null}])");
  const Told empty =
      tell({kBegin, calls(0, "a", kSchemaTool), ends(0), calls(1, "b", "f"), ends(1), kStopped}, context);
  EXPECT_EQ(empty.lines, begin +
                             "block_begin 0.0 text\nblock_delta 0.0 \"{}\"\nblock_end 0.0\n"
                             "block_begin 0.1 tool_call id=\"b\" name=\"f\"\nblock_end 0.1\nusage\n"
                             "finish 0 tool_calls native=\"tool_use\"\n");
  EXPECT_EQ(content(empty),
            R"([{"type":"text","text":"{}","citations":null},{"type":"tool_use","id":"b","name":"f","input":{}}])");
}

TEST(AnthropicEncoder, FaultsEndTheStream) {
  const AnswerContext context = from(Dialect::openai_chat);
  const auto stream_of = [&](std::vector<Event> events) {
    Encoder encoder(context);
    std::string out;
    encoder.encode(events, out);
    encoder.end(out);
    return out;
  };
  const std::string error =
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"M\\n\"}}\n\n";
  const FaultReport fault{.error_class = ErrorClass::overloaded, .message = "M\\n"};
  EXPECT_EQ(stream_of({fault}), error);
  const std::string after = stream_of({kBegin, begins(0, BlockKind::text), adds(0, "a"), fault, adds(0, "b"), Ping{}});
  EXPECT_TRUE(after.ends_with(error)) << after;
  EXPECT_EQ(after.find("message_stop"), std::string::npos);
  EXPECT_EQ(after.find("\"b\""), std::string::npos);
  // A provider whose reason to stop is an error has not answered.
  const std::string broke_off = stream_of({kBegin, Finish{0, FinishReason::error, "network_error", {}}});
  EXPECT_NE(broke_off.find("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\""),
            std::string::npos)
      << broke_off;
  EXPECT_EQ(broke_off.find("message_delta"), std::string::npos);
}

TEST(AnthropicEncoder, WhatWaitsIsBounded) {
  Encoder encoder(from(Dialect::openai_chat));
  std::string out;
  const std::vector<Event> begin = {kBegin, calls(0, "a", "f"), calls(1, "b", "g")};
  encoder.encode(begin, out);
  const std::string piece(1 << 20, 'x');
  const std::vector<Event> more = {adds(1, piece)};
  for (std::size_t size = 0; size < Encoder::kMostWaiting; size += piece.size()) {
    encoder.encode(more, out);
    EXPECT_EQ(out.find("event: error"), std::string::npos);
  }
  encoder.encode(more, out);
  EXPECT_NE(out.find("event: error"), std::string::npos);
  const std::size_t size = out.size();
  encoder.end(out);
  EXPECT_EQ(out.size(), size);
}

TEST(AnthropicEncoder, BrokenArgumentsAreWrappedInADocument) {
  const Told told =
      tell({kBegin, calls(0, "a", "f"), adds(0, "{\\\"x"), ends(0), Finish{0, FinishReason::length, {}, {}}},
           from(Dialect::openai_chat));
  EXPECT_EQ(content(told), R"([{"type":"tool_use","id":"a","name":"f","input":{"arguments":"{\"x"}}])");
  EXPECT_NE(told.stream.find(R"("partial_json":"{\"x")"), std::string::npos);
}

TEST(AnthropicEncoder, Errors) {
  using enum ErrorClass;
  const std::pair<ErrorClass, const char*> types[] = {
      {auth, "authentication_error"},
      {permission, "permission_error"},
      {not_found, "not_found_error"},
      {invalid_request, "invalid_request_error"},
      {context_length, "invalid_request_error"},
      {content_filter, "invalid_request_error"},
      {too_large, "request_too_large"},
      {rate_limit, "rate_limit_error"},
      {quota_exhausted, "rate_limit_error"},
      {overloaded, "overloaded_error"},
      {server, "api_error"},
      {timeout, "timeout_error"},
  };
  ASSERT_EQ(std::size(types), kErrorClassCount);
  for (const auto& [error_class, type] : types) {
    std::string body;
    anthropic_messages::write_error_body(body, error_class, 400, "a\\\"b", "code", "param");
    EXPECT_EQ(body, std::string(R"({"type":"error","error":{"type":")") + type + R"(","message":"a\"b"}})");
    std::string event;
    anthropic_messages::write_error_event(event, error_class, 400, "a\\\"b", "code", "param");
    EXPECT_EQ(event, "event: error\ndata: " + body + "\n\n");
  }
}

}  // namespace
}  // namespace weir::dialect
