// Latencies of one kind: log-linear buckets (128 per power of two, so a value is known to 0.8 %), and exact counts of
// the two ranges in which Nagle against delayed ACK (40 ms) and the retransmission timer (200 ms) betray themselves.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bench {

class Histogram {
 public:
  /// `ns` below zero counts as zero.
  void add(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(0, ns));
    ++counts_[index_of(value)];
    ++count_;
    sum_ += value;
    max_ = std::max(max_, value);
    if (value >= 38'000'000 && value <= 46'000'000) ++nagle_;
    if (value >= 195'000'000 && value <= 215'000'000) ++rto_;
  }

  std::uint64_t count() const { return count_; }

  /// Upper edge of the bucket that holds this share of the values, ns.
  std::uint64_t quantile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return std::min(max_, upper_edge(i));
    }
    return max_;
  }

  /// `{"count":..,"mean_us":..,"p50_us":..,"p99_us":..,"p999_us":..,"max_us":..,"in_38_46_ms":..,"in_195_215_ms":..}`
  std::string json() const {
    const auto us = [](std::uint64_t ns) { return std::to_string(ns / 1000) + "." + std::to_string(ns / 100 % 10); };
    return "{\"count\":" + std::to_string(count_) + ",\"mean_us\":" + us(count_ == 0 ? 0 : sum_ / count_) +
           ",\"p50_us\":" + us(quantile(0.5)) + ",\"p99_us\":" + us(quantile(0.99)) +
           ",\"p999_us\":" + us(quantile(0.999)) + ",\"max_us\":" + us(max_) +
           ",\"in_38_46_ms\":" + std::to_string(nagle_) + ",\"in_195_215_ms\":" + std::to_string(rto_) + "}";
  }

 private:
  static constexpr unsigned kBits = 7;
  static constexpr std::uint64_t kSub = 1U << kBits;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kSub) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (std::size_t{shift} + 1) * kSub + ((value >> shift) - kSub);
  }
  static std::uint64_t upper_edge(std::size_t index) {
    if (index < kSub) return index;
    const auto shift = static_cast<unsigned>(index / kSub - 1);
    return ((index % kSub + kSub + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(58 * kSub);
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
  std::uint64_t nagle_ = 0;
  std::uint64_t rto_ = 0;
};

}  // namespace bench
