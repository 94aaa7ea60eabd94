#include "weir/dialect/frame_memo.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/base/random.h"
#include "weir/codec/sse.h"
#include "weir/dialect/openai_chat_decoder.h"

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

}  // namespace
}  // namespace weir::dialect
