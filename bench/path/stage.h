// The real gateway on a simulated ring: one shard with its listener, its access log written to the simulated disk, one
// provider behind a name, a virtual key for each client among a hundred others; and the clients of a workload. As
// `weir` runs it, but for the kernel.
//
// run() counts, through the meter, what the gateway does; what the simulation, clients and provider do is not counted.
#pragma once

#include <memory>
#include <vector>

#include "ends.h"
#include "tally.h"
#include "weir/gateway/shard.h"
#include "weir/io/signal_watch.h"
#include "weir/net/client_gate.h"
#include "weir/shared/load_board.h"

namespace weir::path {

class Stage {
 public:
  Stage(const Workload& workload, Tally& tally);
  ~Stage();

  /// So many exchanges from the first request to the last log line.
  void run(std::size_t exchanges, std::size_t frames);
  /// The end of the gateway, so that it can be taken down.
  void drain();
  /// Sentences about what is not as it should be.
  std::vector<std::string> complaints() const;

 private:
  void turn();
  void place(io::Fd connection);
  io::Task<> finish();

  const Workload& workload_;
  Tally& tally_;
  io::SimNetwork network_;
  catalog::Catalog catalog_;
  admission::KeyTable keys_;
  shared::LoadBoard loads_{1};
  shared::ClientTable client_table_{1024, 1};
  net::ClientGate gate_{{.max_connections = 1024, .exempt = {}}, client_table_};
  Provider provider_;
  io::Fd log_;
  io::SimRing ring_;
  std::unique_ptr<gateway::Shard> shard_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::uint64_t asked_ = 0;
  bool drained_ = false;
};

}  // namespace weir::path
