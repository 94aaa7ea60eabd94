#include "weir/dialect/gemini_encoder.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/gemini_decoder.h"

namespace weir::dialect::gemini {
namespace {

using Events = std::vector<Event>;

const Begin kBegin{"r1", "m1", 5};

Events text_answer() {
  return {kBegin,
          BlockBegin{0, 0, BlockKind::text},
          BlockDelta{0, 0, "Hi \\\"you\\\""},
          BlockEnd{0, 0},
          UsageReport{{.input = 3, .output = 2, .reported = true}},
          Finish{0, FinishReason::stop, "stop"}};
}

std::string encoded(const Events& events, const AnswerContext& context = {}) {
  return test::encoded(Dialect::gemini, events, context);
}

std::string document(const Events& events, const AnswerContext& context = {}) {
  return test::documented(Dialect::gemini, events, context);
}

/// The parts of all frames, and the last frame's rest.
std::string parts(const Events& events, const AnswerContext& context = {}) {
  std::string all, scratch;
  std::string rest = encoded(events, context);
  for (std::size_t end = 0; (end = rest.find("\r\n\r\n")) != std::string::npos; rest.erase(0, end + 4)) {
    const codec::SseFrame frame = codec::parse_sse_frame(Bytes(rest).substr(0, end), scratch);
    simdjson::dom::parser parser;
    simdjson::dom::element value;
    EXPECT_EQ(parser.parse(std::string(frame.data)).get(value), simdjson::SUCCESS) << frame.data;
    simdjson::dom::array list;
    if (value.at_pointer("/candidates/0/finishReason").error() == simdjson::SUCCESS) {
      all += std::string(value.at_pointer("/candidates/0/finishReason").get_c_str().value_unsafe());
    } else if (value.at_pointer("/candidates/0/content/parts").get(list) == simdjson::SUCCESS) {
      all += simdjson::minify(list) + '\n';
    } else {
      all += simdjson::minify(value) + '\n';
    }
  }
  EXPECT_EQ(rest, "");
  return all;
}

TEST(GeminiEncoder, AStreamOfText) {
  const std::string head = R"(data: {"candidates":[{"content":{"parts":[{"text":")";
  const std::string tail = R"(,"modelVersion":"m1","responseId":"r1"})"
                           "\r\n\r\n";
  const std::string wanted =
      head + R"(Hi \"you\""}],"role":"model"},"index":0}])" + tail + head +
      R"("}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,)"
      R"("candidatesTokenCount":2,"totalTokenCount":5})" +
      tail;
  EXPECT_EQ(encoded(text_answer()), wanted);
}

TEST(GeminiEncoder, AnArrayWhenNoSseWasAsked) {
  const std::string array = encoded(text_answer(), {.array = true});
  EXPECT_TRUE(array.starts_with(R"([{"candidates":[{"content":{"parts":[{"text":"Hi)"));
  EXPECT_TRUE(array.ends_with("\r\n]"));
  EXPECT_EQ(array.find("data:"), std::string::npos);
  test::BasicStreamRunner<Decoder> runner;
  runner.document(array);
  EXPECT_EQ(runner.answers[0].text, "Hi \\\"you\\\"");
  EXPECT_FALSE(runner.decoder.failed());
  EXPECT_EQ(encoded({}, {.array = true}), "[]");
}

TEST(GeminiEncoder, Faults) {
  const FaultReport fault{.error_class = ErrorClass::overloaded, .message = "Busy"};
  const std::string error = R"({"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}})";
  EXPECT_EQ(encoded({fault}), "data: " + error + "\r\n\r\n");
  EXPECT_EQ(encoded({fault}, {.array = true}), "[" + error + "]");
  Events late = text_answer();
  late.insert(late.begin() + 3, fault);
  EXPECT_TRUE(encoded(late).ends_with("data: " + error + "\r\n\r\n"));
  EXPECT_EQ(encoded(late).find("finishReason"), std::string::npos);
  EXPECT_TRUE(encoded(late, {.array = true}).ends_with("},\r\n" + error + "]"));
  EXPECT_NE(encoded({kBegin, Finish{0, FinishReason::error, "error"}}).find("\"error\":{"), std::string::npos);
}

TEST(GeminiEncoder, Blocks) {
  AnswerContext anthropic{.provider = Dialect::anthropic_messages};
  const Events events = {
      kBegin,
      BlockBegin{0, 0, BlockKind::reasoning},
      BlockDelta{0, 0, "hm"},
      BlockEnd{0, 0, "c2ln"},
      BlockBegin{0, 1, BlockKind::reasoning, {}, {}, {}, true},
      BlockEnd{0, 1, "ZGF0"},
      BlockBegin{0, 2, BlockKind::refusal},
      BlockDelta{0, 2, "no"},
      BlockEnd{0, 2},
      BlockBegin{0, 3, BlockKind::tool_call, "t1", "f"},
      BlockBegin{0, 4, BlockKind::tool_call, "", "g"},
      BlockDelta{0, 3, "{\\\"a\\\":"},
      BlockDelta{0, 4, "{\\\"b\\\":[1.50,"},
      BlockDelta{0, 3, " \\\"x\\\\n\\\"}"},
      BlockEnd{0, 3},
      BlockEnd{0, 4},
      BlockBegin{0, 5, BlockKind::tool_call, "t3", "h"},
      BlockEnd{0, 5},
      BlockBegin{0, 6, BlockKind::media, {}, "image/png"},
      BlockDelta{0, 6, "iV"},
      BlockDelta{0, 6, "BO"},
      BlockEnd{0, 6},
      Ping{},
      Extra{"{}"},
      Finish{0, FinishReason::tool_calls, "tool_use"},
  };
  EXPECT_EQ(parts(events, anthropic),
            R"([{"text":"hm","thought":true}]
[{"text":"","thought":true,"thoughtSignature":"weir/antc2ln"}]
[{"text":"","thoughtSignature":"weir/anrZGF0"}]
[{"text":"no"}]
[{"functionCall":{"id":"t1","name":"f","args":{"a":"x\n"}}}]
[{"functionCall":{"name":"g","args":{"unparsed_arguments":"{\"b\":[1.50,"}}}]
[{"functionCall":{"id":"t3","name":"h","args":{}}}]
[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]
STOP)");
  EXPECT_EQ(
      document(events, anthropic),
      R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true,"thoughtSignature":"weir/antc2ln"},)"
      R"({"text":"","thoughtSignature":"weir/anrZGF0"},{"text":"no"},)"
      R"({"functionCall":{"id":"t1","name":"f","args":{"a": "x\n"}}},)"
      R"({"functionCall":{"name":"g","args":{"unparsed_arguments":"{\"b\":[1.50,"}}},)"
      R"({"functionCall":{"id":"t3","name":"h","args":{}}},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}],)"
      R"("role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"m1","responseId":"r1"})");
}

TEST(GeminiEncoder, IndentedArgumentsDoNotBreakTheirFrame) {
  const Events events = {kBegin,
                         BlockBegin{0, 0, BlockKind::tool_call, "t1", "f"},
                         BlockDelta{0, 0, R"({\n  \"a\": 1.50)"},
                         BlockDelta{0, 0, R"(,\r\n\t\"b\": \"x\\ny\"\u000a})"},
                         BlockEnd{0, 0},
                         Finish{0, FinishReason::tool_calls, "tool_calls"}};
  EXPECT_EQ(parts(events),
            "[{\"functionCall\":{\"id\":\"t1\",\"name\":\"f\",\"args\":"
            "{\"a\":1.5,\"b\":\"x\\ny\"}}}]\nSTOP");
  const std::string stream = encoded(events);
  EXPECT_NE(stream.find(R"("a": 1.50)"), std::string::npos) << "numbers are the model's";
  for (std::size_t at = 0; (at = stream.find('\n', at)) != std::string::npos; ++at)
    EXPECT_TRUE(at > 0 && stream[at - 1] == '\r' &&
                (at + 1 == stream.size() || stream[at + 1] == '\r' || stream.compare(at + 1, 6, "data: ") == 0))
        << at;
}

TEST(GeminiEncoder, FinishWords) {
  const auto finish = [](FinishReason reason, Bytes native, Dialect provider = Dialect::openai_chat) {
    return parts({kBegin, Finish{0, reason, native}}, {.provider = provider});
  };
  EXPECT_EQ(finish(FinishReason::stop, "stop"), "STOP");
  EXPECT_EQ(finish(FinishReason::unspecified, ""), "STOP");
  const Events refusal = {kBegin, BlockBegin{0, 0, BlockKind::refusal}, BlockDelta{0, 0, "no"}, BlockEnd{0, 0},
                          Finish{0, FinishReason::stop, "stop"}};
  EXPECT_EQ(parts(refusal), "[{\"text\":\"no\"}]\nSAFETY");
  EXPECT_NE(document(refusal).find(R"("finishReason":"SAFETY")"), std::string::npos);
  EXPECT_EQ(finish(FinishReason::length, "length"), "MAX_TOKENS");
  EXPECT_EQ(finish(FinishReason::content_filter, "refusal"), "SAFETY");
  EXPECT_EQ(finish(FinishReason::other, "pause_turn"), "STOP");
  EXPECT_EQ(finish(FinishReason::content_filter, "SPII", Dialect::gemini), "SPII");
  EXPECT_NE(encoded({kBegin, Finish{0, FinishReason::other, "pause_turn"}}).find(R"("finishMessage":"pause_turn")"),
            std::string::npos);
}

TEST(GeminiEncoder, EmulatedSchema) {
  const AnswerContext context{.emulated_schema = true};
  Events events = {kBegin, BlockBegin{0, 0, BlockKind::tool_call, "t", kSchemaTool}, BlockDelta{0, 0, "{\\\"a\\\":1}"},
                   BlockEnd{0, 0}, Finish{0, FinishReason::tool_calls, "tool_use"}};
  EXPECT_EQ(parts(events, context), "[{\"text\":\"{\\\"a\\\":1}\"}]\nSTOP");
  EXPECT_NE(document(events, context).find(R"("parts":[{"text":"{\"a\":1}"}])"), std::string::npos);
  events.erase(events.begin() + 2);
  EXPECT_EQ(parts(events, context), "[{\"text\":\"{}\"}]\nSTOP");
  EXPECT_NE(document(events, context).find(R"("parts":[{"text":"{}"}])"), std::string::npos);
}

TEST(GeminiEncoder, UsageAndSources) {
  Events events = text_answer();
  events.insert(events.begin() + 4, Citation{0, "u", "t", {}, 0, 2});
  events.insert(events.begin() + 4, Citation{0, "", "", "words"});
  events.back() = UsageReport{{.input = 10,
                               .cache_read = 20,
                               .cache_write = 5,
                               .audio_input = 3,
                               .output = 7,
                               .reasoning = 11,
                               .audio_output = 2,
                               .reported = true}};
  events.push_back(Finish{0, FinishReason::stop, "stop"});
  const std::string tail =
      R"("groundingMetadata":{"groundingChunks":[{"retrievedContext":{"text":"words"}},{"web":{"uri":"u","title":"t"}}],)"
      R"("groundingSupports":[{"segment":{"startIndex":0,"endIndex":2},"groundingChunkIndices":[1]}]}}],)"
      R"("usageMetadata":{"promptTokenCount":38,"candidatesTokenCount":9,"totalTokenCount":58,)"
      R"("cachedContentTokenCount":20,"thoughtsTokenCount":11,)"
      R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":35},{"modality":"AUDIO","tokenCount":3}],)"
      R"("candidatesTokensDetails":[{"modality":"TEXT","tokenCount":7},{"modality":"AUDIO","tokenCount":2}]})";
  EXPECT_NE(encoded(events).find(tail), std::string::npos) << encoded(events);
  EXPECT_NE(document(events).find(tail), std::string::npos) << document(events);
}

TEST(GeminiEncoder, IdsAndModelsThatNobodyGave) {
  const Events events = {Begin{}, Finish{0, FinishReason::stop, ""}};
  const std::string once = encoded(events, {.seed = 7, .model = "mine"});
  EXPECT_NE(once.find(R"("modelVersion":"mine","responseId":")"), std::string::npos);
  EXPECT_EQ(once, encoded(events, {.seed = 7, .model = "mine"}));
  EXPECT_NE(once, encoded(events, {.seed = 8, .model = "mine"}));
}

TEST(GeminiEncoder, WhatIsKeptIsBounded) {
  Encoder encoder({});
  std::string out;
  const std::string piece(1 << 20, 'x');
  const Event begin[] = {kBegin, BlockBegin{0, 0, BlockKind::tool_call, "t", "f"}};
  encoder.encode(begin, out);
  for (std::size_t kept = 0; kept <= Encoder::kMostKept; kept += piece.size()) {
    const Event delta[] = {BlockDelta{0, 0, piece}};
    encoder.encode(delta, out);
  }
  encoder.end(out);
  EXPECT_NE(out.find("\"error\""), std::string::npos);
  EXPECT_EQ(out.find("finishReason"), std::string::npos);
}

TEST(GeminiEncoder, ErrorBodies) {
  std::string out;
  write_error_body(out, ErrorClass::invalid_request, 400, "No \\\"x\\\"", "unsupported_parameter", "n");
  EXPECT_EQ(
      out,
      R"({"error":{"code":400,"message":"No \"x\"","status":"INVALID_ARGUMENT","details":[)"
      R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"unsupported_parameter","domain":"weir"},)"
      R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"n","description":"No \"x\""}]}]}})");
  const std::pair<ErrorClass, const char*> statuses[] = {
      {ErrorClass::auth, R"("code":401,"message":"m","status":"UNAUTHENTICATED")"},
      {ErrorClass::permission, R"("code":403,"message":"m","status":"PERMISSION_DENIED")"},
      {ErrorClass::not_found, R"("code":404,"message":"m","status":"NOT_FOUND")"},
      {ErrorClass::context_length, R"("code":400,"message":"m","status":"INVALID_ARGUMENT")"},
      {ErrorClass::rate_limit, R"("code":429,"message":"m","status":"RESOURCE_EXHAUSTED")"},
      {ErrorClass::quota_exhausted, R"("code":429,"message":"m","status":"RESOURCE_EXHAUSTED")"},
      {ErrorClass::server, R"("code":500,"message":"m","status":"INTERNAL")"},
      {ErrorClass::timeout, R"("code":504,"message":"m","status":"DEADLINE_EXCEEDED")"},
  };
  for (const auto& [error_class, inside] : statuses) {
    out.clear();
    write_error_body(out, error_class, 0, "m", {}, {});
    EXPECT_EQ(out, "{\"error\":{" + std::string(inside) + "}}");
  }
}

}  // namespace
}  // namespace weir::dialect::gemini
