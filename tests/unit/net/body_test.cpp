#include "weir/net/body.h"

#include <gtest/gtest.h>

#include "unit/io/sim_world.h"

namespace weir::net {
namespace {

constexpr io::BufferOptions kBuffers{.buffer_bytes = 4096, .buffers = 256, .window = 4, .reserve = 4};

/// A part with these payloads in one chunk, a byte of framing between them.
BodyPart part_of(io::test::SimWorld& world, const std::vector<std::string>& payloads) {
  std::string text;
  for (const std::string& payload : payloads) text += payload + "|";
  BodyPart part;
  part.chunk = world.chunk(text);
  std::size_t at = 0;
  for (const std::string& payload : payloads) {
    part.payloads[part.count++] = part.chunk.bytes().substr(at, payload.size());
    at += payload.size() + 1;
  }
  return part;
}

std::string text_of(const Body& body) {
  std::string scratch;
  return std::string(body.contiguous(scratch));
}

TEST(Body, IsEmptyAtFirstAndAfterClear) {
  io::test::SimWorld world({}, kBuffers);
  Body body;
  EXPECT_EQ(body.size(), 0u);
  EXPECT_EQ(text_of(body), "");
  body.append(world.loop.buffers(), part_of(world, {"text"}));
  EXPECT_EQ(body.size(), 4u);
  body.clear();
  EXPECT_EQ(body.size(), 0u);
  EXPECT_EQ(text_of(body), "");
  EXPECT_EQ(world.loop.buffers().held(), 0u);
}

TEST(Body, OneChunkIsNotCopied) {
  io::test::SimWorld world({}, kBuffers);
  Body body;
  body.append(world.loop.buffers(), part_of(world, {"only"}));
  std::string scratch = "untouched";
  const Bytes view = body.contiguous(scratch);
  EXPECT_EQ(view, "only");
  EXPECT_EQ(view.data(), body.chunks().front().bytes().data());
  EXPECT_EQ(scratch, "untouched");
}

// A client that sends a byte at a time must not make us hold a buffer per byte.
TEST(Body, MergesSmallPieces) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{10}, std::size_t{300}, std::size_t{1000}}) {
    SCOPED_TRACE(size);
    io::test::SimWorld world({}, kBuffers);
    Body body;
    std::string expected;
    while (expected.size() < 40'000) {
      const std::string piece = io::test::pattern(expected.size() + size).substr(expected.size());
      expected += piece;
      body.append(world.loop.buffers(), part_of(world, {piece}));
    }
    EXPECT_EQ(body.size(), expected.size());
    EXPECT_TRUE(text_of(body) == expected);
    EXPECT_LE(world.loop.buffers().held(), expected.size() / (kBuffers.buffer_bytes * 3 / 4) + 1);
  }
}

// However a body is cut, it pins no more than is reserved for it; and its bytes stay what they are.
TEST(Body, PinsNoMoreThanItsBound) {
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    io::test::SimWorld world({}, kBuffers);
    Body body;
    std::string expected;
    const std::size_t most = random.one_in(2) ? 4000 : random.between(1, 4000);
    const bool shared_first = random.one_in(2);
    io::Chunk head;
    while (expected.size() < 200'000) {
      std::vector<std::string> payloads;
      for (std::size_t n = random.between(1, 3), left = most; n > 0 && left > 0; --n) {
        const std::size_t size = random.between(1, left);
        payloads.push_back(std::string(size, static_cast<char>('a' + random.below(26))));
        left -= size;
        expected += payloads.back();
      }
      BodyPart part = part_of(world, payloads);
      if (shared_first && !head) head = part.chunk;  // the head lies in the same buffer
      body.append(world.loop.buffers(), part);
    }
    EXPECT_TRUE(text_of(body) == expected);
    const std::size_t own = std::size_t{shared_first};  // counted with the head
    EXPECT_LE((world.loop.buffers().held() - own) * kBuffers.buffer_bytes,
              Body::most_memory(expected.size(), kBuffers.buffer_bytes));
  }
}

TEST(Body, KeepsLargePiecesWhereTheyAre) {
  io::test::SimWorld world({}, kBuffers);
  Body body;
  const std::string large = io::test::pattern(4000);  // nearly a buffer
  for (int i = 0; i < 3; ++i) {
    const BodyPart part = part_of(world, {large});
    const char* const place = part.payloads[0].data();
    body.append(world.loop.buffers(), part);
    // But for the few bytes that were free behind the piece before.
    EXPECT_GE(body.chunks().back().bytes().data(), place);
    EXPECT_LT(body.chunks().back().bytes().data(), place + large.size());
  }
  EXPECT_TRUE(text_of(body) == large + large + large);
}

// Several payloads of one chunk have framing between them, which must never become part of the body.
TEST(Body, TakesPayloadsOutOfTheirFraming) {
  io::test::SimWorld world({}, kBuffers);
  Body body;
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    body.append(world.loop.buffers(),
                part_of(world, {"a" + n, std::string(static_cast<std::size_t>(i * 30), 'x'), "c"}));
    expected += "a" + n + std::string(static_cast<std::size_t>(i * 30), 'x') + "c";
  }
  EXPECT_EQ(text_of(body), expected);
  EXPECT_EQ(body.size(), expected.size());
}

TEST(Body, GivesEverySlice) {
  io::test::SimWorld world({}, kBuffers);
  Body body;
  const std::string large(4000, 'L');
  std::string expected;
  for (const std::vector<std::string>& payloads :
       std::vector<std::vector<std::string>>{{large}, {"abc", "de"}, {"f"}, {large, "gh"}, {large}}) {
    body.append(world.loop.buffers(), part_of(world, payloads));
    for (const std::string& payload : payloads) expected += payload;
  }
  ASSERT_GT(body.chunks().size(), 2u);
  const std::size_t edges[] = {0,    1,    4000, 4002, 4003, 4004, 4005, 4006,
                               4007, 4095, 4096, 4097, 8005, 8006, 8007, expected.size()};
  for (const std::size_t from : edges)
    for (const std::size_t to : edges) {
      if (from > to) continue;
      std::string got;
      body.for_each_slice(from, to - from, [&](const io::Chunk& chunk) {
        EXPECT_FALSE(chunk.empty());
        got += chunk.bytes();
      });
      ASSERT_EQ(got, expected.substr(from, to - from)) << from << " to " << to;
    }
}

}  // namespace
}  // namespace weir::net
