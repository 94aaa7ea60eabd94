#include "weir/routing/attempts.h"

#include <algorithm>

#include "weir/routing/router.h"

namespace weir::routing {
namespace {

constexpr Duration kFirstPause = 50ms;

/// Half of it fixed, half of it drawn, so that what failed together does not return together.
Duration jittered(Duration pause, Random& random) {
  const auto half = static_cast<std::uint64_t>(pause.count() / 2);
  return Duration(static_cast<std::int64_t>(half + random.below(half + 1)));
}

}  // namespace

std::optional<Step> Attempts::first(const Plan& plan, Router& router, Instant now) {
  for (std::uint32_t i = 0; i < plan.fit().size(); ++i) {
    if (!router.begin(plan.fit()[i].cell, now)) continue;
    ++made_;
    ++tries_[i];
    last_ = i;
    return Step{.candidate = i};
  }
  return std::nullopt;
}

std::optional<Step> Attempts::after(const AttemptEnd& end, const Plan& plan, Router& router, Instant now,
                                    Instant deadline, Random& random) {
  switch (end.blame) {
    case Blame::none:
    case Blame::request:
    case Blame::policy:
    case Blame::gone:
      return std::nullopt;
    case Blame::credential:
    case Blame::misfit:
      given_up_ |= std::uint64_t{1} << last_;
      break;
    case Blame::quota:
      if (end.exhausted || end.retry_after_ms > options_.most_pause / 1ms) given_up_ |= std::uint64_t{1} << last_;
      break;
    case Blame::overload:
    case Blame::transport:
      break;
  }
  if (made_ >= options_.most_attempts || now >= deadline) return std::nullopt;
  const auto begin = [&](std::uint32_t i) {
    if (!router.begin(plan.fit()[i].cell, now)) return false;
    ++made_;
    ++tries_[i];
    last_ = i;
    return true;
  };
  // Whoever was tried least comes first: all others before anybody twice.
  const auto size = static_cast<std::uint32_t>(plan.fit().size());
  for (std::uint32_t tries = 0; tries < options_.most_attempts; ++tries) {
    for (std::uint32_t i = 0; i < size; ++i) {
      if (tries_[i] != tries || ((given_up_ >> i) & 1U) != 0) continue;
      Duration pause{};
      if (tries > 0) {
        pause = jittered(std::min(options_.most_pause, kFirstPause * (1 << std::min(tries - 1, 8U))), random);
        if (i == last_ && end.retry_after_ms > 0) pause = std::max(pause, Duration(end.retry_after_ms * 1ms));
        if (now + pause >= deadline) continue;
      }
      if (begin(i)) return Step{.candidate = i, .pause = pause};
    }
  }
  return std::nullopt;
}

}  // namespace weir::routing
