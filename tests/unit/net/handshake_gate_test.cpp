// Who may shake hands when: places, turns, and what happens to those who wait when everything ends.
#include "weir/net/handshake_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../io/sim_world.h"
#include "weir/io/scope.h"

namespace weir::net {
namespace {

struct Gates : io::test::SimWorld {
  explicit Gates(std::uint32_t limit) : gate(loop, limit) {}
  ~Gates() {
    gate.open();
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    EXPECT_EQ(gate.inside(), 0u);
  }
  /// Somebody whose handshake takes so long.
  void comes(char name, Duration takes) { scope.spawn(shake(*this, name, takes)); }
  static io::Task<> shake(Gates& world, char name, Duration takes) {
    co_await world.gate.enter();
    world.order += name;
    world.most = std::max(world.most, world.gate.inside());
    co_await world.loop.sleep_until(world.loop.now() + takes);
    world.gate.leave();
  }

  HandshakeGate gate;
  std::string order;
  std::uint32_t most = 0;
  io::Scope scope;
};

TEST(HandshakeGate, WhoComesFirstIsServedFirstAndNeverMoreThanTheLimit) {
  Gates world(2);
  for (const char name : {'a', 'b', 'c', 'd', 'e'}) world.comes(name, 100ms);
  EXPECT_EQ(world.order, "ab");
  ASSERT_TRUE(world.until([&] { return world.order.size() == 4; }));
  world.comes('f', 100ms);
  ASSERT_TRUE(world.until([&] { return world.scope.running() == 0; }));
  EXPECT_EQ(world.order, "abcdef");
  EXPECT_EQ(world.most, 2u);
}

TEST(HandshakeGate, WhenEverythingEndsAllMayNotice) {
  Gates world(1);
  for (const char name : {'a', 'b', 'c'}) world.comes(name, 100ms);
  EXPECT_EQ(world.order, "a");
  world.gate.open();
  ASSERT_TRUE(world.until([&] { return world.scope.running() == 0; }));
  EXPECT_EQ(world.order, "abc");
}

}  // namespace
}  // namespace weir::net
