// What one shard has measured of one deployment: the three kinds of figures a cell of the health table is made of.
//
// Writer: one shard, the cell's. Readers: every shard. Relaxed order throughout, and plain loads and stores, because
// nobody else writes: every word stands for itself. A count carries the time slot it belongs to in its own word, so
// that nobody has to clear old ones and a reader can never see a count of another slot. The two words of an average are
// read one after the other: a reader that comes between them weighs the average by a slightly wrong age and nothing
// else.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "weir/base/time.h"

namespace weir::shared {

/// The number of the time slot of this length that `now` lies in.
constexpr std::uint32_t slot_of(Instant now, Duration length) {
  return static_cast<std::uint32_t>(to_ns(now.time_since_epoch()) / to_ns(length));
}

/// A count of one time slot: [slot : 32 | count : 32].
class SlotCount {
 public:
  void add(std::uint32_t slot) {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    const std::uint64_t count = word >> 32 == slot ? word & UINT32_MAX : 0;
    word_.store(std::uint64_t{slot} << 32 | (count + 1), std::memory_order_relaxed);
  }
  /// What was counted, if that was in one of the `slots` slots up to `last`.
  std::uint32_t read(std::uint32_t last, std::uint32_t slots) const {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    return last - static_cast<std::uint32_t>(word >> 32) < slots ? static_cast<std::uint32_t>(word) : 0;
  }

 private:
  std::atomic<std::uint64_t> word_{0};
};

/// How often each of `kKinds` things has happened in the last minute, exact to a tenth of it.
template <std::size_t kKinds>
class OutcomeWindow {
 public:
  static constexpr std::uint32_t kSlots = 6;
  static constexpr Duration kSlot = 10s;

  void add(std::size_t kind, Instant now) {
    const std::uint32_t slot = slot_of(now, kSlot);
    counts_[kind * kSlots + slot % kSlots].add(slot);
  }
  /// Adds the counts of the last `slots` slots, of which the one that runs is the first.
  void add_to(std::array<std::uint32_t, kKinds>& sums, Instant now, std::uint32_t slots = kSlots) const {
    const std::uint32_t slot = slot_of(now, kSlot);
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      for (std::size_t i = 0; i < kSlots; ++i) sums[kind] += counts_[kind * kSlots + i].read(slot, slots);
  }

 private:
  std::array<SlotCount, kKinds * kSlots> counts_;
};

/// An average in which what was measured last counts most: the weight of everything older falls with its age (to half
/// in ten seconds) and with every new value (to at least 15 parts of 16). When nothing was measured for half a minute
/// all is forgotten: whoever is found again is known by what he does then.
class RecentAverage {
 public:
  static constexpr Duration kHalf = 10s;
  static constexpr Duration kForgotten = 30s;
  static constexpr float kMostWeight = 15;

  struct Value {
    float value = 0;
    float weight = 0;  ///< 0: nothing was measured
    Instant at{};      ///< when it was measured last
  };

  void add(float value, Instant now) {
    const Value before = read(now);
    const float old = before.weight < kMostWeight ? before.weight : kMostWeight;
    const float average = old == 0 ? value : (before.value * old + value) / (old + 1);
    word_.store(std::uint64_t{std::bit_cast<std::uint32_t>(average)} << 32 | std::bit_cast<std::uint32_t>(old + 1),
                std::memory_order_relaxed);
    at_.store(to_ns(now.time_since_epoch()), std::memory_order_relaxed);
  }
  Value read(Instant now) const {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    if (word == 0) return {};
    const Instant at{Duration(at_.load(std::memory_order_relaxed))};
    const float age = at < now ? static_cast<float>(to_ns(now - at)) : 0;
    constexpr float half = static_cast<float>(to_ns(kHalf));
    if (now - at > kForgotten) return {};
    return {.value = std::bit_cast<float>(static_cast<std::uint32_t>(word >> 32)),
            .weight = std::bit_cast<float>(static_cast<std::uint32_t>(word)) * (half / (half + age)),
            .at = at};
  }

 private:
  std::atomic<std::uint64_t> word_{0};  // [average : 32 | weight : 32], both float
  std::atomic<std::int64_t> at_{0};     // ns
};

/// How measured figures are spread, over the last half to whole minute: logarithmic buckets, four per power of two, so
/// a quantile is right to 19 % (reported is a bucket's upper bound). From 1 to 65,535; what is more counts as that.
class Sketch {
 public:
  static constexpr std::size_t kBuckets = 64;
  static constexpr Duration kSlot = 30s;
  using Sums = std::array<std::uint64_t, kBuckets>;

  void add(std::int64_t value, Instant now) {
    const std::uint32_t slot = slot_of(now, kSlot);
    counts_[(slot & 1U) * kBuckets + bucket_of(value)].add(slot);
  }
  void add_to(Sums& sums, Instant now) const {
    const std::uint32_t slot = slot_of(now, kSlot);
    for (std::size_t i = 0; i < kBuckets; ++i)
      sums[i] += counts_[i].read(slot, 2) + counts_[kBuckets + i].read(slot, 2);
  }

  static constexpr std::size_t bucket_of(std::int64_t value) {
    const auto least = static_cast<std::uint64_t>(value < 1 ? 1 : value);
    const auto power = static_cast<unsigned>(std::bit_width(least) - 1);
    const std::uint64_t quarter = power >= 2 ? (least >> (power - 2)) & 3 : (least << (2 - power)) & 3;
    const std::size_t bucket = power * 4 + static_cast<std::size_t>(quarter);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  /// The most that falls into a bucket.
  static constexpr std::int64_t most_of(std::size_t bucket) {
    const std::size_t power = bucket / 4;
    const std::uint64_t next = bucket % 4 + 5;
    const std::uint64_t bound = power >= 2 ? (next << (power - 2)) - 1 : (next << power) / 4;
    return static_cast<std::int64_t>(bound);
  }
  /// The bucket bound below which the q-th part of all values lies; -1: there are none.
  static constexpr std::int64_t quantile(const Sums& sums, double q) {
    std::uint64_t all = 0;
    for (const std::uint64_t sum : sums) all += sum;
    if (all == 0) return -1;
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(all));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += sums[i];
      if (seen > wanted || seen == all) return most_of(i);
    }
    return most_of(kBuckets - 1);
  }

 private:
  std::array<SlotCount, 2 * kBuckets> counts_;
};

}  // namespace weir::shared
