// How many connections each shard has seen the end of, for the shard that hands out new ones: what it handed to a shard
// minus what ended there is that shard's load, exact even in a burst.
//
// Writers: each shard writes its own cell, and only that. Reader: the accepting shard. Relaxed order: a stale figure
// costs a little balance and nothing else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weir::shared {

class LoadBoard {
 public:
  explicit LoadBoard(std::size_t shards) : shards_(shards), cells_(new Cell[shards]) {}

  /// `ended` counts from the start and only grows.
  void report(std::size_t shard, std::uint64_t ended) { cells_[shard].ended.store(ended, std::memory_order_relaxed); }
  std::uint64_t ended(std::size_t shard) const { return cells_[shard].ended.load(std::memory_order_relaxed); }
  std::size_t shards() const { return shards_; }

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> ended{0};
  };
  std::size_t shards_;
  std::unique_ptr<Cell[]> cells_;
};

}  // namespace weir::shared
