// Names and happy eyeballs, as a pool of connections uses them.
#include "weir/net/dialer.h"

#include "pool_world.h"

namespace weir::net::test {
namespace {

constexpr Duration kSlack = 5ms;  // a lookup, two latencies, ticks of the timer wheel

TEST(Dialer, AnAddressNeedsNoName) {
  PoolWorld world({"192.0.2.1", kFour.port, nullptr, nullptr, {}});
  world.serve(kFour);
  const Outcome out = world.dial();
  EXPECT_FALSE(out.fault);
  EXPECT_EQ(out.peer, kFour);
  EXPECT_EQ(world.lookups(), 0u);
}

TEST(Dialer, PrefersIpv6AndConnectsOnce) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  world.serve(kFour);
  world.serve(kSix);
  const Outcome out = world.dial();
  EXPECT_EQ(out.peer, kSix);
  EXPECT_EQ(world.accepted, 1u);
}

TEST(Dialer, GoesOnAtOnceWhereNobodyListens) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  world.serve(kFour);
  Outcome out = world.dial();
  EXPECT_EQ(out.peer, kFour);
  EXPECT_LT(out.took, kSlack);
  // And remembers: the next connection does not even try.
  world.serve(kSix);
  out = world.dial();
  EXPECT_EQ(out.peer, kFour);
  world.run_for(61s);
  EXPECT_EQ(world.dial().peer, kSix);
}

TEST(Dialer, WaitsAQuarterOfASecondForSilence) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  world.network.black_hole(kSix);
  world.serve(kFour);
  Outcome out = world.dial();
  EXPECT_EQ(out.peer, kFour);
  EXPECT_GE(out.took, HappyEyeballs::kNextAfter);
  EXPECT_LT(out.took, HappyEyeballs::kNextAfter + kSlack);
  out = world.dial();
  EXPECT_LT(out.took, kSlack);  // overtaken once, it stands at the back
}

TEST(Dialer, ASlowFirstAddressMayStillWin) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  io::SimLink slow;
  slow.latency = 200ms;
  io::SimLink slower;
  slower.latency = 300ms;
  std::size_t accepted = 0;
  const auto accept = [&](io::SimPeer& peer) {
    ++accepted;
    peer.on_end = [](io::SimPeer& self) { self.close(); };
  };
  world.network.listen(kSix, slow, accept);
  world.network.listen(kFour, slower, accept);
  const Outcome out = world.dial();
  EXPECT_EQ(out.peer, kSix);
  EXPECT_GE(out.took, 400ms);
  EXPECT_LT(out.took, 400ms + kSlack);
}

TEST(Dialer, TellsItsFaultsApart) {
  PoolWorld world(PoolWorld::named());
  EXPECT_EQ(world.dial().fault, Fault::name_not_found);
  world.run_for(10s);
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  EXPECT_EQ(world.dial().fault, Fault::connect_failed);
  world.network.black_hole(kFour);
  world.network.black_hole(kSix);
  const Outcome silent = world.dial();
  EXPECT_EQ(silent.fault, Fault::connect_timeout);
  EXPECT_GE(silent.took, 2s);
  EXPECT_LT(silent.took, 2s + kSlack);
}

TEST(Dialer, ServersThatDoNotAnswerAreNotWaitedForLongerThanAConnection) {
  io::SimOptions sim;
  sim.faults.name_timed_out = 1000;
  PoolWorld world(PoolWorld::named(), 0, sim);
  const Outcome out = world.dial();
  EXPECT_EQ(out.fault, Fault::name_unresolved);
  EXPECT_GE(out.took, 2s);
  EXPECT_LT(out.took, 2s + kSlack);
  EXPECT_EQ(world.pool.connect_faults()[static_cast<std::size_t>(Fault::name_unresolved)], 1u);
}

TEST(Dialer, OneLookupServesAllWhoWait) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour)});
  world.serve(kFour);
  std::vector<Outcome> outcomes(50);
  for (Outcome& out : outcomes) world.dial(out);
  ASSERT_TRUE(world.until([&] { return std::ranges::all_of(outcomes, [](auto& out) { return out.over; }); }));
  for (const Outcome& out : outcomes) EXPECT_EQ(out.peer, kFour);
  EXPECT_EQ(world.lookups(), 1u);
}

TEST(Dialer, TheLastGoodAnswerOutlivesItsServers) {
  PoolWorld world(PoolWorld::named());
  world.network.name(std::string(kHost), {answer(kFour, 10s)});
  world.serve(kFour);
  EXPECT_EQ(world.dial().peer, kFour);
  io::SimFaults out_of_order;
  out_of_order.name_timed_out = 1000;
  world.network.set_faults(out_of_order);
  for (int i = 0; i < 20; ++i) {
    world.run_for(30s);
    const Outcome out = world.dial();
    EXPECT_EQ(out.peer, kFour);
    EXPECT_LT(out.took, i == 0 ? 300ms + kSlack : kSlack);  // who meets the outage first waits a little
  }
  EXPECT_EQ(world.resolver.stale_used(), 20u);
  // The servers are back, and the provider has moved.
  world.network.set_faults({});
  world.network.name(std::string(kHost), {answer(kOtherFour, 10s)});
  world.network.refuse(kFour);
  world.serve(kOtherFour);
  world.run_for(30s);
  world.dial();  // asks anew behind an old answer
  world.run_for(1s);
  EXPECT_EQ(world.dial().peer, kOtherFour);
}

TEST(Dialer, HalfAnAnswerIsEnough) {
  io::SimOptions sim;
  sim.faults.name_family_late = 1000;
  PoolWorld world(PoolWorld::named(), 0, sim);
  world.network.name(std::string(kHost), {answer(kFour), answer(kSix)});
  world.serve(kFour);
  world.serve(kSix);
  const Outcome out = world.dial();
  EXPECT_EQ(out.peer, kFour);
  EXPECT_LT(out.took, 50ms);
  world.run_for(3s);
  EXPECT_EQ(world.dial().peer, kSix);
}

// A client may leave at any moment of it; then nothing goes on, and nothing is left.
TEST(Dialer, CanBeCancelledAtEveryMoment) {
  for (Duration after{}; after < 600ms; after += 7ms) {
    SCOPED_TRACE(to_ms(after));
    io::SimOptions sim{.seed = static_cast<std::uint64_t>(to_ms(after)) + 1};
    sim.faults = io::SimFaults::only_cuts();
    sim.faults.late_cancel = 500;
    sim.faults.name_slow = 300;
    PoolWorld world(PoolWorld::named(), 0, sim);
    world.network.name(std::string(kHost), {answer(kFour), answer(kSix), answer(kOtherFour)});
    world.network.black_hole(kSix);
    io::SimLink slow;
    slow.latency = 100ms;
    world.network.listen(kFour, slow, [](io::SimPeer& peer) { peer.on_end = [](io::SimPeer& p) { p.close(); }; });
    world.network.black_hole(kOtherFour);
    Outcome out;
    world.dial(out);
    world.run_for(after + 1us);
    if (!out.over) {
      out.upstream->cancel();
      ASSERT_TRUE(world.until([&] { return out.over; }));
      EXPECT_LT(out.took, after + 10ms);
      EXPECT_EQ(out.fault, Fault::cancelled);
    } else {
      EXPECT_FALSE(out.fault);
    }
    EXPECT_LT(world.end(), 10ms);
  }
}

TEST(Dialer, LeavesNothingBehindWhateverHappens) {
  std::size_t connected = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::SimOptions sim{.seed = seed, .faults = io::SimFaults::rough()};
    sim.faults.connect_refused = sim.faults.connect_timed_out = sim.faults.connect_black_holed = 150;
    PoolWorld world(PoolWorld::named(), seed % 3 == 0 ? 1 : 0, sim);
    Random random(seed);
    world.network.name(std::string(kHost), {answer(kFour, 1s), answer(kSix, 1s), answer(kOtherFour, 1s)});
    for (const io::Address& address : {kFour, kSix, kOtherFour})
      if (random.one_in(2)) world.serve(address);
    std::vector<Outcome> outcomes(8);
    for (Outcome& out : outcomes) {
      world.dial(out);
      world.pool.warm_up();
      world.run_for(Duration(static_cast<std::int64_t>(random.below(400'000'000))));
      if (!out.over && random.one_in(3)) out.upstream->cancel();
    }
    ASSERT_TRUE(world.until([&] { return std::ranges::all_of(outcomes, [](auto& out) { return out.over; }); }, 30s));
    for (const Outcome& out : outcomes) connected += !out.fault;
  }
  EXPECT_GT(connected, 500u);
}

}  // namespace
}  // namespace weir::net::test
