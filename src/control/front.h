// The front of the process, on shard 0: listens, hands connections to the least loaded shard, serves the admin address,
// runs the built-in provider, and ends everything in order when a signal says so.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "admin.h"
#include "weir/gateway/shard.h"
#include "weir/io/signal_watch.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"
#include "weir/shared/load_board.h"
#include "weir/simulator/simulator.h"

namespace weir::control {

/// Sockets that listen already; invalid where the configuration has none.
struct FrontSockets {
  std::vector<io::Fd> clients;
  io::Fd admin;
  io::Fd simulator;
};

class Front {
 public:
  /// All shards, the front's own first.
  Front(std::vector<gateway::Shard*> shards, shared::LoadBoard& loads, FrontSockets sockets, net::ClientGate gate);
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

  void place(io::Fd connection);
  io::Task<> drain();

  std::vector<gateway::Shard*> shards_;
  gateway::Shard& own_;
  io::Loop& loop_;
  shared::LoadBoard& loads_;
  std::vector<std::uint64_t> placed_;
  net::ClientGate gate_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  Admin admin_;
  std::unique_ptr<SideServer> admin_server_;
  std::optional<net::Context> simulator_context_;
  std::optional<simulator::Simulator> simulator_;
  std::unique_ptr<SideServer> simulator_server_;

  io::SignalWatch signals_;
  std::coroutine_handle<> waiter_;
  bool signalled_ = false;
  std::size_t drained_ = 0;
  std::uint32_t cut_ = 0;
};

}  // namespace weir::control
