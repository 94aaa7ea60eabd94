// The front of the process, on shard 0: listens, hands connections to the least loaded shard, serves the admin address,
// runs the built-in provider, and ends everything in order when a signal says so.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "admin.h"
#include "weir/gateway/shard.h"
#include "weir/io/signal_watch.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"
#include "weir/shared/placement.h"
#include "weir/simulator/simulator.h"

namespace weir::control {

/// Sockets that listen already; invalid where the configuration has none.
struct FrontSockets {
  std::vector<io::Fd> clients;
  io::Fd admin;
  io::Fd simulator;
};

/// Reads the listeners' certificates again; nothing when that failed, which has been told.
using ReadCertificates = std::function<std::optional<gateway::ListenerTls>()>;

class Front {
 public:
  /// All shards, the front's own first.
  Front(std::vector<gateway::Shard*> shards, shared::LoadBoard& loads, FrontSockets sockets,
        ReadCertificates read_certificates, net::ClientGate gate);
  ~Front();

  /// Runs until a signal ends it; the loop of shard 0 stops then. Returns how many exchanges were cut.
  io::Task<> run();
  std::uint32_t cut() const { return cut_; }

 private:
  void on_signal(int signal);
  /// One more server on this shard's loop, for requests that are not exchanges.
  struct SideServer {
    SideServer(io::Loop& loop, net::Handler& handler, io::Fd fd);
    io::Task<> close();
    net::Context context;
    net::Server server;
    net::Listener listener;
  };

  void place(io::Fd connection, std::uint32_t listener);
  void renew_certificates();
  io::Task<> check_names();
  io::Task<> drain();

  std::vector<gateway::Shard*> shards_;
  gateway::Shard& own_;
  io::Loop& loop_;
  shared::Placement placement_;
  net::ClientGate gate_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  Admin admin_;
  std::unique_ptr<SideServer> admin_server_;
  std::optional<net::Context> simulator_context_;
  std::optional<simulator::Simulator> simulator_;
  std::unique_ptr<SideServer> simulator_server_;

  io::SignalWatch signals_;
  ReadCertificates read_certificates_;
  std::vector<std::unique_ptr<const gateway::ListenerTls>> certificates_;  // all that were ever read again
  std::coroutine_handle<> waiter_;
  bool signalled_ = false;
  std::size_t drained_ = 0;
  std::uint32_t cut_ = 0;
};

}  // namespace weir::control
