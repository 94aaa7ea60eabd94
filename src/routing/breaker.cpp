#include "weir/routing/breaker.h"

#include <algorithm>

namespace weir::routing {
namespace {

// [time, ms : 40 | probe : 9 | has_probe : 1 | credential refusals : 3 | failures : 6 | reason : 3 | state : 2]
constexpr unsigned kReasonAt = 2, kFailuresAt = 5, kCredentialAt = 11, kHasProbeAt = 14, kProbeAt = 15, kTimeAt = 24;
constexpr std::uint64_t kMostFailures = 63, kMostCredential = 7, kProbeMask = 511,
                        kTimeMask = (std::uint64_t{1} << 40) - 1;

std::uint64_t bits(std::uint64_t word, unsigned at, std::uint64_t mask) { return (word >> at) & mask; }

void open(Breaker& breaker, OpenReason reason, std::int64_t retry_after_ms, const BreakerOptions& options,
          Instant now) {
  Duration cooldown = options.cooldown;
  if (reason == OpenReason::exhausted) cooldown = options.longest_cooldown;
  if (retry_after_ms > to_ms(cooldown)) cooldown = std::min(retry_after_ms, to_ms(options.longest_cooldown)) * 1ms;
  breaker.state = BreakerState::open;
  breaker.reason = reason;
  breaker.has_probe = false;
  breaker.at = now + cooldown;
}

/// Why this event opens a breaker that lets through; none: it does not. Counts what is in a row.
OpenReason reason_to_open(Breaker& breaker, const BreakerInput& input, const BreakerOptions& options) {
  const bool is_closed = breaker.state == BreakerState::closed;
  switch (input.event) {
    case BreakerEvent::ask:
    case BreakerEvent::neutral:
      break;
    case BreakerEvent::success:
      breaker.failures = breaker.credential_refusals = 0;
      break;
    case BreakerEvent::slow:
      return OpenReason::slow;
    case BreakerEvent::failure: {
      breaker.failures = static_cast<std::uint32_t>(std::min<std::uint64_t>(breaker.failures + 1, kMostFailures));
      if (breaker.failures >= (is_closed ? options.failures_in_a_row : options.failures_in_slow_start))
        return OpenReason::failures_in_a_row;
      const std::uint64_t all = std::uint64_t{input.answered} + input.failed;
      if (is_closed && all >= options.least_attempts &&
          100 * std::uint64_t{input.failed} >= options.failure_percent * all)
        return OpenReason::failure_rate;
      break;
    }
    case BreakerEvent::quota: {
      const std::uint64_t all = std::uint64_t{input.answered} + input.failed + input.refused;
      if (input.refused >= options.refusals && 100 * std::uint64_t{input.refused} >= options.refusal_percent * all)
        return OpenReason::quota;
      break;
    }
    case BreakerEvent::exhausted:
      return OpenReason::exhausted;
    case BreakerEvent::credential:
      breaker.credential_refusals =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(breaker.credential_refusals + 1, kMostCredential));
      if (breaker.credential_refusals >= options.credential_refusals) return OpenReason::credential;
      break;
  }
  return OpenReason::none;
}

OpenReason reason_of(BreakerEvent event) {
  switch (event) {
    case BreakerEvent::slow:
      return OpenReason::slow;
    case BreakerEvent::quota:
      return OpenReason::quota;
    case BreakerEvent::exhausted:
      return OpenReason::exhausted;
    case BreakerEvent::credential:
      return OpenReason::credential;
    default:
      return OpenReason::failures_in_a_row;
  }
}

BreakerStep let_probe(Breaker breaker, const BreakerOptions& options, Instant now) {
  breaker.state = BreakerState::half_open;
  breaker.has_probe = true;
  breaker.probe = (breaker.probe + 1) & kProbeMask;
  breaker.at = now + options.probe_timeout;
  return {.word = breaker.pack(), .admission = Admission::probe};
}

BreakerStep ask(std::uint64_t word, Breaker breaker, const BreakerOptions& options, Instant now) {
  switch (breaker.state) {
    case BreakerState::closed:
      return {.word = word, .admission = Admission::admitted};
    case BreakerState::open:
      if (now < breaker.at) return {.word = word, .admission = Admission::refused};
      return let_probe(breaker, options, now);
    case BreakerState::half_open:
      if (breaker.has_probe && now < breaker.at) return {.word = word, .admission = Admission::refused};
      return let_probe(breaker, options, now);
    case BreakerState::slow_start: {
      const Duration passed = now - breaker.at;
      if (passed >= options.slow_start) {
        breaker.state = BreakerState::closed;
        breaker.at = now;
        return {.word = breaker.pack(), .admission = Admission::admitted};
      }
      const std::uint32_t first = options.first_share_per_mille;
      const auto grown =
          passed.count() <= 0
              ? 0
              : static_cast<std::uint32_t>(static_cast<double>(1000 - first) * static_cast<double>(passed.count()) /
                                           static_cast<double>(options.slow_start.count()));
      return {.word = word, .admission = Admission::share, .share_per_mille = first + grown};
    }
  }
  return {.word = word};
}

}  // namespace

Bytes BreakerOptions::validate() const {
  if (cooldown <= Duration{} || longest_cooldown < cooldown)
    return "cooldown is more than 0 and at most the longest one";
  if (longest_cooldown > 24h) return "the longest cooldown is at most a day";
  if (probe_timeout <= Duration{}) return "the time for a probe is more than 0";
  if (slow_start < Duration{}) return "slow start takes no negative time";
  if (first_share_per_mille == 0 || first_share_per_mille > 1000) return "the first share is 1 to 1000 per mille";
  if (failures_in_a_row == 0 || failures_in_a_row > kMostFailures) return "failures in a row are 1 to 63";
  if (failures_in_slow_start == 0 || failures_in_slow_start > kMostFailures)
    return "failures in slow start are 1 to 63";
  if (failure_percent == 0 || failure_percent > 100) return "the part of failures is 1 to 100 percent";
  if (least_attempts == 0) return "a rate of failures needs at least 1 attempt";
  if (refusals == 0 || refusal_percent == 0 || refusal_percent > 100)
    return "refusals are at least 1, and 1 to 100 percent";
  if (credential_refusals == 0 || credential_refusals > kMostCredential) return "refusals of a credential are 1 to 7";
  return {};
}

Bytes to_string(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
    case BreakerState::slow_start:
      return "slow_start";
  }
  return {};
}

Bytes to_string(OpenReason reason) {
  switch (reason) {
    case OpenReason::none:
      return "none";
    case OpenReason::failures_in_a_row:
      return "failures_in_a_row";
    case OpenReason::failure_rate:
      return "failure_rate";
    case OpenReason::quota:
      return "quota";
    case OpenReason::exhausted:
      return "exhausted";
    case OpenReason::credential:
      return "credential";
    case OpenReason::slow:
      return "slow";
  }
  return {};
}

Bytes to_string(BreakerEvent event) {
  switch (event) {
    case BreakerEvent::ask:
      return "ask";
    case BreakerEvent::success:
      return "success";
    case BreakerEvent::slow:
      return "slow";
    case BreakerEvent::failure:
      return "failure";
    case BreakerEvent::quota:
      return "quota";
    case BreakerEvent::exhausted:
      return "exhausted";
    case BreakerEvent::credential:
      return "credential";
    case BreakerEvent::neutral:
      return "neutral";
  }
  return {};
}

Breaker Breaker::unpack(std::uint64_t word) {
  return {.state = static_cast<BreakerState>(bits(word, 0, 3)),
          .reason = static_cast<OpenReason>(bits(word, kReasonAt, 7)),
          .failures = static_cast<std::uint32_t>(bits(word, kFailuresAt, kMostFailures)),
          .credential_refusals = static_cast<std::uint32_t>(bits(word, kCredentialAt, kMostCredential)),
          .has_probe = bits(word, kHasProbeAt, 1) != 0,
          .probe = static_cast<std::uint32_t>(bits(word, kProbeAt, kProbeMask)),
          .at = Instant(static_cast<std::int64_t>(bits(word, kTimeAt, kTimeMask)) * 1ms)};
}

std::uint64_t Breaker::pack() const {
  const auto ms = static_cast<std::uint64_t>(to_ms(at.time_since_epoch())) & kTimeMask;
  return static_cast<std::uint64_t>(state) | static_cast<std::uint64_t>(reason) << kReasonAt |
         std::uint64_t{failures} << kFailuresAt | std::uint64_t{credential_refusals} << kCredentialAt |
         std::uint64_t{has_probe} << kHasProbeAt | std::uint64_t{probe} << kProbeAt | ms << kTimeAt;
}

BreakerStep step(std::uint64_t word, const BreakerInput& input, const BreakerOptions& options, Instant now) {
  Breaker breaker = Breaker::unpack(word);
  if (input.event == BreakerEvent::ask) return ask(word, breaker, options, now);
  switch (breaker.state) {
    case BreakerState::closed:
    case BreakerState::slow_start: {
      const OpenReason reason = reason_to_open(breaker, input, options);
      if (reason != OpenReason::none) open(breaker, reason, input.retry_after_ms, options, now);
      break;
    }
    case BreakerState::open:
      // What began before it opened still ends. Only how long the provider wants to be left alone is news.
      if (input.event == BreakerEvent::quota && input.retry_after_ms > 0) {
        const Duration wanted = std::min(input.retry_after_ms, to_ms(options.longest_cooldown)) * 1ms;
        breaker.at = std::max(breaker.at, now + wanted);
      }
      break;
    case BreakerState::half_open:
      if (!breaker.has_probe || !input.is_probe) break;
      breaker.has_probe = false;
      if (input.event == BreakerEvent::neutral) break;
      breaker.failures = breaker.credential_refusals = 0;
      if (input.event == BreakerEvent::success) {
        breaker.state = BreakerState::slow_start;
        breaker.at = now;
      } else {
        open(breaker, reason_of(input.event), input.retry_after_ms, options, now);
      }
      break;
  }
  return {.word = breaker.pack()};
}

}  // namespace weir::routing
