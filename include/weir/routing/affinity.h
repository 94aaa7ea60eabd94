// Who of several gets the requests that belong together: rendezvous hashing (Thaler and Ravishankar, 1998). Whoever
// comes or goes takes or leaves only his own; everybody else keeps what he has. Pure.
#pragma once

#include <cmath>
#include <cstdint>

namespace weir::routing {

/// A figure for this pair, as good as drawn (the finisher of splitmix64).
constexpr std::uint64_t rendezvous(std::uint64_t affinity, std::uint32_t cell) {
  std::uint64_t z = affinity ^ (cell + 1) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/// The greatest of these wins, each as often as its weight wants (Schindelhauer and Schomaker, 2005). Weight 0: never,
/// while others are there.
inline double weighted_rendezvous(std::uint64_t affinity, std::uint32_t cell, std::uint32_t weight) {
  const double drawn = (static_cast<double>(rendezvous(affinity, cell) >> 11) + 0.5) * 0x1p-53;
  return -static_cast<double>(weight) / std::log(drawn);
}

/// Whether so many requests in flight are too many for one of `count` that share `all` of them: more than twice its
/// part, and more than a few (Mirrokni, Thorup and Zadimoghaddam, 2016: consistent hashing with bounded loads).
constexpr bool is_overloaded(std::uint32_t in_flight, std::uint64_t all, std::size_t count) {
  constexpr std::uint32_t kFew = 8;
  return in_flight >= kFew && std::uint64_t{in_flight} * count > 2 * (all + 1);
}

}  // namespace weir::routing
