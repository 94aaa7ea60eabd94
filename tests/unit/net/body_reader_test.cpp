#include "weir/net/body_reader.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "unit/io/sim_world.h"

namespace weir::net {
namespace {

using codec::Framing;

/// What a whole message gave, receive by receive.
struct Read {
  std::string body;
  std::string raw;   // of all parts
  std::string rest;  // behind the body
  std::vector<BodyPart> parts;
  std::vector<std::size_t> starts;  // offset of each part in the message
  bool done = false;
  std::optional<Fault> fault;
};

/// Feeds `received` as separate receives.
Read read(io::test::SimWorld& world, Framing framing, std::uint64_t length, const std::vector<Bytes>& received) {
  Read out;
  BodyReader reader(codec::Sender::provider);
  reader.begin(framing, length);
  for (const Bytes bytes : received) {
    io::Chunk chunk = world.chunk(bytes);
    while (chunk && !reader.done()) {
      io::Chunk rest;
      auto part = reader.take(std::move(chunk), rest);
      chunk = std::move(rest);
      if (!part) {
        out.fault = part.error();
        return out;
      }
      EXPECT_EQ(part->last, reader.done());
      out.starts.push_back(out.raw.size());
      out.raw += part->chunk.bytes();
      for (std::size_t i = 0; i < part->count; ++i) {
        const Bytes payload = part->payloads[i];
        EXPECT_FALSE(payload.empty());
        EXPECT_GE(payload.data(), part->chunk.bytes().data());
        EXPECT_LE(payload.data() + payload.size(), part->chunk.bytes().data() + part->chunk.size());
        out.body += payload;
      }
      EXPECT_EQ(reader.received(), out.body.size());
      out.parts.push_back(std::move(*part));
    }
    if (chunk) out.rest += chunk.bytes();
  }
  out.done = reader.done();
  return out;
}

/// All ways to cut `text` into three receives, one byte at a time, and not at all.
template <class Visitor>
void for_each_cut(Bytes text, Visitor&& visit) {
  visit(std::vector<Bytes>{text});
  std::vector<Bytes> bytes;
  for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
  visit(bytes);
  for (std::size_t a = 1; a < text.size(); ++a)
    for (std::size_t b = a + 1; b <= text.size(); ++b) {
      std::vector<Bytes> parts = {text.substr(0, a), text.substr(a, b - a)};
      if (b < text.size()) parts.push_back(text.substr(b));
      visit(parts);
    }
}

TEST(BodyReader, WithoutABodyItIsDoneAtOnce) {
  BodyReader reader(codec::Sender::client);
  EXPECT_TRUE(reader.done());
  reader.begin(Framing::none, 0);
  EXPECT_TRUE(reader.done());
  reader.begin(Framing::length, 0);
  EXPECT_TRUE(reader.done());
  reader.begin(Framing::chunked, 0);
  EXPECT_FALSE(reader.done());
  reader.begin(Framing::until_close, 0);
  EXPECT_FALSE(reader.done());
}

TEST(BodyReader, TakesALengthAndLeavesTheRest) {
  io::test::SimWorld world;
  for_each_cut("0123456789NEXT", [&](const std::vector<Bytes>& receives) {
    const Read got = read(world, Framing::length, 10, receives);
    ASSERT_TRUE(got.done);
    ASSERT_EQ(got.body, "0123456789");
    ASSERT_EQ(got.rest, "NEXT");
    for (const BodyPart& part : got.parts) ASSERT_FALSE(part.framed);
  });
}

TEST(BodyReader, UntilCloseEndsWithTheConnection) {
  io::test::SimWorld world;
  BodyReader reader(codec::Sender::provider);
  for (const auto& [framing, is_end] : std::vector<std::pair<Framing, bool>>{
           {Framing::until_close, true}, {Framing::length, false}, {Framing::chunked, false}}) {
    reader.begin(framing, 100);
    io::Chunk rest;
    const auto part = reader.take(world.chunk("3\r\nabc\r\n"), rest);
    ASSERT_TRUE(part);
    EXPECT_FALSE(reader.done());
    EXPECT_EQ(reader.end(), is_end);
    EXPECT_EQ(reader.done(), is_end);
  }
}

// A piece of chunked framing, and whether it is what weir itself would have written.
struct Piece {
  Bytes text;
  Bytes payload;
  bool plain = true;
};
constexpr Bytes kSixteen = "sixteen bytes ok";
const std::vector<std::pair<const char*, std::vector<Piece>>> kChunked = {
    {"one", {{"3\r\nabc\r\n", "abc"}, {"0\r\n\r\n", ""}}},
    {"empty", {{"0\r\n\r\n", ""}}},
    {"several",
     {{"1\r\na\r\n", "a"}, {"10\r\nsixteen bytes ok\r\n", kSixteen}, {"2\r\nbc\r\n", "bc"}, {"0\r\n\r\n", ""}}},
    {"looks like chunks inside", {{"b\r\n1\r\nx\r\n0\r\n\r\n\r\n", "1\r\nx\r\n0\r\n\r\n"}, {"0\r\n\r\n", ""}}},
    {"capital digit", {{"A\r\n0123456789\r\n", "0123456789"}, {"0\r\n\r\n", ""}}},
    {"leading zero", {{"03\r\nabc\r\n", "abc", false}, {"1\r\nd\r\n", "d"}, {"0\r\n\r\n", ""}}},
    {"extension", {{"1\r\nd\r\n", "d"}, {"3;a=b\r\nabc\r\n", "abc", false}, {"1\r\nd\r\n", "d"}, {"0\r\n\r\n", ""}}},
    {"trailer", {{"3\r\nabc\r\n", "abc"}, {"0\r\nx: y\r\n\r\n", "", false}}},
    {"long last chunk", {{"3\r\nabc\r\n", "abc"}, {"000\r\n\r\n", "", false}}},
};

// `framed` is what lets a part go on untouched, so it is compared with the boundaries the stream was built from.
TEST(BodyReader, ChunkedInEveryCut) {
  io::test::SimWorld world;
  for (const auto& [name, pieces] : kChunked) {
    SCOPED_TRACE(name);
    std::string text, body;
    std::set<std::size_t> boundaries = {0};
    std::vector<std::pair<std::size_t, std::size_t>> odd;
    for (const Piece& piece : pieces) {
      if (!piece.plain) odd.emplace_back(text.size(), text.size() + piece.text.size());
      text += piece.text;
      body += piece.payload;
      boundaries.insert(text.size());
    }
    const std::size_t end = text.size();
    text += "NEXT";
    for_each_cut(text, [&](const std::vector<Bytes>& receives) {
      const Read got = read(world, Framing::chunked, 0, receives);
      ASSERT_TRUE(got.done);
      ASSERT_EQ(got.body, body);
      ASSERT_EQ(got.raw.size(), end);
      ASSERT_EQ(got.raw + got.rest, text);
      for (std::size_t i = 0; i < got.parts.size(); ++i) {
        const std::size_t first = got.starts[i], last = first + got.parts[i].chunk.size();
        bool whole = boundaries.contains(first) && boundaries.contains(last);
        for (const auto& [from, to] : odd) whole &= last <= from || first >= to;
        ASSERT_EQ(got.parts[i].framed, whole) << text.substr(first, last - first) << " at " << first;
      }
    });
  }
}

TEST(BodyReader, MoreChunksThanAPartHasRoomFor) {
  io::test::SimWorld world;
  for (const int chunks : {7, 8, 9, 16, 17, 40}) {
    SCOPED_TRACE(chunks);
    std::string text, body;
    for (int i = 0; i < chunks; ++i) {
      text += "2\r\n" + std::to_string(10 + i) + "\r\n";
      body += std::to_string(10 + i);
    }
    text += "0\r\n\r\n";
    const Read whole = read(world, Framing::chunked, 0, {text});
    EXPECT_TRUE(whole.done);
    EXPECT_EQ(whole.body, body);
    for (const BodyPart& part : whole.parts) EXPECT_TRUE(part.framed) << "whole chunks, however many";
    EXPECT_LE(whole.parts.size(), static_cast<std::size_t>(chunks) / BodyPart::kMaxPayloads + 1);
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      const Read got = read(world, Framing::chunked, 0, {Bytes(text).substr(0, cut), Bytes(text).substr(cut)});
      ASSERT_TRUE(got.done);
      ASSERT_EQ(got.body, body) << "cut at " << cut;
      ASSERT_EQ(got.raw, text);
    }
  }
}

TEST(BodyReader, RefusesWhatIsNoFraming) {
  io::test::SimWorld world;
  for (const Bytes bad :
       {"x\r\n", "3\nabc\n", "3\r\nabcd\r\n", "-1\r\n", "3\r\nabc\r\n\r\n", "0\r\nbad trailer\r\n\r\n"})
    for_each_cut(bad, [&](const std::vector<Bytes>& receives) {
      const Read got = read(world, Framing::chunked, 0, receives);
      ASSERT_EQ(got.fault, Fault::upstream_malformed) << bad;
    });
}

}  // namespace
}  // namespace weir::net
