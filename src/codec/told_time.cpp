#include "weir/codec/told_time.h"

#include <algorithm>
#include <chrono>

namespace weir::codec {
namespace {

constexpr std::int64_t kMostNs = to_ns(24h);

/// A decimal number with or without a fraction.
struct Decimal {
  std::int64_t whole = 0;  // not above kMostNs
  std::int64_t billionths = 0;
};

/// Takes it from the front of the text.
std::optional<Decimal> take_decimal(Bytes& text) {
  Decimal out;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) out.whole = std::min(out.whole * 10 + (text[i] - '0'), kMostNs);
  if (i == 0) return std::nullopt;
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
    std::int64_t scale = 100'000'000;
    for (++i; i < text.size() && is_digit(text[i]); ++i, scale /= 10) out.billionths += (text[i] - '0') * scale;
  }
  text.remove_prefix(i);
  return out;
}

/// At most a day.
std::int64_t times(const Decimal& decimal, std::int64_t unit_ns) {
  const __int128 ns = static_cast<__int128>(decimal.whole) * unit_ns +
                      static_cast<__int128>(decimal.billionths) * unit_ns / 1'000'000'000;
  return ns > kMostNs ? kMostNs : static_cast<std::int64_t>(ns);
}

/// Taken from the front; 0: there is none.
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

/// A date and a time of day, read digit by digit.
struct Moment {
  bool sound = true;  // nothing but digits where digits belong
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;

  std::int64_t number(Bytes digits) {
    std::int64_t value = 0;
    for (const char c : digits) {
      sound &= is_digit(c);
      value = value * 10 + (c - '0');
    }
    return value;
  }
  /// "14:39:19"
  void read_time(Bytes text) {
    hour = number(text.substr(0, 2)), minute = number(text.substr(3, 2)), second = number(text.substr(6, 2));
    sound &= text[2] == ':' && text[5] == ':';
  }
  /// Whole seconds from now, at most a day; the moment is `offset` seconds ahead of UTC.
  std::optional<Duration> from(WallTime now, std::int64_t offset = 0) const {
    if (!sound || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t then = days * 86'400 + hour * 3600 + minute * 60 + second - offset;
    return std::clamp<std::int64_t>(then - now.unix_ns / 1'000'000'000, 0, 86'400) * 1s;
  }
};

}  // namespace

std::optional<Duration> parse_seconds(Bytes text) {
  const auto amount = take_decimal(text);
  if (!amount || !text.empty()) return std::nullopt;
  return Duration(times(*amount, to_ns(1s)));
}

std::optional<Duration> parse_duration(Bytes text) {
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

std::optional<Duration> parse_rfc3339(Bytes text, WallTime now) {
  if (text.size() < 20) return std::nullopt;
  Moment moment;
  moment.year = moment.number(text.substr(0, 4));
  moment.month = moment.number(text.substr(5, 2));
  moment.day = moment.number(text.substr(8, 2));
  moment.read_time(text.substr(11, 8));
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return std::nullopt;
  Bytes rest = text.substr(19);
  if (rest.starts_with('.')) {  // less than a second does not matter
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest.front())) rest.remove_prefix(1);
  }
  if (rest == "Z" || rest == "z") return moment.from(now);
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  const std::int64_t offset = (moment.number(rest.substr(1, 2)) * 60 + moment.number(rest.substr(4, 2))) * 60;
  return moment.from(now, rest[0] == '+' ? offset : -offset);
}

std::optional<Duration> parse_http_date(Bytes text, WallTime now) {
  constexpr Bytes kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == Bytes::npos || month % 3 != 0) return std::nullopt;
  Moment moment;
  moment.month = static_cast<std::int64_t>(month / 3) + 1;
  moment.day = moment.number(text.substr(5, 2));
  moment.year = moment.number(text.substr(12, 4));
  moment.read_time(text.substr(17, 8));
  return moment.from(now);
}

}  // namespace weir::codec
