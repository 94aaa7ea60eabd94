#include "weir/codec/chunked.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/base/random.h"

namespace weir::codec {
namespace {

using namespace std::string_literals;

/// Everything a decoder makes of pieces: its payload joined, how many bytes it took, and done, more or the fault.
struct Outcome {
  std::string payload;
  std::size_t consumed = 0;
  std::string verdict = "more";
  bool operator==(const Outcome&) const = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << outcome.verdict << " after " << outcome.consumed << ": " << outcome.payload;
}

Outcome decode(const std::vector<std::string>& pieces, Sender sender = Sender::client) {
  ChunkedDecoder decoder(sender);
  Outcome out;
  for (const std::string& piece : pieces) {
    Bytes rest = piece;
    do {
      const auto step = decoder.next(rest);
      if (!step) {
        out.verdict = to_string(step.error());
        out.consumed = 0;  // how far a broken body was read is nobody's business
        EXPECT_FALSE(decoder.next("0\r\n\r\n")) << "a fault stays";
        return out;
      }
      EXPECT_TRUE(step->consumed == rest.size() || !step->payload.empty() || step->done);
      if (!step->payload.empty()) {
        EXPECT_GE(step->payload.data(), rest.data());
        const Bytes behind(step->payload.data() + step->payload.size(), rest.data() + step->consumed);
        EXPECT_TRUE(behind.empty() || behind == kChunkEnd);
      }
      out.payload += step->payload;
      out.consumed += step->consumed;
      rest.remove_prefix(step->consumed);
      if (step->done) {
        out.verdict = "done";
        EXPECT_TRUE(decoder.done());
        EXPECT_EQ(decoder.next("5\r\n")->consumed, 0u) << "nothing is taken after the end";
        return out;
      }
    } while (!rest.empty());
  }
  return out;
}

std::vector<std::string> byte_by_byte(const std::string& text) {
  std::vector<std::string> out;
  for (char c : text) out.emplace_back(1, c);
  return out;
}

struct Case {
  std::string text;
  std::string verdict;
  std::string payload = "";
  std::size_t rest = 0;  // bytes after the body
};

const Case kCases[] = {
    {"0\r\n\r\n", "done"},
    {"5\r\nhello\r\n0\r\n\r\n", "done", "hello"},
    {"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "done", "hello", 16},
    {"A\r\n0123456789\r\nb\r\n0123456789a\r\n000\r\n\r\n\r\n", "done", "01234567890123456789a", 2},
    {"0000000000000005\r\nhello\r\n0\r\n\r\n", "done", "hello"},
    {"2\r\n\r\n\r\n0\r\n\r\n", "done", "\r\n"},
    {"1;a\r\nx\r\n0;b=\"c;d\"\r\n\r\n", "done", "x"},
    {"1 \t;a\r\nx\r\n0\r\n\r\n", "done", "x"},
    {"1;" + std::string(kMaxChunkExtensionBytes - 1, 'e') + "\r\nx\r\n0\r\n\r\n", "done", "x"},
    {"1;" + std::string(kMaxChunkExtensionBytes, 'e') + "\r\nx\r\n0\r\n\r\n", "chunk_malformed"},
    {"1\r\nx\r\n0\r\nDigest: abc\r\nX:\r\n\r\nrest", "done", "x", 4},
    {"1\r\nx", "more", "x"},
    {"1\r\nx\r\n0\r\n", "more", "x"},
    {"10000000000", "more"},
    // refusals
    {"00000000000000005\r\nhello\r\n", "chunk_malformed"},
    {"ffffffffffffffff\r\n", "chunk_malformed"},
    {"10000000001\r\n", "chunk_malformed"},
    {"\r\n", "chunk_malformed"},
    {";a\r\n", "chunk_malformed"},
    {" 5\r\nhello\r\n", "chunk_malformed"},
    {"5 \r\nhello\r\n", "chunk_malformed"},
    {"5 a\r\nhello\r\n", "chunk_malformed"},
    {"+5\r\nhello\r\n", "chunk_malformed"},
    {"-1\r\n", "chunk_malformed"},
    {"0x5\r\nhello\r\n", "chunk_malformed"},
    {"5h\r\nhello\r\n", "chunk_malformed"},
    {"g\r\n", "chunk_malformed"},
    {"5\nhello\r\n", "chunk_malformed"},
    {"5\rhello\r\n", "chunk_malformed"},
    {"5\r\r\nhello\r\n", "chunk_malformed"},
    {"5;a\nhello\r\n", "chunk_malformed"},
    {"5;a\rb\r\nhello\r\n", "chunk_malformed"},
    {"5;\0\r\nhello\r\n"s, "chunk_malformed"},
    {"5\r\nhello!\r\n", "chunk_malformed", "hello"},
    {"5\r\nhello\n0\r\n\r\n", "chunk_malformed", "hello"},
    {"5\r\nhello\r0\r\n\r\n", "chunk_malformed", "hello"},
    {"5\r\nhello0\r\n\r\n", "chunk_malformed", "hello"},
    {"0\n\r\n", "chunk_malformed"},
    {"0\r\n\n", "chunk_malformed"},
    {"0\r\n\rx", "chunk_malformed"},
    {"0\r\n: x\r\n\r\n", "chunk_malformed"},
    {"0\r\n a: x\r\n\r\n", "chunk_malformed"},
    {"0\r\na : x\r\n\r\n", "chunk_malformed"},
    {"0\r\na\r\n\r\n", "chunk_malformed"},
    {"0\r\na: x\n\r\n", "chunk_malformed"},
    {"0\r\na: x\r\r\n\r\n", "chunk_malformed"},
    {"0\r\na: \x01\r\n\r\n", "chunk_malformed"},
    {"0\r\na: x\r\n folded\r\n\r\n", "chunk_malformed"},
};

TEST(ChunkedDecoder, WhateverTheCuts) {
  for (const Case& c : kCases) {
    Outcome expected{c.payload, c.text.size() - c.rest, c.verdict};
    if (c.verdict == "chunk_malformed") expected.consumed = 0;
    EXPECT_EQ(decode({c.text}), expected) << c.text;
    EXPECT_EQ(decode(byte_by_byte(c.text)), expected) << c.text << " byte by byte";
    for (std::size_t cut = 0; cut <= c.text.size(); ++cut)
      EXPECT_EQ(decode({c.text.substr(0, cut), c.text.substr(cut)}), expected) << c.text << " cut at " << cut;
  }
}

TEST(ChunkedDecoder, FaultsNameTheSender) {
  EXPECT_EQ(decode({"x"}, Sender::client).verdict, "chunk_malformed");
  EXPECT_EQ(decode({"x"}, Sender::provider).verdict, "upstream_malformed");
}

TEST(ChunkedDecoder, BoundsAcrossTheBody) {
  std::string extensions;
  const std::string line = "1;" + std::string(kMaxChunkExtensionBytes - 1, 'e') + "\r\nx\r\n";
  for (std::size_t i = 0; i < kMaxTotalExtensionBytes / kMaxChunkExtensionBytes; ++i) extensions += line;
  EXPECT_EQ(decode({extensions + "0\r\n\r\n"}).verdict, "done");
  EXPECT_EQ(decode({extensions + "0;\r\n\r\n"}).verdict, "chunk_malformed");

  const std::string trailer = "0\r\na:" + std::string(kMaxTrailerBytes - 4, 'x');  // "a:", CR, and the last CR count
  EXPECT_EQ(decode({trailer + "\r\n\r\n"}).verdict, "done");
  EXPECT_EQ(decode({trailer + "x\r\n\r\n"}).verdict, "chunk_malformed");
}

TEST(ChunkedDecoder, LargestChunk) {
  ChunkedDecoder decoder(Sender::client);
  const auto step = decoder.next("10000000000\r\nabc");
  ASSERT_TRUE(step);
  EXPECT_EQ(step->payload, "abc");
}

TEST(ChunkedDecoder, IsReadyAgainAfterReset) {
  ChunkedDecoder decoder(Sender::provider);
  ASSERT_FALSE(decoder.next("x"));
  decoder.reset();
  EXPECT_EQ(decoder.next("1\r\na")->payload, "a");
  EXPECT_EQ(decoder.next("x").error(), Fault::upstream_malformed);
}

TEST(WriteChunkHeader, Sizes) {
  const std::pair<std::uint64_t, const char*> cases[] = {{0, "0\r\n"},
                                                         {9, "9\r\n"},
                                                         {10, "a\r\n"},
                                                         {16, "10\r\n"},
                                                         {0xdeadbeef, "deadbeef\r\n"},
                                                         {~std::uint64_t{0}, "ffffffffffffffff\r\n"}};
  for (const auto& [size, text] : cases) {
    char out[kMaxChunkHeaderBytes];
    EXPECT_EQ(Bytes(out, write_chunk_header(size, out)), text);
  }
}

TEST(ChunkedDecoder, DecodesWhatIsEncoded) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::string body, wire;
    for (std::uint64_t chunks = random.below(8); chunks > 0; --chunks) {
      std::string payload(random.below(700) + 1, '\0');
      for (char& c : payload) c = static_cast<char>(random.below(256));
      char header[kMaxChunkHeaderBytes];
      wire.append(header, write_chunk_header(payload.size(), header)).append(payload).append(kChunkEnd);
      body += payload;
    }
    wire += kLastChunk;
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t size = random.below(random.below(4) == 0 ? 500 : 5) + 1;
      pieces.push_back(wire.substr(at, size));
      at += size;
    }
    EXPECT_EQ(decode(pieces), (Outcome{body, wire.size(), "done"})) << "round " << round;
  }
}

}  // namespace
}  // namespace weir::codec
