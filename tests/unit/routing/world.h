// A catalog with one model for the tests of plans and attempts, and a router over it.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "weir/base/assert.h"
#include "weir/catalog/catalog.h"
#include "weir/routing/attempts.h"
#include "weir/routing/health_shape.h"
#include "weir/routing/router.h"

namespace weir::routing::test {

inline constexpr Instant kNow{1'000'000s};

/// Nano-USD per million tokens. Lives as long as the program.
inline const catalog::Price* price(std::int64_t input, std::int64_t output, std::int64_t cached = -1) {
  static std::deque<catalog::Price> all;
  return &all.emplace_back(catalog::Price{.rates = {.input = input, .cache_read = cached, .output = output}});
}

struct WrittenDeployment {
  std::size_t provider = 0;
  catalog::DeploymentPolicy route = {};
};

/// Providers p0, p1, ... with so many credentials each, and the model `m`, served too as `p0/anything`.
inline catalog::Catalog make_catalog(const std::vector<std::size_t>& credentials,
                                     const std::vector<WrittenDeployment>& written, const catalog::RoutePolicy& route,
                                     catalog::UnknownPrice unknown_price) {
  std::vector<catalog::Provider> providers;
  for (std::size_t i = 0; i < credentials.size(); ++i) {
    catalog::Provider provider = catalog::provider_of(*catalog::find_provider_kind("openai"));
    provider.name = "p" + std::to_string(i);
    for (std::size_t k = 1; k < credentials[i]; ++k) provider.other_credentials.emplace_back("secret");
    providers.push_back(std::move(provider));
  }
  catalog::Model model{.name = "m", .deployments = {}, .policy = {}, .route = route};
  for (std::size_t i = 0; i < written.size(); ++i)
    model.deployments.push_back(
        {.provider = written[i].provider, .model_id = "model-" + std::to_string(i), .route = written[i].route});
  std::vector<catalog::Model> models;
  models.push_back(std::move(model));
  return {std::move(providers), std::move(models), {.expose_provider_models = true, .unknown_price = unknown_price}};
}

struct World {
  World(const std::vector<std::size_t>& credentials, const std::vector<WrittenDeployment>& written,
        const catalog::RoutePolicy& route = {}, const RouterOptions& options = {}, std::uint32_t shards = 1,
        catalog::UnknownPrice unknown_price = catalog::UnknownPrice::allow)
      : catalog(make_catalog(credentials, written, route, unknown_price)), table(health_shape(catalog, shards)) {
    for (std::uint32_t shard = 0; shard < shards; ++shard)
      routers.push_back(std::make_unique<Router>(catalog, &table, shard, options));
  }
  /// One provider each, one credential each.
  static World of(std::size_t count, const catalog::RoutePolicy& route = {}, const RouterOptions& options = {}) {
    std::vector<WrittenDeployment> written;
    for (std::size_t i = 0; i < count; ++i) written.push_back({.provider = i});
    return {std::vector<std::size_t>(count, 1), written, route, options};
  }

  Router& router(std::size_t shard = 0) { return *routers[shard]; }
  const Plan& plan(const Ask& ask = {}, Bytes name = "m") {
    const auto resolution = catalog.find(name);
    WEIR_ASSERT(resolution, "the model is there");
    router().plan(*resolution, ask, now, random, last);
    return last;
  }
  /// The places of those who are asked, in order.
  std::vector<std::uint32_t> order(const Ask& ask = {}) {
    std::vector<std::uint32_t> places;
    for (const Candidate& candidate : plan(ask).fit()) places.push_back(candidate.place);
    return places;
  }
  Unfit unfit(std::uint32_t place, const Ask& ask = {}) {
    for (const Candidate& candidate : plan(ask).unfit())
      if (candidate.place == place) return candidate.unfit;
    return Unfit::none;
  }
  /// An attempt that ends at once.
  bool attempt(std::uint32_t cell, const AttemptEnd& end, std::size_t shard = 0) {
    const Pass pass = router(shard).admit(cell, now);
    if (pass) router(shard).end(cell, end, now, pass);
    return pass.admitted;
  }
  BreakerState breaker(std::uint32_t cell) const { return Breaker::unpack(table.breaker(cell)).state; }

  catalog::Catalog catalog;
  shared::HealthTable table;
  std::vector<std::unique_ptr<Router>> routers;
  Instant now = kNow;
  Random random{1};
  Plan last;
};

}  // namespace weir::routing::test
