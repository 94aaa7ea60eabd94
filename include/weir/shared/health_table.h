// What all shards have measured of all deployments: facts, no judgement. The breaker's word lies here too, because all
// shards share it, but what it means and how it moves is routing's business.
//
// Measured figures: one cell per (shard, deployment). Writer: that shard alone, without read-modify-write; readers:
// every shard, which add the cells of all shards up. Shared words, one per quota group (a deployment that is in none is
// one of its own) or per credential: any shard writes; headroom and bars by plain stores, the last one wins; the
// breaker's word by compare-and-swap. Relaxed order everywhere: every word stands for itself and publishes nothing.
// What is read may be a moment old; what is counted is never lost.
//
// Owned by whoever owns the shards, made anew with every catalog whose cells differ, and outlives all that point here.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "weir/base/assert.h"
#include "weir/base/time.h"
#include "weir/shared/health_cell.h"

namespace weir::shared {

/// How much of a provider's limit is left, as it has told itself.
struct Headroom {
  std::uint16_t per_mille = 1000;
  Instant until{};  ///< then it is full again
};

/// One deployment as all shards together see it.
struct Health {
  static constexpr std::size_t kOutcomes = 9;  ///< as many as routing::Blame has

  std::uint32_t in_flight = 0;
  std::array<std::uint32_t, kOutcomes> outcomes{};  ///< of the last minute
  RecentAverage::Value connect_us;
  RecentAverage::Value ttft_ms;
  RecentAverage::Value tokens_per_s;
};

class HealthTable {
 public:
  struct Shape {
    std::uint32_t shards = 1;
    std::uint32_t cells = 0;
    std::vector<std::uint32_t> groups;  ///< the quota group of each cell, < cells; empty: each is its own
    std::uint32_t credentials = 0;
  };
  enum class Limit : std::uint8_t { requests, tokens };

  explicit HealthTable(const Shape& shape)
      : shards_(shape.shards),
        size_(shape.cells),
        groups_(shape.groups),
        credentials_(shape.credentials),
        cells_(new Cell[std::size_t{shape.shards} * shape.cells]),
        words_(new Words[shape.cells]),
        bars_(new std::atomic<std::int64_t>[shape.credentials]) {
    WEIR_ASSERT(groups_.empty() || groups_.size() == size_, "every cell has a group, or none has");
    for (const std::uint32_t group : groups_) WEIR_ASSERT(group < size_, "groups are numbered like cells");
    for (std::uint32_t i = 0; i < credentials_; ++i) bars_[i].store(INT64_MIN, std::memory_order_relaxed);
  }

  std::uint32_t shards() const { return shards_; }
  std::uint32_t size() const { return size_; }
  std::uint32_t credentials() const { return credentials_; }
  /// Cells of one group share the words below.
  std::uint32_t group_of(std::uint32_t cell) const { return groups_.empty() ? cell : groups_[cell]; }

  // Written by one shard, its own cells only.
  void set_in_flight(std::uint32_t shard, std::uint32_t cell, std::uint32_t count) {
    at(shard, cell).in_flight.store(count, std::memory_order_relaxed);
  }
  void count(std::uint32_t shard, std::uint32_t cell, std::size_t outcome, Instant now) {
    at(shard, cell).outcomes.add(outcome, now);
  }
  void measured_connect(std::uint32_t shard, std::uint32_t cell, std::int64_t us, Instant now) {
    at(shard, cell).connect_us.add(static_cast<float>(us), now);
    at(shard, cell).connects.add(us / kConnectUnit, now);
  }
  void measured_ttft(std::uint32_t shard, std::uint32_t cell, std::int64_t ms, Instant now) {
    at(shard, cell).ttft_ms.add(static_cast<float>(ms), now);
    at(shard, cell).ttfts.add(ms, now);
  }
  void measured_rate(std::uint32_t shard, std::uint32_t cell, float tokens_per_s, Instant now) {
    at(shard, cell).tokens_per_s.add(tokens_per_s, now);
    at(shard, cell).rates.add(static_cast<std::int64_t>(std::min(tokens_per_s, kMostRate)), now);
  }

  /// Adds up what all shards have. About fifty loads a shard: not for every request.
  Health fold(std::uint32_t cell, Instant now) const {
    Health health;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) {
      const Cell& part = at(shard, cell);
      health.in_flight += part.in_flight.load(std::memory_order_relaxed);
      part.outcomes.add_to(health.outcomes, now);
      merge(health.connect_us, part.connect_us.read(now));
      merge(health.ttft_ms, part.ttft_ms.read(now));
      merge(health.tokens_per_s, part.tokens_per_s.read(now));
    }
    return health;
  }
  std::uint32_t in_flight(std::uint32_t shard, std::uint32_t cell) const {
    return at(shard, cell).in_flight.load(std::memory_order_relaxed);
  }
  /// How attempts ended in the slots of ten seconds that began at `since` or later, of the last minute.
  std::array<std::uint32_t, Health::kOutcomes> outcomes_since(std::uint32_t cell, Instant since, Instant now) const {
    std::array<std::uint32_t, Health::kOutcomes> sums{};
    const std::uint32_t slots = slots_since(since, now);
    if (slots == 0) return sums;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) at(shard, cell).outcomes.add_to(sums, now, slots);
    return sums;
  }
  /// Below which the q-th part of all times to first content lies, in ms; -1: none was measured lately.
  std::int64_t ttft_quantile(std::uint32_t cell, double q, Instant now) const {
    return quantile(&Cell::ttfts, cell, q, now);
  }
  /// The same of the times to connect, in us.
  std::int64_t connect_quantile(std::uint32_t cell, double q, Instant now) const {
    const std::int64_t units = quantile(&Cell::connects, cell, q, now);
    return units < 0 ? -1 : units * kConnectUnit;
  }
  /// The same of tokens per second.
  std::int64_t rate_quantile(std::uint32_t cell, double q, Instant now) const {
    return quantile(&Cell::rates, cell, q, now);
  }

  // Written by any shard.
  std::uint64_t breaker(std::uint32_t cell) const { return words(cell).breaker.load(std::memory_order_relaxed); }
  /// False when somebody else was faster: `expected` is then what he left.
  bool swap_breaker(std::uint32_t cell, std::uint64_t& expected, std::uint64_t desired) {
    return words(cell).breaker.compare_exchange_strong(expected, desired, std::memory_order_relaxed);
  }
  void set_headroom(std::uint32_t cell, Limit limit, const Headroom& headroom) {
    const auto until = static_cast<std::uint64_t>(to_ms(headroom.until.time_since_epoch()));
    words(cell).headroom[static_cast<std::size_t>(limit)].store(until << 16 | headroom.per_mille,
                                                                std::memory_order_relaxed);
  }
  Headroom headroom(std::uint32_t cell, Limit limit) const {
    const std::uint64_t word = words(cell).headroom[static_cast<std::size_t>(limit)].load(std::memory_order_relaxed);
    if (word == 0) return {};
    return {.per_mille = static_cast<std::uint16_t>(word),
            .until = Instant(static_cast<std::int64_t>(word >> 16) * 1ms)};
  }
  /// A credential that is not to be used before `until`.
  void bar(std::uint32_t credential, Instant until) {
    bars_[credential].store(to_ns(until.time_since_epoch()), std::memory_order_relaxed);
  }
  Instant barred_until(std::uint32_t credential) const {
    return Instant(Duration(bars_[credential].load(std::memory_order_relaxed)));
  }

 private:
  static constexpr std::int64_t kConnectUnit = 100;  // us
  static constexpr float kMostRate = 1e6F;           // more than anybody answers

  struct alignas(64) Cell {
    std::atomic<std::uint32_t> in_flight{0};
    RecentAverage connect_us;
    RecentAverage ttft_ms;
    RecentAverage tokens_per_s;
    OutcomeWindow<Health::kOutcomes> outcomes;
    Sketch connects;  // kConnectUnit
    Sketch ttfts;     // ms
    Sketch rates;     // tokens/s
  };
  struct alignas(64) Words {
    std::atomic<std::uint64_t> breaker{0};
    std::array<std::atomic<std::uint64_t>, 2> headroom{};  // [until, ms : 48 | per mille : 16]
  };

  static void merge(RecentAverage::Value& all, const RecentAverage::Value& part) {
    if (part.weight == 0) return;
    const float weight = all.weight + part.weight;
    all.value = (all.value * all.weight + part.value * part.weight) / weight;
    all.weight = weight;
    if (all.at < part.at) all.at = part.at;
  }
  std::int64_t quantile(Sketch Cell::* sketch, std::uint32_t cell, double q, Instant now) const {
    Sketch::Sums sums{};
    for (std::uint32_t shard = 0; shard < shards_; ++shard) (at(shard, cell).*sketch).add_to(sums, now);
    return Sketch::quantile(sums, q);
  }
  static std::uint32_t slots_since(Instant since, Instant now) {
    using Window = OutcomeWindow<Health::kOutcomes>;
    const std::int64_t slot = to_ns(Window::kSlot);
    const std::int64_t first = (to_ns(since.time_since_epoch()) + slot - 1) / slot;
    const std::int64_t slots = to_ns(now.time_since_epoch()) / slot - first + 1;
    if (slots < 0) return 0;
    return slots < Window::kSlots ? static_cast<std::uint32_t>(slots) : Window::kSlots;
  }

  // The cells of one deployment lie side by side: they are read together.
  Cell& at(std::uint32_t shard, std::uint32_t cell) { return cells_[std::size_t{cell} * shards_ + shard]; }
  const Cell& at(std::uint32_t shard, std::uint32_t cell) const { return cells_[std::size_t{cell} * shards_ + shard]; }
  Words& words(std::uint32_t cell) { return words_[group_of(cell)]; }
  const Words& words(std::uint32_t cell) const { return words_[group_of(cell)]; }

  const std::uint32_t shards_;
  const std::uint32_t size_;
  const std::vector<std::uint32_t> groups_;
  const std::uint32_t credentials_;
  std::unique_ptr<Cell[]> cells_;
  std::unique_ptr<Words[]> words_;
  std::unique_ptr<std::atomic<std::int64_t>[]> bars_;
};

}  // namespace weir::shared
