// Which pools a world has.
#include <algorithm>
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
  Maker(Random& random, Plan& plan) : random_(random), limits_(plan.seed ^ 0x6c696d69), plan_(plan) {}

  void make() {
    Pools& made = plan_.pools;
    made.seed = plan_.seed;
    made.sound = limits_.one_in(3);
    made.blocks_unpriced = limits_.one_in(6);
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
    made.answer_price = made.price * (limits_.one_in(2) ? 1 : 4);
    if (limits_.one_in(4)) made.most_output = 200;
    if (plan_.pools.sound) {
      made.doors.assign(made.doors.size(), Door::open);
      made.sick = false;
      made.slow |= limits_.one_in(3);
      made.context = 0;
      made.quality = limits_.one_in(4) ? made.quality : 0;
      made.facts_quality = made.price == 1 ? 1 : made.price == 10 ? 3 : made.facts_quality;  // as the market has it
    }
    if (limits_.one_in(2)) made.facts_quality = static_cast<std::uint8_t>(limits_.between(1, 5));
    const std::uint64_t late = limits_.one_in(3) ? limits_.between(30, 90) : limits_.between(170, 300);
    if (made.slow) made.least_late = Duration(static_cast<std::int64_t>(late) * 1'000'000);
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
    limit(made.route);
    const bool has_limits = random_.one_in(2);
    for (std::size_t i = 0; i < plan_.pools.members.size(); ++i)
      made.places.push_back(
          {.weight = pick(std::array{0U, 1U, 1U, 5U}),
           .most_in_flight = has_limits && random_.one_in(2) ? static_cast<std::uint32_t>(random_.between(1, 2)) : 0});
  }

  /// How good, how dear or how quick a deployment may be. (Not all of it at once: somebody should be left.)
  void limit(catalog::RoutePolicy& route) {
    const std::uint64_t dice = limits_.below(plan_.pools.sound ? 5 : 8);
    // Where the cheapest is asked, whoever is too cheap to be good matters most.
    if (dice == 0 || (dice >= 2 && dice < 5 && route.strategy == Strategy::cost)) {
      route.least_quality = static_cast<std::uint8_t>(limits_.between(2, 4));
    } else if (dice ==
               1) {  // less than most requests cost anywhere, or more than they do at the lowest price, or the next
      route.most_cost_nano_usd = std::array{700'000, 9'000'000, 9'000'000, 90'000'000, 90'000'000}[limits_.below(5)];
    } else if (dice < 4) {
      route.most_ttft_ms = std::array{25U, 80U, 160U}[limits_.below(3)];
    }
    if (limits_.one_in(4)) route.assumed_output_tokens = 100;
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
  Random limits_;  // of its own, so that older seeds keep the rest of their plans
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

/// What of a request becomes tokens.
struct Measure {
  std::int64_t bytes = 0;
  std::int64_t texts = 0;   // each may be rounded up
  std::int64_t extras = 0;  // messages and tools: a few tokens more
  std::int64_t pictures = 0;

  void add(Bytes text) {
    bytes += static_cast<std::int64_t>(text.size());
    ++texts;
  }
  void add(const std::vector<dialect::Part>& parts) {
    for (const dialect::Part& part : parts) {
      for (const Bytes text : {Bytes(part.text), Bytes(part.name), Bytes(part.arguments.text), Bytes(part.result)})
        add(text);
      pictures += part.kind == dialect::PartKind::image;
      add(part.content);
    }
  }
};

bool has(const std::vector<std::string>& tags, const std::string& tag) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

}  // namespace

void make_pools(Random& random, Plan& plan) { Maker(random, plan).make(); }

std::string credential_of(std::size_t member, std::size_t index) {
  return std::string(kMemberCredential) + std::to_string(member) + "-" + std::to_string(index);
}

Sizes sizes_of(const Pool& pool, const dialect::Request& request) {
  Measure measure;
  for (const dialect::Message& message : request.messages) {
    ++measure.extras;
    measure.add(message.parts);
  }
  for (const dialect::Tool& tool : request.tools) {
    ++measure.extras;
    for (const Bytes text : {Bytes(tool.name), Bytes(tool.description), Bytes(tool.parameters)}) measure.add(text);
  }
  measure.add(request.format.schema);
  return {.least_prompt = measure.bytes / 4 + measure.pictures * 800,
          .most_prompt = measure.bytes / 2 + measure.texts + measure.extras * 10 + measure.pictures * 1200,
          .answer = static_cast<std::int64_t>(request.max_tokens.value_or(pool.route.assumed_output_tokens))};
}

std::int64_t cost_of(const Member& member, std::int64_t prompt, std::int64_t answer) {
  constexpr std::int64_t kNanoPerToken = 1000;  // at a dollar for a million
  if (member.most_output > 0) answer = std::min<std::int64_t>(answer, member.most_output);
  return kNanoPerToken * (prompt * member.price + answer * member.answer_price);
}

bool is_cheaper(const Member& one, const Member& other, const Sizes& sizes) {
  // Both grow evenly with the prompt.
  return least_cost(one, sizes) < least_cost(other, sizes) && most_cost(one, sizes) < most_cost(other, sizes);
}

bool is_doubtful(const Member& member, const Sizes& sizes, std::int64_t most_cost) {
  return member.price > 0 && most_cost != kNoLimit && least_cost(member, sizes) <= most_cost &&
         sim::most_cost(member, sizes) > most_cost;
}

Misfit misfit_of(const Pools& pools, const Pool& pool, const Member& member, const dialect::Request& request,
                 std::int64_t most_cost) {
  for (const std::string& tag : pool.route.require_tags)
    if (!has(member.tags, tag)) return Misfit::tag;
  for (const std::string& tag : pool.route.forbid_tags)
    if (has(member.tags, tag)) return Misfit::tag;
  for (const Ability ability : {Ability::tools, Ability::images, Ability::json_schema})
    if (member.cannot.has(ability) && needs(request, ability)) return Misfit::ability;
  if (member.context > 0 && dialect::estimate_tokens(request) + request.max_tokens.value_or(0) > member.context)
    return Misfit::context;
  if (member.known_quality() > 0 && member.known_quality() < pool.route.least_quality) return Misfit::quality;
  if (member.price == 0) return pools.blocks_unpriced ? Misfit::unpriced : Misfit::none;
  if (most_cost != kNoLimit && least_cost(member, sizes_of(pool, request)) > most_cost) return Misfit::cost;
  return Misfit::none;
}

}  // namespace weir::sim
