#include "world.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <memory>
#include <numeric>

#include "attempt_laws.h"
#include "breaker_watch.h"
#include "client.h"
#include "first_content.h"
#include "health_history.h"
#include "laws.h"
#include "metrics_page.h"
#include "pool_laws.h"
#include "provider.h"
#include "spoken_laws.h"
#include "spoken_plan.h"
#include "weir/gateway/shard.h"
#include "weir/io/frame_pool.h"
#include "weir/io/signal_watch.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"
#include "weir/routing/health_shape.h"
#include "weir/shared/load_board.h"
#include "weir/shared/memory_total.h"

namespace weir::sim {
namespace {

constexpr Bytes kLog = "access.log";
constexpr Bytes kProviderName = "api.provider.test";
constexpr Duration kNotice = 10s;    // a hundred latencies of both ways, and some more
constexpr Duration kCooldown = 61s;  // of breakers
constexpr std::uint64_t kMostTurns = 4'000'000;

io::SimOptions network_options(const Plan& plan, std::uint64_t cuts, Bytes script) {
  io::SimOptions options;
  options.seed = cuts;
  options.script = script;
  options.faults = plan.faults;
  options.descriptor_limit = plan.descriptor_limit;
  options.completion_entries = plan.completion_entries;
  options.poison = plan.poison;
  return options;
}

std::string host_of(std::size_t site) {
  return (site == 0 ? std::string() : "site-" + std::to_string(site) + ".") + std::string(kProviderName);
}

/// A member of the pools: a provider with credentials of its own, and what is known of its model.
void add_member(const Plan& plan, std::size_t index, const std::string& url, const TlsSide* tls,
                std::vector<catalog::Provider>& providers, std::vector<catalog::OwnFacts>& facts) {
  const Member& member = plan.pools.members[index];
  const SpokenProvider& spoken = kSpokenProviders[member.spoken];
  catalog::Provider& provider = providers.emplace_back(catalog::provider_of(*catalog::find_provider_kind(spoken.kind)));
  provider.name = member.provider;
  provider.dialects = {spoken.dialect};
  if (spoken.stream_only) provider.quirks = {dialect::Quirk::stream_only};
  provider.base_url = *catalog::parse_base_url(url);
  if (plan.tls.provider) {
    provider.tls = tls->gateway;
    provider.tls_host = TlsSide::kHost;
  }
  provider.credential = Secret(credential_of(index, 0));
  for (std::size_t i = 1; i < member.doors.size(); ++i)
    provider.other_credentials.emplace_back(credential_of(index, i));
  catalog::ModelRow row;
  row.context = member.context;
  row.most_output = member.most_output;
  row.cannot = member.cannot;
  row.quality = member.facts_quality;
  if (member.price > 0) {
    row.price.rates.input = std::int64_t{member.price} * 1'000'000'000;
    row.price.rates.output = std::int64_t{member.answer_price} * 1'000'000'000;
  }
  facts.push_back({.provider = plan.pools.first_provider + index, .model_id = member.model_id, .row = row});
}

/// Where models without a price are left out, all but the members' have one.
void price_others(const Plan& plan, std::vector<catalog::OwnFacts>& facts) {
  catalog::ModelRow row;
  row.price.rates.input = row.price.rates.output = 1'000'000'000;
  facts.push_back({.provider = 0, .model_id = "real-known", .row = row});
  for (const ClientPlan& client : plan.clients)
    for (const RequestPlan& request : client.requests) {
      if (request.pool != kNoPool || request.provider_model.empty()) continue;
      for (std::size_t i = 0; i < request.deployments(); ++i) {
        const RequestPlan& one = request.deployment(i);
        facts.push_back({.provider = one.provider, .model_id = one.provider_model, .row = row});
      }
    }
}

catalog::Catalog make_catalog(const Plan& plan, std::uint16_t port, const TlsSide* tls) {
  std::vector<catalog::Provider> providers;
  const std::string scheme = plan.tls.provider ? "https://" : "http://";
  for (std::size_t site = 0; site < plan.sites(); ++site) {
    for (const SpokenProvider& spoken : kSpokenProviders) {
      if (!is_at_site(spoken, site)) continue;
      catalog::Provider& provider =
          providers.emplace_back(catalog::provider_of(*catalog::find_provider_kind(spoken.kind)));
      provider.name = name_at_site(spoken, site);
      provider.dialects = {spoken.dialect};
      if (spoken.stream_only) provider.quirks = {dialect::Quirk::stream_only};
      provider.base_url = *catalog::parse_base_url(scheme + host_of(site) + ":" + std::to_string(port) + "/v1");
      if (plan.tls.provider) {
        provider.tls = tls->gateway;
        provider.tls_host = TlsSide::kHost;
      }
      provider.credential = Secret(std::string(kCredential));
    }
  }
  providers[0].warm_connections = plan.provider.warm_connections;
  std::vector<catalog::OwnFacts> facts;
  for (std::size_t i = 0; i < plan.pools.members.size(); ++i)
    add_member(plan, i, scheme + host_of(plan.pools.members[i].site) + ":" + std::to_string(port) + "/v1", tls,
               providers, facts);
  std::vector<catalog::Model> models;
  models.push_back({"known", {{0, "real-known"}}});
  for (const ClientPlan& client : plan.clients)
    for (const RequestPlan& request : client.requests) {
      if (request.spoken.planned ? !request.aliased : !request.forwarded || request.model.starts_with("local/"))
        continue;
      if (request.pool != kNoPool) continue;
      catalog::Model& model = models.emplace_back();
      model.name = request.model;
      for (std::size_t i = 0; i < request.deployments(); ++i)
        model.deployments.push_back({request.deployment(i).provider, request.deployment(i).provider_model});
    }
  for (const Pool& pool : plan.pools.pools) {
    catalog::Model& model = models.emplace_back();
    model.name = pool.name;
    model.route = pool.route;
    for (std::size_t i = 0; i < plan.pools.members.size(); ++i) {
      const Member& member = plan.pools.members[i];
      catalog::Deployment& deployment = model.deployments.emplace_back();
      deployment.provider = plan.pools.first_provider + i;
      deployment.model_id = member.model_id;
      deployment.route = {.weight = pool.places[i].weight,
                          .quality = member.quality,
                          .most_in_flight = pool.places[i].most_in_flight,
                          .tags = member.tags,
                          .quota_group = member.quota_group};
    }
  }
  if (plan.pools.blocks_unpriced) price_others(plan, facts);
  return {std::move(providers),
          std::move(models),
          {.expose_provider_models = true,
           .unknown_price = plan.pools.blocks_unpriced ? catalog::UnknownPrice::block : catalog::UnknownPrice::allow},
          std::move(facts)};
}

admission::KeyTable make_keys() {
  std::vector<admission::VirtualKey> keys;
  for (const Bytes key : kKeys) keys.push_back({"key-" + std::to_string(keys.size()), admission::hash_key(key)});
  return {std::move(keys), false};
}

class World {
 public:
  World(const Plan& plan, std::uint64_t cuts, const Story& story, Bytes script)
      : plan_(plan),
        cuts_(cuts),
        random_(cuts ^ 0x73686172),
        frames_before_(io::FramePool::live()),
        network_(network_options(plan, cuts, script)),
        tls_(plan.tls.any() ? std::make_unique<TlsSide>(plan.tls, network_, cuts) : nullptr),
        catalog_(make_catalog(plan, provider_address(0).port, tls_.get())),
        keys_(make_keys()),
        loads_(plan.shards),
        health_(routing::health_shape(catalog_, static_cast<std::uint32_t>(plan.shards))),
        breakers_(health_, telling_),
        history_(plan, catalog_, health_),
        total_(plan.to_lease),
        client_table_(64, cuts),
        gate_({.max_connections = plan.max_client_connections, .exempt = {}}, client_table_) {
    telling_.broken = [this](const std::string& what) { broken(what); };
    if (story) {
      telling_.tell = [this, story](Lane lane, const std::string& text) { story(network_.now(), lane, text); };
      network_.set_story([story](Instant now, Bytes line) { story(now, Lane::weir, std::string(line)); });
    }
    for (std::size_t site = 0; site < plan.sites(); ++site) open_site(site);
    gateway::ShardOptions options = plan.options;
    options.log = network_.open_file(std::string(kLog));
    if (plan.tls.clients) options.tls = {tls_->listener};
    options.clients = &client_table_;
    options.health = &health_;
    if (options.buffers.own < options.buffers.buffers) options.buffers.source = &total_;
    log_ = options.log;
    for (std::size_t i = 0; i < plan.shards; ++i) {
      rings_.push_back(std::make_unique<io::SimRing>(network_));
      shards_.push_back(std::make_unique<gateway::Shard>(i, *rings_.back(), options, catalog_, keys_, loads_));
      if (i > 0) shards_.back()->report_to(*shards_.front());
    }
    front().on_answer([this](const gateway::ShardMessage& message) {
      if (message.kind != gateway::ShardMessage::Kind::drained) return;
      ++drained_;
      cut_ += message.cut;
    });
    signals_ = std::make_unique<io::SignalWatch>(front().loop(), [this](int) { on_signal(); });
    open_listener();
    for (const ClientPlan& client : plan.clients)
      if (!client.calm) add_client(client, client.starts + 1ms);
    if (plan.tls.clients && plan.tls.renews_at > Duration{})
      network_.schedule(plan.tls.renews_at, [this] { renew_certificates(); });
    if (plan.drains_midway) network_.schedule(plan.drains_at, [this] { begin_end(); });
  }

  Outcome run() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < shards_.size(); ++i) order.push_back(i);
    std::uint64_t turns = 0;
    while (!over() && broken_.size() < 5) {
      for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random_.below(i + 1)]);
      for (const std::size_t i : order) shards_[i]->loop().turn();
      network_.step();
      if (clients_over_ == clients_.size() && !ending_ && !provider_moves()) go_on();
      check_bounds();
      breakers_.look(network_.now());
      history_.look(network_.now());
      if (++turns > kMostTurns) {
        broken("the world does not come to an end");
        break;
      }
      check_cancelled();
      if ((turns & 255) == 0) check_patience();
    }
    // The gateway is gone; what is still on its way arrives.
    const Instant ended = network_.now();
    while (over() && clients_over_ < clients_.size() && network_.now() < ended + 200s) {
      for (auto& shard : shards_) shard->loop().turn();
      network_.step();
    }
    Outcome outcome;
    if (over()) {
      check_rest();
      judge(outcome);
    }
    outcome.trace_hash = network_.trace_hash();
    outcome.events = network_.census();
    outcome.lasted = network_.now() - begin_;
    outcome.probes = telling_.probes;
    outcome.pairs = telling_.pairs;
    outcome.broken = std::move(broken_);
    return outcome;
  }

  /// Everything has come to its end, so that the world can be taken down.
  bool over() const { return ended_ && scopes_empty(); }

 private:
  gateway::Shard& front() { return *shards_.front(); }
  bool scopes_empty() const {
    for (const auto& shard : shards_)
      if (shard->scope().running() > 0) return false;
    return true;
  }

  void broken(const std::string& what) {
    if (broken_.size() < 5) broken_.push_back(what);
    if (telling_.tell) telling_.tell(Lane::weir, "BROKEN: " + what);
  }

  static io::Address provider_address(std::size_t site) {
    return {.ip = {10, 0, 0, static_cast<std::uint8_t>(2 + site)}, .port = 9100, .v6 = false};
  }

  void open_site(std::size_t site) {
    const io::Address address = provider_address(site);
    const ProviderPlan& own = plan_.at_site(site);
    providers_.push_back(std::make_unique<Provider>(network_, plan_, site, address, telling_, cuts_ + 1 + 1000 * site,
                                                    tls_.get(), visits_,
                                                    [this](int id) { return received_by_client(id); }));
    std::vector<io::NameAddress> addresses{{address, own.name_ttl}};
    if (own.second_family) {
      addresses.insert(addresses.begin(), {second_address_, own.name_ttl});
      if (own.second_family_is_hole) network_.black_hole(second_address_);
    }
    network_.name(host_of(site), addresses);
  }

  bool provider_moves() const {
    return std::ranges::any_of(providers_, [](const auto& provider) { return provider->moves(); });
  }

  Provider::Got received_by_client(int id) const {
    Provider::Got got;
    for (const Client& client : clients_) {
      got.begun |= client.has_begun(id);
      got.body_bytes += client.body_bytes_of(id);
    }
    return got;
  }

  void add_client(const ClientPlan& plan, Duration delay) {
    const std::size_t index = clients_.size();
    clients_.emplace_back(network_, plan, index, gateway_address_, telling_, cuts_ + 100 + index, tls_.get(),
                          [this] { ++clients_over_; });
    network_.schedule(delay, [&client = clients_.back()] { client.start(); });
  }

  /// All clients so far are over. Then the network calms down, everything still under way ends by itself within the
  /// time-outs, and one client per shard is served as if nothing had been; then comes the end.
  void go_on() {
    if (waiting_for_calm_) return;
    if (clients_.size() == plan_.clients.size()) return begin_end();
    if (!calm_) {
      waiting_for_calm_ = true;
      network_.set_faults({});
      Duration back{};
      for (const auto& provider : providers_) {
        provider->calm_down();
        if (provider->plan().vanishes_for != kNeverBack)
          back = std::max(back, provider->plan().vanishes + provider->plan().vanishes_for);
      }
      network_.schedule(std::max({plan_.patience(), back + 1s, kCooldown}), [this] {
        waiting_for_calm_ = false;
        calm_ = true;
        check_calm();
      });
      return;
    }
    place_next_on_ = (place_next_on_ + 1) % shards_.size();
    add_client(plan_.clients[clients_.size()], 1s);
  }

  // ---- The front: accepts, places, drains; as control's Front does.

  void open_listener() {
    if (ending_) return;
    const auto fd = rings_.front()->listen(gateway_address_, plan_.backlog);
    if (!fd) {  // the operator starts it again
      network_.schedule(1ms, [this] { open_listener(); });
      return;
    }
    listener_ =
        std::make_unique<net::Listener>(front().loop(), *fd, [this](io::Fd fd_of_client) { place(fd_of_client); });
  }

  void place(io::Fd connection) {
    const auto ticket = gate_.enter(rings_.front()->peer_address(connection));
    if (!ticket) return front().refuse(connection, 0, Fault::client_limit);
    const std::size_t target = calm_ ? place_next_on_ : random_.below(shards_.size());
    const gateway::ShardMessage message{
        .kind = gateway::ShardMessage::Kind::serve, .connection = connection, .ticket = *ticket};
    if (target == 0 || !shards_[target]->ask(message)) return front().serve(connection, 0, *ticket);
    telling_.count(Probe::several_shards);
  }

  void renew_certificates() {
    if (ending_) return;
    telling_.count(Probe::certificate_renewed);
    renewed_ = {tls_->renewed};
    for (const auto& shard : shards_) {
      if (shard == shards_.front()) {
        shard->use_certificates(renewed_);
      } else {
        shard->ask({.kind = gateway::ShardMessage::Kind::certificates, .tls = &renewed_});
      }
    }
  }

  void begin_end() {
    if (std::exchange(ending_, true)) return;
    under_way_ = 0;
    for (const auto& shard : shards_) under_way_ += shard->gateway().metrics().in_flight;
    telling_.say(Lane::weir, [&] { return "SIGTERM, " + std::to_string(under_way_) + " exchanges under way"; });
    end_began_ = network_.now();
    network_.raise_signal(SIGTERM);
    if (plan_.second_signal)
      network_.schedule(10ms, [this] {
        if (!ended_) network_.raise_signal(SIGTERM);
      });
  }

  void on_signal() {
    if (!std::exchange(signalled_, true)) return front().scope().spawn(drain());
    if (ended_) return;
    for (auto& shard : shards_)
      shard == shards_.front() ? shard->cut_now() : void(shard->ask({.kind = gateway::ShardMessage::Kind::cut}));
  }

  io::Task<> drain() {
    if (listener_) co_await listener_->close();
    for (auto& shard : shards_) {
      if (shard == shards_.front()) continue;
      while (!shard->ask({.kind = gateway::ShardMessage::Kind::drain}))
        co_await front().loop().sleep_until(front().loop().now() + 1ms);
    }
    cut_ += co_await front().drain();
    while (drained_ + 1 < shards_.size()) co_await front().loop().sleep_until(front().loop().now() + 1ms);
    co_await signals_->close();
    co_await front().finish();
    ended_ = true;
    drained_at_ = network_.now();
    telling_.count(cut_ > 0 ? Probe::drain_cut : under_way_ > 0 ? Probe::drained_midway : Probe::drained_at_rest);
  }

  // ---- Laws that hold at every moment.

  void check_bounds() {
    const auto& options = plan_.options.buffers;
    std::uint64_t usable = total_.left();
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      const auto& shard = *shards_[i];
      const auto& buffers = shards_[i]->loop().buffers();
      const std::size_t lent = rings_[i]->buffers_lent();
      if (buffers.held() + lent > options.buffers) broken("more buffers are held and lent than there are");
      if (lent > options.window) broken("more buffers are lent than the window has");
      // A connection has one receive and one send; the shard its wakes, its log, and the front's accept and signals.
      const auto [connections, providers] = shard.connections();
      if (rings_[i]->operations_in_flight() > 2 * (connections + providers) + 4)
        broken("more operations are in flight than connections can have");
      const auto& memory = shards_[i]->loop().memory();
      if (connections + providers == 0 && (buffers.held() > 0 || memory.used() > 0))
        broken("buffers or reservations are held although no connection is left");
      if (buffers.held_bytes() > buffers.limit_bytes()) broken("more buffers are held than there are");
      usable += buffers.limit_bytes() / buffers.buffer_bytes();
      if (memory.used() > memory.limit()) broken("more memory is reserved than there is");
    }
    const std::uint64_t own = std::min(options.own, options.buffers);
    if (usable != own * shards_.size() + total_.all()) broken("leased buffers were lost, or are used twice");
  }

  /// Nobody has asked for anything for longer than all time-outs together, and nothing has gone wrong since.
  void check_calm() {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      const std::string where = "shard " + std::to_string(i) + ", long after the last client: ";
      if (shards_[i]->gateway().metrics().in_flight > 0) broken(where + "an exchange goes on");
      if (shards_[i]->server().connections() > 0) broken(where + "a connection is open");
      if (shards_[i]->loop().buffers().held() > 0) broken(where + "a buffer is held");
      if (shards_[i]->loop().memory().used() > 0) broken(where + "memory is reserved");
    }
  }

  void check_patience() {
    if (ending_ && network_.now() - end_began_ > end_patience()) {
      broken("the drain did not end by its deadline");
      end_began_ = kNever - 1h;
    }
    for (const Client& client : clients_) {
      if (client.over() || !client.connected() || client.left()) continue;
      const ClientPlan& own = client.plan();
      if (network_.now() - client.last_moved() >
          plan_.patience() + own.stall.length + own.thinks + own.gap + own.leaves_in) {
        broken("a client waits without end");
        end_began_ = kNever - 1h;
      }
    }
  }

  /// A client that left is noticed at once, and so is its provider relieved. (Unless the client had sent more than its
  /// request, which hides its end, or no buffer is left to look.)
  void check_cancelled() {
    if (plan_.options.buffers.buffers < 100) return;
    for (const Client& client : clients_) {
      if (!client.left() || client.plan().pipelines || network_.now() < client.left_at() + kNotice) continue;
      for (const RequestPlan& request : client.plan().requests)
        if (request.forwarded &&
            std::ranges::any_of(providers_, [&](const auto& provider) { return provider->is_answering(request.id); })) {
          broken("#" + std::to_string(request.id) + " goes on although its client left");
          return;
        }
    }
  }

  /// After its time-out a drain may still have to wait for the provider's end of body and for late completions. What
  /// was accepted while the listener closed is served as any connection.
  Duration end_patience() const {
    return (plan_.second_signal ? std::min<Duration>(plan_.options.drain_timeout, 10ms) : plan_.options.drain_timeout) +
           500ms;
  }

  // ---- Laws at the end.

  void check_rest() {
    if (drained_at_ - end_began_ > end_patience())
      broken("the drain took " + std::to_string(to_ms(drained_at_ - end_began_)) + " ms");
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      auto& shard = *shards_[i];
      const auto metrics = shard.measure();
      const std::string where = "shard " + std::to_string(i) + ": ";
      if (metrics.in_flight != 0) broken(where + "exchanges in flight at the end");
      if (metrics.connections != 0) broken(where + "connections at the end");
      if (metrics.upstream_open != 0 || metrics.upstream_idle != 0) broken(where + "provider connections at the end");
      if (metrics.buffer_bytes_held != 0) broken(where + "buffers held at the end");
      for (const std::uint64_t used : metrics.memory_used)
        if (used != 0) broken(where + "memory reserved at the end");
      if (rings_[i]->operations_in_flight() != 0) broken(where + "operations in flight at the end");
      if (shard.loop().timers().next_deadline() != kNever) broken(where + "a timer is armed at the end");
    }
    breakers_.check_rest(network_.now());
    rings_.front()->close(log_);
    for (shared::ClientTable::Ticket cell = 0; cell < client_table_.touched(); ++cell)
      if (client_table_.open(cell) != 0) broken("a client's connection is still counted at the end");
    if (network_.open_descriptors() != 0)
      broken(std::to_string(network_.open_descriptors()) + " descriptors are open at the end");
    if (io::FramePool::live() != frames_before_) broken("coroutine frames are alive at the end");
  }

  void judge(Outcome& outcome) {
    gateway::Metrics all;
    for (const auto& shard : shards_) all.merge(shard->measure());
    outcome.faults = all.by_fault;
    outcome.exchanges = all.exchanges;
    // Short writes of several shards to one file may cut into each other's lines.
    const bool mixed = shards_.size() > 1 && network_.census(io::SimEvent::short_write) > 0;
    const bool whole = network_.census(io::SimEvent::write_failed) == 0 && all.log_lines_dropped == 0 && !mixed;
    const Bytes log = network_.written(kLog);
    const FirstContent first_content(plan_, clients_, visits_);
    PoolLaws pools(plan_, history_, first_content, telling_);
    for (const Client& client : clients_) {
      if (!client.over()) broken("a client's connection outlives the gateway");
      judge_client(plan_, client, visits_, pools, whole ? log : Bytes(), telling_);
      for (std::size_t i = 0; i < client.plan().requests.size(); ++i) {
        const auto& answers = client.answers().messages();
        if (i >= answers.size()) {
          outcome.answers.push_back("none");
          continue;
        }
        const RequestPlan& request = client.plan().requests[i];
        const std::string body = request.spoken.planned
                                     ? without_made_up(answered_by(request, answers[i], visits_), answers[i])
                                     : answers[i].body;
        outcome.answers.push_back(std::to_string(answers[i].status) + " " + body);
      }
    }
    for (const auto& provider : providers_) {
      if (holds_secret(provider->heard(), false, true)) broken("a provider got to see a virtual key");
      provider->check_credential();
      if (plan_.tls.provider && !plan_.tls.provider_is_trusted() && !provider->heard().empty())
        broken("a provider with a wrong certificate was talked to");
    }
    routing::Router onlooker(catalog_, &health_);
    const std::string page =
        control::metrics_page(all, static_cast<std::uint32_t>(shards_.size()), onlooker, network_.now());
    if (holds_secret(page, true, true)) broken("a secret on the metrics page");
    judge_log(plan_, clients_, log, all.exchanges, whole, telling_);
    const std::uint64_t exhausted = std::accumulate(all.chain_exhausted.begin(), all.chain_exhausted.end(), 0ULL);
    if (whole && count_of(log, "\"exhausted\":true") != exhausted)
      broken("the log and the metrics know different numbers of exhausted chains");
    std::uint64_t sent = 0;
    for (const gateway::DeploymentCounts& deployment : all.deployments)
      for (std::size_t i = 0; i < routing::kBlameCount; ++i)
        if (static_cast<routing::Blame>(i) != routing::Blame::misfit) sent += deployment.attempts[i];
    if (whole && logged_attempts(log) != sent) broken("the log and the metrics know different numbers of attempts");
    if (plan_.faultless) telling_.count(Probe::faultless_world);
    if (plan_.outage) telling_.count(Probe::outage_world);
    if (plan_.pools.any()) telling_.count(Probe::pool_world);
    if (plan_.cut_to_bytes) telling_.count(Probe::cut_to_bytes);
    if (network_.census(io::SimEvent::no_buffer) > 0) telling_.count(Probe::starved);
    if (telling_.tell) telling_.tell(Lane::weir, "the log:\n" + std::string(network_.written(kLog)));
  }

  const Plan& plan_;
  const std::uint64_t cuts_;
  const io::Address second_address_ = *io::Address::parse("[2001:db8::2]:9100");
  const io::Address gateway_address_{.ip = {127, 0, 0, 1}, .port = 8080, .v6 = false};
  Random random_;
  std::size_t frames_before_;
  Telling telling_;
  std::vector<std::string> broken_;
  io::SimNetwork network_;
  const Instant begin_ = network_.now();
  std::unique_ptr<TlsSide> tls_;
  gateway::ListenerTls renewed_;
  catalog::Catalog catalog_;
  admission::KeyTable keys_;
  shared::LoadBoard loads_;
  shared::HealthTable health_;
  BreakerWatch breakers_;
  HealthHistory history_;
  shared::MemoryTotal total_;
  shared::ClientTable client_table_;
  net::ClientGate gate_;
  Provider::Visits visits_;
  std::vector<std::unique_ptr<Provider>> providers_;
  io::Fd log_;
  std::vector<std::unique_ptr<io::SimRing>> rings_;
  std::vector<std::unique_ptr<gateway::Shard>> shards_;
  std::unique_ptr<io::SignalWatch> signals_;
  std::unique_ptr<net::Listener> listener_;
  std::deque<Client> clients_;
  std::size_t clients_over_ = 0;
  std::size_t drained_ = 0;
  std::uint32_t cut_ = 0;
  std::uint64_t under_way_ = 0;
  Instant end_began_ = kNever - 1h;
  Instant drained_at_{};
  std::size_t place_next_on_ = 0;
  bool waiting_for_calm_ = false;
  bool calm_ = false;
  bool ending_ = false;
  bool signalled_ = false;
  bool ended_ = false;
};

}  // namespace

Outcome run_world(const Plan& plan, std::uint64_t cuts, const Story& story, Bytes script) {
  auto world = std::make_unique<World>(plan, cuts, story, script);
  Outcome outcome = world->run();
  // A world that broke a law in midway cannot be taken down in order; its memory is given up, so that the sweep can go
  // on and tell of others.
  if (!world->over()) (void)world.release();
  return outcome;
}

}  // namespace weir::sim
