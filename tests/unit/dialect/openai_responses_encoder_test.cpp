// What clients of the Responses dialect are told.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/openai_responses_decoder.h"
#include "weir/dialect/openai_responses_encoder.h"

namespace weir::dialect {
namespace {

using openai_responses::Encoder;
using Runner = test::BasicStreamRunner<openai_responses::Decoder>;

AnswerContext context() {
  AnswerContext context;
  context.provider = Dialect::anthropic_messages;
  context.seed = 7;
  context.now = 1'700'000'000;
  context.model = "asked";
  return context;
}

std::string encoded(const std::vector<Event>& events, const AnswerContext& context) {
  return test::encoded(Dialect::openai_responses, events, context);
}

std::string documented(const std::vector<Event>& events, const AnswerContext& context) {
  return test::documented(Dialect::openai_responses, events, context);
}

/// The stream's frames: their `event:` lines agree with their types, and their numbers count up.
std::vector<std::string> payloads_of(Bytes stream) {
  std::vector<std::string> payloads;
  simdjson::dom::parser parser;
  while (!stream.empty()) {
    const std::size_t end = stream.find("\n\n");
    EXPECT_NE(end, Bytes::npos);
    const Bytes frame = stream.substr(0, end);
    stream.remove_prefix(end + 2);
    const std::size_t line = frame.find("\ndata: ");
    EXPECT_TRUE(frame.starts_with("event: "));
    const std::string payload(frame.substr(line + 7));
    simdjson::dom::element json;
    EXPECT_EQ(parser.parse(payload).get(json), simdjson::SUCCESS) << payload;
    EXPECT_EQ(std::string_view(json["type"]), frame.substr(7, line - 7));
    EXPECT_EQ(std::uint64_t(json["sequence_number"]), payloads.size());
    payloads.push_back(payload);
  }
  return payloads;
}

std::string at(Bytes json, const char* pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (parser.parse(json.data(), json.size()).at_pointer(pointer).get(value) != simdjson::SUCCESS) return "(absent)";
  return simdjson::minify(value);
}

/// Everything an answer may hold.
std::vector<Event> rich() {
  return {
      Begin{"msg_1", "claude", 0},
      BlockBegin{0, 0, BlockKind::reasoning, {}, {}},
      BlockDelta{0, 0, "I "},
      BlockDelta{0, 0, "think"},
      BlockEnd{0, 0, "c2ln"},
      BlockBegin{0, 1, BlockKind::reasoning, {}, {}, {}, true},
      BlockEnd{0, 1, "aGlk"},
      BlockBegin{0, 2, BlockKind::text, {}, {}},
      BlockDelta{0, 2, "Caf\\u00e9 \\ud83d\\ude00 "},
      BlockEnd{0, 2, {}},
      BlockBegin{0, 3, BlockKind::text, {}, {}},
      BlockDelta{0, 3, "says so."},
      BlockEnd{0, 3, {}},
      Citation{0, "https://e.x/", "E", {}, 7, 15},
      Ping{},
      BlockBegin{0, 4, BlockKind::tool_call, "toolu_1", "look"},
      BlockDelta{0, 4, "{\\\"a\\\":"},
      BlockBegin{0, 5, BlockKind::tool_call, {}, "now"},
      BlockDelta{0, 4, "1}"},
      BlockEnd{0, 4, {}},
      BlockEnd{0, 5, {}},
      UsageReport{{.input = 10, .cache_read = 5, .cache_write = 2, .output = 6, .reasoning = 3, .reported = true}},
      Finish{0, FinishReason::tool_calls, "tool_use", {}},
  };
}

TEST(ResponsesEncoder, TellsEverything) {
  const std::string stream = encoded(rich(), context());
  const std::vector<std::string> payloads = payloads_of(stream);
  const std::string& last = payloads.back();
  EXPECT_EQ(at(last, "/type"), "\"response.completed\"");
  EXPECT_EQ(at(last, "/response/id"), "\"resp_msg_1\"");
  EXPECT_EQ(at(last, "/response/created_at"), "1700000000");
  EXPECT_EQ(at(last, "/response/model"), "\"claude\"");
  EXPECT_EQ(at(last, "/response/output/0/summary/0/text"), "\"I think\"");
  EXPECT_EQ(at(last, "/response/output/0/encrypted_content"), "\"weir/antc2ln\"");
  EXPECT_EQ(at(last, "/response/output/1/summary"), "[]");
  EXPECT_EQ(at(last, "/response/output/1/encrypted_content"), "\"weir/anraGlk\"");
  EXPECT_EQ(at(last, "/response/output/3/content/0/annotations/0"),
            R"({"type":"url_citation","url":"https://e.x/","title":"E","start_index":0,"end_index":8})");
  EXPECT_EQ(at(last, "/response/output/4/arguments"), R"("{\"a\":1}")");
  EXPECT_EQ(at(last, "/response/output/4/call_id"), "\"toolu_1\"");
  EXPECT_EQ(at(last, "/response/output/5/arguments"), "\"{}\"");
  EXPECT_TRUE(at(last, "/response/output/5/call_id").starts_with("\"call_"));
  EXPECT_EQ(at(last, "/response/usage"),
            R"({"input_tokens":17,"input_tokens_details":{"cached_tokens":5,"cache_write_tokens":2},"output_tokens":9,)"
            R"("output_tokens_details":{"reasoning_tokens":3},"total_tokens":26})");
  // The document is the response at the stream's end.
  EXPECT_EQ(at(documented(rich(), context()), ""), at(last, "/response"));

  // An accumulating client: every item was added at its place and ends there as it stands in the response.
  for (const std::string& payload : payloads)
    if (at(payload, "/type") == "\"response.output_item.done\"")
      EXPECT_EQ(at(payload, "/item"), at(last, ("/response/output/" + at(payload, "/output_index")).c_str()));
}

TEST(ResponsesEncoder, BatchesDoNotMatter) {
  const std::string whole = encoded(rich(), context());
  std::string out;
  Encoder encoder(context());
  for (const Event& event : rich()) encoder.encode(std::span(&event, 1), out);
  encoder.end(out);
  EXPECT_EQ(out, whole);
}

TEST(ResponsesEncoder, ReadsBackAsItWas) {
  AnswerContext same = context();
  same.provider = Dialect::openai_responses;
  Runner stream;
  stream.feed(encoded(rich(), same));
  stream.finish();
  EXPECT_EQ(stream.checker.broken_law(), "");
  EXPECT_EQ(stream.lines,
            "begin id=\"msg_1\" model=\"claude\" created=1700000000\n"
            "block_begin 0.0 reasoning\n"
            "block_delta 0.0 \"I \"\n"
            "block_delta 0.0 \"think\"\n"
            "block_end 0.0 signature=\"c2ln\"\n"
            "block_begin 0.1 reasoning redacted\n"
            "block_end 0.1 signature=\"aGlk\"\n"
            "block_begin 0.2 text\n"
            "block_delta 0.2 \"Caf\\u00e9 \\ud83d\\ude00 \"\n"
            "block_end 0.2\n"
            "block_begin 0.3 text\n"
            "block_delta 0.3 \"says so.\"\n"
            "citation 0 url=\"https://e.x/\" title=\"E\" at 7..15\n"
            "block_end 0.3\n"
            "block_begin 0.4 tool_call id=\"toolu_1\" name=\"look\"\n"
            "block_delta 0.4 \"{\\\"a\\\":\"\n" +
                stream.lines.substr(stream.lines.find("block_begin 0.5")));
  Runner document;
  document.document(documented(rich(), same));
  EXPECT_EQ(document.answers[0].text, stream.answers[0].text);
  EXPECT_EQ(document.answers[0].tool_calls.size(), 2U);
  EXPECT_EQ(document.decoder.usage(), stream.decoder.usage());
}

TEST(ResponsesEncoder, Endings) {
  const struct {
    FinishReason reason;
    const char* type;
    const char* status;
    const char* details;
  } kCases[] = {
      {FinishReason::stop, "response.completed", "completed", "null"},
      {FinishReason::tool_calls, "response.completed", "completed", "null"},
      {FinishReason::other, "response.completed", "completed", "null"},
      {FinishReason::unspecified, "response.completed", "completed", "null"},
      {FinishReason::length, "response.incomplete", "incomplete", R"({"reason":"max_output_tokens"})"},
      {FinishReason::content_filter, "response.incomplete", "incomplete", R"({"reason":"content_filter"})"},
      {FinishReason::error, "response.failed", "failed", "null"},
  };
  for (const auto& one : kCases) {
    const std::vector<Event> events = {Begin{}, BlockBegin{0, 0, BlockKind::refusal, {}, {}}, BlockDelta{0, 0, "no"},
                                       BlockEnd{0, 0, {}}, Finish{0, one.reason, "w", {}}};
    const std::vector<std::string> payloads = payloads_of(encoded(events, context()));
    EXPECT_EQ(at(payloads.back(), "/type"), '"' + std::string(one.type) + '"');
    EXPECT_EQ(at(payloads.back(), "/response/incomplete_details"), one.details);
    EXPECT_EQ(at(payloads.back(), "/response/output/0/content/0"), R"({"type":"refusal","refusal":"no"})");
    const std::string document = documented(events, context());
    EXPECT_EQ(at(document, "/status"), '"' + std::string(one.status) + '"');
    EXPECT_EQ(at(document, "/model"), "\"asked\"");
    EXPECT_TRUE(at(document, "/id").starts_with("\"resp_"));
  }
}

TEST(ResponsesEncoder, Faults) {
  const FaultReport fault{.error_class = ErrorClass::rate_limit, .code = "x", .type = "y", .message = "slow \\\"down"};
  // Before anything, and in the middle of an answer.
  for (const bool begun : {false, true}) {
    std::vector<Event> events;
    if (begun) events = {Begin{"a", "m", 1}, BlockBegin{0, 0, BlockKind::text, {}, {}}, BlockDelta{0, 0, "hi"}};
    events.push_back(fault);
    events.push_back(Ping{});
    const std::vector<std::string> payloads = payloads_of(encoded(events, context()));
    ASSERT_GE(payloads.size(), 2U);
    EXPECT_EQ(at(payloads[payloads.size() - 2], "/error"),
              R"({"type":"rate_limit_error","code":"rate_limit_exceeded","message":"slow \"down","param":null})");
    EXPECT_EQ(at(payloads.back(), "/type"), "\"response.failed\"");
    EXPECT_EQ(at(payloads.back(), "/response/error"), R"({"code":"rate_limit_exceeded","message":"slow \"down"})");
    Runner runner;
    runner.feed(encoded(events, context()));
    runner.finish();
    EXPECT_TRUE(runner.decoder.failed());
    EXPECT_EQ(runner.fault_message, "slow \\\"down");
  }
}

TEST(ResponsesEncoder, TooLargeEndsInAFault) {
  std::string out;
  Encoder encoder(context());
  const std::vector<Event> begin = {Begin{"a", "m", 1}, BlockBegin{0, 0, BlockKind::text, {}, {}}};
  encoder.encode(begin, out);
  const std::string megabyte(1 << 20, 'x');
  const Event delta = BlockDelta{0, 0, megabyte};
  for (std::size_t i = 0; i < Encoder::kMostBytes / megabyte.size() + 2; ++i) encoder.encode(std::span(&delta, 1), out);
  encoder.end(out);
  const std::size_t error = out.find("event: error");
  ASSERT_NE(error, std::string::npos);
  EXPECT_EQ(out.find("response.completed"), std::string::npos);
  EXPECT_NE(out.find("too large", error), std::string::npos);
}

TEST(ResponsesEncoder, EmulatedSchemaIsText) {
  AnswerContext emulated = context();
  emulated.emulated_schema = true;
  const std::vector<Event> events = {Begin{}, BlockBegin{0, 0, BlockKind::tool_call, "toolu_1", kSchemaTool},
                                     BlockDelta{0, 0, "{\\\"a\\\":1}"}, BlockEnd{0, 0, {}},
                                     Finish{0, FinishReason::tool_calls, "tool_use", {}}};
  const std::string document = documented(events, emulated);
  EXPECT_EQ(at(document, "/output/0/content/0/text"), R"("{\"a\":1}")");
  EXPECT_EQ(at(document, "/output/0/type"), "\"message\"");
  EXPECT_EQ(at(payloads_of(encoded(events, emulated)).back(), "/response"), document);
}

TEST(ResponsesEncoder, SealOverAToolCallTravelsBeforeIt) {
  AnswerContext google = context();
  google.provider = Dialect::gemini;
  const std::vector<Event> events = {Begin{}, BlockBegin{0, 0, BlockKind::tool_call, "c", "f", "c2ln"},
                                     BlockEnd{0, 0, {}}, Finish{0, FinishReason::stop, "STOP", {}}};
  const std::string document = documented(events, google);
  EXPECT_EQ(at(document, "/output/0/type"), "\"reasoning\"");
  EXPECT_EQ(at(document, "/output/0/encrypted_content"), "\"weir/gemc2ln\"");
  EXPECT_EQ(at(document, "/output/1/call_id"), "\"c\"");
  EXPECT_EQ(at(payloads_of(encoded(events, google)).back(), "/response"), document);
}

TEST(ResponsesEncoder, MediaAndOtherChoices) {
  const std::vector<Event> events = {Begin{},
                                     BlockBegin{0, 0, BlockKind::media, {}, "audio/wav"},
                                     BlockDelta{0, 0, "AAAA"},
                                     BlockEnd{0, 0, {}},
                                     BlockBegin{0, 1, BlockKind::media, {}, "image/webp"},
                                     BlockDelta{0, 1, "BB"},
                                     BlockDelta{0, 1, "BB"},
                                     BlockEnd{0, 1, {}},
                                     BlockBegin{1, 0, BlockKind::text, {}, {}},
                                     BlockDelta{1, 0, "second"},
                                     BlockEnd{1, 0, {}},
                                     Finish{0, FinishReason::stop, "stop", {}},
                                     Finish{1, FinishReason::stop, "stop", {}}};
  const std::string document = documented(events, context());
  EXPECT_EQ(at(document, "/output/0/type"), "\"image_generation_call\"");
  EXPECT_EQ(at(document, "/output/0/result"), "\"BBBB\"");
  EXPECT_EQ(at(document, "/output/1"), "(absent)");
  EXPECT_EQ(at(payloads_of(encoded(events, context())).back(), "/response"), document);
}

}  // namespace
}  // namespace weir::dialect
