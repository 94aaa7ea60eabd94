// Which pools a world has.
#include <array>

#include "plan.h"
#include "spoken_plan.h"
#include "weir/dialect/estimate.h"

namespace weir::sim {

using catalog::Ability;
using catalog::Strategy;

namespace {

class Maker {
 public:
  Maker(Random& random, Plan& plan) : random_(random), plan_(plan) {}

  void make() {
    Pools& made = plan_.pools;
    for (std::size_t site = 0; site < plan_.sites(); ++site)
      for (const SpokenProvider& spoken : kSpokenProviders) made.first_provider += is_at_site(spoken, site);
    for (std::size_t site = 0; site < plan_.sites(); ++site) member(site);
    for (std::uint64_t n = random_.between(1, 2); n > 0; --n) pool();
    breakers();
    if (plan_.outage || !plan_.faultless) regions();
  }

 private:
  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& values) {
    return values[random_.below(N)];
  }
  Duration ms(std::uint64_t low, std::uint64_t high) {
    return Duration(static_cast<std::int64_t>(random_.between(low, high)) * 1'000'000);
  }

  void member(std::size_t site) {
    Member& made = plan_.pools.members.emplace_back();
    made.site = site;
    made.provider = "member-" + std::to_string(site);
    made.spoken = random_.below(std::size(kSpokenProviders));
    // Providers of Responses keep what they answer, and are asked about it: pools do without.
    while (kSpokenProviders[made.spoken].dialect == dialect::Dialect::openai_responses)
      made.spoken = random_.below(std::size(kSpokenProviders));
    made.model_id = kSpokenProviders[made.spoken].dialect == dialect::Dialect::gemini ? "gemini-2.0-flash-" : "shared-";
    made.model_id += std::to_string(site);
    for (std::uint64_t n = random_.one_in(2) ? 1 : random_.between(2, 3); n > 0; --n)
      made.doors.push_back(random_.one_in(3) ? Door(random_.between(1, 3)) : Door::open);
    made.sick = random_.one_in(4);
    made.slow = random_.one_in(3);
    if (random_.one_in(4)) made.quota_group = "quota";
    if (random_.one_in(2)) made.tags.push_back("own");
    if (random_.one_in(3)) made.tags.push_back("far");
    made.context = pick(std::array{0U, 0U, 0U, 90U, 2150U, 100'000U});
    if (random_.one_in(5)) made.cannot.add(pick(std::array{Ability::tools, Ability::images, Ability::json_schema}));
    made.price = pick(std::array{0U, 1U, 10U, 100U});
    made.quality = pick(std::array<std::uint8_t, 4>{0, 1, 3, 5});
  }

  void pool() {
    Pool& made = plan_.pools.pools.emplace_back();
    made.name = "pool-" + std::to_string(plan_.pools.pools.size());
    made.route.strategy = static_cast<Strategy>(random_.below(catalog::kStrategyCount));
    if (random_.one_in(5)) made.route.require_tags.push_back("own");
    if (random_.one_in(5)) made.route.forbid_tags.push_back("far");
    made.route.affinity = !random_.one_in(4);
    if (random_.one_in(3)) made.route.blend = {.cost = 1, .latency = 0, .in_flight = 0, .failures = 0, .quality = 0};
    if (random_.one_in(3)) made.route.blend = {.cost = 0, .latency = 0, .in_flight = 0, .failures = 0, .quality = 1};
    const bool has_limits = random_.one_in(2);
    for (std::size_t i = 0; i < plan_.pools.members.size(); ++i)
      made.places.push_back(
          {.weight = pick(std::array{0U, 1U, 1U, 5U}),
           .most_in_flight = has_limits && random_.one_in(2) ? static_cast<std::uint32_t>(random_.between(1, 2)) : 0});
  }

  /// Times that pass within a world.
  void breakers() {
    routing::RouterOptions& router = plan_.options.router;
    router.breaker.cooldown = ms(100, 3000);
    router.breaker.longest_cooldown = random_.one_in(2) ? 600s : 5s;
    router.breaker.slow_start = ms(0, 2000);
    router.breaker.probe_timeout = ms(1000, 20'000);
    const auto some = [&](std::uint64_t low, std::uint64_t high) {
      return static_cast<std::uint32_t>(random_.between(low, high));
    };
    router.breaker.failures_in_a_row = some(2, 6);
    router.breaker.least_attempts = some(3, 8);
    router.breaker.refusals = some(2, 5);
    router.breaker.refusal_percent = some(10, 30);
    if (random_.one_in(2)) router.breaker.slow_ttft_ms = some(1, 30);
    router.credential_bar = random_.one_in(2) ? Duration(60s) : ms(300, 3000);
  }

  /// A whole region is down at once, or everybody is.
  void regions() {
    auto& sites = plan_.more_providers;
    if (sites.size() > 1 && random_.one_in(3)) {
      ProviderPlan& first = sites[0];
      if (first.vanishes_for == Duration{}) {
        first.vanishes = ms(0, 1500);
        first.vanishes_for = ms(200, 4000);
        first.vanishes_again = random_.one_in(2);
        first.vanishes_into_hole = random_.one_in(2);
      }
      sites[1].vanishes = first.vanishes;
      sites[1].vanishes_for = first.vanishes_for;
      sites[1].vanishes_again = first.vanishes_again;
      sites[1].vanishes_into_hole = first.vanishes_into_hole;
    }
    if (!random_.one_in(8)) return;
    const Duration begins = ms(0, 1000);
    const Duration lasts = ms(500, 5000);
    for (std::size_t site = 0; site < plan_.sites(); ++site) {
      ProviderPlan& one = site == 0 ? plan_.provider : sites[site - 1];
      if (one.vanishes_for == kNeverBack) continue;
      one.vanishes = begins;
      one.vanishes_for = lasts;
      one.vanishes_again = false;
      one.vanishes_into_hole = random_.one_in(2);
    }
  }

  Random& random_;
  Plan& plan_;
};

bool has_picture(const std::vector<dialect::Part>& parts) {
  for (const dialect::Part& part : parts)
    if (part.kind == dialect::PartKind::image || has_picture(part.content)) return true;
  return false;
}

bool needs(const dialect::Request& request, Ability ability) {
  if (ability == Ability::tools) return !request.tools.empty();
  if (ability == Ability::json_schema) return request.format.kind == dialect::OutputFormat::Kind::json_schema;
  for (const dialect::Message& message : request.messages)
    if (has_picture(message.parts)) return true;
  return false;
}

bool has(const std::vector<std::string>& tags, const std::string& tag) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

}  // namespace

void make_pools(Random& random, Plan& plan) { Maker(random, plan).make(); }

std::string credential_of(std::size_t member, std::size_t index) {
  return std::string(kMemberCredential) + std::to_string(member) + "-" + std::to_string(index);
}

Misfit misfit_of(const Pool& pool, const Member& member, const dialect::Request& request) {
  for (const std::string& tag : pool.route.require_tags)
    if (!has(member.tags, tag)) return Misfit::tag;
  for (const std::string& tag : pool.route.forbid_tags)
    if (has(member.tags, tag)) return Misfit::tag;
  for (const Ability ability : {Ability::tools, Ability::images, Ability::json_schema})
    if (member.cannot.has(ability) && needs(request, ability)) return Misfit::ability;
  if (member.context > 0 && dialect::estimate_tokens(request) + request.max_tokens.value_or(0) > member.context)
    return Misfit::context;
  return Misfit::none;
}

}  // namespace weir::sim
