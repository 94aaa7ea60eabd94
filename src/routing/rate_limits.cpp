#include "weir/routing/rate_limits.h"

#include <algorithm>

namespace weir::routing {
namespace {

constexpr std::size_t kLongest = 40;
constexpr std::int64_t kMostNs = to_ns(24h);

/// A decimal number with or without a fraction, times `unit_ns`, at most a day. Takes it from the front of the text.
struct Decimal {
  std::int64_t whole = 0;  // not above kMostNs
  std::int64_t billionths = 0;
};

std::optional<Decimal> take_decimal(Bytes& text) {
  Decimal out;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) out.whole = std::min(out.whole * 10 + (text[i] - '0'), kMostNs);
  if (i == 0) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    std::int64_t scale = 100'000'000;
    for (++i; i < text.size() && is_digit(text[i]); ++i, scale /= 10) out.billionths += (text[i] - '0') * scale;
  }
  text.remove_prefix(i);
  return out;
}

std::int64_t times(const Decimal& decimal, std::int64_t unit_ns) {
  const __int128 ns = static_cast<__int128>(decimal.whole) * unit_ns +
                      static_cast<__int128>(decimal.billionths) * unit_ns / 1'000'000'000;
  return ns > kMostNs ? kMostNs : static_cast<std::int64_t>(ns);
}

/// The unit of a Go duration, taken from the front; 0: there is none.
std::int64_t take_unit(Bytes& text) {
  struct Unit {
    Bytes name;
    Duration length;
  };
  constexpr Unit kUnits[] = {{"ms", 1ms}, {"us", 1us}, {"\xc2\xb5s", 1us}, {"ns", 1ns},
                             {"h", 1h},   {"m", 1min}, {"s", 1s}};
  for (const Unit& unit : kUnits)
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return to_ns(unit.length);
    }
  return 0;
}

std::optional<Duration> parse_go_duration(Bytes text) {
  std::int64_t sum = 0;
  do {
    const auto amount = take_decimal(text);
    if (!amount) return std::nullopt;
    const std::int64_t unit = take_unit(text);
    if (unit == 0) return std::nullopt;
    sum = std::min(sum + times(*amount, unit), kMostNs);
  } while (!text.empty());
  return Duration(sum);
}

std::optional<Duration> parse_seconds(Bytes text) {
  const auto amount = take_decimal(text);
  if (!amount || !text.empty()) return std::nullopt;
  return Duration(times(*amount, to_ns(1s)));
}

/// "2026-08-19T14:39:19Z", with a fraction of the second or an offset instead of Z, or both (RFC 3339 5.6).
std::optional<Duration> parse_rfc3339(Bytes text, WallTime now) {
  if (text.size() < 20) return std::nullopt;
  bool is_sound = text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == 't' || text[10] == ' ') &&
                  text[13] == ':' && text[16] == ':';
  const auto number = [&](Bytes digits) {
    std::int64_t value = 0;
    for (const char c : digits) {
      is_sound &= is_digit(c);
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const std::int64_t year = number(text.substr(0, 4)), month = number(text.substr(5, 2)),
                     day = number(text.substr(8, 2));
  const std::int64_t hour = number(text.substr(11, 2)), minute = number(text.substr(14, 2));
  const std::int64_t second = number(text.substr(17, 2));
  Bytes rest = text.substr(19);
  if (rest.starts_with('.')) {  // less than a second does not matter
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest.front())) rest.remove_prefix(1);
  }
  std::int64_t offset = 0;
  if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':') {
    offset = (number(rest.substr(1, 2)) * 60 + number(rest.substr(4, 2))) * 60;
    if (rest[0] == '-') offset = -offset;
  } else if (rest != "Z" && rest != "z") {
    return std::nullopt;
  }
  if (!is_sound || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t left = days * 86'400 + hour * 3600 + minute * 60 + second - offset - now.unix_ns / 1'000'000'000;
  return std::clamp<std::int64_t>(left, 0, 86'400) * 1s;
}

/// The tighter of two, where both are told.
void take_tighter(std::optional<LimitLeft>& all, const std::optional<LimitLeft>& one) {
  if (one && (!all || one->per_mille < all->per_mille)) all = one;
}

}  // namespace

std::optional<Duration> parse_reset(Bytes value, catalog::ResetFormat format, WallTime now) {
  value = trim(value);
  if (value.empty() || value.size() > kLongest) return std::nullopt;
  switch (format) {
    case catalog::ResetFormat::none:
      return std::nullopt;
    case catalog::ResetFormat::go_duration:
      return parse_go_duration(value);
    case catalog::ResetFormat::seconds:
      return parse_seconds(value);
    case catalog::ResetFormat::rfc3339:
      return parse_rfc3339(value, now);
  }
  return std::nullopt;
}

std::optional<LimitLeft> read_limit(const codec::FieldList& fields, const catalog::LimitHeaders& names,
                                    catalog::ResetFormat format, WallTime now) {
  if (names.remaining.empty() || names.limit.empty()) return std::nullopt;
  const codec::HeaderField* const remaining_field = fields.find(names.remaining);
  if (!remaining_field) return std::nullopt;
  const codec::HeaderField* const limit_field = fields.find(names.limit);
  if (!limit_field) return std::nullopt;
  const auto remaining = parse_decimal(remaining_field->value), limit = parse_decimal(limit_field->value);
  if (!remaining || !limit || *limit == 0) return std::nullopt;
  LimitLeft left{.reset = kUntoldReset};
  if (*remaining < *limit)
    left.per_mille = static_cast<std::uint16_t>(static_cast<unsigned __int128>(*remaining) * 1000 / *limit);
  if (!names.reset.empty())
    if (const codec::HeaderField* const reset = fields.find(names.reset))
      left.reset = parse_reset(reset->value, format, now).value_or(kUntoldReset);
  return left;
}

LimitsLeft read_limits(const codec::FieldList& fields, const catalog::RateLimitHeaders& names, WallTime now) {
  LimitsLeft left{.requests = read_limit(fields, names.requests, names.reset_format, now)};
  for (const catalog::LimitHeaders* of : {&names.tokens, &names.input_tokens, &names.output_tokens})
    take_tighter(left.tokens, read_limit(fields, *of, names.reset_format, now));
  return left;
}

}  // namespace weir::routing
