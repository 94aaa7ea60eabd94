// What a plan has to know of a deployment's model, whoever knows it: limits, abilities, prices. What is not known
// leaves nobody out.
#pragma once

#include <cstdint>

#include "weir/routing/need.h"

namespace weir::routing {

struct CandidateFacts {
  std::uint32_t context_tokens = 0;      ///< of prompt and answer together; 0: not known
  std::uint32_t most_output_tokens = 0;  ///< 0: not known
  Needs can;
  Needs cannot;              ///< in neither: not known
  std::uint8_t quality = 0;  ///< 1 to 5; 0: not known
  // nano-USD per million tokens; -1: not known.
  std::int64_t input_price = -1;
  std::int64_t cached_input_price = -1;
  std::int64_t output_price = -1;

  bool has_price() const { return input_price >= 0 && output_price >= 0; }
};

/// What an exchange is likely to cost at these prices, in nano-USD, rounded up; -1: a price is not known.
inline std::int64_t estimated_cost(const CandidateFacts& facts, std::uint64_t input_tokens,
                                   std::uint64_t output_tokens) {
  if (!facts.has_price()) return -1;
  const auto sum = static_cast<__int128>(input_tokens) * facts.input_price +
                   static_cast<__int128>(output_tokens) * facts.output_price;
  const __int128 cost = (sum + 999'999) / 1'000'000;
  return cost > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(cost);
}

/// How much of that a warm prefix saves, if the whole prompt is in it.
inline std::int64_t warm_saving(const CandidateFacts& facts, std::uint64_t input_tokens) {
  if (facts.cached_input_price < 0 || facts.input_price <= facts.cached_input_price) return 0;
  const __int128 saving =
      static_cast<__int128>(input_tokens) * (facts.input_price - facts.cached_input_price) / 1'000'000;
  return saving > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(saving);
}

}  // namespace weir::routing
