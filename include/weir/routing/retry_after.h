// How long a provider wants to be left alone, as its answer's head tells it. Pure.
#pragma once

#include <optional>

#include "weir/base/time.h"
#include "weir/codec/http1.h"

namespace weir::routing {

/// At most a day; nothing where the head does not tell. Spellings: `retry-after-ms`, which is the finer one and counts
/// first; `retry-after` in seconds or as a date (RFC 9110 10.2.3), and, as some write it, with a fraction ("1.5") or as
/// a duration ("20s", "1m30s").
std::optional<Duration> read_retry_after(const codec::FieldList& fields, WallTime now);

}  // namespace weir::routing
