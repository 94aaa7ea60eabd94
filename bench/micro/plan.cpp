// What does it cost to plan a request over 8 candidates, and to read the health of 32? Reference: folding the health
// table anew for each candidate and sorting by the same score.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "../../tests/unit/routing/world.h"

namespace weir::micro {
namespace {

using routing::test::World;

constexpr std::uint32_t kShards = 4;

std::vector<routing::test::WrittenDeployment> written(std::size_t count) {
  std::vector<routing::test::WrittenDeployment> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back({i, {.weight = static_cast<std::uint32_t>(1 + i % 3), .tags = {"eu"}}});
  return all;
}

/// Deployments with a minute of traffic behind them, on four shards.
struct Measured : World {
  Measured(std::size_t count, const catalog::RoutePolicy& route)
      : World(std::vector<std::size_t>(count, 1), written(count), route, {}, kShards) {
    for (std::uint32_t cell = 0; cell < count; ++cell) {
      for (std::size_t shard = 0; shard < kShards; ++shard)
        for (int i = 0; i < 20; ++i)
          attempt(cell,
                  {.blame = i % 10 == 0 ? routing::Blame::overload : routing::Blame::none, .ttft_ms = 100 + 10 * cell},
                  shard);
      for (auto& router : routers)
        router->set_facts(cell, {.context_tokens = 128'000,
                                 .most_output_tokens = 16'000,
                                 .price = routing::test::price(1'000'000'000 + 10'000'000 * std::int64_t{cell},
                                                               4'000'000'000, 500'000'000)});
    }
    now += 25ms;
  }
};

void plan_8_weir(benchmark::State& state) {
  const auto strategy = static_cast<catalog::Strategy>(state.range(0));
  Measured world(8, {.strategy = strategy, .most_cost_nano_usd = 1'000'000'000, .require_tags = {"eu"}});
  const auto resolution = world.catalog.find("m");
  const routing::Ask ask{.input_tokens = 2000, .max_output_tokens = 500, .affinity = state.range(1) ? 4711U : 0U};
  routing::Plan plan;
  const auto once = [&] { world.router().plan(*resolution, ask, world.now, world.random, plan); };
  once();
  WEIR_ASSERT(plan.fit().size() == 8, "all are fit");
  for (auto _ : state) {
    once();
    benchmark::DoNotOptimize(plan);
  }
  state.SetLabel(std::string(to_string(strategy)) + (state.range(1) ? ", affinity" : ""));
}
BENCHMARK(plan_8_weir)->ArgsProduct({{0, 1, 2, 3, 4, 5}, {0, 1}});

void plan_8_reference(benchmark::State& state) {
  Measured world(8, {});
  struct Scored {
    double score;
    std::uint32_t cell;
  };
  for (auto _ : state) {
    std::vector<Scored> all;
    for (std::uint32_t cell = 0; cell < 8; ++cell) {
      const shared::Health health = world.table.fold(cell, world.now);
      all.push_back({static_cast<double>(health.ttft_ms.value) * (health.in_flight + 1.0), cell});
    }
    std::sort(all.begin(), all.end(), [](const Scored& a, const Scored& b) { return a.score < b.score; });
    benchmark::DoNotOptimize(all.data());
  }
}
BENCHMARK(plan_8_reference);

void health_32_weir(benchmark::State& state) {
  Measured world(32, {});
  for (std::uint32_t cell = 0; cell < 32; ++cell) {
    const routing::Look& look = world.router().look(cell, world.now);
    const shared::Health health = world.table.fold(cell, world.now);
    WEIR_ASSERT(look.ttft_ms == health.ttft_ms.value && look.in_flight() == health.in_flight, "both see the same");
  }
  for (auto _ : state) {
    float sum = 0;
    for (std::uint32_t cell = 0; cell < 32; ++cell) {
      const routing::Look& look = world.router().look(cell, world.now);
      sum += look.ttft_ms * static_cast<float>(look.in_flight() + 1) / look.success + static_cast<float>(look.breaker);
    }
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(health_32_weir);

void health_32_reference(benchmark::State& state) {
  Measured world(32, {});
  for (auto _ : state) {
    float sum = 0;
    for (std::uint32_t cell = 0; cell < 32; ++cell) {
      const shared::Health health = world.table.fold(cell, world.now);
      sum += health.ttft_ms.value * static_cast<float>(health.in_flight + 1);
    }
    benchmark::DoNotOptimize(sum);
  }
}
BENCHMARK(health_32_reference);

/// An attempt's begin and end, with nothing wrong.
void attempt_weir(benchmark::State& state) {
  Measured world(1, {});
  for (auto _ : state)
    benchmark::DoNotOptimize(world.attempt(0, {.ttft_ms = 100, .output_tokens = 100, .stream_ms = 900}));
}
BENCHMARK(attempt_weir);

}  // namespace
}  // namespace weir::micro
