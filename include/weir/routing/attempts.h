// The attempts of one request: which candidate is tried next, with which credential, after how long; or that it is
// enough. Switching comes first; a deployment that was tried is returned to only when no other is left, after a pause.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/routing/attempt_end.h"
#include "weir/routing/plan.h"

namespace weir::routing {

/// Bounds of one request's attempts.
struct AttemptOptions {
  std::uint32_t most_attempts = 3;
  Duration most_pause = 500ms;  ///< of the back-off
};

/// One try.
struct Step {
  std::uint32_t candidate = 0;  ///< of the plan's fit ones
  Duration pause{};             ///< before it
};

class Router;

class Attempts {
 public:
  explicit Attempts(const AttemptOptions& options) : options_(options) {}

  /// The plan's first candidate that its breaker lets through. Nothing: all are shut.
  std::optional<Step> first(const Plan& plan, Router& router, Instant now);
  /// After an attempt that failed: the next one, which has begun at the router; or nothing, and the client is told.
  std::optional<Step> after(const AttemptEnd& end, const Plan& plan, Router& router, Instant now, Instant deadline,
                            Random& random);
  std::uint32_t made() const { return made_; }
  /// The request cannot be sent again: there is no further attempt.
  void give_up() { options_.most_attempts = made_; }

 private:
  AttemptOptions options_;
  std::uint32_t made_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t rounds_ = 0;
  std::array<std::uint8_t, Plan::kMost> tries_{};
  std::uint64_t given_up_ = 0;  // candidates that are not returned to, by place in the plan
};

}  // namespace weir::routing
