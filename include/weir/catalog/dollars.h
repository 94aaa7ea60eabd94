// Amounts of money as people write them, exactly: no floating point anywhere. Pure, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "weir/base/bytes.h"

namespace weir::catalog {

/// Largest amount that is read: a million dollars.
inline constexpr std::int64_t kMostNanoDollars = 1'000'000LL * 1'000'000'000LL;

/// `0.0375`, `12`, `1.`: dollars with at most nine decimals -> nano-dollars. Nothing for signs, exponents, blanks, more
/// decimals, or more than kMostNanoDollars.
std::optional<std::int64_t> parse_dollars(Bytes text);

/// Nano-dollars as dollars: `0.0375`, `12`. With `all_decimals` always nine of them: `0.037500000`.
class DollarText {
 public:
  explicit DollarText(std::int64_t nano_dollars, bool all_decimals = false);
  Bytes view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 24> text_;  // a sign, ten digits, a point, nine digits
  std::size_t size_ = 0;
};

}  // namespace weir::catalog
