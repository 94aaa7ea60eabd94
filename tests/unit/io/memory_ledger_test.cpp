#include "weir/io/memory_ledger.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim_world.h"
#include "weir/base/random.h"

namespace weir::io {
namespace {

using Use = MemoryLedger::Use;
using Hold = MemoryLedger::Hold;

constexpr std::size_t kBuffer = 4096;
constexpr std::size_t kUsable = 1024;  // buffers: 4 MiB
constexpr BufferOptions kBuffers{.buffer_bytes = kBuffer, .buffers = kUsable + 8, .window = 4, .reserve = 8};

struct Ledger : test::SimWorld {
  explicit Ledger(const BufferOptions& options = kBuffers) : SimWorld({}, options), memory(loop.memory()) {}
  MemoryLedger& memory;
};

/// A total of which somebody else takes the rest.
struct Source final : BufferSource {
  std::uint32_t left = 0;
  bool take(std::uint32_t buffers) override {
    if (buffers > left) return false;
    left -= buffers;
    return true;
  }
  void give_back(std::uint32_t buffers) override { left += buffers; }
};

TEST(MemoryLedger, GivesBackWhatAHoldHadWhenItDies) {
  Ledger ledger;
  {
    Hold hold(ledger.memory, Use::request);
    EXPECT_TRUE(hold.grow_to(5000));
    EXPECT_TRUE(hold.grow_to(3000)) << "it has that already";
    EXPECT_EQ(hold.bytes(), 5000u);
    EXPECT_EQ(ledger.memory.used(Use::request), 5000u);
    hold.shrink_to(1000);
    EXPECT_EQ(ledger.memory.used(), 1000u);
    const Hold moved = std::move(hold);
    EXPECT_EQ(hold.bytes(), 0u);
    EXPECT_EQ(ledger.memory.used(), 1000u);
  }
  EXPECT_EQ(ledger.memory.used(), 0u);
}

TEST(MemoryLedger, ARefusedReservationChangesNothing) {
  Ledger ledger;
  Hold hold(ledger.memory, Use::request);
  ASSERT_TRUE(hold.grow_to(100'000));
  EXPECT_FALSE(hold.grow_to(kUsable * kBuffer + 1));
  EXPECT_EQ(hold.bytes(), 100'000u);
  EXPECT_EQ(ledger.memory.used(), 100'000u);
  EXPECT_EQ(ledger.memory.refused(Use::request), 1u);
}

// A shard full of large bodies still answers small requests and their answers.
TEST(MemoryLedger, LargeBodiesLeaveRoomForSmallRequests) {
  Ledger ledger;
  std::vector<Hold> bodies;
  do bodies.emplace_back(ledger.memory, Use::request);
  while (bodies.back().grow_to(300'000));
  EXPECT_LE(ledger.memory.used(), ledger.memory.limit() / 4 * 3);
  std::vector<Hold> small;
  for (int i = 0; i < 50; ++i) {
    small.emplace_back(ledger.memory, Use::request);
    EXPECT_TRUE(small.back().grow_to(2 * kBuffer)) << i;
    small.emplace_back(ledger.memory, Use::answer);
    EXPECT_TRUE(small.back().grow_to(3 * kBuffer)) << i;
  }
}

// Answers that nobody reads divide half of the memory; the next request is let in all the same.
TEST(MemoryLedger, SlowClientsShareTheirHalf) {
  Ledger ledger;
  std::vector<Hold> held;
  for (int i = 0; i < 2000; ++i) {
    held.emplace_back(ledger.memory, Use::held);
    for (std::size_t bytes = kBuffer; bytes <= 64 * kBuffer && held.back().grow_to(bytes); bytes += kBuffer) continue;
  }
  EXPECT_LE(ledger.memory.used(Use::held), ledger.memory.limit() / 2);
  EXPECT_GT(held[0].bytes(), held[20].bytes()) << "the fuller it is, the less for one";
  Hold body(ledger.memory, Use::request);
  EXPECT_TRUE(body.grow_to(1 << 20));
}

TEST(MemoryLedger, LeasesWhatItNeedsAndGivesItBack) {
  Source source;
  source.left = 512;
  BufferOptions options = kBuffers;
  options.own = 136;  // 128 usable
  options.source = &source;
  {
    Ledger ledger(options);
    const std::size_t own = ledger.memory.limit();
    EXPECT_EQ(own, 128 * kBuffer);
    Hold hold(ledger.memory, Use::request);
    EXPECT_TRUE(hold.grow_to(300 * kBuffer));
    EXPECT_GE(ledger.memory.limit(), 400 * kBuffer) << "three quarters of it may be bodies";
    EXPECT_FALSE(Hold(ledger.memory, Use::request).grow_to(200 * kBuffer));
    EXPECT_LT(source.left, 64u);
    ledger.loop.buffers().trim(ledger.memory.used());
    EXPECT_GE(ledger.memory.limit(), 300 * kBuffer) << "what is reserved stays";
    hold.shrink_to(0);
    ledger.loop.buffers().trim(ledger.memory.used());
    EXPECT_EQ(ledger.memory.limit(), own + 64 * kBuffer * ((ledger.memory.limit() - own) / (64 * kBuffer)));
    EXPECT_LE(ledger.memory.limit(), own + 64 * kBuffer) << "one step may stay in hand";
  }
  EXPECT_EQ(source.left, 512u) << "nothing is lost";
}

// Whatever is reserved and released: never more than there is, and the books are right.
TEST(MemoryLedger, NeverPromisesMoreThanThereIs) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Source source;
    source.left = 400;
    BufferOptions options = kBuffers;
    options.own = 200;
    options.source = &source;
    Ledger ledger(options);
    std::vector<Hold> holds;
    for (int step = 0; step < 5000; ++step) {
      switch (random.below(5)) {
        case 0:
          holds.emplace_back(ledger.memory, static_cast<Use>(random.below(MemoryLedger::kUses)));
          [[fallthrough]];
        case 1:
        case 2:
          if (!holds.empty())
            holds[random.below(holds.size())].grow_to(random.below(random.one_in(2) ? 9000 : 600'000));
          break;
        case 3:
          if (!holds.empty()) holds.erase(holds.begin() + static_cast<std::ptrdiff_t>(random.below(holds.size())));
          break;
        default:
          ledger.loop.buffers().trim(ledger.memory.used());
      }
      std::size_t sum = 0;
      for (const Hold& hold : holds) sum += hold.bytes();
      ASSERT_EQ(sum, ledger.memory.used());
      ASSERT_LE(sum, ledger.memory.limit());
      ASSERT_LE(ledger.loop.buffers().limit_bytes(), (200 + 400) * kBuffer);
    }
  }
}

}  // namespace
}  // namespace weir::io
