#include "plan.h"

#include <algorithm>
#include <array>

#include "spoken_plan.h"
#include "weir/tls/context.h"

namespace weir::sim {
namespace {

class Maker {
 public:
  Maker(std::uint64_t seed, bool languages)
      : random_(seed ^ 0x77656972), more_(seed ^ 0x6d6f7265), languages_(languages) {
    plan_.seed = seed;
  }

  Plan make() {
    plan_.faultless = random_.one_in(4);
    plan_.shards = random_.between(1, 3);
    if (faulty(6)) plan_.backlog = static_cast<int>(random_.between(1, 2));
    limits();
    times();
    faults();
    provider();
    shut();
    sites();
    clients();
    drain();
    kernel();
    calm();
    tls();
    if (plan_.outage) {
      plan_.faultless = false;
      no_surplus();
    }
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
    Random names(plan_.seed ^ 0x6e616d65);  // of its own, so that older seeds keep their plans
    provider.name_ttl = std::chrono::seconds(names.between(0, 3));
    provider.second_family = names.one_in(2);
    provider.second_family_is_hole = names.one_in(2);
    provider.warm_connections = names.one_in(3) ? 1 : 0;
  }

  /// What comes behind an answer may be taken for the next one, and it would not be known whose turn it was.
  void no_surplus() {
    for (ClientPlan& client : plan_.clients)
      for (RequestPlan& request : client.requests) {
        no_surplus(request);
        for (RequestPlan& other : request.others) no_surplus(other);
      }
  }
  static void no_surplus(RequestPlan& request) {
    request.answer.surplus = false;
    for (RequestPlan& door : request.doors) door.answer.surplus = false;
  }

  /// Nobody listens until long after its breaker has opened, and somebody goes on asking.
  void shut() {
    Random random(plan_.seed ^ 0x7368757a);
    if (!languages_ || plan_.faultless || !random.one_in(12)) return;
    shut_ = true;
    plan_.provider.vanishes = Duration{};
    plan_.provider.vanishes_for = std::chrono::seconds(random.between(5, 40));
    plan_.provider.vanishes_into_hole = random.one_in(2);
  }

  /// Providers that can stand in for each other. Where nothing else is wrong, they are what is.
  void sites() {
    Random random(plan_.seed ^ 0x73697465);
    Random pools(plan_.seed ^ 0x706f6f6c);
    const bool pooled = languages_ && pools.one_in(3);
    if (!languages_ || (!random.one_in(3) && !pooled)) return;
    plan_.outage = plan_.faultless && (random.one_in(2) || pooled);
    const bool troubled = plan_.outage || !plan_.faultless;
    const auto some_ms = [&](std::uint64_t low, std::uint64_t high) {
      return Duration(static_cast<std::int64_t>(random.between(low, high)) * 1'000'000);
    };
    for (std::uint64_t n = random.between(1, 3); n > 0; --n) {
      ProviderPlan& site = plan_.more_providers.emplace_back();
      site.link = plan_.provider.link;
      site.link.latency += Duration(static_cast<std::int64_t>(random.below(3'000'000)));
      site.idles = plan_.provider.idles;
      if (site.idles > Duration{}) site.idles += 20ms;  // see provider()
      site.idles_by_reset = plan_.provider.idles_by_reset;
      site.name_ttl = std::chrono::seconds(random.between(0, 3));
      if (!troubled || random.one_in(2)) continue;
      site.vanishes_into_hole = random.one_in(2);
      if (random.one_in(2)) {  // down all the time
        site.vanishes_for = kNeverBack;
      } else {
        site.vanishes = some_ms(0, 500);
        site.vanishes_for = some_ms(20, 3000);
        site.vanishes_again = random.one_in(2);
      }
    }
    sites_ = {.sites = plan_.sites(), .may_break = troubled};
    if (pooled) make_pools(pools, plan_);
    if (!plan_.outage) return;
    auto& net = plan_.options.net;
    net.connect_timeout = 2s;
    net.first_byte_timeout = 6s;
    net.stream_idle_timeout = 4s;
    net.total_timeout = 120s;
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
        translate(client.requests.back(), plan_.faultless, last, sites_);
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
    if (shut_) insist(id);
    if (plan_.pools.any()) draw_from_pools(id);
  }

  /// Clients of their own, so that there is something to be shared.
  void draw_from_pools(int id) {
    Random random(plan_.seed ^ 0x64726177);
    for (std::uint64_t n = random.between(2, 7); n > 0; --n) {
      ClientPlan client;
      const auto some_ms = [&](std::uint64_t most) {
        return Duration(static_cast<std::int64_t>(random.below(most)) * 1'000'000);
      };
      client.starts = random.one_in(2) ? Duration{} : some_ms(2000);
      client.thinks = random.one_in(2) ? Duration{} : some_ms(1500);
      client.link = plan_.provider.link;
      client.pipelines = random.one_in(5);
      for (std::uint64_t i = random.between(2, 6) * (plan_.pools.sound ? 2 : 1); i > 0; --i)
        client.requests.push_back(plan_pooled_request(random, ++id, plan_.options.net, plan_.pools));
      if (!plan_.outage && random.one_in(6)) {
        client.leaves = ClientPlan::Leaves::by_close;
        client.leaves_after = random.below(4000);
      }
      plan_.clients.push_back(std::move(client));
    }
  }

  void insist(int& id) {
    ClientPlan client;
    client.link = plan_.provider.link;
    while (client.requests.size() < 3) {
      RequestPlan request = plan_request(more_, id + 1, plan_.options.net, true, false);
      if (!request.model.starts_with("local/")) continue;
      client.requests.push_back(std::move(request));
      ++id;
    }
    plan_.clients.push_back(std::move(client));
  }

  /// In two of three of its requests a client speaks one of all languages.
  void translate(RequestPlan& request, bool faultless, bool last, const SiteWish& sites = {}) const {
    if (!languages_) return;
    Random random((plan_.seed << 16) ^ static_cast<std::uint64_t>(request.id) ^ 0x7370656b);
    if (random.one_in(3)) return;
    request = plan_spoken_request(random, request.id, plan_.options.net, faultless, last, sites);
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

  /// Not even a fault: what does not fit into the completion queue comes later.
  void kernel() {
    if (more_.one_in(6)) plan_.completion_entries = more_.between(1, 8);
  }

  void tls() {
    if (!more_.one_in(6) || !weir::tls::takes_seeds()) return;
    using Certificate = TlsPlan::Certificate;
    auto& tls = plan_.tls;
    const std::uint64_t which = more_.below(4);
    tls.clients = which != 0;
    tls.provider = which != 1;
    tls.listener = tls.certificate = more_.one_in(8) ? Certificate::rsa : Certificate::good;
    if (more_.one_in(4)) tls.renews_at = Duration(static_cast<std::int64_t>(more_.between(1, 300)) * 1'000'000);
    if (plan_.faultless) return;
    auto& net = plan_.options.net;
    net.handshake_timeout = Duration(static_cast<std::int64_t>(more_.between(50, 2000)) * 1'000'000);
    if (more_.one_in(3)) net.max_handshakes = static_cast<std::uint32_t>(more_.between(1, 3));
    static constexpr std::array kBad = {Certificate::expired, Certificate::stranger, Certificate::other};
    if (more_.one_in(8)) tls.certificate = kBad[more_.below(kBad.size())];
    if (plan_.pools.any() && tls.provider) {
      Random certificates(plan_.seed ^ 0x63657274);
      if (certificates.one_in(3)) tls.certificate = kBad[certificates.below(kBad.size())];
    }
    if (more_.one_in(15)) tls.listener = kBad[more_.below(kBad.size())];
    // Whom nobody believes serves nobody, storm or not.
    if (!tls.provider_is_trusted() || !tls.listener_is_trusted())
      std::erase_if(plan_.clients, [](const ClientPlan& client) { return client.calm; });
    for (ClientPlan& client : plan_.clients) {
      if (client.calm) continue;
      client.wire = WireFaults::by_chance(more_);
      if (tls.clients && more_.one_in(6)) {
        // Its end comes in the same bytes as its last request, and is known as soon as that has been read.
        client.leaves = ClientPlan::Leaves::by_finish;
        client.leaves_sending = true;
        client.leaves_in = {};
        client.leaves_after = 0;
        for (const RequestPlan& request : client.requests) client.leaves_after += request.wire.size();
      }
      // Where the end of the connection is the end of the answer, TLS alone tells a break from it.
      for (RequestPlan& request : client.requests) {
        AnswerPlan& answer = request.answer;
        if (!tls.provider || !answer.golden.until_close || answer.breaks != AnswerPlan::Break::none) continue;
        if (!more_.one_in(2)) continue;
        answer.breaks = AnswerPlan::Break::finish;
        answer.breaks_at = more_.below(answer.wire.size());
      }
    }
  }

  /// After the storm one client per shard: what it gets must be golden. Only where the limits and time-outs of this
  /// world allow that at all.
  void calm() {
    if (plan_.faultless || plan_.drains_midway || (!shut_ && !more_.one_in(2)) || plan_.descriptor_limit < 12) return;
    const auto& net = plan_.options.net;
    const auto& buffers = plan_.options.buffers;
    if (plan_.provider.idles_by_reset && plan_.provider.idles > Duration{})
      return;  // a reset may overtake the answer before it, and nobody is to blame
    const std::uint32_t own = std::min(buffers.own, buffers.buffers);
    if (own < 40 + buffers.reserve) return;
    if (plan_.max_client_connections > 0 && plan_.max_client_connections < plan_.shards) return;
    const std::size_t memory = std::size_t{own - buffers.reserve} * buffers.buffer_bytes;
    // Everything to the provider takes this long at most: the handshake, then one window per round trip.
    const auto takes = [&](std::size_t bytes) {
      const auto& link = plan_.provider.link;
      return (static_cast<std::int64_t>(bytes / link.window) + 3) * 2 * (link.latency + link.jitter) + 50ms;
    };
    // TLS brings a chain of certificates; and where all addresses have failed lately, the silent one may be tried
    // first.
    if (net.connect_timeout < takes(4000) + 300ms) return;
    const auto affordable = [&](const RequestPlan& request) {
      if (request.forwarded ? request.answer.golden.giant : request.status != 200) return false;
      const std::int64_t attempts = request.answer.again == Again::nobody ? 1 : 3;
      const std::size_t size = request.wire.size();
      const std::size_t answer = std::max(request.answer.wire.size(), request.answer.golden.body.size());
      return size + 300 < std::min(memory / 4, net.max_body_bytes) && !request.waits_for_continue &&
             std::max(size, answer) < std::size_t{buffers.buffer_bytes} * 5 && answer < 6000 &&
             2 * takes(size) < std::min(net.first_byte_timeout, net.stream_idle_timeout) &&
             2 * takes(size + answer) * attempts + 500ms * (attempts - 1) < net.total_timeout;
    };
    int id = 0;
    for (const ClientPlan& client : plan_.clients) id += static_cast<int>(client.requests.size());
    for (std::size_t shard = 0; shard < plan_.shards; ++shard) {
      ClientPlan client;
      client.calm = true;
      for (int tries = 0; tries < (shut_ ? 40 : 20) && client.requests.size() < 2; ++tries) {
        RequestPlan request = plan_request(more_, id + 1, plan_.options.net, true, false);
        translate(request, true, false);
        request.answer.pauses.clear();
        if (shut_ && tries < 30 && !request.model.starts_with("local/")) continue;
        if (!affordable(request)) continue;
        client.requests.push_back(std::move(request));
        ++id;
      }
      if (!client.requests.empty()) plan_.clients.push_back(std::move(client));
    }
  }

  Random random_;
  Random more_;  // a stream of its own: what came later to the plans, and left the older seeds their worlds
  bool languages_;
  SiteWish sites_;
  bool shut_ = false;
  Plan plan_;
};

}  // namespace

const RequestPlan* RequestPlan::at_site(std::size_t wanted) const {
  for (std::size_t i = 0; i < deployments(); ++i)
    if (deployment(i).site == wanted) return &deployment(i);
  return nullptr;
}

const RequestPlan* Plan::find(int id) const {
  for (const ClientPlan& client : clients)
    for (const RequestPlan& request : client.requests)
      if (request.id == id) return &request;
  return nullptr;
}

Duration Plan::patience() const {
  const auto& net = options.net;
  return net.handshake_timeout * static_cast<std::int64_t>(1 + clients.size() / net.max_handshakes) + net.head_timeout +
         net.body_timeout + net.idle_timeout + net.write_timeout + net.linger_timeout + net.connect_timeout * 2 +
         net.first_byte_timeout * 2 + net.stream_idle_timeout + net.total_timeout + 5s;
}

WireFaults WireFaults::by_chance(Random& random) {
  WireFaults faults;
  faults.never_shakes_hands = random.one_in(16);
  faults.truncates = random.one_in(4);
  if (random.one_in(12)) faults.corrupts_sent = random.between(1, random.one_in(2) ? 600 : 6000);
  if (random.one_in(12)) faults.corrupts_got = random.between(1, random.one_in(2) ? 600 : 6000);
  return faults;
}

Plan make_plan(std::uint64_t seed, bool languages) { return Maker(seed, languages).make(); }

}  // namespace weir::sim
