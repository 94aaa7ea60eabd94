// What of a usage may have a price of its own, as each dialect tells it.
#include <gtest/gtest.h>

#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

Usage usage_of(Dialect dialect, std::initializer_list<Bytes> payloads) {
  Decoder decoder(dialect);
  for (const Bytes payload : payloads) decoder.tap(payload);
  return decoder.usage();
}

TEST(UsageParts, ChatTellsTheServiceTier) {
  const Usage document = usage_of(
      Dialect::openai_chat,
      {R"({"object":"chat.completion","choices":[],"service_tier":"priority","usage":{"prompt_tokens":5,"completion_tokens":2}})"});
  EXPECT_EQ(document, (Usage{.input = 5, .output = 2, .reported = true, .parts = {.service = ServiceTier::priority}}));
  // In a stream it may stand in other chunks than the usage.
  const Usage stream =
      usage_of(Dialect::openai_chat, {R"({"choices":[{"index":0,"delta":{"content":"a"}}],"service_tier":"flex"})",
                                      R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"});
  EXPECT_EQ(stream.parts.service, ServiceTier::flex);
  for (const Bytes word : {R"("default")", "null", "7", R"(["flex"])"})
    EXPECT_EQ(usage_of(Dialect::openai_chat,
                       {"{\"choices\":[],\"usage\":{\"prompt_tokens\":5},\"service_tier\":" + std::string(word) + "}"})
                  .parts,
              UsageParts{});
}

TEST(UsageParts, ResponsesTellTheTierInTheEnd) {
  const Usage usage = usage_of(
      Dialect::openai_responses,
      {R"({"type":"response.created","response":{"id":"r","service_tier":"auto"}})",
       R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[],"service_tier":"flex","usage":{"input_tokens":5,"output_tokens":2}}})"});
  EXPECT_EQ(usage.parts.service, ServiceTier::flex);
  EXPECT_EQ(usage.input, 5U);
}

TEST(UsageParts, MessagesTellHowLongTheyAreKept) {
  const Usage usage = usage_of(
      Dialect::anthropic_messages,
      {R"({"type":"message_start","message":{"id":"m","usage":{"input_tokens":1,"cache_creation_input_tokens":30,"output_tokens":1,)"
       R"("cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"service_tier":"batch"}}})",
       R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9,"server_tool_use":{"web_search_requests":3,"web_fetch_requests":1}}})"});
  EXPECT_EQ(usage, (Usage{.input = 1,
                          .cache_write = 30,
                          .output = 9,
                          .reported = true,
                          .parts = {.cache_write_1h = 20, .web_searches = 3, .service = ServiceTier::batch}}));
  const Usage fast = usage_of(
      Dialect::anthropic_messages,
      {R"({"type":"message","content":[],"usage":{"input_tokens":1,"speed":"fast","service_tier":"standard"}})"});
  EXPECT_EQ(fast.parts.service, ServiceTier::fast);
  // Absurd numbers stay in their bounds.
  const Usage absurd = usage_of(
      Dialect::anthropic_messages,
      {R"({"type":"message","content":[],"usage":{"input_tokens":1,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_1h_input_tokens":999999999999},"server_tool_use":{"web_search_requests":99999999}}})"});
  EXPECT_EQ(absurd.parts.cache_write_1h, 5U);
  EXPECT_EQ(absurd.parts.web_searches, 0xffff);
}

TEST(UsageParts, GeminiTellsModalities) {
  const Usage usage = usage_of(
      Dialect::gemini,
      {R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":50,"cachedContentTokenCount":30,)"
       R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":40},{"modality":"IMAGE","tokenCount":45},{"modality":"AUDIO","tokenCount":15}],)"
       R"("cacheTokensDetails":[{"modality":"IMAGE","tokenCount":20},{"modality":"AUDIO","tokenCount":10}],)"
       R"("candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":40}],"trafficType":"ON_DEMAND_FLEX"}})"});
  EXPECT_EQ(
      usage,
      (Usage{.input = 65,
             .cache_read = 30,
             .audio_input = 5,
             .output = 50,
             .reported = true,
             .parts = {.audio_cache_read = 10, .image_input = 25, .image_output = 40, .service = ServiceTier::flex}}));
}

}  // namespace
}  // namespace weir::dialect
