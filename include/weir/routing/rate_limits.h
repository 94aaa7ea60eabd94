// What the head of an answer tells about the provider's limits, read with the names and formats of its row. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "weir/base/bytes.h"
#include "weir/base/time.h"
#include "weir/catalog/rate_limit_headers.h"
#include "weir/codec/http1.h"

namespace weir::routing {

/// How much of a limit is left, and how long until it is whole again.
struct LimitLeft {
  std::uint16_t per_mille = 1000;
  Duration reset{};
};

/// Of a provider that tells what is left, but not until when.
inline constexpr Duration kUntoldReset = 1s;

/// The time until a reset: "1m2.5s", "17.4s", "12ms" (go_duration), "7" or "7.5" (seconds), or an RFC 3339 time, which
/// needs the wall clock. At most a day; what has passed is 0. Nothing when it cannot be read. Bounded: 40 bytes.
std::optional<Duration> parse_reset(Bytes value, catalog::ResetFormat format, WallTime now);

/// One limit; nothing when the head does not tell what is left of how much.
std::optional<LimitLeft> read_limit(const codec::FieldList& fields, const catalog::LimitHeaders& names,
                                    catalog::ResetFormat format, WallTime now);

/// All limits of one kind: the one of which least is left.
struct LimitsLeft {
  std::optional<LimitLeft> requests;
  std::optional<LimitLeft> tokens;  ///< of tokens, input tokens and output tokens
};
LimitsLeft read_limits(const codec::FieldList& fields, const catalog::RateLimitHeaders& names, WallTime now);

}  // namespace weir::routing
