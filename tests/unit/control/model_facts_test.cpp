// Prices and abilities that the operator writes: from the file to the catalog, and what `weir models` says of them.
#include <gtest/gtest.h>

#include "model_list.h"
#include "weir/catalog/cost.h"
#include "weir/control/config.h"

namespace weir::control {
namespace {

const std::string kProviders =
    "providers: {oai: {kind: openai, credential: env:KEY}, own: {kind: vllm}}\n"
    "models: {fast: {deployments: [oai/gpt-5.4, own/llama]}}\n";

std::expected<Config, ConfigErrors> read(const std::string& more) {
  return read_config(kProviders + more, "weir.yaml", [](const std::string& name) {
    return name == "KEY" ? std::optional<std::string>("key") : std::nullopt;
  });
}

Config config_of(const std::string& more) {
  auto config = read(more);
  if (config) return *std::move(config);
  ADD_FAILURE() << to_string(config.error()[0]);
  return {};
}

std::string errors_of(const std::string& more) {
  const auto config = read(more);
  std::string text;
  if (!config)
    for (const ConfigError& error : config.error()) text += to_string(error) + "\n";
  return text;
}

TEST(ModelFacts, WithoutAnyTheRegistriesAreBelieved) {
  const Config config = config_of("");
  const auto fast = config.catalog.find("fast").value();
  ASSERT_NE(fast[0].facts, nullptr);
  EXPECT_TRUE(fast[0].price()->known());
  EXPECT_EQ(fast[1].facts, nullptr);
  EXPECT_EQ(config.catalog.unknown_price(), catalog::UnknownPrice::allow);
}

TEST(ModelFacts, APriceTakesThePlaceOfTheKnownOne) {
  const Config config = config_of(
      "model_facts:\n"
      "  oai/gpt-5.4: {price: {input: 0.0375, output: 12}}\n"
      "  own/llama:\n"
      "    price: {input: \"0.1\", cache_read: 0, cache_write: 0.2, cache_write_1h: 0.3, audio_input: 0.4,\n"
      "            audio_cache_read: 0.5, image_input: 0.6, output: 0.7, reasoning: 0.8, audio_output: 0.9,\n"
      "            image_output: 1.0, request: 5000, web_search: 10000.5}\n");
  const auto fast = config.catalog.find("fast").value();
  EXPECT_EQ(fast[0].price()->rates, (catalog::Rates{.input = 37'500'000, .output = 12'000'000'000}));
  EXPECT_TRUE(fast[0].price()->tiers.empty());
  EXPECT_EQ(fast[0].facts->price_from, catalog::Registry::configuration);
  EXPECT_GT(fast[0].facts->context, 0U);  // what was not written stays
  EXPECT_TRUE(fast[0].facts->can.has(catalog::Ability::tools));
  const catalog::Price& price = *fast[1].price();
  std::int64_t wanted[] = {100, 0, 200, 300, 400, 500, 600, 700, 800, 900, 1000};
  for (std::size_t i = 0; i < std::size(wanted); ++i)
    EXPECT_EQ(price.rates.*catalog::rate_classes()[i].rate, wanted[i] * 1'000'000) << catalog::rate_classes()[i].name;
  EXPECT_EQ(price.request, 5'000'000);
  EXPECT_EQ(price.web_search, 10'000'500);
  EXPECT_EQ(catalog::cost_of(&price, 1'000'000, 0).nano_usd, 100'000'000 + 5'000'000);
}

TEST(ModelFacts, AbilitiesAndLimitsAreWrittenOverWhatIsKnown) {
  const Config config = config_of(
      "model_facts:\n"
      "  oai/gpt-5.4: {can: [audio], cannot: [tools], quality: 5}\n"
      "  own/llama: {context: 8192, most_output: 1024}\n");
  const auto fast = config.catalog.find("fast").value();
  EXPECT_TRUE(fast[0].facts->can.has(catalog::Ability::audio));
  EXPECT_FALSE(fast[0].facts->cannot.has(catalog::Ability::audio));
  EXPECT_TRUE(fast[0].facts->cannot.has(catalog::Ability::tools));
  EXPECT_FALSE(fast[0].facts->can.has(catalog::Ability::tools));
  EXPECT_EQ(fast[0].facts->quality, 5);
  EXPECT_TRUE(fast[0].price()->known());
  EXPECT_NE(fast[0].facts->price_from, catalog::Registry::configuration);
  EXPECT_EQ(fast[1].facts->context, 8192U);
  EXPECT_EQ(fast[1].facts->most_output, 1024U);
  EXPECT_FALSE(fast[1].price()->known());  // and so it is not free
}

TEST(ModelFacts, MistakesAreNamed) {
  EXPECT_EQ(
      errors_of("model_facts: {aoi/gpt-5.4: {quality: 3}}\n"),
      "weir.yaml:3:15: model_facts.aoi/gpt-5.4: there is no provider \"aoi\". Name one of the entries of providers "
      "before the slash.\n");
  EXPECT_EQ(errors_of("model_facts: {oai/gpt-5.4: {price: {input: 1}}}\n"),
            "weir.yaml:3:36: model_facts.oai/gpt-5.4.price: the key output is missing. For example: output: 10\n");
  EXPECT_EQ(errors_of("model_facts: {oai/gpt-5.4: {price: {input: 1e-3, output: -1}}}\n"),
            "weir.yaml:3:44: model_facts.oai/gpt-5.4.price.input: \"1e-3\" is not an amount of dollars. Write digits, "
            "with at most nine behind a point, up to a million: 0.0375.\n"
            "weir.yaml:3:58: model_facts.oai/gpt-5.4.price.output: \"-1\" is not an amount of dollars. Write digits, "
            "with at most nine behind a point, up to a million: 0.0375.\n");
  EXPECT_EQ(
      errors_of("model_facts: {oai/gpt-5.4: {can: [tool]}}\n"),
      "weir.yaml:3:35: model_facts.oai/gpt-5.4.can[0]: \"tool\" is not an ability of models. Did you mean tools?\n");
  EXPECT_EQ(errors_of("model_facts: {oai/gpt-5.4: {can: [tools, audio], cannot: [tools]}}\n"),
            "weir.yaml:3:59: model_facts.oai/gpt-5.4.cannot[0]: it stands in can as well. Remove one of the two.\n");
  EXPECT_EQ(errors_of("model_facts: {oai/gpt-5.4: {quality: 6}}\n"),
            "weir.yaml:3:38: model_facts.oai/gpt-5.4.quality: 6 is out of range. Choose a value from 1 to 5.\n");
  EXPECT_EQ(errors_of("unknown_price: deny\n"),
            "weir.yaml:3:16: unknown_price: \"deny\" is not one of the two. Write allow or block.\n");
}

TEST(ModelFacts, WhatNobodyKnowsThePriceOfCanBeBlocked) {
  EXPECT_EQ(
      errors_of("unknown_price: block\n"),
      "weir.yaml:2:44: models.fast.deployments[1]: nobody knows what own/llama costs, and unknown_price is block. "
      "Write its price in model_facts, or unknown_price: allow.\n");
  EXPECT_EQ(errors_of("unknown_price: block\nmodel_facts: {own/llama: {price: {input: 0, output: 0}}}\n"), "");
  const Config config = config_of(
      "unknown_price: block\nexpose_provider_models: true\nmodel_facts: {own/llama: {price: {input: 0, output: 0}}}\n");
  EXPECT_TRUE(config.catalog.find("own/llama").has_value());
  EXPECT_FALSE(config.catalog.find("own/other").has_value());
}

TEST(ModelFacts, WhatNobodyUsesIsWarnedOf) {
  const Config config = config_of("model_facts: {oai/gpt-5: {quality: 3}}\n");
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0], "model_facts.oai/gpt-5: no model has this deployment.");
  EXPECT_TRUE(config_of("expose_provider_models: true\nmodel_facts: {oai/gpt-5: {quality: 3}}\n").warnings.empty());
}

TEST(ModelList, TellsWhatIsKnownAndWhoSaysSo) {
  const Config config =
      config_of("model_facts:\n  oai/gpt-5.4: {price: {input: 0.0375, output: 12}, cannot: [audio], quality: 2}\n");
  const auto models = configured_models(config.catalog);
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].name, "oai/gpt-5.4");
  EXPECT_EQ(models[0].aliases, std::vector<std::string>{"fast"});
  const std::string table = models_table(models);
  EXPECT_EQ(std::ranges::count(table, '\n'), 3);
  EXPECT_NE(table.find("0.0375"), std::string::npos);
  EXPECT_NE(table.find("configuration"), std::string::npos);
  EXPECT_NE(table.find("not known"), std::string::npos);
  const std::string json = models_json(models);
  EXPECT_NE(json.find(R"({"name":"oai/gpt-5.4","models":["fast"],"context":1050000)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("price":{"nano_usd_per_million":{"input":37500000,"output":12000000000},"tiers":[]})"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("price_from":{"name":"configuration"})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"({"name":"own/llama","models":["fast"]})"), std::string::npos) << json;
}

TEST(ModelList, AllOfTheCatalogueIsListed) {
  const auto models = shipped_models();
  EXPECT_EQ(models.size(), catalog::model_rows().size());
  const std::string table = models_table(models);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(table, '\n')), models.size() + 1);
  EXPECT_EQ(table.find(" \n"), std::string::npos);
}

}  // namespace
}  // namespace weir::control
