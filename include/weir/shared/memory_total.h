// The part of the process's buffers that no shard owns: shards lease from it what their own share does not hold, and
// give it back when they no longer need it (docs/decisions/0005).
//
// Writers: every shard. What matters is only that no buffer is given out twice, so the counter is one compare-and-swap
// with relaxed order; no other memory is published through it. Asked at most once per MiB, never per chunk.
#pragma once

#include <atomic>
#include <cstdint>

#include "weir/io/buffer_source.h"

namespace weir::shared {

class MemoryTotal final : public io::BufferSource {
 public:
  explicit MemoryTotal(std::uint64_t buffers) : all_(buffers), left_(buffers) {}

  bool take(std::uint32_t buffers) override {
    std::uint64_t left = left_.load(std::memory_order_relaxed);
    do {
      if (left < buffers) return false;
    } while (!left_.compare_exchange_weak(left, left - buffers, std::memory_order_relaxed));
    return true;
  }
  void give_back(std::uint32_t buffers) override { left_.fetch_add(buffers, std::memory_order_relaxed); }

  std::uint64_t all() const { return all_; }
  std::uint64_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t all_;
  std::atomic<std::uint64_t> left_;
};

}  // namespace weir::shared
