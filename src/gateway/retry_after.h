// How long a provider wants to be left alone, as its answer's head tells it.
#pragma once

#include <cstdint>

#include "weir/codec/http1.h"

namespace weir::gateway {

/// Milliseconds from now, at most a day; -1: the head does not tell. `unix_ms`: the wall clock. Spellings:
/// `retry-after` in seconds (RFC 9110; decimals and a unit of time are met too, as in "1.5" or "20s") or as a date, and
/// `retry-after-ms`, which is the finer one and counts first.
std::int64_t read_retry_after(const codec::ResponseHead& head, std::int64_t unix_ms);

/// The value of a `retry-after` field alone.
std::int64_t parse_retry_after(Bytes value, std::int64_t unix_ms);

}  // namespace weir::gateway
