#include <algorithm>

#include "weir/base/assert.h"
#include "weir/routing/rate_limits.h"
#include "weir/routing/router.h"

// The life of an attempt, as the router hears of it: let through, answered, ended.

namespace weir::routing {

using shared::HealthTable;

namespace {

/// Streams shorter than this tell nothing about how fast tokens come.
constexpr std::int64_t kLeastStreamMs = 50;
constexpr Duration kShortestBar = 1s;

bool is_barred(const HealthTable& table, std::uint32_t credential, Instant now) {
  return table.barred_until(credential) > now;
}

}  // namespace

std::uint8_t Router::choose_credential(const Cell& cell, Instant now) const {
  if (cell.credentials == 1) return 0;
  std::uint32_t best = 0;
  for (std::uint32_t i = 0; i < cell.credentials; ++i) {
    if (!is_barred(*table_, cell.first_credential + i, now)) return static_cast<std::uint8_t>(i);
    if (table_->barred_until(cell.first_credential + i) < table_->barred_until(cell.first_credential + best)) best = i;
  }
  return static_cast<std::uint8_t>(best);
}

bool Router::has_other_credential(std::uint32_t cell, std::uint8_t credential, Instant now) const {
  const Cell& own = cells_[cell];
  for (std::uint32_t i = 0; i < own.credentials; ++i)
    if (i != credential && !is_barred(*table_, own.first_credential + i, now)) return true;
  return false;
}

void Router::bar_credential(const Cell& cell, const AttemptEnd& end, std::uint8_t credential, Instant now) {
  if (cell.credentials == 1 || !rotates(end.blame)) return;
  Duration bar = options_.credential_bar;
  if (end.exhausted) bar = options_.breaker.longest_cooldown;
  // A limit in time is over soon; longer only if the provider said so.
  if (end.blame == Blame::quota && !end.exhausted)
    bar = std::clamp(Duration(end.retry_after_ms * 1ms), kShortestBar, options_.breaker.longest_cooldown);
  table_->bar(cell.first_credential + credential, now + bar);
}

Pass Router::admit(std::uint32_t cell, Instant now, bool insist, bool force) {
  Look& look = looks_[cell];
  std::uint64_t word = table_->breaker(cell);
  Pass pass{.admitted = true};
  if (word != 0) {
    bool has_drawn = false;
    for (;;) {
      const BreakerStep after = step(word, {.event = BreakerEvent::ask}, options_.breaker, now);
      look.breaker = after.word;
      if (after.admission == Admission::refused) {
        if (!force) return {};
        break;
      }
      if (after.admission == Admission::share && !insist && !has_drawn) {
        // The share as a sum, not as luck: exactly so many of a thousand.
        look.credit += static_cast<float>(after.share_per_mille) / 1000;
        if (look.credit < 1) return {};
        look.credit -= 1;
        has_drawn = true;
      }
      pass.is_probe = after.admission == Admission::probe;
      pass.probe = Breaker::unpack(after.word).probe;
      if (after.word == word || table_->swap_breaker(cell, word, after.word)) break;
    }
  }
  pass.credential = choose_credential(cells_[cell], now);
  table_->set_in_flight(shard_, cell, ++look.own_in_flight);
  return pass;
}

void Router::answered(std::uint32_t cell, Pass& pass, std::int64_t ttft_ms, Instant now) {
  if (pass.has_answered) return;
  pass.has_answered = true;
  table_->measured_ttft(shard_, cell, ttft_ms, now);
  if (!pass.is_probe) return;
  tell_breaker(cell, {.event = event_of({.ttft_ms = ttft_ms}, cell, pass, now)}, pass, now);
  pass.is_probe = false;
}

void Router::end(std::uint32_t cell, const AttemptEnd& end, Instant now, const Pass& pass) {
  Look& look = looks_[cell];
  WEIR_ASSERT(look.own_in_flight > 0, "an attempt ends once, after it has begun");
  table_->set_in_flight(shard_, cell, --look.own_in_flight);
  table_->count(shard_, cell, static_cast<std::size_t>(end.blame), now);
  if (end.connect_us >= 0) table_->measured_connect(shard_, cell, end.connect_us, now);
  if (end.ttft_ms >= 0 && !pass.has_answered) table_->measured_ttft(shard_, cell, end.ttft_ms, now);
  if (end.output_tokens > 0 && end.stream_ms >= kLeastStreamMs)
    table_->measured_rate(shard_, cell,
                          static_cast<float>(end.output_tokens) * 1000 / static_cast<float>(end.stream_ms), now);
  bar_credential(cells_[cell], end, pass.credential, now);
  const BreakerEvent event = event_of(end, cell, pass, now);
  if (event == BreakerEvent::quota && end.retry_after_ms > 0) {
    const Duration wanted = std::min(end.retry_after_ms, to_ms(options_.breaker.longest_cooldown)) * 1ms;
    table_->set_headroom(cell, HealthTable::Limit::requests, {.per_mille = 0, .until = now + wanted});
    look.short_until = std::max(look.short_until, now + wanted);
  }
  tell_breaker(cell, {.event = event, .retry_after_ms = end.retry_after_ms}, pass, now);
}

BreakerEvent Router::event_of(const AttemptEnd& end, std::uint32_t cell, const Pass& pass, Instant now) {
  // While another credential is left, the deployment can be asked.
  if (rotates(end.blame) && has_other_credential(cell, pass.credential, now)) return BreakerEvent::neutral;
  switch (end.blame) {
    case Blame::none: {
      const std::uint32_t most = options_.breaker.slow_ttft_ms;
      if (most == 0 || end.ttft_ms <= most) return BreakerEvent::success;
      // One late answer is chance, unless it is the probe's: else the average has to be late, too.
      if (pass.is_probe) return BreakerEvent::slow;
      const shared::Health health = table_->fold(cell, now);
      const bool is_enough = health.outcomes[static_cast<std::size_t>(Blame::none)] >= options_.breaker.least_attempts;
      return is_enough && health.ttft_ms.value > static_cast<float>(most) ? BreakerEvent::slow : BreakerEvent::success;
    }
    case Blame::overload:
    case Blame::transport:
      return BreakerEvent::failure;
    case Blame::quota:
      return end.exhausted ? BreakerEvent::exhausted : BreakerEvent::quota;
    case Blame::credential:
      return BreakerEvent::credential;
    case Blame::request:
    case Blame::policy:
    case Blame::misfit:
    case Blame::gone:
      break;
  }
  return BreakerEvent::neutral;
}

void Router::tell_breaker(std::uint32_t cell, BreakerInput input, const Pass& pass, Instant now) {
  std::uint64_t word = table_->breaker(cell);
  const bool changes_nothing = input.event == BreakerEvent::success || input.event == BreakerEvent::neutral;
  if (word == 0 && changes_nothing) return;
  const Breaker before = Breaker::unpack(word);
  if (before.state == BreakerState::closed && !changes_nothing) {
    const auto outcomes = table_->outcomes_since(cell, before.at, now);
    const auto count = [&](Blame blame) { return outcomes[static_cast<std::size_t>(blame)]; };
    input.answered = count(Blame::none);
    input.failed = count(Blame::overload) + count(Blame::transport);
    input.refused = count(Blame::quota);
  }
  for (;;) {
    input.is_probe = pass.is_probe && Breaker::unpack(word).probe == pass.probe;
    const std::uint64_t after = step(word, input, options_.breaker, now).word;
    if (after == word || table_->swap_breaker(cell, word, after)) {
      looks_[cell].breaker = after;
      return;
    }
  }
}

void Router::hear(std::uint32_t cell, const codec::FieldList& fields, Instant now, WallTime wall) {
  Look& look = looks_[cell];
  const catalog::RateLimitHeaders& names = catalog_.providers()[cells_[cell].provider].kind->rate_limits;
  if (names.none() || now - look.heard_at < options_.listen_every) return;
  look.heard_at = now;
  const LimitsLeft left = read_limits(fields, names, wall);
  const auto put = [&](HealthTable::Limit limit, const std::optional<LimitLeft>& of) {
    if (!of) return;
    const Duration wait = std::min(of->reset, options_.breaker.longest_cooldown);
    table_->set_headroom(cell, limit, {.per_mille = of->per_mille, .until = now + wait});
  };
  put(HealthTable::Limit::requests, left.requests);
  put(HealthTable::Limit::tokens, left.tokens);
}

}  // namespace weir::routing
