// A pool of provider connections on the simulated ring, and actors at some addresses: what the tests of dialling, of
// proxies and of warm connections stand on. At the end of each nothing may be left.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "unit/io/sim_world.h"
#include "weir/io/scope.h"
#include "weir/net/upstream.h"

namespace weir::net::test {

inline const io::Address kFour = *io::Address::parse("192.0.2.1:9000");
inline const io::Address kOtherFour = *io::Address::parse("192.0.2.2:9000");
inline const io::Address kSix = *io::Address::parse("[2001:db8::1]:9000");
inline constexpr Bytes kHost = "api.provider.test";

inline Options options(Duration connect_timeout = 2s) {
  Options result;
  result.connect_timeout = connect_timeout;
  return result;
}

inline io::NameAddress answer(const io::Address& address, Duration ttl = 60s) {
  io::NameAddress one{address, ttl};
  one.address.port = 0;
  return one;
}

/// One connection attempt and what came of it.
struct Outcome {
  bool over = false;
  std::optional<Fault> fault;
  Duration took{};
  io::Address peer;
  Upstream* upstream = nullptr;  // while it is under way
};

struct PoolWorld : io::test::SimWorld {
  explicit PoolWorld(Endpoint endpoint, std::uint32_t warm = 0, const io::SimOptions& sim = {},
                     const Options& net = options())
      : SimWorld(sim, io::BufferOptions{.buffers = 256, .window = 16, .reserve = 16}),
        context(loop, net),
        resolver(loop, io::NameOptions{}),
        pool(context, resolver, std::move(endpoint), warm) {}
  ~PoolWorld() { end(); }

  static Endpoint named() {
    return {.host = std::string(kHost), .port = kFour.port, .proxy = {}, .tls = {}, .tls_host = {}};
  }

  /// An actor that accepts, and counts.
  void serve(const io::Address& address) {
    network.listen(address, [this](io::SimPeer& peer) {
      ++accepted;
      peer.on_end = [](io::SimPeer& self) { self.close(); };
      peers.push_back(&peer);
    });
  }

  void dial(Outcome& out) {
    loop.turn();  // whoever dials does so within a turn, which knows what time it is
    scope.spawn(run(*this, out));
  }
  Outcome dial() {
    Outcome out;
    dial(out);
    EXPECT_TRUE(until([&] { return out.over; }, 60s));
    return out;
  }
  static io::Task<> run(PoolWorld& world, Outcome& out) {
    auto lease = world.pool.fresh();
    out.upstream = &*lease;
    const Instant start = world.loop.now();
    const auto connected = co_await world.pool.connect(*lease);
    out.upstream = nullptr;
    out.took = world.loop.now() - start;
    if (connected) {
      out.peer = world.ring.peer_address(lease->socket().fd());
      EXPECT_EQ(lease->socket().unsent_bytes(), 0u);  // what follows may be another protocol
    } else {
      out.fault = connected.error();
    }
    out.over = true;
  }

  /// Ends the pool and the resolver; returns how long that took.
  Duration end() {
    if (ended) return {};
    ended = true;
    const Instant start = network.now();
    scope.spawn(finish(*this));
    EXPECT_TRUE(until([&] { return scope.running() == 0; }, 60s)) << "something does not end";
    EXPECT_EQ(ring.operations_in_flight(), 0u);
    EXPECT_EQ(loop.buffers().held(), 0u);
    EXPECT_EQ(network.open_descriptors(), 0u);
    EXPECT_EQ(pool.open(), 0u);
    return network.now() - start;
  }
  static io::Task<> finish(PoolWorld& world) {
    co_await world.pool.close();
    co_await world.resolver.close();
  }
  std::uint64_t lookups() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : resolver.lookups()) sum += count;
    return sum;
  }

  Context context;
  Resolver resolver;
  UpstreamPool pool;
  io::Scope scope;
  std::size_t accepted = 0;
  std::vector<io::SimPeer*> peers;
  bool ended = false;
};

}  // namespace weir::net::test
