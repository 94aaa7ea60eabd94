#include "weir/catalog/dollars.h"

#include <algorithm>

#include "weir/base/decimal.h"

namespace weir::catalog {

namespace {

constexpr std::size_t kDecimals = 9;
constexpr std::int64_t kNano = 1'000'000'000;

}  // namespace

std::optional<std::int64_t> parse_dollars(Bytes text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const Bytes whole = text.substr(0, point);
  const Bytes decimals = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() || whole.size() > 7 || decimals.size() > kDecimals) return std::nullopt;
  std::int64_t nano = 0;
  for (const Bytes digits : {whole, decimals})
    for (const char c : digits) {
      if (!is_digit(c)) return std::nullopt;
      nano = nano * 10 + (c - '0');
    }
  for (std::size_t i = decimals.size(); i < kDecimals; ++i) nano *= 10;
  if (nano > kMostNanoDollars) return std::nullopt;
  return nano;
}

DollarText::DollarText(std::int64_t nano_dollars, bool all_decimals) {
  char* at = text_.data();
  if (nano_dollars < 0) *at++ = '-';
  const std::uint64_t amount =
      nano_dollars < 0 ? 0 - static_cast<std::uint64_t>(nano_dollars) : static_cast<std::uint64_t>(nano_dollars);
  at = put_decimal(at, amount / kNano);
  *at++ = '.';
  put_digits(at, kDecimals, amount % kNano);
  at += kDecimals;
  if (!all_decimals) {
    while (at[-1] == '0') --at;
    if (at[-1] == '.') --at;
  }
  size_ = static_cast<std::size_t>(at - text_.data());
}

}  // namespace weir::catalog
