// A histogram of durations with logarithmic buckets: four per power of two, so a quantile is exact to 19 %. Plain
// numbers of one shard; merged by whoever shows them.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace weir {

class Histogram {
 public:
  static constexpr std::size_t kBuckets = 160;  // up to 2^40 ns, about 18 minutes

  void add(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns < 1 ? 1 : ns);
    ++counts_[bucket_of(value)];
    ++count_;
    sum_ += value;
  }
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t sum_ns() const { return sum_; }
  /// How many values are at most `ns`, rounded to the bucket's upper bound.
  std::uint64_t at_most(std::uint64_t ns) const {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < kBuckets && upper_bound(i) <= ns; ++i) total += counts_[i];
    return total;
  }
  /// The upper bound of the bucket in which the q-th part of all values lies, in ns; 0 when empty.
  std::uint64_t quantile(double q) const {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen > wanted || (seen == count_ && seen > 0)) return upper_bound(i);
    }
    return 0;
  }

 private:
  static std::size_t bucket_of(std::uint64_t value) {
    const auto power = static_cast<unsigned>(std::bit_width(value) - 1);
    const auto quarter = power >= 2 ? (value >> (power - 2)) & 3 : (value << (2 - power)) & 3;
    const std::size_t bucket = power * 4 + static_cast<std::size_t>(quarter);
    return bucket < kBuckets ? bucket : kBuckets - 1;
  }
  static std::uint64_t upper_bound(std::size_t bucket) {
    const std::uint64_t power = bucket / 4;
    const std::uint64_t quarter = bucket % 4 + 5;  // the next quarter above
    return power >= 2 ? (quarter << (power - 2)) - 1 : (quarter << power) / 4;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace weir
