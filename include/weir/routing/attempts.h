// The attempts of one request: which candidate is tried next, with which credential, after how long; or that it is
// enough. Another credential of the same deployment comes first where the last one was refused; then all others; a
// deployment that was tried is returned to only when no other is left, after a pause.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/routing/attempt_end.h"
#include "weir/routing/plan.h"
#include "weir/routing/router.h"

namespace weir::routing {

/// Bounds of one request's attempts.
struct AttemptOptions {
  std::uint32_t most_attempts = 3;    ///< 1 to 32
  Duration most_pause = 500ms;        ///< of the back-off
  Duration longest_retry_after = 1s;  ///< who wants to be left alone for longer is not returned to

  /// Empty, or what is wrong, as a sentence.
  Bytes validate() const;
};

/// One try. It has begun at the router, which wants its end.
struct Step {
  std::uint32_t candidate = 0;  ///< of the plan's fit ones
  Duration pause{};             ///< before it
  Pass pass = {};               ///< for Router::answered() and end(); says which credential is to be used
};

class Attempts {
 public:
  explicit Attempts(const AttemptOptions& options) : options_(options) {}

  /// The plan's first candidate that its breaker lets through. Nothing: all are shut.
  std::optional<Step> first(const Plan& plan, Router& router, Instant now);
  /// After an attempt that failed and whose end the router has heard: the next one; or nothing, and the client is told.
  std::optional<Step> after(const AttemptEnd& end, const Plan& plan, Router& router, Instant now, Instant deadline,
                            Random& random);
  std::uint32_t made() const { return made_; }
  /// The request cannot be sent again: there is no further attempt.
  void give_up() { options_.most_attempts = made_; }
  /// From here on only these candidates are asked, a bit for each place in the plan.
  void restrict_to(std::uint32_t candidates) { given_up_ |= ~candidates; }

 private:
  bool is_given_up(std::uint32_t i) const { return (given_up_ >> i) & 1U; }
  void give_up_on(std::uint32_t i) { given_up_ |= std::uint32_t{1} << i; }
  /// The provider has no budget for this. Counted once for each candidate, however often it is looked at.
  void refuse(std::uint32_t i, RetryBudget& budget);
  bool has_tried(const Plan& plan, const Router& router, std::uint32_t provider) const;
  /// What a breaker may say to it.
  enum class Asks : std::uint8_t {
    politely,        ///< in slow start only a part of those who ask so is let through
    insistently,     ///< all are, because there is nobody else who is well
    as_last_resort,  ///< nobody else at all: even one that is shut is asked
  };
  /// Begins, if breaker and budget let it.
  std::optional<Step> begin(std::uint32_t i, const Plan& plan, Router& router, Instant now, Asks asks);
  std::optional<Step> rotate(const Plan& plan, Router& router, Instant now);
  std::optional<Step> untried(const Plan& plan, Router& router, Instant now);
  std::optional<Step> returning(const Plan& plan, Router& router, Instant now, Instant deadline, Random& random);
  std::optional<Step> take(std::uint32_t i, const Pass& pass);

  AttemptOptions options_;
  std::uint32_t made_ = 0;
  std::uint32_t last_ = 0;
  std::array<std::uint8_t, Plan::kMost> tries_{};
  std::array<Instant, Plan::kMost> not_before_{};  // where the provider said so
  std::uint32_t given_up_ = 0;                     // candidates that are not returned to, by place in the plan
  std::uint32_t unbudgeted_ = 0;                   // likewise: whom the budget did not allow
  std::uint32_t credentials_ = 0;                  // of the last candidate, that were tried
  static_assert(Plan::kMost <= 32);
};

}  // namespace weir::routing
