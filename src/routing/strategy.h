// The order in which those who can answer are asked, by the strategy of their model. Pure: values in, an order out.
#pragma once

#include <cstdint>
#include <span>

#include "weir/base/random.h"
#include "weir/catalog/route_policy.h"

namespace weir::routing {

/// One who can answer, as strategies see him.
struct Contender {
  std::uint32_t place = 0;  ///< as it is written
  std::uint32_t cell = 0;
  std::uint32_t weight = 1;
  std::uint32_t in_flight = 0;
  float ttft_ms = -1;        ///< lately; -1: not known
  float success = 1;         ///< the part of the attempts that were answered
  std::int64_t cost = -1;    ///< nano-USD; -1: not known
  std::int64_t saving = 0;   ///< of it, with a warm prefix
  std::uint8_t quality = 0;  ///< 0: not known
  bool is_steady = true;     ///< its breaker is closed
  bool wants_probe = false;  ///< its breaker would let one request through, to find out
  bool is_full = false;      ///< as many in flight as it shall have
  bool is_warm = false;      ///< out: the one to whom this affinity belongs
  double score = 0;          ///< out: less is better
};

/// Puts the contenders into the order in which they are asked.
/// `smooth` is what `weighted` remembers between two requests for the same model, by place; unused otherwise.
/// After the first the others follow by score; whoever is full comes behind all who are not.
void arrange(std::span<Contender> contenders, const catalog::RoutePolicy& policy, std::uint64_t affinity,
             std::span<std::int64_t> smooth, Random& random);

}  // namespace weir::routing
