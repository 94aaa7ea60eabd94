// The built-in simulated provider: answers like a provider of any of the four dialects, from scripts of its own, and
// fails in the ways it is asked to (scenario.h). It is there so that a stream runs within a minute of cloning, and for
// trying out how clients and gateways cope with trouble. Any credential will do; what it answers on which path is in
// docs/simulator.md.
//
// Deterministic: what is said depends on the request alone, ids count up, `created` is the ring's wall clock.
// One per shard and per listener; outlives the net::Server that it is the Handler of.
#pragma once

#include <cstdint>
#include <memory>

#include "weir/net/server.h"

namespace weir::simulator {

struct Route;
class StoredAnswers;

class Simulator final : public net::Handler {
 public:
  explicit Simulator(net::Context& context);
  ~Simulator();

  io::Task<> handle(net::Downstream& downstream, codec::RequestHead& head) override;
  void refuse(net::Downstream& downstream, Fault fault) override;

 private:
  io::Task<> generate(net::Downstream& downstream, codec::RequestHead& head, Route route);
  io::Task<> tell_stored(net::Downstream& downstream, codec::RequestHead& head, Route route);

  net::Context& context_;
  std::uint64_t answers_ = 0;
  std::unique_ptr<StoredAnswers> stored_;  ///< responses that can be asked for again
};

}  // namespace weir::simulator
