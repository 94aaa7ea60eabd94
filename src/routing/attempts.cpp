#include "weir/routing/attempts.h"

#include <algorithm>

namespace weir::routing {

Bytes AttemptOptions::validate() const {
  if (most_attempts == 0 || most_attempts > 32) return "a request has 1 to 32 attempts";
  if (most_pause < Duration{} || most_pause > 60s) return "a pause is at most a minute";
  if (longest_retry_after < Duration{} || longest_retry_after > 1h) return "Retry-After is waited for at most an hour";
  return {};
}

bool Attempts::has_tried(const Plan& plan, const Router& router, std::uint32_t provider) const {
  for (std::uint32_t i = 0; made_ > 0 && i < plan.askable().size(); ++i)
    if (tries_[i] > 0 && router.provider_of(plan.askable()[i].cell) == provider) return true;
  return false;
}

std::optional<Step> Attempts::take(std::uint32_t i, const Pass& pass) {
  if (i != last_ || made_ == 0) credentials_ = 0;
  credentials_ |= std::uint32_t{1} << (pass.credential & 31U);
  ++made_;
  ++tries_[i];
  last_ = i;
  return Step{.candidate = i, .pass = pass};
}

void Attempts::refuse(std::uint32_t i, RetryBudget& budget) {
  if (!((unbudgeted_ >> i) & 1U)) budget.refuse();
  unbudgeted_ |= std::uint32_t{1} << i;
}

std::optional<Step> Attempts::begin(std::uint32_t i, const Plan& plan, Router& router, Instant now, Asks asks) {
  const std::uint32_t cell = plan.askable()[i].cell;
  RetryBudget& budget = router.budget(cell);
  const bool again = has_tried(plan, router, router.provider_of(cell));
  if (again && !budget.has(now)) return refuse(i, budget), std::nullopt;
  const Pass pass = router.admit(cell, now, asks != Asks::politely, asks == Asks::as_last_resort);
  if (!pass) return std::nullopt;
  if (again) {
    budget.spend(now);
  } else {
    budget.earn(now);
  }
  return take(i, pass);
}

std::optional<Step> Attempts::first(const Plan& plan, Router& router, Instant now) {
  return untried(plan, router, now);
}

/// The first that was not tried: whom its breaker lets through, then who is in slow start, then the last resort: those
/// that were shut when the plan was made, and those that have been shut since.
std::optional<Step> Attempts::untried(const Plan& plan, Router& router, Instant now) {
  const auto fit = static_cast<std::uint32_t>(plan.fit().size());
  const auto all = static_cast<std::uint32_t>(plan.askable().size());
  const auto pick = [&](std::uint32_t from, std::uint32_t end, Asks asks) -> std::optional<Step> {
    for (std::uint32_t i = from; i < end; ++i)
      if (tries_[i] == 0 && !is_given_up(i))
        if (auto step = begin(i, plan, router, now, asks)) return step;
    return std::nullopt;
  };
  if (auto step = pick(0, fit, Asks::politely)) return step;
  if (auto step = pick(0, fit, Asks::insistently)) return step;
  if (auto step = pick(fit, all, Asks::as_last_resort)) return step;
  return pick(0, fit, Asks::as_last_resort);
}

/// The same deployment with a credential that this request has not tried. No pause: it is somebody else who asks.
std::optional<Step> Attempts::rotate(const Plan& plan, Router& router, Instant now) {
  const std::uint32_t cell = plan.askable()[last_].cell;
  const std::uint8_t next = router.credential_for(cell, now);
  if ((credentials_ >> (next & 31U)) & 1U) return std::nullopt;
  const Pass pass = router.admit(cell, now, true, true);
  return take(last_, pass);
}

std::optional<Step> Attempts::after(const AttemptEnd& end, const Plan& plan, Router& router, Instant now,
                                    Instant deadline, Random& random) {
  const Verdict next = verdict(end);
  if (next == Verdict::stop || made_ >= options_.most_attempts || now >= deadline) return std::nullopt;
  if (rotates(end.blame) && !is_given_up(last_))
    if (auto step = rotate(plan, router, now)) return step;
  if (next == Verdict::elsewhere || end.timed_out) give_up_on(last_);
  if (end.retry_after_ms > 0) {
    not_before_[last_] = now + Duration(std::min(end.retry_after_ms, to_ms(24h)) * 1ms);
    if (not_before_[last_] - now > options_.longest_retry_after) give_up_on(last_);
  }
  if (auto step = untried(plan, router, now)) return step;
  return returning(plan, router, now, deadline, random);
}

/// Whoever was tried least and may be asked again soonest, after a pause.
std::optional<Step> Attempts::returning(const Plan& plan, Router& router, Instant now, Instant deadline,
                                        Random& random) {
  std::uint32_t passed_over = given_up_;
  for (;;) {
    std::optional<std::uint32_t> best;
    for (std::uint32_t i = 0; i < plan.askable().size(); ++i) {
      if (tries_[i] == 0 || ((passed_over >> i) & 1U)) continue;
      if (!best || tries_[i] < tries_[*best] || (tries_[i] == tries_[*best] && not_before_[i] < not_before_[*best]))
        best = i;
    }
    if (!best) return std::nullopt;
    passed_over |= std::uint32_t{1} << *best;
    const Duration pause = std::max(back_off(tries_[*best], options_.most_pause, random), not_before_[*best] - now);
    if (now + pause >= deadline) continue;
    if (auto step = begin(*best, plan, router, now, Asks::as_last_resort)) {
      step->pause = pause;
      return step;
    }
  }
}

}  // namespace weir::routing
