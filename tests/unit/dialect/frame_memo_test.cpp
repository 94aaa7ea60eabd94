#include "weir/dialect/frame_memo.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/random.h"
#include "weir/codec/sse.h"
#include "weir/dialect/openai_chat_decoder.h"
#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

std::string frame_with(Bytes text, Bytes padding = {}) {
  std::string frame =
      R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o",)"
      R"("choices":[{"index":0,"delta":{"content":")" +
      std::string(text) + R"("},"finish_reason":null}])";
  if (!padding.empty()) frame += R"(,"obfuscation":")" + std::string(padding) + '"';
  return frame + "}\n\n";
}

/// What reading the ordinary way says of the frame that `input` begins with.
struct Reading {
  std::size_t size = 0;
  FrameFacts facts;
};
Reading read(OpenAiChatDecoder& decoder, Bytes input) {
  codec::SseScanner scanner;
  Reading reading;
  const std::size_t size = scanner.find_end(input);
  if (size == codec::SseScanner::npos) return reading;
  std::string scratch;
  const codec::SseFrame fields = codec::parse_sse_frame(input.substr(0, size), scratch);
  reading.size = size;
  if (fields.has_data) reading.facts = decoder.tap(fields.data);
  return reading;
}

/// A memo of `frame`, as the relay makes it.
FrameMemo memo_of(Bytes frame) {
  OpenAiChatDecoder decoder;
  FrameMemo memo;
  EXPECT_EQ(read(decoder, frame).size, frame.size());
  EXPECT_FALSE(decoder.varying().text.empty());
  memo.remember(frame, decoder.varying());
  return memo;
}

TEST(FrameMemo, KnowsTheNextFrame) {
  const FrameMemo memo = memo_of(frame_with("hello"));
  for (const std::string& text : {"x", " world", "\\n\\\"q\\\" \\u00e9", "\u00e9\U0001F600"}) {
    const std::string next = frame_with(text);
    EXPECT_EQ(memo.match(next), next.size()) << text;
    EXPECT_EQ(memo.match(next + frame_with("more")), next.size()) << text;
    EXPECT_EQ(memo.match(Bytes(next).substr(0, next.size() - 1)), 0u) << "its end has not come";
  }
  // What comes behind it is none of its business: here the first half of a character, or nothing that is UTF-8.
  for (const Bytes behind : {"data: \xc3", "data: \xff\xff\n\n"})
    for (const std::string& text :
         {std::string("\u00e9"), std::string(100, 'x') + "\u00e9", std::string(3000, 'x') + "\u00e9"}) {
      const std::string next = frame_with(text);
      EXPECT_EQ(memo.match(next + std::string(behind)), next.size()) << text;
    }
  const std::string long_text = frame_with(std::string(5000, 'x'));
  EXPECT_EQ(memo.match(long_text), long_text.size());
  for (const std::string& text : {"", "\n", "\\x", "\\u12", "\xff", "a\"b"})
    EXPECT_EQ(memo.match(frame_with(text)), 0u) << text;
  EXPECT_EQ(FrameMemo().match(frame_with("x")), 0u);
}

TEST(FrameMemo, PaddingOfAnyLength) {
  const FrameMemo memo = memo_of(frame_with("hello", "abc"));
  for (const std::string& padding : {"x", "0123456789abcdef0123456789abcdef"}) {
    const std::string next = frame_with("text", padding);
    EXPECT_EQ(memo.match(next), next.size());
  }
  EXPECT_EQ(memo.match(frame_with("text")), 0u);
}

TEST(FrameMemo, TooLargeToRemember) {
  OpenAiChatDecoder decoder;
  FrameMemo memo;
  const std::string frame = R"(data: {"id":")" + std::string(FrameMemo::kCapacity, 'i') +
                            R"(","choices":[{"index":0,"delta":{"content":"x"}}]})" + "\n\n";
  read(decoder, frame);
  memo.remember(frame, decoder.varying());
  EXPECT_EQ(memo.match(frame), 0u);
}

// Whatever comes: when the memo knows it, reading it the ordinary way says the same.
TEST(FrameMemo, SaysWhatReadingSays) {
  Random random(7);
  int matches = 0;
  for (int round = 0; round < 200'000; ++round) {
    const bool padded = random.one_in(2);
    const FrameMemo memo = memo_of(frame_with("first", padded ? "pad" : ""));
    std::string input =
        frame_with("text \\\"" + std::to_string(round), padded ? std::string(1 + random.below(20), 'p') : "");
    if (random.one_in(2)) input += frame_with("second");
    for (std::uint64_t changes = random.below(3); changes > 0; --changes) {
      constexpr Bytes kBytes =
          "\"\\\n\r{}[]:,ux0 \x01\x80\xc3\xa9"
          "a";
      const std::size_t at = random.below(input.size());
      const char c = kBytes[random.below(kBytes.size())];
      switch (random.below(3)) {
        case 0:
          input[at] = c;
          break;
        case 1:
          input.insert(at, 1, c);
          break;
        default:
          input.erase(at, 1);
      }
    }
    const std::size_t size = memo.match(input);
    if (size == 0) continue;
    ++matches;
    OpenAiChatDecoder decoder;
    const Reading reading = read(decoder, input);
    ASSERT_EQ(reading.size, size) << input;
    ASSERT_EQ(reading.facts, (FrameFacts{.content = true})) << input;
    ASSERT_FALSE(decoder.usage().reported);
  }
  EXPECT_GT(matches, 50'000);
}

// ---- The other dialects, whose frames differ in more than their text.

struct Collected {
  std::vector<std::string> texts;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks;
  std::size_t others = 0;  // events that are neither texts nor counts
  void take(std::span<const Event> events) {
    for (const Event& event : events) {
      if (const auto* delta = std::get_if<BlockDelta>(&event)) {
        texts.emplace_back(delta->text);
        blocks.emplace_back(delta->choice, delta->index);
      } else if (!std::holds_alternative<UsageReport>(event)) {
        ++others;
      }
    }
  }
};

/// Reads the frame that `input` begins with; its size, 0 when it has no end.
std::size_t decode(Decoder& decoder, Bytes input, Collected& collected) {
  codec::SseScanner scanner;
  const std::size_t size = scanner.find_end(input);
  if (size == codec::SseScanner::npos) return 0;
  std::string scratch;
  const codec::SseFrame fields = codec::parse_sse_frame(input.substr(0, size), scratch);
  EventBatch batch(collected);
  if (fields.has_data) decoder.decode(fields.data, batch);
  return size;
}

std::string frame_of(Dialect dialect, Bytes text, std::uint64_t n) {
  const std::string t(text);
  const std::string number = std::to_string(n);
  switch (dialect) {
    case Dialect::openai_chat:
      return frame_with(text, std::string(1 + n % 7, 'p'));
    case Dialect::openai_responses:
      return "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":" +
             number + ",\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"" + t +
             "\",\"obfuscation\":\"" + std::string(1 + n % 7, 'p') + "\"}\n\n";
    case Dialect::anthropic_messages:
      return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
             "{\"type\":\"text_delta\",\"text\":\"" +
             t + "\"}" + std::string(1 + n % 7, ' ') + "}\n\n";
    case Dialect::gemini:
      break;
  }
  return "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"" + t +
         "\"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 200,"
         "\"candidatesTokenCount\": " +
         number + ",\"totalTokenCount\": " + std::to_string(200 + n) +
         ",\"promptTokensDetails\": [{\"modality\": \"TEXT\",\"tokenCount\": 200}]},\"modelVersion\": \"m\"}\r\n\r\n";
}

TEST(FrameMemo, KnowsTheNextFrameOfEveryDialect) {
  for (const Dialect dialect : kDialects) {
    Decoder decoder(dialect);
    Collected collected;
    decode(decoder, frame_of(dialect, "begins", 1), collected);
    const std::string first = frame_of(dialect, "first", 9);
    decode(decoder, first, collected);
    FrameMemo memo;
    memo.remember(first, decoder.varying());
    for (const std::uint64_t n : {10U, 3U, 0U, 123'456U}) {
      const std::string next = frame_of(dialect, "another, \\n \u00e9", n);
      const std::string both = next + first;
      FrameMemo::New news;
      ASSERT_EQ(memo.match(both, news), next.size()) << next;
      EXPECT_EQ(news.text.raw, "another, \\n \u00e9");
      EXPECT_EQ(news.counts.empty(), dialect != Dialect::gemini);
      EXPECT_EQ(memo.match(Bytes(next).substr(0, next.size() - 1)), 0u) << "its end has not come";
    }
  }
}

// Half of the changes are where something may differ: at digits, braces and quotes.
TEST(FrameMemo, SaysWhatReadingSaysInEveryDialect) {
  Random random(17);
  for (const Dialect dialect : kDialects) {
    int matches = 0, changed_matches = 0;
    for (int round = 0; round < 40'000; ++round) {
      Decoder decoder(dialect), ordinary(dialect);
      Collected collected, told;
      const std::string begin = frame_of(dialect, "begins", 1);
      const std::string first = frame_of(dialect, "first", random.below(120));
      decode(decoder, begin, collected);
      decode(decoder, first, collected);
      decode(ordinary, begin, told);
      decode(ordinary, first, told);
      FrameMemo memo;
      memo.remember(first, decoder.varying());
      std::string input = frame_of(dialect, "text \\\"" + std::to_string(round), random.below(1200));
      const std::string unchanged = input;
      for (std::uint64_t changes = random.below(3); changes > 0; --changes) {
        constexpr Bytes kBytes = "\"\\\n\r{}[]:,0123456789-.e \x01\xc3\xa9x";
        std::size_t at = random.below(input.size());
        if (random.one_in(2)) at = std::min(input.find_first_of("0123456789}\"", at), input.size() - 1);
        const char c = kBytes[random.below(kBytes.size())];
        switch (random.below(3)) {
          case 0:
            input[at] = c;
            break;
          case 1:
            input.insert(at, 1, c);
            break;
          default:
            input.erase(at, 1);
        }
      }
      FrameMemo::New news;
      const std::size_t size = memo.match(input, news);
      if (size == 0) continue;
      ++matches;
      changed_matches += input != unchanged;
      decoder.repeat(news.text.raw, news.counts);
      Collected again;
      ASSERT_EQ(decode(ordinary, input, again), size) << input;
      ASSERT_EQ(again.texts, std::vector<std::string>{std::string(news.text.raw)}) << input;
      ASSERT_EQ(again.blocks[0], told.blocks.back()) << input;
      ASSERT_EQ(again.others, 0u) << input;
      ASSERT_EQ(ordinary.usage(), decoder.usage()) << input;
      ASSERT_FALSE(ordinary.failed()) << input;
    }
    EXPECT_GT(matches, 10'000);
    EXPECT_GT(changed_matches, 500);
  }
}

}  // namespace
}  // namespace weir::dialect
