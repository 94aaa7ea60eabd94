#include "weir/routing/router.h"

#include <gtest/gtest.h>

#include "weir/catalog/cost.h"
#include "weir/catalog/model_row.h"
#include "world.h"

namespace weir::routing {
namespace {

using catalog::RoutePolicy;
using catalog::Strategy;
using test::World;
using Order = std::vector<std::uint32_t>;

constexpr AttemptEnd kAnswered{.blame = Blame::none};
constexpr AttemptEnd kOverloaded{.blame = Blame::overload};

TEST(Plan, WithoutAnyKnowledgeEverybodyIsAskedAsWritten) {
  World world = World::of(4);
  EXPECT_EQ(world.order(), (Order{0, 1, 2, 3}));
  EXPECT_EQ(world.last.unfit().size(), 0U);
}

TEST(Plan, AProviderThatIsAddressedDirectly) {
  World world = World::of(2);
  const Plan& plan = world.plan({.needs = {}, .input_tokens = 1'000'000}, "p1/anything");
  ASSERT_EQ(plan.fit().size(), 1U);
  EXPECT_EQ(plan.fit()[0].cell, world.catalog.cell_of_provider(1));
}

TEST(Plan, DeploymentsBehindTheThirtySecondAreNotConsidered) {
  World world = World::of(40);
  EXPECT_EQ(world.plan().fit().size(), Plan::kMost);
}

TEST(Filter, Table) {
  const auto needs = [](Need need) {
    Needs all;
    all.add(need);
    return all;
  };
  struct Case {
    const char* name;
    CandidateFacts facts;
    RoutePolicy policy;
    Ask ask;
    Unfit unfit;
  };
  const Case cases[] = {
      {"nothing known, everything wanted",
       {},
       {.least_quality = 5, .most_cost_nano_usd = 0},
       {.needs = needs(Need::audio), .input_tokens = 10'000'000},
       Unfit::none},
      {"context: fits", {.context_tokens = 1000}, {}, {.input_tokens = 600, .max_output_tokens = 400}, Unfit::none},
      {"context: too long",
       {.context_tokens = 1000},
       {},
       {.input_tokens = 600, .max_output_tokens = 401},
       Unfit::context},
      {"capability: can", {.can = needs(Need::images)}, {}, {.needs = needs(Need::images)}, Unfit::none},
      {"capability: cannot", {.cannot = needs(Need::images)}, {}, {.needs = needs(Need::images)}, Unfit::capability},
      {"capability: not needed", {.cannot = needs(Need::images)}, {}, {.needs = needs(Need::tools)}, Unfit::none},
      {"quality: enough", {.quality = 3}, {.least_quality = 3}, {}, Unfit::none},
      {"quality: too little", {.quality = 2}, {.least_quality = 3}, {}, Unfit::quality},
      // 1000 tokens in at $2 and 500 out at $10 per million: $0.007.
      {"cost: at the limit",
       {.price = test::price(2'000'000'000, 10'000'000'000)},
       {.most_cost_nano_usd = 7'000'000},
       {.input_tokens = 1000, .max_output_tokens = 500},
       Unfit::none},
      {"cost: above it",
       {.price = test::price(2'000'000'000, 10'000'000'000)},
       {.most_cost_nano_usd = 6'999'999},
       {.input_tokens = 1000, .max_output_tokens = 500},
       Unfit::cost},
      {"cost: the request's own limit holds, too",
       {.price = test::price(2'000'000'000, 10'000'000'000)},
       {.most_cost_nano_usd = 7'000'000},
       {.input_tokens = 1000, .max_output_tokens = 500, .most_cost_nano_usd = 100},
       Unfit::cost},
      {"cost: the model cannot answer more than it can",
       {.most_output_tokens = 500, .price = test::price(2'000'000'000, 10'000'000'000)},
       {.most_cost_nano_usd = 7'000'000},
       {.input_tokens = 1000, .max_output_tokens = 100'000},
       Unfit::none},
      {"tag: nobody has it", {}, {}, {.requires_unknown_tag = true}, Unfit::tag},
  };
  for (const Case& one : cases) {
    World world = World::of(2, one.policy);
    world.router().set_facts(0, one.facts);
    EXPECT_EQ(world.unfit(0, one.ask), one.unfit) << one.name;
    EXPECT_EQ(world.last.fit().size() + world.last.unfit().size(), 2U) << one.name;
  }
}

TEST(Filter, AnUnknownPriceIsAllowedOrNot) {
  for (const auto [policy, unfit] : {std::pair(catalog::UnknownPrice::allow, Unfit::none),
                                     std::pair(catalog::UnknownPrice::block, Unfit::unpriced)}) {
    World world({1, 1}, {{.provider = 0}, {.provider = 1}}, {}, {}, 1, policy);
    world.router().set_facts(1, {.price = test::price(1, 1)});
    EXPECT_EQ(world.unfit(0), unfit);
    EXPECT_EQ(world.unfit(1), Unfit::none);
  }
}

TEST(Filter, SaysWhatIsLackingAndWhatItWouldCost) {
  World world = World::of(3, {.most_cost_nano_usd = 10});
  Needs cannot;
  cannot.add(Need::json_schema);
  cannot.add(Need::audio);
  world.router().set_facts(0, {.cannot = cannot});
  world.router().set_facts(1, {.price = test::price(3'000'000, 0)});
  world.router().set_facts(2, {.price = test::price(2'000'000, 0)});
  Ask ask{.input_tokens = 1000};
  ask.needs.add(Need::json_schema);
  const Plan& plan = world.plan(ask);
  EXPECT_EQ(plan.fit().size(), 0U);
  ASSERT_EQ(plan.unfit().size(), 3U);
  EXPECT_EQ(plan.unfit()[0].lacking, Need::json_schema);
  EXPECT_EQ(plan.unfit()[1].cost_nano_usd, 3000);
  EXPECT_EQ(plan.least_refused_cost(), 2000);
}

TEST(Filter, TooDearFallsToTheNextCheaper) {
  World world = World::of(3, {.strategy = Strategy::priority, .most_cost_nano_usd = 2500});
  for (std::uint32_t i = 0; i < 3; ++i)
    world.router().set_facts(i, {.price = test::price((3 - static_cast<std::int64_t>(i)) * 1'000'000, 0)});
  EXPECT_EQ(world.order({.input_tokens = 1000}), (Order{1, 2}));
}

TEST(Filter, TagsOfTheModelAndOfTheRequest) {
  const std::vector<test::WrittenDeployment> written = {
      {0, {.tags = {"eu", "soc2"}}}, {1, {.tags = {"eu"}}}, {2, {.tags = {"us"}}}, {3, {}}};
  const std::vector<std::size_t> providers(4, 1);
  World plain(providers, written);
  EXPECT_EQ(plain.order(), (Order{0, 1, 2, 3}));
  EXPECT_EQ(plain.router().tag("mars"), std::nullopt);
  EXPECT_EQ(plain.order({.require_tags = *plain.router().tag("eu")}), (Order{0, 1}));
  EXPECT_EQ(plain.order({.forbid_tags = *plain.router().tag("eu")}), (Order{2, 3}));
  World eu(providers, written, {.require_tags = {"eu"}});
  EXPECT_EQ(eu.order(), (Order{0, 1}));
  EXPECT_EQ(eu.order({.require_tags = *eu.router().tag("soc2")}), (Order{0}));
  EXPECT_EQ(eu.order({.forbid_tags = *eu.router().tag("soc2")}), (Order{1}));
  World nowhere(providers, written, {.require_tags = {"mars"}, .forbid_tags = {"us"}});
  EXPECT_EQ(nowhere.order(), Order{});
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(nowhere.unfit(i), Unfit::tag);
}

// A property: whatever the strategy and the measurements, nobody without the tag is ever asked, and nobody whose
// breaker is shut.
TEST(Filter, TagsAndBreakersAreAlwaysRespected) {
  Random random(9);
  for (int round = 0; round < 300; ++round) {
    std::vector<test::WrittenDeployment> written;
    const std::size_t count = random.between(1, 8);
    for (std::size_t i = 0; i < count; ++i)
      written.push_back({i,
                         {.weight = static_cast<std::uint32_t>(random.below(3)),
                          .tags = random.one_in(2) ? std::vector<std::string>{"eu"} : std::vector<std::string>{}}});
    World world(std::vector<std::size_t>(count, 1), written,
                {.strategy = static_cast<Strategy>(random.below(catalog::kStrategyCount)), .require_tags = {"eu"}});
    for (int event = 0; event < 60; ++event) {
      const auto cell = static_cast<std::uint32_t>(random.below(count));
      world.attempt(cell, {.blame = static_cast<Blame>(random.below(kBlameCount)),
                           .exhausted = random.one_in(8),
                           .ttft_ms = static_cast<std::int64_t>(random.below(2'000))});
      world.now += random.one_in(6) ? 25s : 100ms;
      const Plan& plan = world.plan({.affinity = random.below(2) * random.next()});
      ASSERT_EQ(plan.fit().size() + plan.unfit().size(), count);
      for (const Candidate& candidate : plan.fit()) {
        ASSERT_FALSE(written[candidate.place].route.tags.empty());
        ASSERT_NE(look(world.table.breaker(candidate.cell), BreakerOptions{}, world.now), Admission::refused);
      }
    }
  }
}

TEST(Headroom, WhoHasNoneIsLeftOutWhileOthersAreThere) {
  World world = World::of(2);
  const auto hear = [&](std::uint32_t cell, Bytes limit, Bytes remaining, Bytes reset) {
    const std::string kind(limit);
    const std::string names[] = {"X-RateLimit-Limit-" + kind, "x-ratelimit-remaining-" + kind,
                                 "x-ratelimit-reset-" + kind};
    codec::FieldList fields;
    fields.add({.name = names[0], .value = "1000", .id = {}});
    fields.add({.name = names[1], .value = remaining, .id = {}});
    fields.add({.name = names[2], .value = reset, .id = {}});
    world.router().hear(cell, fields, world.now, {});
  };
  hear(0, "tokens", "5", "10s");
  EXPECT_EQ(world.order(), (Order{1}));
  EXPECT_EQ(world.unfit(0), Unfit::headroom);
  EXPECT_EQ(world.plan().askable().size(), 2U) << "the last resort";
  hear(1, "requests", "0", "5.000s");
  hear(1, "requests", "1000", "5.000s");  // too soon after: not listened to
  world.now += 30ms;                      // longer than a look lasts
  EXPECT_EQ(world.order(), (Order{0, 1})) << "nobody is left: all may try";
  world.now += 5s;
  EXPECT_EQ(world.order(), (Order{1}));
  world.now += 6s;
  EXPECT_EQ(world.order(), (Order{0, 1}));
}

TEST(Headroom, A429WithRetryAfterIsNone) {
  World world = World::of(2);
  EXPECT_TRUE(world.attempt(0, {.blame = Blame::quota, .retry_after_ms = 3000}));
  EXPECT_EQ(world.order(), (Order{1})) << "at once, without another look";
  world.now += 2900ms;
  EXPECT_EQ(world.order(), (Order{1}));
  world.now += 200ms;
  EXPECT_EQ(world.order(), (Order{0, 1}));
}

TEST(Latency, ABoundLeavesOutWhoIsSlowWhileOthersAreThere) {
  World world = World::of(2, {.most_ttft_ms = 500});
  world.attempt(0, {.ttft_ms = 900});
  world.now += 21ms;
  EXPECT_EQ(world.order(), (Order{1}));
  EXPECT_EQ(world.unfit(0), Unfit::latency);
  EXPECT_EQ(world.plan().askable().size(), 2U) << "the last resort";
  world.attempt(1, {.ttft_ms = 800});
  world.now += 21ms;
  EXPECT_EQ(world.order(), (Order{0, 1}));
  world.attempt(1, {.ttft_ms = 10});
  world.now += 31s;
  EXPECT_EQ(world.order(), (Order{0, 1})) << "what was measured long ago is not known any more";
}

// What the catalogue knows is what plans are made of: no other list of models beside it.
TEST(Facts, AreTheCataloguesOwn) {
  const catalog::ModelRow* row = nullptr;
  for (const catalog::ModelRow& one : catalog::model_rows())
    if (one.kind == "openai" && one.price.known() && one.context > 0) row = &one;
  ASSERT_NE(row, nullptr);
  const CandidateFacts facts = candidate_facts(row);
  EXPECT_EQ(facts.context_tokens, row->context);
  EXPECT_EQ(facts.most_output_tokens, row->most_output);
  EXPECT_EQ(facts.quality, row->quality);
  EXPECT_EQ(facts.can.has(Need::reasoning), row->can.has(catalog::Ability::reasoning));
  EXPECT_EQ(facts.cannot.has(Need::audio), row->cannot.has(catalog::Ability::audio));
  const auto exact = catalog::cost_of(&row->price, 1000, 500);
  EXPECT_NEAR(static_cast<double>(estimated_cost(facts, 1000, 500)), static_cast<double>(exact.nano_usd), 1);
  World world = World::of(1);
  const std::string name = "p0/" + std::string(row->id);
  const Plan& plan = world.plan({.input_tokens = 1000, .max_output_tokens = 500}, name);
  ASSERT_EQ(plan.fit().size(), 1U);
  EXPECT_EQ(plan.fit()[0].cost_nano_usd, estimated_cost(facts, 1000, 500));
  EXPECT_EQ(world.plan({.input_tokens = row->context, .max_output_tokens = 1}, name).fit().size(), 0U);
  EXPECT_EQ(world.last.unfit()[0].unfit, Unfit::context);
}

TEST(Facts, ALongPromptHasItsOwnPrice) {
  const catalog::PriceTier tiers[] = {{.above_input = 1000, .rates = {.input = 2'000'000, .output = 0}}};
  const catalog::Price price{
      .rates = {.input = 1'000'000, .cache_read = 400'000, .output = 0}, .tiers = tiers, .request = 7};
  const CandidateFacts facts{.price = &price};
  EXPECT_EQ(estimated_cost(facts, 1000, 9), 1007);
  EXPECT_EQ(estimated_cost(facts, 1001, 9), 2009);
  EXPECT_EQ(warm_saving(facts, 1000), 600);
  EXPECT_EQ(warm_saving(facts, 1001), 0);
  EXPECT_EQ(estimated_cost({}, 1, 1), -1);
  EXPECT_EQ(warm_saving({}, 1), 0);
  EXPECT_EQ(estimated_cost(facts, UINT64_MAX, UINT64_MAX), INT64_MAX);
}

TEST(Router, EveryShardSeesWhatAllMeasure) {
  World world({1, 1}, {{0}, {1}}, {.strategy = Strategy::least_inflight}, {}, 3);
  std::vector<Pass> passes;
  for (int i = 0; i < 5; ++i) passes.push_back(world.router(1).admit(0, world.now));
  world.now += 21ms;
  EXPECT_EQ(world.router(0).look(0, world.now).in_flight(), 5U);
  const Pass own = world.router(0).admit(0, world.now);
  EXPECT_EQ(world.router(0).look(0, world.now).in_flight(), 6U) << "its own at once";
  EXPECT_EQ(world.router(2).look(0, world.now).in_flight(), 6U);
  world.now += 21ms;
  EXPECT_EQ(world.router(0).look(0, world.now).in_flight(), 6U) << "its own are not counted twice";
  world.router(0).end(0, kAnswered, world.now, own);
  EXPECT_EQ(world.router(0).look(0, world.now).in_flight(), 5U);
  for (const Pass& pass : passes) world.router(1).end(0, kAnswered, world.now, pass);
  world.now += 21ms;
  EXPECT_EQ(world.router(2).look(0, world.now).in_flight(), 0U);
}

TEST(Router, ABreakerOpensForAllShards) {
  World world({1, 1}, {{0}, {1}}, {}, {}, 2);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(world.attempt(0, kOverloaded, i % 2));
  EXPECT_EQ(world.breaker(0), BreakerState::open);
  EXPECT_FALSE(world.router(0).admit(0, world.now));
  EXPECT_FALSE(world.router(1).admit(0, world.now));
  world.now += 21ms;
  EXPECT_EQ(world.unfit(0), Unfit::breaker);
  // One probe over all of them.
  world.now += 60s;
  EXPECT_EQ(world.order(), (Order{0, 1}));
  const Pass probe = world.router(1).admit(0, world.now);
  EXPECT_TRUE(probe.is_probe);
  EXPECT_FALSE(world.router(0).admit(0, world.now));
  world.router(1).end(0, kAnswered, world.now, probe);
  EXPECT_EQ(world.breaker(0), BreakerState::slow_start);
  // A tenth, exactly, and whoever insists.
  int let_through = 0;
  for (int i = 0; i < 100; ++i)
    if (const Pass pass = world.router(0).admit(0, world.now)) {
      ++let_through;
      world.router(0).end(0, kAnswered, world.now, pass);
    }
  EXPECT_EQ(let_through, 10);
  EXPECT_TRUE(world.router(0).admit(0, world.now, true));
  world.now += 30s;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(world.attempt(0, kAnswered));
  EXPECT_EQ(world.breaker(0), BreakerState::closed);
}

TEST(Router, WhoKeepsThePreviousAnswerIsAskedAlone) {
  World world({1, 1}, {{.provider = 0}, {.provider = 1}, {.provider = 1}});
  EXPECT_EQ(world.order({.owner = 1}), (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(world.unfit(0, {.owner = 1}), Unfit::owner);
  EXPECT_EQ(world.order(), (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST(Router, AProbeIsToldFromWhatBeganBefore) {
  World world = World::of(1);
  const Pass early = world.router().admit(0, world.now);
  const Pass late = world.router().admit(0, world.now);
  for (int i = 0; i < 5; ++i) world.attempt(0, kOverloaded);
  world.now += 61s;
  const Pass probe = world.router().admit(0, world.now);
  ASSERT_TRUE(probe.is_probe);
  world.router().end(0, kAnswered, world.now, early);
  EXPECT_EQ(world.breaker(0), BreakerState::half_open);
  world.router().end(0, kOverloaded, world.now, late);
  EXPECT_EQ(world.breaker(0), BreakerState::half_open);
  // Nobody waits any more: the next one may find out.
  world.router().end(0, {.blame = Blame::gone}, world.now, probe);
  EXPECT_EQ(world.breaker(0), BreakerState::half_open);
  const Pass second = world.router().admit(0, world.now);
  ASSERT_TRUE(second.is_probe);
  world.now += 61s;  // it hangs
  Pass third = world.router().admit(0, world.now);
  ASSERT_TRUE(third.is_probe);
  world.router().end(0, kOverloaded, world.now, second);
  EXPECT_EQ(world.breaker(0), BreakerState::half_open) << "it was given up";
  world.router().answered(0, third, 100, world.now);
  EXPECT_EQ(world.breaker(0), BreakerState::slow_start) << "with the first content, not with the end of the stream";
  world.router().end(0, kAnswered, world.now, third);
  EXPECT_EQ(world.breaker(0), BreakerState::slow_start);
}

TEST(Router, BreakerByBlame) {
  struct Row {
    AttemptEnd end;
    int times;
    BreakerState state;
    OpenReason reason;
  };
  using enum BreakerState;
  const Row rows[] = {
      {{.blame = Blame::none}, 100, closed, OpenReason::none},
      {{.blame = Blame::request}, 100, closed, OpenReason::none},
      {{.blame = Blame::policy}, 100, closed, OpenReason::none},
      {{.blame = Blame::misfit}, 100, closed, OpenReason::none},
      {{.blame = Blame::gone}, 100, closed, OpenReason::none},
      {{.blame = Blame::overload}, 4, closed, OpenReason::none},
      {{.blame = Blame::overload}, 5, open, OpenReason::failures_in_a_row},
      {{.blame = Blame::transport}, 5, open, OpenReason::failures_in_a_row},
      {{.blame = Blame::quota}, 4, closed, OpenReason::none},
      {{.blame = Blame::quota}, 5, open, OpenReason::quota},
      {{.blame = Blame::quota, .exhausted = true}, 1, open, OpenReason::exhausted},
      {{.blame = Blame::credential}, 1, closed, OpenReason::none},
      {{.blame = Blame::credential}, 2, open, OpenReason::credential},
  };
  for (const Row& row : rows) {
    World world = World::of(1);
    for (int i = 0; i < row.times; ++i) EXPECT_TRUE(world.attempt(0, row.end));
    EXPECT_EQ(world.breaker(0), row.state) << to_string(row.end.blame) << " " << row.times;
    EXPECT_EQ(Breaker::unpack(world.table.breaker(0)).reason, row.reason) << to_string(row.end.blame);
  }
}

TEST(Router, ARateOfFailuresOpensAndWhatWasBeforeItClosedDoesNotCountAgain) {
  World world = World::of(1, {}, {.breaker = {.cooldown = 1s, .slow_start = 1s}});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(world.breaker(0), BreakerState::closed) << "too few for a rate";
    EXPECT_TRUE(world.attempt(0, i % 3 == 0 ? kAnswered : kOverloaded));
  }
  EXPECT_TRUE(world.attempt(0, kOverloaded));
  EXPECT_EQ(Breaker::unpack(world.table.breaker(0)).reason, OpenReason::failure_rate);
  world.now += 1s;
  EXPECT_TRUE(world.attempt(0, kAnswered));
  world.now += 1s;
  EXPECT_TRUE(world.attempt(0, kAnswered));
  EXPECT_EQ(world.breaker(0), BreakerState::closed);
  EXPECT_TRUE(world.attempt(0, kOverloaded));
  EXPECT_EQ(world.breaker(0), BreakerState::closed);
}

TEST(Router, SlowAnswersOpenWhereThatIsWanted) {
  for (const std::uint32_t bound : {0U, 500U}) {
    World world = World::of(1, {}, {.breaker = {.slow_ttft_ms = bound}});
    for (int i = 0; i < 30; ++i) world.attempt(0, {.ttft_ms = 100});
    EXPECT_TRUE(world.attempt(0, {.ttft_ms = 2000}));
    EXPECT_EQ(world.breaker(0), BreakerState::closed) << "one is chance";
    int more = 0;
    while (more < 50 && world.attempt(0, {.ttft_ms = 2000})) ++more;
    EXPECT_EQ(world.breaker(0), bound == 0 ? BreakerState::closed : BreakerState::open);
    if (bound == 0) continue;
    EXPECT_EQ(Breaker::unpack(world.table.breaker(0)).reason, OpenReason::slow);
    // A probe is judged alone.
    world.now += 60s;
    EXPECT_TRUE(world.attempt(0, {.ttft_ms = 600}));
    EXPECT_EQ(world.breaker(0), BreakerState::open);
    world.now += 60s;
    EXPECT_TRUE(world.attempt(0, {.ttft_ms = 400}));
    EXPECT_EQ(world.breaker(0), BreakerState::slow_start);
  }
}

TEST(Router, AQuotaGroupSharesABreaker) {
  World world({1, 1, 1}, {{0, {.quota_group = "account"}}, {1, {}}, {2, {.quota_group = "account"}}});
  EXPECT_TRUE(world.attempt(2, {.blame = Blame::quota, .exhausted = true}));
  EXPECT_EQ(world.order(), (Order{1}));
  EXPECT_FALSE(world.router().admit(0, world.now));
  EXPECT_TRUE(world.router().admit(1, world.now));
}

TEST(Router, WhatWasMeasuredIsKept) {
  World world = World::of(1);
  Pass pass = world.router().admit(0, world.now);
  world.router().answered(0, pass, 120, world.now);
  world.router().answered(0, pass, 990, world.now);  // told twice, counted once
  world.now += 2s;
  world.router().end(0, {.ttft_ms = 990, .connect_us = 700, .output_tokens = 300, .stream_ms = 2000}, world.now, pass);
  const shared::Health health = world.table.fold(0, world.now);
  EXPECT_FLOAT_EQ(health.ttft_ms.value, 120);
  EXPECT_FLOAT_EQ(health.connect_us.value, 700);
  EXPECT_FLOAT_EQ(health.tokens_per_s.value, 150);
  EXPECT_EQ(health.outcomes[static_cast<std::size_t>(Blame::none)], 1U);
  EXPECT_EQ(health.in_flight, 0U);
}

// The provider is slow, then recovers: within a minute and a half it has its share again.
TEST(Latency, WhoRecoversIsFoundAgain) {
  World world = World::of(2, {.strategy = Strategy::latency});
  int slow_asked = 0, asked_again = 0;
  for (int i = 0; i < 6'000; ++i) {  // a hundred seconds, sixty requests each
    const bool is_slow = i < 1'200;
    const std::uint32_t cell = world.plan().fit()[0].cell;
    world.attempt(cell, {.ttft_ms = cell == 0 && is_slow ? 5'000 : 100});
    world.now += 16ms;
    if (cell != 0) continue;
    slow_asked += is_slow ? 1 : 0;
    asked_again += i >= 4'500 ? 1 : 0;
  }
  EXPECT_LT(slow_asked, 20);
  EXPECT_GT(asked_again, 400);
}

}  // namespace
}  // namespace weir::routing
