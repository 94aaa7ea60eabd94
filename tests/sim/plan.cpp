#include "plan.h"

#include <algorithm>
#include <array>

namespace weir::sim {
namespace {

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed ^ 0x77656972) { plan_.seed = seed; }

  Plan make() {
    plan_.faultless = random_.one_in(4);
    plan_.shards = random_.between(1, 3);
    if (faulty(6)) plan_.backlog = static_cast<int>(random_.between(1, 2));
    limits();
    times();
    faults();
    provider();
    clients();
    drain();
    return std::move(plan_);
  }

 private:
  template <class T>
  T pick(std::initializer_list<T> values) {
    return values.begin()[random_.below(values.size())];
  }
  Duration ms(std::uint64_t low, std::uint64_t high) {
    return Duration(static_cast<std::int64_t>(random_.between(low, high)) * 1'000'000);
  }
  bool faulty(std::uint64_t n) { return !plan_.faultless && random_.one_in(n); }

  void limits() {
    auto& buffers = plan_.options.buffers;
    auto& net = plan_.options.net;
    buffers.buffer_bytes = pick({4096U, 4096U, 16'384U});
    buffers.buffers = plan_.faultless ? 1024 : static_cast<std::uint32_t>(random_.between(40, 400));
    if (faulty(5)) buffers.buffers = static_cast<std::uint32_t>(random_.between(14, 40));
    buffers.reserve = static_cast<std::uint32_t>(random_.between(4, 10));
    buffers.window = static_cast<std::uint32_t>(random_.between(1, buffers.reserve));  // as in weir
    net.max_body_bytes = random_.between(3'000, 40'000);
    net.max_head_bytes = pick<std::size_t>({1500, 4096, 65'536});
    net.credit_bytes = pick<std::size_t>({1024, 8192, 65'536});
    if (random_.one_in(3)) {  // some are each shard's own, the rest is leased
      buffers.own = std::max(buffers.buffers / 4, buffers.reserve + 4);
      plan_.to_lease = static_cast<std::uint32_t>(random_.between(0, buffers.buffers));
      if (plan_.faultless) plan_.to_lease = 1024;
    }
    if (!plan_.faultless && random_.one_in(8)) {
      plan_.max_client_connections = static_cast<std::uint32_t>(random_.between(1, 3));
      net.max_refusals = static_cast<std::uint32_t>(random_.below(3));
    }
    // Without faults 1,024 buffers are more than the clients of a plan can fill: all may come to one shard.
    if (!plan_.faultless && random_.one_in(4)) net.max_connections = static_cast<std::uint32_t>(random_.between(1, 4));
  }

  void times() {
    auto& net = plan_.options.net;
    if (plan_.faultless) {
      net.linger_timeout = 5s;
      return;
    }
    net.head_timeout = ms(100, 3000);
    net.body_timeout = ms(100, 3000);
    net.min_body_rate = random_.between(100, 10'000);
    net.idle_timeout = ms(200, 5000);
    net.write_timeout = ms(200, 3000);
    net.linger_timeout = ms(50, 500);
    net.connect_timeout = ms(50, 2000);
    net.first_byte_timeout = ms(200, 4000);
    net.stream_idle_timeout = ms(200, 4000);
    net.total_timeout = ms(500, 12'000);
    net.pool_idle_timeout = ms(100, 5000);
    plan_.options.drain_timeout = ms(20, 2000);
  }

  void faults() {
    if (plan_.faultless) {
      if (!random_.one_in(4)) plan_.faults = io::SimFaults::only_cuts();
      return;
    }
    switch (random_.below(4)) {
      case 0:
        break;  // a calm network: all trouble comes from the parties
      case 1:
        plan_.faults = io::SimFaults::only_cuts();
        break;
      default:
        plan_.faults = io::SimFaults::rough();
        if (random_.one_in(2)) plan_.faults.reset_midway = 0;
    }
    if (random_.one_in(15)) plan_.descriptor_limit = random_.between(8, 14);
  }

  io::SimLink link() {
    io::SimLink link;
    link.latency = Duration(static_cast<std::int64_t>(random_.one_in(4) ? random_.between(1, 40) * 1'000'000
                                                                        : random_.between(10, 500) * 1000));
    link.jitter = link.latency / static_cast<std::int64_t>(random_.between(1, 4));
    link.window = pick<std::size_t>({1500, 4096, 16'384, 65'536});
    link.segment = pick<std::size_t>({600, 1400, 16'384});
    return link;
  }

  void provider() {
    auto& provider = plan_.provider;
    provider.link = link();
    if (random_.one_in(3)) provider.idles = ms(1, 400);
    provider.idles_by_reset = random_.one_in(3);
    // A reset overtakes what is still on its way, and no gateway can save that answer.
    if (plan_.faultless && provider.idles > Duration{})
      provider.idles += 4 * (provider.link.latency + provider.link.jitter);
    if (faulty(10)) {
      provider.vanishes = ms(0, 500);
      provider.vanishes_for = ms(50, 3000);
      provider.vanishes_into_hole = random_.one_in(2);
    }
  }

  void clients() {
    int id = 0;
    const bool crowd = random_.one_in(15);
    const bool at_once = crowd && random_.one_in(2);
    for (std::uint64_t n = crowd ? random_.between(12, 30) : random_.between(1, 6); n > 0; --n) {
      ClientPlan client;
      client.starts = at_once || random_.one_in(3) ? Duration{} : ms(0, 300);
      const std::uint64_t count = random_.between(1, 4);
      for (std::uint64_t i = 0; i < count; ++i) {
        const bool last = i + 1 == count;
        client.requests.push_back(plan_request(random_, ++id, plan_.options.net, plan_.faultless, last));
      }
      client.pipelines = random_.one_in(3);
      if (random_.one_in(3)) client.piece = pick<std::size_t>({1, 7, 100, 1000});
      client.gap = Duration(static_cast<std::int64_t>(random_.below(2000)) * 1000);
      client.thinks = random_.one_in(2) ? Duration{} : ms(0, 100);
      client.link = link();
      if (random_.one_in(4)) client.reads = pick<std::size_t>({50, 500, 2000});
      if (!plan_.faultless) trouble(client);
      plan_.clients.push_back(std::move(client));
    }
  }

  void trouble(ClientPlan& client) {
    if (random_.one_in(4)) {
      client.leaves = pick({ClientPlan::Leaves::by_close, ClientPlan::Leaves::by_reset, ClientPlan::Leaves::by_finish});
      client.leaves_sending = random_.one_in(3);
      client.leaves_after = random_.one_in(4) ? 0 : random_.below(client.leaves_sending ? 2000 : 6000);
      client.leaves_in = random_.one_in(3) ? ms(0, 200) : Duration{};
    }
    if (random_.one_in(5)) {
      client.stall.after = random_.below(5000);
      client.stall.length = random_.one_in(2) ? ms(10, 400) : ms(1000, 20'000);
    }
    if (random_.one_in(12)) client.gap = ms(20, 400);  // slower than some time-outs
    if (random_.one_in(10)) client.thinks = ms(500, 8000);
  }

  void drain() {
    plan_.drains_midway = faulty(3);
    plan_.drains_at = ms(1, random_.one_in(2) ? 100 : 1500);
    plan_.second_signal = faulty(4);
  }

  Random random_;
  Plan plan_;
};

}  // namespace

const RequestPlan* Plan::find(int id) const {
  for (const ClientPlan& client : clients)
    for (const RequestPlan& request : client.requests)
      if (request.id == id) return &request;
  return nullptr;
}

Duration Plan::patience() const {
  const auto& net = options.net;
  return net.head_timeout + net.body_timeout + net.idle_timeout + net.write_timeout + net.linger_timeout + net.connect_timeout * 2 +
         net.first_byte_timeout * 2 + net.stream_idle_timeout + net.total_timeout + 5s;
}

Plan make_plan(std::uint64_t seed) { return Maker(seed).make(); }

}  // namespace weir::sim
