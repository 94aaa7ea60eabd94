#include "weir/control/serve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <latch>
#include <thread>

#include "certificates.h"
#include "front.h"
#include "privileges.h"
#include "weir/control/commands.h"
#include "weir/routing/health_shape.h"
#include "weir/shared/memory_total.h"

namespace weir::control {
namespace {

constexpr std::uint64_t kLeastBuffers = 256;  ///< of a shard: its reserve, its window, and some small exchanges

void tell(const std::string& text) { std::fprintf(stderr, "weir: %s\n", text.c_str()); }

/// Signals are read by the front's ring; no thread may be interrupted by them. A closed log pipe is an error, no
/// signal.
void take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// As many descriptors as the system allows; returns that number.
std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// A client connection needs two descriptors, its own and the provider's; a few are needed for the rest, among them
/// those of refused connections while they are told why.
std::uint64_t fit_connections(std::uint64_t wanted, std::uint64_t descriptors, std::uint64_t refusals) {
  const std::uint64_t other = std::min<std::uint64_t>(64 + refusals, descriptors / 2);
  const std::uint64_t possible = std::max<std::uint64_t>(1, (descriptors - other) / 2);
  if (wanted > possible)
    tell("warning: max_connections is " + std::to_string(wanted) + ", but " + std::to_string(descriptors) +
         " file descriptors carry " + std::to_string(possible) +
         "; that is used. Raise `ulimit -n` (LimitNOFILE= in systemd) for more.");
  return std::min(wanted, possible);
}

std::optional<io::Fd> open_log(const Log& log) {
  switch (log.target) {
    case LogTarget::standard_output:
      return io::Fd{STDOUT_FILENO};
    case LogTarget::standard_error:
      return io::Fd{STDERR_FILENO};
    case LogTarget::none:
      return io::Fd{};
    case LogTarget::file:
      break;
  }
  const int fd = ::open(log.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) {
    tell("the log file " + log.path + " cannot be opened: " + std::strerror(errno));
    return std::nullopt;
  }
  return io::Fd{fd};
}

std::optional<io::Fd> listen_on(io::Ring& ring, const io::Address& address) {
  constexpr int kBacklog = 4096;
  errno = 0;
  const auto fd = ring.listen(address, kBacklog);
  if (fd) return *fd;
  std::string advice;
  if (errno == EADDRINUSE) advice = " Another process has it: stop that one, or change the address.";
  if (errno == EACCES) advice = " Ports below 1024 need CAP_NET_BIND_SERVICE.";
  if (errno == EADDRNOTAVAIL) advice = " No interface of this machine has it.";
  tell("cannot listen on " + address.to_string() + ": " + std::strerror(errno) + "." + advice);
  return std::nullopt;
}

std::unique_ptr<io::Ring> open_ring(const io::RingOptions& options) {
  auto ring = io::Ring::open(options);
  if (ring) return *std::move(ring);
  tell(ring.error());
  return nullptr;
}

/// What each listener speaks; nothing on failure, which has been told.
std::optional<gateway::ListenerTls> load_certificates(const std::vector<ListenAddress>& listeners) {
  gateway::ListenerTls all;
  for (const ListenAddress& listener : listeners) {
    if (!listener.tls) {
      all.push_back(nullptr);
      continue;
    }
    auto made = load_server_tls(*listener.tls);
    if (!made) {
      tell("listener " + listener.address.to_string() + ": " + made.error().problem + " " + made.error().advice);
      return std::nullopt;
    }
    all.push_back(*std::move(made));
  }
  return all;
}

gateway::ShardOptions shard_options(const Config& config, std::uint32_t shards, io::Fd log) {
  const auto& limits = config.limits;
  const auto& timeouts = config.timeouts;
  gateway::ShardOptions options;
  options.log = log;
  options.drain_timeout = timeouts.drain;
  options.names.servers = config.name_servers;
  options.router.breaker = config.breaker;
  auto& net = options.net;
  net.max_head_bytes = limits.max_head_bytes;
  net.max_body_bytes = limits.max_body_bytes;
  net.max_connections = static_cast<std::uint32_t>(
      (fit_connections(limits.max_connections, raise_descriptor_limit(), limits.max_refusals * shards) + shards - 1) /
      shards);
  net.max_refusals = static_cast<std::uint32_t>(limits.max_refusals);
  net.credit_bytes = limits.max_unsent_bytes;
  net.min_body_rate = limits.min_body_rate;
  net.max_handshakes = static_cast<std::uint32_t>((limits.max_handshakes + shards - 1) / shards);
  net.handshake_timeout = timeouts.client_handshake;
  net.head_timeout = timeouts.client_head;
  net.body_timeout = timeouts.client_body;
  net.idle_timeout = timeouts.client_idle;
  net.write_timeout = timeouts.client_write;
  net.connect_timeout = timeouts.connect;
  net.first_byte_timeout = timeouts.first_byte;
  net.stream_idle_timeout = timeouts.idle;
  net.total_timeout = timeouts.total;
  // Half of the memory is divided evenly and each shard's own, the other half goes to whoever needs it.
  const std::uint64_t all = limits.max_buffered_bytes / options.buffers.buffer_bytes;
  auto& buffers = options.buffers;
  buffers.own = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(all / 2 / shards, kLeastBuffers, 65'535));
  buffers.buffers = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(all, buffers.own, 65'535));
  return options;
}

/// What is left of the memory for all shards together.
std::uint64_t buffers_to_lease(const Config& config, const gateway::ShardOptions& options, std::uint32_t shards) {
  const std::uint64_t all = config.limits.max_buffered_bytes / options.buffers.buffer_bytes;
  const std::uint64_t owned = std::uint64_t{options.buffers.own} * shards;
  if (owned > all)
    tell("warning: max_buffered_bytes is too little for " + std::to_string(shards) + " shards, each of which needs " +
         std::to_string(options.buffers.own * options.buffers.buffer_bytes >> 20) + " MiB; that is used.");
  return all > owned ? all - owned : 0;
}

catalog::BaseUrl loopback_url(const io::Address& address) {
  catalog::BaseUrl url;
  url.host = "127.0.0.1";
  url.port = address.port;
  url.path = "/v1";
  url.authority = address.to_string();
  return url;
}

void greet(const Config& config, std::uint32_t shards) {
  std::string listening;
  for (const ListenAddress& listen : config.listen)
    listening += (listening.empty() ? "" : ", ") + listen.address.to_string() + (listen.tls ? " (TLS)" : "");
  std::fprintf(stderr, "weir %s listens on %s (%u shards, from %s)%s%s\n\nTry:\n  %s\n\n", WEIR_VERSION,
               listening.c_str(), shards, config.origin.c_str(), config.admin ? ", admin on " : "",
               config.admin ? config.admin->to_string().c_str() : "", curl_line(config).c_str());
}

/// A shard and its ring on a thread of their own, from construction to the end of its loop.
class ShardThread {
 public:
  template <class Make>
  ShardThread(std::latch& started, std::latch& go, std::latch& done, Make make) {
    thread_ = std::thread([this, &started, &go, &done, make = std::move(make)] {
      auto ring = open_ring({});
      if (ring) {
        auto shard = make(*ring);
        shard_ = shard.get();
        started.count_down();
        go.wait();
        shard->loop().run();
        done.wait();  // until the front's end others may still write to this shard, and read its answers
      } else {
        started.count_down();
        go.wait();
      }
    });
  }
  void join() { thread_.join(); }
  gateway::Shard* shard() const { return shard_; }

 private:
  std::thread thread_;
  gateway::Shard* shard_ = nullptr;
};

/// The last of what needs privileges is open, the first thread is not yet there.
bool settle_down(const Config& config, const std::optional<Identity>& identity) {
  if (const auto given_up = give_up_privileges(identity); !given_up) {
    tell(given_up.error());
    return false;
  }
  allow_core_dumps(config.core_dumps);
  if (is_root())
    tell("note: weir runs as root and needs to be only for ports below 1024; `user:` names who to become.");
  return true;
}

io::Task<> end_simulation(net::Server& server, net::Listener& listener, io::SignalWatch& signals) {
  co_await listener.close();
  server.stop();
  server.cut();
  co_await server.drained();
  co_await signals.close();
}

}  // namespace

int serve(Config config) {
  take_signals();
  const auto identity = find_identity(config.user);
  if (!identity) {
    tell(identity.error());
    return kExitFailure;
  }
  const std::uint32_t shards = config.shards > 0 ? config.shards : std::max(1U, std::thread::hardware_concurrency());
  const auto ring = open_ring({});
  if (!ring) return kExitFailure;
  if (!ring->restricted())
    tell("note: this kernel does not restrict the ring to the operations in use; weir goes on without that.");
  const auto log = open_log(config.log);
  if (!log) return kExitFailure;

  FrontSockets sockets;
  for (const ListenAddress& listen : config.listen) {
    const auto fd = listen_on(*ring, listen.address);
    if (!fd) return kExitFailure;
    sockets.clients.push_back(*fd);
  }
  if (config.admin) {
    const auto fd = listen_on(*ring, *config.admin);
    if (!fd) return kExitFailure;
    sockets.admin = *fd;
  }
  if (config.needs_simulator()) {
    const auto fd = listen_on(*ring, *io::Address::from_literal("127.0.0.1", 0));
    if (!fd) return kExitFailure;
    sockets.simulator = *fd;
  }
  if (sockets.simulator.valid())
    config.catalog = std::move(config.catalog).with_built_in_at(loopback_url(ring->local_address(sockets.simulator)));

  auto options = shard_options(config, shards, *log);
  auto certificates = load_certificates(config.listen);
  if (!certificates) return kExitFailure;
  options.tls = *std::move(certificates);
  shared::MemoryTotal memory(buffers_to_lease(config, options, shards));
  options.buffers.source = &memory;
  // As many clients as there can be connections, each of its own address.
  shared::ClientTable clients(options.net.max_connections * shards + shards, ring->random_seed());
  options.clients = &clients;
  shared::OwnerTable owners({ring->random_seed(), ring->random_seed()});
  options.owners = &owners;
  shared::HealthTable health(routing::health_shape(config.catalog, shards));
  options.health = &health;
  shared::LoadBoard loads(shards);
  const auto make = [&](std::size_t index, io::Ring& shard_ring) {
    return std::make_unique<gateway::Shard>(index, shard_ring, options, config.catalog, config.keys, loads);
  };

  if (!settle_down(config, *identity)) return kExitFailure;
  std::latch started(shards - 1);
  std::latch go(1);
  std::latch done(1);
  std::vector<std::unique_ptr<ShardThread>> threads;
  for (std::uint32_t i = 1; i < shards; ++i)
    threads.push_back(
        std::make_unique<ShardThread>(started, go, done, [&make, i](io::Ring& own) { return make(i, own); }));
  started.wait();

  auto front_shard = make(0, *ring);
  std::vector<gateway::Shard*> all{front_shard.get()};
  for (const auto& thread : threads) {
    // A shard whose ring could not be set up has said why; the others do its work.
    if (!thread->shard()) continue;
    thread->shard()->report_to(*front_shard);
    all.push_back(thread->shard());
  }
  std::uint32_t cut = 0;
  {
    net::ClientLimits client_limits{.max_connections = static_cast<std::uint32_t>(config.limits.max_client_connections),
                                    .exempt = config.limits.exempt_clients};
    Front front(
        all, loads, std::move(sockets), [&config] { return load_certificates(config.listen); },
        net::ClientGate(std::move(client_limits), clients));
    go.count_down();
    greet(config, static_cast<std::uint32_t>(all.size()));
    front_shard->scope().spawn(front.run());
    front_shard->loop().run();
    cut = front.cut();
  }
  done.count_down();
  for (const auto& thread : threads) thread->join();
  tell(cut == 0 ? "stopped; every exchange was finished." : "stopped; " + std::to_string(cut) + " exchanges were cut.");
  return kExitOk;
}

int simulate(Bytes address_text) {
  take_signals();
  const auto address = io::Address::parse(address_text);
  if (!address) {
    tell("the address must be like 127.0.0.1:9100.");
    return kExitUsage;
  }
  const auto ring = open_ring({});
  if (!ring) return kExitFailure;
  const auto fd = listen_on(*ring, *address);
  if (!fd) return kExitFailure;
  io::Loop loop(*ring, {});
  net::Context context(loop, {});
  simulator::Simulator simulator(context);
  net::Server server(context, simulator);
  net::Listener listener(loop, *fd, [&server](io::Fd connection) { server.serve(connection); });
  std::fprintf(stderr, "weir %s simulates a provider on %s\n", WEIR_VERSION,
               ring->local_address(*fd).to_string().c_str());

  bool ended = false;
  io::SignalWatch signals(loop, [&ended](int) { ended = true; });
  while (!ended) loop.turn();
  io::Scope scope;
  scope.spawn(end_simulation(server, listener, signals));
  while (scope.running() > 0) loop.turn();
  return kExitOk;
}

}  // namespace weir::control
