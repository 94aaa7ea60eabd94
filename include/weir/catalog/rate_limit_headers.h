// In which headers of its answers a provider tells how much of a limit is left, and how it writes the time of a reset.
// Names only: reading them is the business of whoever has the answer's head.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::catalog {

/// How the value of a `reset` header is written.
enum class ResetFormat : std::uint8_t {
  none,         ///< there is no such header
  go_duration,  ///< until then: "12ms", "1m2.5s", "17.399999999s"
  seconds,      ///< until then: "7"
  rfc3339,      ///< then: "2026-08-19T14:39:19Z"
};

/// One limit: names in lower case, empty where the provider has no such header.
struct LimitHeaders {
  Bytes limit;
  Bytes remaining;
  Bytes reset;
  constexpr bool none() const { return limit.empty() && remaining.empty() && reset.empty(); }
};

struct RateLimitHeaders {
  ResetFormat reset_format = ResetFormat::none;
  LimitHeaders requests;
  LimitHeaders tokens;
  LimitHeaders input_tokens;
  LimitHeaders output_tokens;
  constexpr bool none() const {
    return requests.none() && tokens.none() && input_tokens.none() && output_tokens.none();
  }
};

/// As documents write it.
constexpr Bytes to_string(ResetFormat format) {
  switch (format) {
    case ResetFormat::none:
      return "none";
    case ResetFormat::go_duration:
      return "duration such as `1m2.5s`";
    case ResetFormat::seconds:
      return "seconds";
    case ResetFormat::rfc3339:
      return "RFC 3339 time";
  }
  return {};
}

}  // namespace weir::catalog
