// Token counts in classes that do not overlap, so that a price can be multiplied to each and summed.
//
// Providers count in nested classes (OpenAI: cached is part of prompt, reasoning is part of completion); a decoder
// takes them apart. Where a provider reports usage more than once, the numbers are cumulative and the last value of
// each field wins; they are never added up.
#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::dialect {

/// How a request was served, where that has a price of its own.
enum class ServiceTier : std::uint8_t { standard, priority, flex, batch, fast };

/// What a provider's word means: `service_tier` of OpenAI and Anthropic, `speed` of Anthropic, `serviceTier` and
/// `trafficType` of Gemini (`ON_DEMAND_FLEX`). Words that are none of these are `standard`.
ServiceTier service_tier_of(Bytes word);

/// What of a usage may have a price of its own: each is a part of the class named behind it and counted there as well.
/// Small, because usage travels in events: counts stop at what 32 bits hold, searches at what 16 do.
struct UsageParts {
  std::uint32_t cache_write_1h = 0;    ///< of cache_write: kept for an hour
  std::uint32_t audio_cache_read = 0;  ///< of cache_read
  std::uint32_t image_input = 0;       ///< of input
  std::uint32_t image_output = 0;      ///< of output
  std::uint16_t web_searches = 0;      ///< pieces, not tokens: searches that the provider made itself
  ServiceTier service = ServiceTier::standard;

  /// A count as it is kept here.
  static constexpr std::uint32_t kept(std::uint64_t tokens) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, ~std::uint32_t{0}));
  }
  friend bool operator==(const UsageParts&, const UsageParts&) = default;
};

/// Tokens. A class that the provider did not report is 0.
struct Usage {
  std::uint64_t input = 0;         ///< text and images, neither read from nor written to a cache
  std::uint64_t cache_read = 0;    ///< input served from the provider's cache
  std::uint64_t cache_write = 0;   ///< input stored in the provider's cache
  std::uint64_t audio_input = 0;   ///< input audio, not cached
  std::uint64_t output = 0;        ///< what the client can read, and rejected predictions
  std::uint64_t reasoning = 0;     ///< output spent on thinking
  std::uint64_t audio_output = 0;  ///< output audio
  bool reported = false;           ///< false: the provider has said nothing yet; all numbers are 0
  UsageParts parts = {};

  std::uint64_t input_total() const { return input + cache_read + cache_write + audio_input; }
  std::uint64_t output_total() const { return output + reasoning + audio_output; }
  friend bool operator==(const Usage&, const Usage&) = default;
};

/// What two answers have used together. The service is that of the second, if it has told anything.
Usage sum_of(const Usage& first, const Usage& second);

/// Usage as the OpenAI dialects report it: nested classes, each present or not.
class NestedUsage {
 public:
  enum Field : std::uint8_t {
    input_total,
    output_total,
    grand_total,
    cache_read,
    cache_write,
    audio_input,
    reasoning,
    audio_output,
    kFieldCount
  };

  /// Larger counts are not believed: they would overflow a sum and no model can make them.
  static constexpr std::uint64_t kMaxTokens = 1'000'000'000'000;

  void set_service(ServiceTier service) { service_ = service; }
  void set(Field field, std::uint64_t tokens) {
    values_[field] = std::min(tokens, kMaxTokens);
    known_ = static_cast<std::uint16_t>(known_ | (1U << field));
  }
  bool knows(Field field) const { return (known_ >> field) & 1U; }
  bool any() const { return known_ != 0; }
  std::uint64_t get(Field field) const { return values_[field]; }

  /// Takes over every field that `later` knows.
  void overwrite_with(const NestedUsage& later) {
    for (std::uint8_t i = 0; i < kFieldCount; ++i)
      if (later.knows(static_cast<Field>(i))) set(static_cast<Field>(i), later.values_[i]);
    if (later.service_ != ServiceTier::standard) service_ = later.service_;
  }

  /// The classes taken apart. A part that the grand total counts beside its whole is taken as standing beside it; one
  /// that is more than its whole is cut to it, or without a grand total stands beside it, too.
  Usage disjoint() const;

 private:
  std::uint64_t values_[kFieldCount] = {};
  std::uint16_t known_ = 0;
  ServiceTier service_ = ServiceTier::standard;
};

}  // namespace weir::dialect
