// A world: shards of the real gateway on simulated rings, scripted clients and a scripted provider, from the first
// connection to the end of the drain, under the laws of docs/simulation.md.
#pragma once

#include <string>
#include <vector>

#include "plan.h"
#include "telling.h"
#include "weir/gateway/metrics.h"

namespace weir::sim {

/// What one run of a plan brought about.
struct Outcome {
  std::vector<std::string> broken;  ///< laws, each with a sentence
  std::uint64_t trace_hash = 0;
  /// Per request, in the order of the plan: status and body as the client got it; for comparing runs.
  std::vector<std::string> answers;
  io::SimCensus events{};
  ProbeCounts probes{};
  PairCounts pairs{};
  std::array<std::uint64_t, kFaultCount> faults{};  ///< as weir's own metrics count them
  std::uint64_t exchanges = 0;
  Duration lasted{};
};

using Story = std::function<void(Instant, Lane, const std::string&)>;

/// `cuts` seeds everything the plan leaves open. The same pair always gives the same outcome.
/// A `script` decides the network's part of it first (weir/io/sim_chance.h).
Outcome run_world(const Plan& plan, std::uint64_t cuts, const Story& story = {}, Bytes script = {});

}  // namespace weir::sim
