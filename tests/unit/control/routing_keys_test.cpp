// How an operator says who is asked: from the file to the catalog and the breaker, and every mistake with its place.
#include <gtest/gtest.h>

#include "failure_domains.h"
#include "weir/control/config.h"

namespace weir::control {
namespace {

using catalog::Strategy;

// One line, so that a case's own text begins in line 2.
const std::string kProviders =
    "providers: {a: {kind: openai, credential: env:KEY}, b: {kind: vllm}, c: {kind: azure_openai, base_url: "
    "\"https://r.openai.azure.com\", credential: env:KEY}}\n";

std::optional<std::string> variables(const std::string& name) {
  if (name == "SSL_CERT_FILE") return std::string(WEIR_TEST_CERTIFICATES) + "/root.pem";
  if (name.starts_with("KEY")) return "the-" + name;
  return std::nullopt;
}

Config config_of(const std::string& more, const std::string& providers = kProviders) {
  auto config = read_config(providers + more, "weir.yaml", variables);
  if (config) return *std::move(config);
  ADD_FAILURE() << to_string(config.error()[0]);
  return {};
}

std::string errors_of(const std::string& more, const std::string& providers = kProviders) {
  const auto config = read_config(providers + more, "weir.yaml", variables);
  std::string text;
  if (!config)
    for (const ConfigError& error : config.error()) text += to_string(error) + "\n";
  return text;
}

std::string warnings_of(const std::string& more) {
  std::string text;
  for (const std::string& warning : config_of(more).warnings)
    if (!warning.ends_with("no model uses this provider.")) text += warning + "\n";
  return text;
}

std::string notes_of(const std::string& more) {
  std::string text;
  for (const std::string& note : notes_on_failover(config_of(more).catalog)) text += note + "\n";
  return text;
}

/// A model with these keys beside its deployments, which stand in line 2.
std::string model(const std::string& keys, const std::string& deployments = "[a/x, b/y]") {
  return "models: {m: {deployments: " + deployments + (keys.empty() ? "" : ", " + keys) + "}}\n";
}

TEST(RoutingKeys, WithoutAnyTheDefaultsOfThePolicyHold) {
  const Config config = config_of(model(""));
  const catalog::Model& m = config.catalog.models()[0];
  EXPECT_EQ(m.route, catalog::RoutePolicy{});
  EXPECT_EQ(m.deployments[0].route, catalog::DeploymentPolicy{});
  EXPECT_EQ(m.route.most_attempts, 3U);
}

TEST(RoutingKeys, OfAModel) {
  const Config config = config_of(
      "models:\n"
      "  m:\n"
      "    deployments: [{deployment: a/x, tags: [eu, zdr]}, b/y]\n"
      "    strategy: blend\n"
      "    blend: {cost: 5, latency: 0, in_flight: 2, failures: 3, quality: 4}\n"
      "    quality: 3\n"
      "    max_ttft_ms: 2s\n"
      "    max_cost: 0.0375\n"
      "    assumed_output_tokens: 500\n"
      "    require_tags: [eu]\n"
      "    forbid_tags: [us, preview]\n"
      "    affinity: false\n"
      "    attempts: 7\n");
  const catalog::RoutePolicy& route = config.catalog.models()[0].route;
  EXPECT_EQ(route,
            (catalog::RoutePolicy{.strategy = Strategy::blend,
                                  .least_quality = 3,
                                  .most_ttft_ms = 2000,
                                  .most_cost_nano_usd = 37'500'000,
                                  .assumed_output_tokens = 500,
                                  .most_attempts = 7,
                                  .require_tags = {"eu"},
                                  .forbid_tags = {"us", "preview"},
                                  .blend = {.cost = 5, .latency = 0, .in_flight = 2, .failures = 3, .quality = 4},
                                  .affinity = false}));
}

TEST(RoutingKeys, WhatBreaksOffFailsOrIsStitched) {
  using catalog::AfterCommit;
  for (const auto& [word, wanted] : {std::pair("fail", AfterCommit::fail), std::pair("stitch", AfterCommit::stitch)})
    EXPECT_EQ(config_of(model("after_commit: " + std::string(word))).catalog.models()[0].route.after_commit, wanted);
  EXPECT_EQ(errors_of(model("after_commit: restart")),
            "weir.yaml:2:53: models.m.after_commit: \"restart\" is not one of the two. Write fail or stitch.\n");
}

TEST(RoutingKeys, WhoCannotGoOnIsNoted) {
  const auto stitching = [](const std::string& deployments) {
    return notes_of(model("after_commit: stitch", deployments));
  };
  EXPECT_EQ(
      stitching("[a/x]"),
      "models.m: no deployment is known to go on with a text, so after_commit: stitch has no effect but its cost.\n");
  EXPECT_EQ(stitching("[a/x, b/y]"),
            "models.m: only b/y is known to go on with a text, so nobody else does when its own stream breaks off.\n");
  EXPECT_EQ(stitching("[a/x, b/y, b/z]"), "");
}

TEST(RoutingKeys, EveryStrategyHasItsWord) {
  for (std::size_t i = 0; i < catalog::kStrategyCount; ++i) {
    const auto strategy = static_cast<Strategy>(i);
    const Config config = config_of(model("strategy: " + std::string(catalog::to_string(strategy))));
    EXPECT_EQ(config.catalog.models()[0].route.strategy, strategy);
  }
}

TEST(RoutingKeys, OfADeployment) {
  const Config config = config_of(
      model("", "[{deployment: a/x, weight: 0, quality: 5, max_in_flight: 200, tags: [eu], quota_group: g}, b/y]"));
  const auto& deployments = config.catalog.models()[0].deployments;
  ASSERT_EQ(deployments.size(), 2U);
  EXPECT_EQ(deployments[0].model_id, "x");
  EXPECT_EQ(deployments[0].route,
            (catalog::DeploymentPolicy{
                .weight = 0, .quality = 5, .most_in_flight = 200, .tags = {"eu"}, .quota_group = "g"}));
  EXPECT_EQ(deployments[1].route, catalog::DeploymentPolicy{});
}

TEST(RoutingKeys, MistakesInDeployments) {
  EXPECT_EQ(errors_of(model("", "[a/x, {weight: 2}]")),
            "weir.yaml:2:33: models.m.deployments[1]: the key deployment is missing. For example: deployment: "
            "openai/gpt-4o-mini\n");
  EXPECT_EQ(errors_of(model("", "[{deployment: a}]")),
            "weir.yaml:2:41: models.m.deployments[0].deployment: \"a\" is not a deployment. Write the provider's name, "
            "a slash, and what that provider calls the model: openai/gpt-4o-mini.\n");
  EXPECT_EQ(errors_of(model("", "[[a/x]]")),
            "weir.yaml:2:28: models.m.deployments[0]: this must be a single value. For example: deployments: "
            "[openai/gpt-4o-mini]\n");
  EXPECT_EQ(
      errors_of(model("", "[a/x, {deployment: a/x}]")),
      "weir.yaml:2:46: models.m.deployments[1]: this deployment is in the list already. Remove one of the two.\n");
  EXPECT_EQ(errors_of(model("", "[{deployment: a/x, wieght: 2}]")),
            "weir.yaml:2:46: models.m.deployments[0].wieght: there is no such key here. Did you mean weight?\n");
  EXPECT_EQ(errors_of(model("", "[{deployment: a/x, quality: 6}]")),
            "weir.yaml:2:55: models.m.deployments[0].quality: 6 is out of range. Choose a value from 1 to 5.\n");
  EXPECT_EQ(errors_of(model("", "[{deployment: a/x, tags: [eu, eu]}]")),
            "weir.yaml:2:57: models.m.deployments[0].tags[1]: this tag is in the list already. Remove one of the "
            "two.\n");
  EXPECT_EQ(errors_of("models:\n"
                      "  m: {deployments: [{deployment: a/x, quota_group: g}]}\n"
                      "  n: {deployments: [{deployment: a/x, quota_group: g}, {deployment: a/y, quota_group: h}]}\n"
                      "  o: {deployments: [{deployment: a/x, quota_group: h}]}\n"),
            "weir.yaml:5:52: models.o.deployments[0].quota_group: elsewhere this deployment is in the group g. Name "
            "the same one.\n");
  EXPECT_EQ(errors_of(model("strategy: weighted", "[{deployment: a/x, weight: 0}]")),
            "weir.yaml:2:69: models.m.strategy: every deployment has the weight 0. Give one of them a weight, or write "
            "strategy: priority.\n");
}

TEST(RoutingKeys, MistakesInModels) {
  EXPECT_EQ(errors_of(model("strategy: wieghted")),
            "weir.yaml:2:49: models.m.strategy: there is no strategy \"wieghted\". Did you mean weighted?\n");
  EXPECT_EQ(errors_of(model("strategy: best")),
            "weir.yaml:2:49: models.m.strategy: there is no strategy \"best\". The strategies are priority, weighted, "
            "latency, cost, least_inflight, blend.\n");
  EXPECT_EQ(errors_of(model("attempts: 33")),
            "weir.yaml:2:49: models.m.attempts: 33 is out of range. Choose a value from 1 to 32.\n");
  EXPECT_EQ(errors_of(model("max_cost: 1e-3")),
            "weir.yaml:2:49: models.m.max_cost: \"1e-3\" is not an amount of dollars. Write digits, with at most nine "
            "behind a point, up to a million: 0.0375.\n");
  EXPECT_EQ(errors_of(model("strategy: blend, blend: {cost: 0, latency: 0, in_flight: 0, failures: 0}")),
            "weir.yaml:2:63: models.m.blend: nothing counts anything. Give one of the figures a weight.\n");
  EXPECT_EQ(errors_of(model("require_tags: [eu]")),
            "weir.yaml:2:54: models.m.require_tags: no deployment of the model is left. Write tags beside its "
            "deployments, as in {deployment: openai/gpt-4o-mini, tags: [eu]}.\n");
  EXPECT_EQ(errors_of(model("forbid_tags: [eu]", "[{deployment: a/x, tags: [eu]}]")),
            "weir.yaml:2:74: models.m.forbid_tags: no deployment of the model is left. Write tags beside its "
            "deployments, as in {deployment: openai/gpt-4o-mini, tags: [eu]}.\n");
}

/// So many different tags, beginning with this number.
std::string tags(int first, int count) {
  std::string list;
  for (int i = first; i < first + count; ++i) list += (list.empty() ? "t" : ", t") + std::to_string(i);
  return "[" + list + "]";
}

TEST(RoutingKeys, AFileHasAtMost64Tags) {
  const std::string all = "models:\n  m: {deployments: [{deployment: a/x, tags: " + tags(0, 64) + "}]}\n";
  EXPECT_EQ(errors_of(all), "");
  EXPECT_EQ(errors_of(all + "  n: {deployments: [a/x], forbid_tags: [t3, t64]}\n"),
            "weir.yaml:4:45: models.n.forbid_tags[1]: this is the 65th different tag of the file, one more than there "
            "can be. Use fewer tags: they are for what models require or forbid.\n");
}

TEST(RoutingKeys, Warnings) {
  EXPECT_EQ(warnings_of(model("blend: {cost: 2}")),
            "models.m.blend: the strategy is priority, so this changes nothing.\n");
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i > 0 ? ", a/x" : "[a/x") + std::to_string(i);
  EXPECT_EQ(warnings_of(model("", many + "]")),
            "models.m: it has 33 deployments; those behind the first 32 are never asked.\n");
}

std::string provider(const std::string& keys) {
  return "expose_provider_models: true\nproviders: {a: {kind: openai, " + keys + "}}\n";
}

TEST(RoutingKeys, SeveralCredentials) {
  const Config config = config_of("", provider("credentials: [env:KEY, env:KEY2, env:KEY3]"));
  const catalog::Provider& a = config.catalog.providers()[0];
  EXPECT_EQ(a.credential.reveal(), "the-KEY");
  ASSERT_EQ(a.other_credentials.size(), 2U);
  EXPECT_EQ(a.other_credentials[0].reveal(), "the-KEY2");
  EXPECT_EQ(a.other_credentials[1].reveal(), "the-KEY3");
  EXPECT_TRUE(config_of("", provider("credentials: [env:KEY]")).catalog.providers()[0].other_credentials.empty());

  EXPECT_EQ(errors_of("", provider("credential: env:KEY, credentials: [env:KEY2]")),
            "weir.yaml:2:66: providers.a.credentials: there is a credential as well. Write it at the head of this "
            "list, and remove the line credential.\n");
  EXPECT_EQ(errors_of("", provider("credentials: [env:KEY, env:KEY]")),
            "weir.yaml:2:54: providers.a.credentials[1]: this credential is in the list already. Remove one of the "
            "two.\n");
  EXPECT_EQ(errors_of("", provider("credentials: [env:KEY, env:MISSING]")),
            "weir.yaml:2:54: providers.a.credentials[1]: the environment variable MISSING is not set. Set it before "
            "weir is started: export MISSING=...\n");
  EXPECT_EQ(errors_of("", provider("credentials: [sk-proj-1]")),
            "weir.yaml:2:45: providers.a.credentials[0]: a secret must not stand in the configuration itself. Put it "
            "into an environment variable and write env:NAME, or into a file and write file:PATH.\n");
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i > 0 ? ", env:KEY" : "[env:KEY") + std::to_string(i);
  EXPECT_EQ(errors_of("", provider("credentials: " + many + "]")),
            "weir.yaml:2:44: providers.a.credentials: 33 entries are too many. Write at most 32.\n");
}

TEST(RoutingKeys, TheBreakerOfTheTableIsTheBreakersOwn) {
  EXPECT_EQ(config_of(model("")).breaker, routing::BreakerOptions{});
}

TEST(RoutingKeys, Breaker) {
  const routing::BreakerOptions read =
      config_of(model("") +
                "breaker: {cooldown_ms: 30s, longest_cooldown_ms: 1h, probe_timeout_ms: 20s, slow_start_ms: 1m, "
                "failures_in_a_row: 3, failure_percent: 40, least_attempts: 20, refusals: 7, refusal_percent: 25, "
                "credential_refusals: 1, slow_ttft_ms: 4s}\n")
          .breaker;
  EXPECT_EQ(read.cooldown, 30s);
  EXPECT_EQ(read.longest_cooldown, 1h);
  EXPECT_EQ(read.probe_timeout, 20s);
  EXPECT_EQ(read.slow_start, 60s);
  EXPECT_EQ(read.failures_in_a_row, 3U);
  EXPECT_EQ(read.failure_percent, 40U);
  EXPECT_EQ(read.least_attempts, 20U);
  EXPECT_EQ(read.refusals, 7U);
  EXPECT_EQ(read.refusal_percent, 25U);
  EXPECT_EQ(read.credential_refusals, 1U);
  EXPECT_EQ(read.slow_ttft_ms, 4000U);
  EXPECT_EQ(read.validate(), "");

  EXPECT_EQ(errors_of(model("") + "breaker: {cooldown_ms: 20m}\n"),
            "weir.yaml:3:10: breaker.longest_cooldown_ms: it is shorter than cooldown_ms. Make it at least 20m.\n");
  EXPECT_EQ(errors_of(model("") + "breaker: {failures_in_a_row: 64}\n"),
            "weir.yaml:3:30: breaker.failures_in_a_row: 64 is out of range. Choose a value from 1 to 63.\n");
}

TEST(RoutingKeys, DeploymentsThatMayFailTogetherAreNoted) {
  EXPECT_EQ(notes_of(model("", "[a/x]")), "");
  EXPECT_EQ(notes_of(model("", "[a/x, b/y]")), "");
  EXPECT_EQ(notes_of(model("", "[a/x, a/y]")),
            "models.m: all 2 deployments depend on the provider a, so they may fail together.\n");
  EXPECT_EQ(notes_of(model("", "[a/x, c/y]")),
            "models.m: all 2 deployments depend on azure, so they may fail together.\n");
  EXPECT_EQ(notes_of(model("", "[a/x, c/y, b/z]")), "");
}

TEST(RoutingKeys, DeploymentsThatLackAnAbilityAreNoted) {
  EXPECT_EQ(notes_of(model("", "[a/x, b/y]") +
                     "model_facts: {a/x: {can: [tools, images]}, b/y: {cannot: [images, audio, tools]}}\n"),
            "models.m: b/y lacks tools, images; it does not stand in for the others where a request needs that.\n");
  EXPECT_EQ(notes_of(model("", "[a/x, b/y]") + "model_facts: {b/y: {cannot: [images]}}\n"), "");
}

}  // namespace
}  // namespace weir::control
