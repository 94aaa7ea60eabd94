// Which shard gets the next connection: the one with the fewest. The accepting shard's own book of what it handed out,
// against what the load board says has ended.
//
// Owned by the front, used on its thread only. The figures of a shard may be stale by a tidy interval: then it looks
// more loaded than it is, never less.
#pragma once

#include <vector>

#include "weir/shared/load_board.h"

namespace weir::shared {

class Placement {
 public:
  explicit Placement(const LoadBoard& board) : board_(board), placed_(board.shards(), 0) {}

  /// The least loaded shard; of several the first.
  std::size_t choose() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < placed_.size(); ++i)
      if (load(i) < load(best)) best = i;
    return best;
  }
  /// A connection was really handed to this shard.
  void placed(std::size_t shard) { ++placed_[shard]; }

  std::uint64_t load(std::size_t shard) const { return placed_[shard] - board_.ended(shard); }
  /// Connections that were handed out and have not ended, as far as is known.
  std::uint64_t running() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < placed_.size(); ++i) sum += load(i);
    return sum;
  }

 private:
  const LoadBoard& board_;
  std::vector<std::uint64_t> placed_;
};

}  // namespace weir::shared
