// The built-in simulated provider: answers like an OpenAI-compatible server, from scripts of its own, and fails in the
// ways it is asked to (scenario.h). It is there so that a stream runs within a minute of cloning, and for trying out
// how clients and gateways cope with trouble.
//
//   POST /v1/chat/completions, GET /v1/models, GET /v1/models/{id}; each also without /v1. Any credential will do.
//
// Deterministic: what is said depends on the request alone, ids count up, `created` is the ring's wall clock.
// One per shard and per listener; outlives the net::Server that it is the Handler of.
#pragma once

#include <cstdint>

#include "weir/net/server.h"

namespace weir::simulator {

class Simulator final : public net::Handler {
 public:
  explicit Simulator(net::Context& context) : context_(context) {}

  io::Task<> handle(net::Downstream& downstream, codec::RequestHead& head) override;
  void refuse(net::Downstream& downstream, Fault fault) override;

 private:
  io::Task<> complete_chat(net::Downstream& downstream, codec::RequestHead& head);

  net::Context& context_;
  std::uint64_t completions_ = 0;
};

}  // namespace weir::simulator
