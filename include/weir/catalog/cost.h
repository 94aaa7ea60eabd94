// From a price and token counts to money. Pure, no allocation, no overflow.
#pragma once

#include <cstdint>

#include "weir/catalog/price.h"
#include "weir/dialect/usage.h"

namespace weir::catalog {

struct Cost {
  std::int64_t nano_usd = 0;
  bool known =
      false;  ///< false: nobody knows the price, or the provider told no usage; nano_usd is 0 and means nothing
  friend bool operator==(const Cost&, const Cost&) = default;
};

/// What `usage` costs: every class times its rate, summed in 128 bits, divided once, rounded to the nearest
/// nano-dollar, halves upwards. More than an int64 holds is its greatest value. `price` may be null: unknown.
Cost cost_of(const Price* price, const dialect::Usage& usage);

/// The same of a guess before the request is sent: so many tokens of input, uncached, and of output.
Cost cost_of(const Price* price, std::uint64_t input_tokens, std::uint64_t output_tokens);

}  // namespace weir::catalog
