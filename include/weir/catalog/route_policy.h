// How the deployments of a model are chosen from, as an operator has written it: values without behaviour. What they
// mean is routing's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::catalog {

/// By what the first deployment is chosen; the others follow for failover.
enum class Strategy : std::uint8_t {
  priority,        ///< in the order in which they are written
  weighted,        ///< each gets its part of the requests
  latency,         ///< the better of two drawn, by time to first content and requests in flight
  cost,            ///< the cheapest
  least_inflight,  ///< the one with the fewest requests in flight for its weight
  blend,           ///< several of these figures, each with its weight
};

inline constexpr std::size_t kStrategyCount = 6;

constexpr Bytes to_string(Strategy strategy) {
  switch (strategy) {
    case Strategy::priority:
      return "priority";
    case Strategy::weighted:
      return "weighted";
    case Strategy::latency:
      return "latency";
    case Strategy::cost:
      return "cost";
    case Strategy::least_inflight:
      return "least_inflight";
    case Strategy::blend:
      return "blend";
  }
  return {};
}

constexpr std::optional<Strategy> parse_strategy(Bytes word) {
  for (std::size_t i = 0; i < kStrategyCount; ++i)
    if (word == to_string(static_cast<Strategy>(i))) return static_cast<Strategy>(i);
  return std::nullopt;
}

/// How much each figure counts in `blend`, in any unit: only their proportions matter. All are 0 or more.
struct BlendWeights {
  std::uint32_t cost = 1;
  std::uint32_t latency = 1;
  std::uint32_t in_flight = 1;
  std::uint32_t failures = 1;
  std::uint32_t quality = 0;
  friend bool operator==(const BlendWeights&, const BlendWeights&) = default;
};

/// What becomes of a stream that breaks off when the client has a part of it.
enum class AfterCommit : std::uint8_t {
  fail,    ///< it ends with an error
  stitch,  ///< another deployment is asked for the rest, where that is possible
};

/// Of a model: what holds for each request that names it.
struct RoutePolicy {
  /// Tags of all deployments of a catalog together: no more than fit a word.
  static constexpr std::size_t kMostTags = 64;

  Strategy strategy = Strategy::priority;
  std::uint8_t least_quality = 0;              ///< 0: any. A deployment of unknown quality is not left out
  std::uint32_t most_ttft_ms = 0;              ///< 0: any. Wanted, not demanded: if nobody keeps it, everybody may try
  std::int64_t most_cost_nano_usd = -1;        ///< of one request, estimated; -1: no limit
  std::uint32_t assumed_output_tokens = 1024;  ///< for the estimate, where the client gave no limit
  std::uint32_t most_attempts = 3;             ///< of one request, the first included; 1 to 32
  std::vector<std::string> require_tags;       ///< all of them
  std::vector<std::string> forbid_tags;        ///< any of them
  BlendWeights blend;
  AfterCommit after_commit = AfterCommit::fail;
  bool affinity = true;  ///< requests that share a prefix go to the same deployment (weighted, latency,
                         ///< least_inflight), or a cold prefix costs what it costs (cost, blend)
  friend bool operator==(const RoutePolicy&, const RoutePolicy&) = default;
};

/// Of one deployment of a model.
struct DeploymentPolicy {
  std::uint32_t weight = 1;          ///< weighted, least_inflight; 0: only when all others fail
  std::uint8_t quality = 0;          ///< 1 (least) to 5; 0: as the model catalogue has it, if it has
  std::uint32_t most_in_flight = 0;  ///< more is avoided while others have room; 0: no limit
  std::vector<std::string> tags;
  std::string quota_group;  ///< deployments of one group share a breaker and headroom; empty: none
  friend bool operator==(const DeploymentPolicy&, const DeploymentPolicy&) = default;
};

}  // namespace weir::catalog
