// What really happened over a sweep. A fault that never struck was not tested, so a large sweep fails without it.
#pragma once

#include "world.h"

namespace weir::sim {

class Census {
 public:
  void add(const Outcome& outcome);
  void print() const;
  /// Everything that has to happen has happened; names what has not.
  bool complete() const;
  std::uint64_t exchanges() const { return exchanges_; }

 private:
  io::SimCensus events_{};
  ProbeCounts probes_{};
  PairCounts pairs_{};
  std::array<std::uint64_t, kFaultCount> faults_{};
  std::uint64_t exchanges_ = 0;
};

}  // namespace weir::sim
