#include "weir/io/buffer_pool.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim_world.h"
#include "weir/base/random.h"

namespace weir::io {
namespace {

constexpr BufferOptions kSmall{.buffer_bytes = 4096, .buffers = 16, .window = 4, .reserve = 2};

struct Pool : test::SimWorld {
  explicit Pool(const BufferOptions& options = kSmall) : SimWorld({}, options), buffers(loop.buffers()) {}
  BufferPool& buffers;
};

TEST(Chunk, HoldsItsBufferUntilTheLastCopyDies) {
  Pool pool;
  EXPECT_EQ(pool.buffers.held(), 0u);
  Chunk first = pool.chunk("hello, world");
  EXPECT_EQ(pool.buffers.held(), 1u);
  EXPECT_EQ(pool.buffers.held_bytes(), 4096u);
  {
    Chunk copy = first;
    Chunk part = copy.slice(copy.bytes().substr(7));
    EXPECT_EQ(part.bytes(), "world");
    EXPECT_EQ(part.bytes().data(), first.bytes().data() + 7) << "a slice is a view, not a copy";
    EXPECT_EQ(pool.buffers.held(), 1u);
    first = {};
    EXPECT_FALSE(first);
    EXPECT_EQ(pool.buffers.held(), 1u);
    copy = part;
    EXPECT_EQ(copy.bytes(), "world");
  }
  EXPECT_EQ(pool.buffers.held(), 0u);
}

TEST(Chunk, MovesLeaveNothingBehind) {
  Pool pool;
  Chunk a = pool.chunk("text");
  Chunk b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(b.bytes(), "text");
  Chunk& self = b;
  b = self;
  EXPECT_EQ(b.bytes(), "text");
  b = pool.chunk("other");  // the buffer of "text" goes home
  EXPECT_EQ(pool.buffers.held(), 1u);
  EXPECT_EQ(b.bytes(), "other");
}

TEST(Chunk, PrefixAndTruncation) {
  Pool pool;
  Chunk chunk = pool.chunk("0123456789");
  chunk.remove_prefix(2);
  chunk.truncate(5);
  EXPECT_EQ(chunk.bytes(), "23456");
  EXPECT_EQ(chunk.slice(chunk.bytes().substr(5)).size(), 0u);
}

TEST(BufferPool, AppendsOnlyWhereNobodyElseLooks) {
  Pool pool;
  Chunk chunk = pool.chunk("head");
  EXPECT_TRUE(pool.buffers.append(chunk, "er"));
  EXPECT_EQ(chunk.bytes(), "header");
  {
    const Chunk other = chunk.slice(chunk.bytes().substr(0, 2));
    EXPECT_FALSE(pool.buffers.append(chunk, "!"));
    EXPECT_EQ(other.bytes(), "he");
  }
  EXPECT_TRUE(pool.buffers.append(chunk, "s"));
  EXPECT_EQ(chunk.bytes(), "headers");
  chunk.remove_prefix(4);  // the room in front cannot be used
  const std::string rest(4096 - 7, 'x');
  EXPECT_FALSE(pool.buffers.append(chunk, rest + "y"));
  EXPECT_EQ(chunk.bytes(), "ers");
  EXPECT_TRUE(pool.buffers.append(chunk, rest));
  EXPECT_EQ(chunk.bytes(), "ers" + rest);
  EXPECT_FALSE(pool.buffers.append(chunk, "y"));
  EXPECT_TRUE(pool.buffers.append(chunk, ""));
}

TEST(BufferPool, GivesEveryBufferOnceAndThenNone) {
  Pool pool;
  std::vector<Chunk> taken;
  for (std::uint32_t i = 0; i < kSmall.buffers; ++i) {
    taken.push_back(pool.buffers.take());
    ASSERT_TRUE(taken.back());
    ASSERT_EQ(taken.back().size(), 4096u);
    std::fill_n(taken.back().writable().data(), 4096, static_cast<char>('a' + i));
  }
  EXPECT_FALSE(pool.buffers.take());
  EXPECT_EQ(pool.buffers.held_bytes(), pool.buffers.capacity_bytes());
  for (std::uint32_t i = 0; i < kSmall.buffers; ++i)
    EXPECT_EQ(taken[i].bytes(), std::string(4096, static_cast<char>('a' + i))) << "buffers overlap";
  const char* const last = taken[5].bytes().data();
  taken[5] = {};
  EXPECT_EQ((taken[5] = pool.buffers.take()).bytes().data(), last) << "the last one home is the first to go";
}

TEST(BufferPool, LendsAWindowButNeverTheReserve) {
  Pool pool;
  pool.buffers.refill();
  EXPECT_EQ(pool.ring.buffers_lent(), 4u);
  pool.buffers.refill();
  EXPECT_EQ(pool.ring.buffers_lent(), 4u);
  std::vector<Chunk> taken;
  while (Chunk chunk = pool.buffers.take()) taken.push_back(std::move(chunk));
  EXPECT_EQ(taken.size(), 12u);

  Pool scarce;
  for (int i = 0; i < 12; ++i) taken.push_back(scarce.buffers.take());
  scarce.buffers.refill();
  EXPECT_EQ(scarce.ring.buffers_lent(), 2u) << "two are left for heads and errors";
  taken.push_back(scarce.buffers.take());
  EXPECT_TRUE(taken.back());
  taken.push_back(scarce.buffers.take());
  EXPECT_TRUE(taken.back());
  taken.clear();
}

TEST(BufferPool, WakesOneStarvedSocketPerBuffer) {
  struct Waiter : Starved {
    explicit Waiter(int& count) : Starved(&woken), wakes(count) {}
    int& wakes;
    static void woken(Starved& self) { ++static_cast<Waiter&>(self).wakes; }
  };
  Pool pool;
  std::vector<Chunk> taken;
  while (Chunk chunk = pool.buffers.take()) taken.push_back(std::move(chunk));
  int wakes = 0;
  Waiter a(wakes), b(wakes), c(wakes);
  for (Waiter* waiter : {&a, &b, &c}) pool.buffers.wait_for_buffer(*waiter);
  pool.buffers.refill();
  EXPECT_EQ(wakes, 0);
  for (int i = 0; i < 3; ++i) taken.pop_back();  // 13 held: one may be lent
  pool.buffers.refill();
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(a.linked());
  EXPECT_TRUE(b.linked());
  taken.clear();
  pool.buffers.refill();
  EXPECT_EQ(wakes, 3);
}

// Whatever is held keeps its bytes through any mixture of use and trimming; the simulated ring watches what is lent.
TEST(BufferPool, TrimmingLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Pool pool;
    Random random(seed);
    std::vector<std::pair<Chunk, std::string>> held;
    for (int step = 0; step < 3000; ++step) {
      switch (random.below(8)) {
        case 0:
          pool.buffers.trim();
          break;
        case 1:
          pool.step();
          break;
        case 2:
        case 3:
        case 4:
          if (Chunk chunk = pool.buffers.take()) {
            std::string text(4096, static_cast<char>(random.below(255) + 1));
            text.copy(chunk.writable().data(), text.size());
            held.emplace_back(std::move(chunk), std::move(text));
          }
          break;
        default:
          if (!held.empty()) held.erase(held.begin() + static_cast<std::ptrdiff_t>(random.below(held.size())));
      }
      for (const auto& [chunk, text] : held) ASSERT_EQ(chunk.bytes(), text) << "seed " << seed << " step " << step;
    }
    held.clear();
    EXPECT_EQ(pool.buffers.held(), 0u);
  }
}

// Twice in a row: what was free all the time in between has no memory any more, and reads as zero when taken again.
TEST(BufferPool, TrimmingGivesMemoryBack) {
  Pool pool;
  std::vector<Chunk> taken;
  for (int i = 0; i < 8; ++i) {
    taken.push_back(pool.buffers.take());
    taken.back().writable()[0] = 'x';
  }
  taken.clear();
  pool.buffers.trim();
  pool.buffers.trim();
  int zero = 0;
  for (int i = 0; i < 8; ++i) {
    taken.push_back(pool.buffers.take());
    zero += taken.back().bytes()[0] == 0;
  }
  EXPECT_EQ(zero, 8);
}

}  // namespace
}  // namespace weir::io
