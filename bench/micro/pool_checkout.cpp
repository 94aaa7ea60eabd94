// What does it cost to take an idle connection to the provider and to give it back? Reference: a map from authorities
// to vectors of shared pointers.
#include <benchmark/benchmark.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "../../tests/unit/io/sim_world.h"
#include "weir/io/scope.h"
#include "weir/net/upstream.h"

namespace weir::micro {
namespace {

constexpr io::Address kProvider{.ip = {10, 0, 0, 2}, .port = 9100, .v6 = false};
constexpr std::size_t kConnections = 32;

/// A pool whose connections have answered a request each and are idle.
struct Pool : io::test::SimWorld {
  Pool() : context(loop, net::Options{}), resolver(loop, io::NameOptions{}), pool(context, resolver, endpoint(), 0) {
    network.listen(kProvider, [](io::SimPeer& peer) {
      peer.on_data = [](io::SimPeer& self, Bytes) { self.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"); };
      peer.on_end = [](io::SimPeer& self) { self.close(); };
    });
    loop.turn();
    for (std::size_t i = 0; i < kConnections; ++i) scope.spawn(ask());
    WEIR_ASSERT(until([&] { return answered == kConnections; }), "the provider answers");
    leases.clear();
    WEIR_ASSERT(pool.idle() == kConnections, "all connections are idle");
  }
  ~Pool() {
    scope.spawn(end());
    WEIR_ASSERT(until([&] { return scope.running() == 0; }), "the pool ends");
  }

  static net::Endpoint endpoint() {
    return {.host = "10.0.0.2", .port = kProvider.port, .proxy = {}, .tls = {}, .tls_host = {}};
  }
  io::Task<> ask() {
    auto lease = pool.fresh();
    const auto connected = co_await pool.connect(*lease);
    WEIR_ASSERT(connected, "the provider is there");
    lease->begin_request(codec::Method::get);
    lease->send(chunk("GET / HTTP/1.1\r\n\r\n"));
    const auto head = co_await lease->read_head(loop.now() + 10s);
    WEIR_ASSERT(head, "the provider answers");
    WEIR_ASSERT(lease->body_done(), "... without a body");
    leases.push_back(std::move(lease));
    ++answered;
  }
  io::Task<> end() {
    co_await pool.close();
    co_await resolver.close();
  }

  net::Context context;
  net::Resolver resolver;
  net::UpstreamPool pool;
  io::Scope scope;
  std::vector<net::UpstreamPool::Lease> leases;
  std::size_t answered = 0;
};

struct PlainPool {
  struct Connection {
    std::size_t number;
  };
  PlainPool() {
    for (std::size_t i = 0; i < kConnections; ++i)
      give_back("api.provider.test:443", std::make_shared<Connection>(Connection{i}));
  }
  std::shared_ptr<Connection> take(const std::string& authority) {
    auto& there = idle[authority];
    if (there.empty()) return nullptr;
    auto connection = std::move(there.back());
    there.pop_back();
    return connection;
  }
  void give_back(const std::string& authority, std::shared_ptr<Connection> connection) {
    idle[authority].push_back(std::move(connection));
  }
  std::unordered_map<std::string, std::vector<std::shared_ptr<Connection>>> idle;
};

/// Both give the connection that came home last: the others may grow old.
void compare(Pool& ours, PlainPool& plain) {
  auto a = ours.pool.reuse();
  auto b = ours.pool.reuse();
  const net::Upstream* const last = &*a;
  b.reset();
  a.reset();
  auto again = ours.pool.reuse();
  WEIR_ASSERT(&*again == last, "last in, first out");
  again.reset();
  WEIR_ASSERT(ours.pool.idle() == kConnections, "all are home again");
  const auto first = plain.take("api.provider.test:443");
  plain.give_back("api.provider.test:443", first);
  WEIR_ASSERT(plain.take("api.provider.test:443") == first, "the same in the reference");
  plain.give_back("api.provider.test:443", first);
}

void pool_checkout_weir(benchmark::State& state) {
  Pool ours;
  PlainPool plain;
  compare(ours, plain);
  for (auto _ : state) {
    auto lease = ours.pool.reuse();
    benchmark::DoNotOptimize(&*lease);
  }
}
BENCHMARK(pool_checkout_weir);

void pool_checkout_reference(benchmark::State& state) {
  PlainPool plain;
  const std::string authority = "api.provider.test:443";
  for (auto _ : state) {
    auto connection = plain.take(authority);
    benchmark::DoNotOptimize(connection.get());
    plain.give_back(authority, std::move(connection));
  }
}
BENCHMARK(pool_checkout_reference);

}  // namespace
}  // namespace weir::micro
