#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "world.h"

// Plans and attempts allocate nothing: this program counts what is allocated.

namespace {
std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (!memory) std::abort();
  return memory;
}
// (AddressSanitizer brings one of its own, whose memory may not be given to the delete below.)
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir::routing {
namespace {

using test::World;

TEST(Allocation, PlansAndAttemptsNeedNone) {
  for (std::size_t strategy = 0; strategy < catalog::kStrategyCount; ++strategy) {
    World world({2, 1, 1}, {{0, {.tags = {"eu"}}}, {1, {.tags = {"eu"}}}, {2, {.tags = {"eu"}}}, {0, {}}},
                {.strategy = static_cast<catalog::Strategy>(strategy), .require_tags = {"eu"}});
    const auto resolution = world.catalog.find("m");
    Plan plan;
    const std::size_t before = allocations;
    for (int i = 0; i < 500; ++i) {
      world.now += 500ms;
      world.router().plan(*resolution, {.input_tokens = 10, .affinity = world.random.below(3)}, world.now, world.random,
                          plan);
      Attempts attempts({});
      auto step = attempts.first(plan, world.router(), world.now);
      while (step) {
        const AttemptEnd end{.blame = static_cast<Blame>(world.random.below(kBlameCount)), .ttft_ms = 20};
        world.router().end(plan.fit()[step->candidate].cell, end, world.now, step->pass);
        step = attempts.after(end, plan, world.router(), world.now, world.now + 60s, world.random);
      }
    }
    EXPECT_EQ(allocations, before) << strategy;
  }
}

}  // namespace
}  // namespace weir::routing
