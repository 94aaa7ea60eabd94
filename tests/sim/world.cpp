#include "world.h"

#include <csignal>
#include <deque>
#include <memory>

#include "client.h"
#include "laws.h"
#include "provider.h"
#include "weir/gateway/shard.h"
#include "weir/io/frame_pool.h"
#include "weir/io/signal_watch.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"
#include "weir/shared/load_board.h"
#include "weir/shared/memory_total.h"

namespace weir::sim {
namespace {

constexpr Bytes kLog = "access.log";
constexpr Duration kNotice = 10s;  // a hundred latencies of both ways, and some more
constexpr std::uint64_t kMostTurns = 4'000'000;

io::SimOptions network_options(const Plan& plan, std::uint64_t cuts) {
  io::SimOptions options;
  options.seed = cuts;
  options.faults = plan.faults;
  options.descriptor_limit = plan.descriptor_limit;
  return options;
}

catalog::Catalog make_catalog(const Plan& plan, const io::Address& address) {
  std::vector<catalog::Provider> providers(1);
  providers[0].name = "local";
  providers[0].kind = catalog::find_provider_kind("openai");
  providers[0].base_url = *catalog::parse_base_url("http://" + address.to_string() + "/v1");
  providers[0].credential = Secret(std::string(kCredential));
  std::vector<catalog::Model> models;
  models.push_back({"known", {{0, "real-known"}}});
  for (const ClientPlan& client : plan.clients)
    for (const RequestPlan& request : client.requests)
      if (request.forwarded && !request.model.starts_with("local/"))
        models.push_back({request.model, {{0, request.provider_model}}});
  return {std::move(providers), std::move(models), true};
}

admission::KeyTable make_keys() {
  std::vector<admission::VirtualKey> keys;
  for (const Bytes key : kKeys) keys.push_back({"key-" + std::to_string(keys.size()), admission::hash_key(key)});
  return {std::move(keys), false};
}

class World {
 public:
  World(const Plan& plan, std::uint64_t cuts, const Story& story)
      : plan_(plan),
        random_(cuts ^ 0x73686172),
        frames_before_(io::FramePool::of_this_thread().live()),
        network_(network_options(plan, cuts)),
        catalog_(make_catalog(plan, provider_address_)),
        keys_(make_keys()),
        loads_(plan.shards),
        total_(plan.to_lease),
        client_table_(64, cuts),
        gate_({.max_connections = plan.max_client_connections, .exempt = {}}, client_table_),
        provider_(network_, plan, provider_address_, telling_, cuts + 1,
                  [this](int id) { return received_by_client(id); }) {
    telling_.broken = [this](const std::string& what) { broken(what); };
    if (story) {
      telling_.tell = [this, story](Lane lane, const std::string& text) { story(network_.now(), lane, text); };
      network_.set_story([story](Instant now, Bytes line) { story(now, Lane::weir, std::string(line)); });
    }
    gateway::ShardOptions options = plan.options;
    options.log = network_.open_file(std::string(kLog));
    options.clients = &client_table_;
    if (options.buffers.own < options.buffers.buffers) options.buffers.source = &total_;
    log_ = options.log;
    const std::vector<io::Address> endpoints{provider_address_};
    for (std::size_t i = 0; i < plan.shards; ++i) {
      rings_.push_back(std::make_unique<io::SimRing>(network_));
      shards_.push_back(
          std::make_unique<gateway::Shard>(i, *rings_.back(), options, catalog_, keys_, endpoints, loads_));
      if (i > 0) shards_.back()->report_to(*shards_.front());
    }
    front().on_answer([this](const gateway::ShardMessage& message) {
      if (message.kind != gateway::ShardMessage::Kind::drained) return;
      ++drained_;
      cut_ += message.cut;
    });
    signals_ = std::make_unique<io::SignalWatch>(front().loop(), [this](int) { on_signal(); });
    open_listener();
    std::size_t index = 0;
    for (const ClientPlan& client : plan.clients) {
      clients_.emplace_back(network_, client, index, gateway_address_, telling_, cuts + 100 + index,
                            [this] { ++clients_over_; });
      network_.schedule(client.starts + 1ms, [&started = clients_.back()] { started.start(); });
      ++index;
    }
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
      if (clients_over_ == clients_.size() && !ending_ && !provider_.moves()) begin_end();
      check_bounds();
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

  std::uint64_t received_by_client(int id) const {
    std::uint64_t bytes = 0;
    for (const Client& client : clients_) bytes += client.body_bytes_of(id);
    return bytes;
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
    if (!ticket) return front().server().refuse(connection, Fault::client_limit);
    const std::size_t target = random_.below(shards_.size());
    if (target == 0 || !shards_[target]->ask({gateway::ShardMessage::Kind::serve, connection, nullptr, 0, *ticket}))
      return front().serve(connection, *ticket);
    telling_.count(Probe::several_shards);
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
      shard == shards_.front() ? shard->cut_now()
                               : void(shard->ask({gateway::ShardMessage::Kind::cut, {}, nullptr, 0}));
  }

  io::Task<> drain() {
    if (listener_) co_await listener_->close();
    for (auto& shard : shards_) {
      if (shard == shards_.front()) continue;
      while (!shard->ask({gateway::ShardMessage::Kind::drain, {}, nullptr, 0}))
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
    std::uint64_t usable = total_.left();
    for (const auto& shard : shards_) {
      const auto& buffers = shard->loop().buffers();
      if (buffers.held_bytes() > buffers.limit_bytes()) broken("more buffers are held than there are");
      usable += buffers.limit_bytes() / buffers.buffer_bytes();
      const auto& memory = shard->loop().memory();
      if (memory.used() > memory.limit()) broken("more memory is reserved than there is");
    }
    const auto& buffers = plan_.options.buffers;
    const std::uint64_t own = std::min(buffers.own, buffers.buffers);
    if (usable != own * shards_.size() + total_.all()) broken("leased buffers were lost, or are used twice");
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
        if (request.forwarded && provider_.is_answering(request.id)) {
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
    }
    rings_.front()->close(log_);
    for (shared::ClientTable::Ticket cell = 0; cell < client_table_.touched(); ++cell)
      if (client_table_.open(cell) != 0) broken("a client's connection is still counted at the end");
    if (network_.open_descriptors() != 0)
      broken(std::to_string(network_.open_descriptors()) + " descriptors are open at the end");
    if (io::FramePool::of_this_thread().live() != frames_before_) broken("coroutine frames are alive at the end");
  }

  void judge(Outcome& outcome) {
    gateway::Metrics all;
    for (const auto& shard : shards_) all.merge(shard->measure());
    outcome.faults = all.by_fault;
    outcome.exchanges = all.exchanges;
    for (const Client& client : clients_) {
      if (!client.over()) broken("a client's connection outlives the gateway");
      judge_client(plan_, client, telling_);
      for (std::size_t i = 0; i < client.plan().requests.size(); ++i) {
        const auto& answers = client.answers().messages();
        outcome.answers.push_back(i < answers.size() ? std::to_string(answers[i].status) + " " + answers[i].body
                                                     : "none");
      }
      for (const RequestPlan& request : client.plan().requests) {
        const auto& visit = provider_.visit(request.id);
        if (visit.retried) telling_.count(Probe::stale_retried);
      }
    }
    if (holds_secret(provider_.heard(), false, true)) broken("a provider got to see a virtual key");
    // Short writes of several shards to one file may cut into each other's lines.
    const bool mixed = shards_.size() > 1 && network_.census(io::SimEvent::short_write) > 0;
    const bool whole = network_.census(io::SimEvent::write_failed) == 0 && all.log_lines_dropped == 0 && !mixed;
    judge_log(plan_, clients_, network_.written(kLog), all.exchanges, whole, telling_);
    if (plan_.faultless) telling_.count(Probe::faultless_world);
    if (network_.census(io::SimEvent::no_buffer) > 0) telling_.count(Probe::starved);
    if (telling_.tell) telling_.tell(Lane::weir, "the log:\n" + std::string(network_.written(kLog)));
  }

  const Plan& plan_;
  const io::Address provider_address_{.ip = {10, 0, 0, 2}, .port = 9100, .v6 = false};
  const io::Address gateway_address_{.ip = {127, 0, 0, 1}, .port = 8080, .v6 = false};
  Random random_;
  std::size_t frames_before_;
  Telling telling_;
  std::vector<std::string> broken_;
  io::SimNetwork network_;
  const Instant begin_ = network_.now();
  catalog::Catalog catalog_;
  admission::KeyTable keys_;
  shared::LoadBoard loads_;
  shared::MemoryTotal total_;
  shared::ClientTable client_table_;
  net::ClientGate gate_;
  Provider provider_;
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
  bool ending_ = false;
  bool signalled_ = false;
  bool ended_ = false;
};

}  // namespace

Outcome run_world(const Plan& plan, std::uint64_t cuts, const Story& story) {
  auto world = std::make_unique<World>(plan, cuts, story);
  Outcome outcome = world->run();
  // A world that broke a law in midway cannot be taken down in order; its memory is given up, so that the sweep can go
  // on and tell of others.
  if (!world->over()) (void)world.release();
  return outcome;
}

}  // namespace weir::sim
