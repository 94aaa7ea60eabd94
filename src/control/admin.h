// The admin address: health, metrics, and who would be asked for a request. Served by the front shard; never by the
// address that clients use.
#pragma once

#include <memory>
#include <vector>

#include "weir/gateway/shard.h"
#include "weir/net/client_gate.h"
#include "weir/net/server.h"

namespace weir::control {

class Admin final : public net::Handler {
 public:
  /// `shards[0]` is the front, on whose thread all of this runs.
  Admin(std::vector<gateway::Shard*> shards, const net::ClientGate& gate) : shards_(std::move(shards)), gate_(gate) {}

  io::Task<> handle(net::Downstream& downstream, codec::RequestHead& head) override;
  void refuse(net::Downstream& downstream, Fault fault) override;

  /// Another shard has filled in its figures.
  void on_measured() { --outstanding_; }

 private:
  io::Task<std::string> metrics();
  routing::Router make_onlooker() const;
  io::Task<> explain(net::Downstream& downstream, codec::RequestHead& head);

  std::vector<gateway::Shard*> shards_;
  const net::ClientGate& gate_;
  std::vector<gateway::Metrics> copies_;  // filled in by the shards, each its own
  std::size_t outstanding_ = 0;           // copies that a shard may still be writing
  bool measuring_ = false;                // one collection at a time
};

}  // namespace weir::control
