#include "weir/routing/rate_limits.h"

#include "weir/codec/told_time.h"

namespace weir::routing {
namespace {

constexpr std::size_t kLongest = 40;
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
      return codec::parse_duration(value);
    case catalog::ResetFormat::seconds:
      return codec::parse_seconds(value);
    case catalog::ResetFormat::rfc3339:
      return codec::parse_rfc3339(value, now);
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
