#include "retry_after.h"

#include <algorithm>
#include <optional>

namespace weir::gateway {
namespace {

constexpr std::int64_t kMost = 86'400'000;

/// A decimal number at the beginning of a text, in thousandths; what stands behind it stays in `text`.
std::optional<std::int64_t> take_thousandths(Bytes& text) {
  std::int64_t value = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    value = std::min(value * 10 + (text[i] - '0'), kMost);
  if (i == 0) return std::nullopt;
  value *= 1000;
  if (i < text.size() && text[i] == '.') {
    std::int64_t scale = 100;
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, scale /= 10) value += (text[i] - '0') * scale;
  }
  text.remove_prefix(i);
  return value;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7) in seconds since 1970. Days from the civil date after Howard
/// Hinnant.
std::optional<std::int64_t> parse_date(Bytes text) {
  if (text.size() != 29 || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':') return std::nullopt;
  constexpr Bytes kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto number = [&](std::size_t at, std::size_t size) -> std::int64_t {
    std::int64_t value = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const std::size_t place = kMonths.find(text.substr(8, 3));
  const std::int64_t day = number(5, 2), year = number(12, 4);
  const std::int64_t hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (place == Bytes::npos || place % 3 != 0 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  const auto month = static_cast<std::int64_t>(place / 3) + 1;
  const std::int64_t y = year - (month <= 2);
  const std::int64_t era = y / 400, yoe = y - era * 400;
  const std::int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const std::int64_t days = era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
  return days * 86'400 + hour * 3600 + minute * 60 + second;
}

}  // namespace

std::int64_t parse_retry_after(Bytes value, std::int64_t unix_ms) {
  value = trim(value);
  if (const auto date = parse_date(value)) return std::clamp<std::int64_t>(*date * 1000 - unix_ms, 0, kMost);
  const auto amount = take_thousandths(value);
  if (!amount) return -1;
  const Bytes unit = trim(value);
  if (unit.empty() || unit == "s") return std::min(*amount, kMost);
  if (unit == "ms") return std::min(*amount / 1000, kMost);
  if (unit == "m") return std::min(*amount * 60, kMost);
  return -1;
}

std::int64_t read_retry_after(const codec::ResponseHead& head, std::int64_t unix_ms) {
  if (const auto* field = head.find(Bytes("retry-after-ms"))) {
    Bytes value = trim(field->value);
    const auto amount = take_thousandths(value);
    if (amount && value.empty()) return std::min(*amount / 1000, kMost);
  }
  if (const auto* field = head.find(Bytes("retry-after"))) return parse_retry_after(field->value, unix_ms);
  return -1;
}

}  // namespace weir::gateway
