// Times as providers write them in the heads and bodies of their answers: when a limit is whole again, how long they
// want to be left alone. Everything is a time from now: what has passed is 0, and nothing is longer than a day. Pure;
// bounded by the length of the text.
#pragma once

#include <optional>

#include "weir/base/bytes.h"
#include "weir/base/time.h"

namespace weir::codec {

/// "7", "7.25": seconds.
std::optional<Duration> parse_seconds(Bytes text);

/// "1m2.5s", "17.4s", "12ms": as Go writes a duration, and protobuf's JSON ("34.074824224s").
std::optional<Duration> parse_duration(Bytes text);

/// "2026-08-19T14:39:19Z", with a fraction of the second (which is not counted) or an offset instead of Z, or both
/// (RFC 3339 5.6).
std::optional<Duration> parse_rfc3339(Bytes text, WallTime now);

/// "Sun, 06 Nov 1994 08:49:37 GMT": the one form of HTTP's dates that may still be written (RFC 9110 5.6.7).
std::optional<Duration> parse_http_date(Bytes text, WallTime now);

}  // namespace weir::codec
