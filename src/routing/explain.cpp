#include "weir/routing/explain.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "filter.h"
#include "weir/catalog/dollars.h"
#include "weir/codec/json_writer.h"

namespace weir::routing {
namespace {

using shared::Health;
using shared::HealthTable;

std::string join(std::initializer_list<Bytes> parts) {
  std::string out;
  for (const Bytes part : parts) out += part;
  return out;
}

std::string number(std::int64_t value) { return std::to_string(value); }

std::string dollars(std::int64_t nano_usd) { return join({"$", catalog::DollarText(nano_usd).view()}); }

std::string seconds(Duration duration) {
  const std::int64_t ms = std::max<std::int64_t>(0, to_ms(duration));
  return ms >= 10'000 ? number((ms + 500) / 1000) + " s" : number(ms) + " ms";
}

const catalog::RoutePolicy* policy_of(const catalog::Resolution& resolution) {
  return resolution.model() ? &resolution.model()->route : nullptr;
}

Bytes strategy_of(const catalog::Resolution& resolution) {
  return resolution.model() ? to_string(resolution.model()->route.strategy) : Bytes("direct");
}

CandidateFacts facts_of(const Candidate& candidate, const catalog::Resolution& resolution, const Router& router) {
  return resolution.model() ? router.facts(candidate.cell) : candidate_facts(resolution[candidate.place].facts);
}

std::uint8_t quality_of(const Candidate& candidate, const catalog::Resolution& resolution, const Router& router) {
  if (resolution.model())
    if (const std::uint8_t written = resolution.model()->deployments[candidate.place].route.quality; written > 0)
      return written;
  return facts_of(candidate, resolution, router).quality;
}

std::uint32_t outcomes(const Health& health, Blame blame) { return health.outcomes[static_cast<std::size_t>(blame)]; }
std::uint32_t failed(const Health& health) {
  return outcomes(health, Blame::overload) + outcomes(health, Blame::transport);
}

/// The limit of which least is left, and until when.
shared::Headroom least_headroom(const Router& router, std::uint32_t cell, Instant now) {
  shared::Headroom least;
  for (const auto limit : {HealthTable::Limit::requests, HealthTable::Limit::tokens}) {
    const shared::Headroom headroom = router.table().headroom(cell, limit);
    if (headroom.until > now && headroom.per_mille < least.per_mille) least = headroom;
  }
  return least;
}

std::string describe_breaker(const Breaker& breaker, Instant now) {
  std::string out(to_string(breaker.state));
  if (breaker.state == BreakerState::open)
    out += join({" (", to_string(breaker.reason), ")",
                 now < breaker.at ? " for " + seconds(breaker.at - now) : ", wants a probe"});
  if (breaker.state == BreakerState::half_open) out += breaker.has_probe ? ", a probe is under way" : ", wants a probe";
  return out;
}

std::string describe_health(const Router& router, std::uint32_t cell, Instant now) {
  const Health health = router.table().fold(cell, now);
  std::string out;
  if (health.ttft_ms.weight > 0) {
    out += "first content after " + number(std::lround(health.ttft_ms.value)) + " ms";
    if (const std::int64_t p95 = router.table().ttft_quantile(cell, 0.95, now); p95 >= 0)
      out += " (p95 " + number(p95) + " ms)";
    out += ", ";
  }
  if (health.tokens_per_s.weight > 0) out += number(std::lround(health.tokens_per_s.value)) + " tokens/s, ";
  out += number(health.in_flight) + " in flight";
  const std::uint32_t all = outcomes(health, Blame::none) + failed(health);
  if (all > 0) out += ", " + number(failed(health)) + " of " + number(all) + " failed";
  if (const std::uint32_t refused = outcomes(health, Blame::quota); refused > 0)
    out += ", " + number(refused) + " refused";
  if (const shared::Headroom left = least_headroom(router, cell, now); left.per_mille < 1000)
    out += ", " + number(left.per_mille / 10) + " % of a limit left";
  return out + ", breaker " + describe_breaker(Breaker::unpack(router.table().breaker(cell)), now);
}

std::string needs_of(const Ask& ask) {
  std::string out;
  for (std::size_t i = 0; i < kNeedCount; ++i)
    if (const auto need = static_cast<Need>(i); ask.needs.has(need))
      out += join({out.empty() ? "" : ", ", to_string(need)});
  return out;
}

void write_value(codec::JsonWriter& json, Bytes name, std::int64_t value) {
  json.key(name);
  value < 0 ? json.null() : json.integer(value);
}

void write_average(codec::JsonWriter& json, Bytes name, const shared::RecentAverage::Value& value) {
  json.key(name);
  value.weight > 0 ? json.number(std::round(double{value.value} * 10) / 10) : json.null();
}

void write_health(codec::JsonWriter& json, const Router& router, std::uint32_t cell, Instant now) {
  const Health health = router.table().fold(cell, now);
  json.key("health").begin_object();
  json.key("in_flight").unsigned_integer(health.in_flight);
  json.key("last_minute").begin_object();
  for (std::size_t i = 0; i < kBlameCount; ++i)
    json.key(i == 0 ? Bytes("answered") : to_string(static_cast<Blame>(i))).unsigned_integer(health.outcomes[i]);
  json.end_object();
  write_average(json, "connect_us", health.connect_us);
  write_value(json, "connect_p95_us", router.table().connect_quantile(cell, 0.95, now));
  write_average(json, "ttft_ms", health.ttft_ms);
  write_value(json, "ttft_p50_ms", router.table().ttft_quantile(cell, 0.5, now));
  write_value(json, "ttft_p95_ms", router.table().ttft_quantile(cell, 0.95, now));
  write_average(json, "tokens_per_s", health.tokens_per_s);
  write_value(json, "tokens_per_s_p50", router.table().rate_quantile(cell, 0.5, now));
  json.key("headroom_per_mille").unsigned_integer(least_headroom(router, cell, now).per_mille);
  json.end_object();
  const Breaker breaker = Breaker::unpack(router.table().breaker(cell));
  json.key("breaker")
      .begin_object()
      .member("state", to_string(breaker.state))
      .member("opened_for", to_string(breaker.reason));
  write_value(json, "open_for_ms",
              breaker.state == BreakerState::open ? std::max<std::int64_t>(0, to_ms(breaker.at - now)) : -1);
  json.end_object();
}

void write_candidate(codec::JsonWriter& json, const Candidate& candidate, std::int64_t position,
                     const catalog::Resolution& resolution, const Router& router, const Ask& ask, Instant now) {
  const catalog::Target target = resolution[candidate.place];
  json.begin_object().member("provider", target.provider->name).member("model_id", target.model_id);
  write_value(json, "position", position);
  json.member("unfit", to_string(candidate.unfit));
  json.member("why", why_unfit(candidate, resolution, router, ask, now));
  write_value(json, "estimated_cost_nano_usd", candidate.cost_nano_usd);
  json.key("score");
  position < 0 || candidate.score >= Candidate::kLast ? json.null() : json.number(candidate.score);
  json.key("warm").boolean(candidate.is_warm);
  write_health(json, router, candidate.cell, now);
  json.end_object();
}

}  // namespace

std::string why_unfit(const Candidate& candidate, const catalog::Resolution& resolution, const Router& router,
                      const Ask& ask, Instant now) {
  const CandidateFacts facts = facts_of(candidate, resolution, router);
  const catalog::RoutePolicy* const policy = policy_of(resolution);
  switch (candidate.unfit) {
    case Unfit::none:
      return {};
    case Unfit::owner:
      return "another provider keeps the answer that the request goes on from";
    case Unfit::context:
      return "its context of " + number(facts.context_tokens) + " tokens is too small for about " +
             number(static_cast<std::int64_t>(ask.input_tokens)) + " in and " +
             number(static_cast<std::int64_t>(ask.max_output_tokens)) + " out";
    case Unfit::capability:
      return join({"cannot ", to_string(candidate.lacking)});
    case Unfit::tag:
      return "lacks a required tag, or has a forbidden one";
    case Unfit::quality:
      return "its quality is " + number(quality_of(candidate, resolution, router)) + ", wanted is " +
             number(policy ? policy->least_quality : 0);
    case Unfit::latency:
      return "first content after more than " + number(policy ? policy->most_ttft_ms : 0) +
             " ms, and others are faster";
    case Unfit::cost:
      return dollars(candidate.cost_nano_usd) + " is more than " +
             dollars(std::max<std::int64_t>(
                 0, lesser_limit(policy ? policy->most_cost_nano_usd : -1, ask.most_cost_nano_usd)));
    case Unfit::unpriced:
      return "its price is not known";
    case Unfit::headroom:
      return "nearly nothing is left of its limit for " +
             seconds(least_headroom(router, candidate.cell, now).until - now) + ", and others have room";
    case Unfit::breaker:
      return "breaker " + describe_breaker(Breaker::unpack(router.table().breaker(candidate.cell)), now);
  }
  return {};
}

std::string explain_text(const Plan& plan, const catalog::Resolution& resolution, const Router& router, const Ask& ask,
                         Instant now) {
  std::string out =
      join({"strategy ", strategy_of(resolution), ": about ", number(static_cast<std::int64_t>(ask.input_tokens)),
            " tokens in, ",
            ask.max_output_tokens > 0 ? "at most " + number(static_cast<std::int64_t>(ask.max_output_tokens)) + " out"
                                      : "no limit out"});
  if (const std::string needs = needs_of(ask); !needs.empty()) out += "; needs " + needs;
  out += "\n";
  const auto line = [&](const Candidate& candidate, const std::string& mark) {
    const catalog::Target target = resolution[candidate.place];
    out += join({mark, " ", target.provider->name, "/", target.model_id, ": "});
    if (candidate.unfit != Unfit::none) out += why_unfit(candidate, resolution, router, ask, now) + "; ";
    out += candidate.cost_nano_usd < 0 ? "price not known" : "about " + dollars(candidate.cost_nano_usd);
    if (candidate.is_warm) out += ", prefix probably warm";
    out += "; " + describe_health(router, candidate.cell, now) + "\n";
  };
  int position = 0;
  for (const Candidate& candidate : plan.fit()) line(candidate, std::to_string(++position) + ".");
  for (const Candidate& candidate : plan.unfit()) line(candidate, "-");
  if (plan.fit().empty()) {
    out += "nobody can be asked";
    if (const std::int64_t least = plan.least_refused_cost(); least >= 0)
      out += "; the cheapest would be " + dollars(least);
    out += "\n";
  }
  return out;
}

std::string explain_json(const Plan& plan, const catalog::Resolution& resolution, const Router& router, const Ask& ask,
                         Instant now) {
  std::string out;
  codec::JsonWriter json(out);
  json.begin_object();
  json.member("strategy", strategy_of(resolution));
  json.key("input_tokens").unsigned_integer(ask.input_tokens);
  json.key("max_output_tokens");
  ask.max_output_tokens > 0 ? json.unsigned_integer(ask.max_output_tokens) : json.null();
  json.key("needs").begin_array();
  for (std::size_t i = 0; i < kNeedCount; ++i)
    if (const auto need = static_cast<Need>(i); ask.needs.has(need)) json.string(to_string(need));
  json.end_array();
  json.key("candidates").begin_array();
  std::int64_t position = 0;
  for (const Candidate& candidate : plan.fit())
    write_candidate(json, candidate, ++position, resolution, router, ask, now);
  for (const Candidate& candidate : plan.unfit()) write_candidate(json, candidate, -1, resolution, router, ask, now);
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace weir::routing
