#include "weir/routing/explain.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "world.h"

namespace weir::routing {
namespace {

using test::World;

/// Five deployments: two that can answer, one that cannot see, one that is shut, one that is too dear.
struct Explained : World {
  Explained()
      : World({1, 1, 1, 1, 1}, {{0}, {1}, {2}, {3}, {4}},
              {.strategy = catalog::Strategy::cost, .most_cost_nano_usd = 50'000'000}) {
    Needs images;
    images.add(Need::images);
    router().set_facts(0, {.can = images, .price = test::price(3'000'000'000, 15'000'000'000)});
    router().set_facts(2, {.cannot = images});
    router().set_facts(4, {.price = test::price(75'000'000'000, 150'000'000'000)});
    for (int i = 0; i < 3; ++i) attempt(0, {.ttft_ms = 200, .output_tokens = 100, .stream_ms = 1000});
    attempt(0, {.blame = Blame::overload});
    attempt(3, {.blame = Blame::quota, .exhausted = true});
    now += 30s;
    ask.input_tokens = 1000;
    ask.max_output_tokens = 500;
    ask.needs.add(Need::images);
    plan(ask);
  }
  Ask ask;
};

TEST(Explain, InWords) {
  Explained world;
  EXPECT_EQ(explain_text(world.last, *world.catalog.find("m"), world.router(), world.ask, world.now),
            "strategy cost: about 1000 tokens in, at most 500 out; needs images\n"
            "1. p0/model-0: about $0.0105; first content after 200 ms (p95 223 ms), 100 tokens/s, 0 in flight, 1 of 4 "
            "failed, breaker closed\n"
            "2. p1/model-1: price not known; 0 in flight, breaker closed\n"
            "- p3/model-3: breaker open (exhausted) for 570 s; price not known; 0 in flight, 1 refused, breaker open "
            "(exhausted) for 570 s\n"
            "- p2/model-2: cannot images; price not known; 0 in flight, breaker closed\n"
            "- p4/model-4: $0.15 is more than $0.05; about $0.15; 0 in flight, breaker closed\n");
}

TEST(Explain, InJson) {
  Explained world;
  const std::string text = explain_json(world.last, *world.catalog.find("m"), world.router(), world.ask, world.now);
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  ASSERT_EQ(parser.parse(text).get(document), simdjson::SUCCESS) << text;
  EXPECT_EQ(Bytes(document["strategy"]), "cost");
  EXPECT_EQ(Bytes(document["needs"].at(0)), "images");
  const auto candidate = [&](std::size_t i) { return document["candidates"].at(i); };
  EXPECT_EQ(Bytes(candidate(0)["provider"]), "p0");
  EXPECT_EQ(std::int64_t(candidate(0)["position"]), 1);
  EXPECT_EQ(std::int64_t(candidate(0)["estimated_cost_nano_usd"]), 10'500'000);
  EXPECT_EQ(std::int64_t(candidate(0)["health"]["last_minute"]["answered"]), 3);
  EXPECT_EQ(std::int64_t(candidate(0)["health"]["last_minute"]["overload"]), 1);
  EXPECT_EQ(double(candidate(0)["health"]["ttft_ms"]), 200);
  EXPECT_TRUE(candidate(1)["estimated_cost_nano_usd"].is_null());
  EXPECT_TRUE(candidate(2)["position"].is_null());
  EXPECT_EQ(Bytes(candidate(3)["unfit"]), "capability");
  EXPECT_EQ(Bytes(candidate(2)["breaker"]["state"]), "open");
  EXPECT_EQ(std::int64_t(candidate(2)["breaker"]["open_for_ms"]), 570'000);
  EXPECT_EQ(Bytes(candidate(4)["why"]), "$0.15 is more than $0.05");
}

TEST(Explain, EveryReasonHasWords) {
  Explained world;
  for (int i = 1; i <= static_cast<int>(Unfit::breaker); ++i) {
    const Candidate candidate{.unfit = static_cast<Unfit>(i), .cost_nano_usd = 1};
    EXPECT_NE(why_unfit(candidate, *world.catalog.find("m"), world.router(), world.ask, world.now), "") << i;
    EXPECT_NE(to_string(candidate.unfit), "");
    EXPECT_NE(why_unfit(candidate, *world.catalog.find("p1/x"), world.router(), world.ask, world.now), "") << i;
  }
}

TEST(Explain, NobodyIsLeft) {
  Explained world;
  world.plan({.input_tokens = 1000, .most_cost_nano_usd = 7, .requires_unknown_tag = true});
  EXPECT_TRUE(explain_text(world.last, *world.catalog.find("m"), world.router(), {}, world.now)
                  .ends_with("nobody can be asked\n"));
  EXPECT_EQ(world.last.fit().size(), 0U);
}

TEST(Explain, WhoIsTheLastHasNoScore) {
  World world({1, 1}, {{.provider = 0}, {.provider = 1, .route = {.weight = 0}}},
              {.strategy = catalog::Strategy::weighted});
  world.plan();
  const std::string json = explain_json(world.last, *world.catalog.find("m"), world.router(), {}, world.now);
  EXPECT_NE(json.find(R"("score":-1)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("score":null)"), std::string::npos) << json;
}

}  // namespace
}  // namespace weir::routing
