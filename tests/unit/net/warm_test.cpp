// Connections that are ready before anybody asks.
#include "pool_world.h"

namespace weir::net::test {
namespace {

struct Warm : PoolWorld {
  explicit Warm(std::uint32_t count, const Options& net = options()) : PoolWorld(named(), count, {}, net) {
    network.name(std::string(kHost), {answer(kFour)});
  }
  /// As the shard does: once a second.
  void seconds(int count) {
    for (int i = 0; i < count; ++i) {
      loop.turn();
      pool.expire();
      pool.warm_up();
      run_for(1s);
    }
  }
};

TEST(WarmConnections, AreThereForTheFirstUser) {
  Warm world(2);
  world.serve(kFour);
  world.pool.warm_up();
  EXPECT_TRUE(world.until([&] { return world.pool.idle() == 2; }, 1s));
  auto lease = world.pool.reuse();
  EXPECT_TRUE(lease);
  EXPECT_TRUE(lease->reused());  // so that one which the provider has closed meanwhile is replaced
  lease.reset();
}

TEST(WarmConnections, NoneUnlessTold) {
  Warm world(0);
  world.serve(kFour);
  world.seconds(5);
  EXPECT_EQ(world.accepted, 0u);
}

TEST(WarmConnections, AreReplacedBeforeTheyAreTooOldAndNeverTooMany) {
  Options net = options();
  net.pool_idle_timeout = 60s;
  Warm world(1, net);
  world.serve(kFour);
  world.seconds(2);
  for (int i = 0; i < 600; ++i) {
    world.seconds(1);
    ASSERT_GE(world.pool.idle(), 1u);
    ASSERT_LE(world.pool.open(), 2u);
  }
  EXPECT_LE(world.accepted, 600u / 45u + 2);
}

TEST(WarmConnections, AreMadeAnewWhenTheProviderEndsThem) {
  Warm world(1);
  world.serve(kFour);
  world.seconds(10);
  ASSERT_EQ(world.accepted, 1u);
  world.peers[0]->finish();
  world.seconds(3);
  EXPECT_EQ(world.accepted, 2u);
  EXPECT_EQ(world.pool.idle(), 1u);
}

TEST(WarmConnections, AProviderThatWantsNoneIsLeftAlone) {
  Warm world(1);
  world.network.listen(kFour, [&](io::SimPeer& peer) {
    ++world.accepted;
    peer.close();
  });
  world.seconds(600);
  EXPECT_LE(world.accepted, 18u);  // after 1, 2, 4, ... 60, 60 seconds
  EXPECT_GE(world.accepted, 10u);
}

TEST(WarmConnections, AProviderThatIsNotThereIsLeftAloneAndFoundAgain) {
  Warm world(1);
  world.seconds(600);
  EXPECT_LE(world.pool.connects(), 18u);
  world.serve(kFour);
  world.seconds(125);  // a pause, and the time for which a failed address is avoided
  EXPECT_GE(world.pool.idle(), 1u);
}

TEST(WarmConnections, NeverKeepADrainWaiting) {
  Options slow = options(30s);
  Warm world(4, slow);
  world.network.black_hole(kFour);
  world.pool.warm_up();
  world.run_for(100ms);
  EXPECT_EQ(world.pool.open(), 4u);
  EXPECT_LT(world.end(), 10ms);
}

}  // namespace
}  // namespace weir::net::test
