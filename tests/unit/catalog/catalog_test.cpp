#include "weir/catalog/catalog.h"

#include <gtest/gtest.h>

namespace weir::catalog {
namespace {

Provider provider(const char* name, Bytes kind, Bytes url) {
  Provider result = provider_of(*find_provider_kind(kind));
  result.name = name;
  if (!url.empty()) result.base_url = *parse_base_url(url);
  result.credential = Secret(std::string("key-of-") + name);
  return result;
}

Catalog small_catalog(bool expose_provider_models) {
  std::vector<Provider> providers;
  providers.push_back(provider("local", "openai_compatible", "http://127.0.0.1:9100/v1"));
  providers.push_back(provider("openrouter", "openrouter", "https://openrouter.ai/api/v1"));
  providers.push_back(provider("sim", "simulated", ""));
  std::vector<Model> models;
  models.push_back({.name = "fast", .deployments = {{0, "gpt-4o-mini"}, {1, "openai/gpt-4o-mini"}}});
  models.push_back({.name = "local/shadowed", .deployments = {{1, "real"}}});
  return {std::move(providers), std::move(models), {.expose_provider_models = expose_provider_models}};
}

TEST(Catalog, FindsConfiguredModels) {
  const Catalog catalog = small_catalog(false);
  const auto fast = catalog.find("fast");
  ASSERT_TRUE(fast.has_value());
  ASSERT_EQ(fast->size(), 2U);
  EXPECT_EQ((*fast)[0].provider, &catalog.providers()[0]);
  EXPECT_EQ((*fast)[0].model_id, "gpt-4o-mini");
  EXPECT_EQ((*fast)[1].provider_index, 1U);
  EXPECT_EQ((*fast)[1].provider->credential.reveal(), "key-of-openrouter");
  EXPECT_EQ((*fast)[1].model_id, "openai/gpt-4o-mini");
  EXPECT_EQ(fast->model(), &catalog.models()[0]);
  for (Bytes name : {"", "Fast", "fas", "fast ", "local/gpt-4o-mini", "/", "local/"})
    EXPECT_FALSE(catalog.find(name).has_value()) << name;
}

TEST(Catalog, AddressesProvidersDirectlyWhenEnabled) {
  const Catalog catalog = small_catalog(true);
  const std::string name = "openrouter/openai/gpt-4o";
  const auto direct = catalog.find(name);
  ASSERT_TRUE(direct.has_value());
  ASSERT_EQ(direct->size(), 1U);
  EXPECT_EQ((*direct)[0].provider->name, "openrouter");
  EXPECT_EQ((*direct)[0].model_id, "openai/gpt-4o");  // split at the first slash only
  EXPECT_EQ((*direct)[0].model_id.data(), name.data() + 11);
  EXPECT_EQ(direct->model(), nullptr);
  for (Bytes unknown : {"", "/", "/x", "local/", "nobody/x", "local", "Local/x"})
    EXPECT_FALSE(catalog.find(unknown).has_value()) << unknown;
}

TEST(Catalog, ConfiguredNamesComeBeforeDirectAddresses) {
  const Catalog catalog = small_catalog(true);
  const auto shadowed = catalog.find("local/shadowed");
  ASSERT_TRUE(shadowed.has_value());
  EXPECT_EQ((*shadowed)[0].provider->name, "openrouter");
  EXPECT_EQ((*shadowed)[0].model_id, "real");
}

TEST(Catalog, BuiltInProvidersLearnTheirAddressLater) {
  Catalog catalog = small_catalog(true);
  EXPECT_EQ(catalog.find("sim/echo").value()[0].provider->base_url.host, "");
  catalog = std::move(catalog).with_built_in_at(*parse_base_url("http://127.0.0.1:4242/v1"));
  EXPECT_EQ(catalog.find("sim/echo").value()[0].provider->base_url.port, 4242);
  EXPECT_EQ(catalog.find("local/x").value()[0].provider->base_url.port, 9100);
  EXPECT_EQ(catalog.find("fast").value()[0].model_id, "gpt-4o-mini");
}

/// A catalog of OpenAI with a price of the operator's for one model.
Catalog priced_catalog(UnknownPrice unknown_price) {
  std::vector<Provider> providers;
  providers.push_back(provider("oai", "openai", "https://api.openai.com/v1"));
  std::vector<Model> models;
  models.push_back({.name = "fast", .deployments = {{0, "gpt-5.4"}, {0, "mine"}, {0, "nobody-knows-it"}}});
  std::vector<OwnFacts> facts;
  facts.push_back(
      {.provider = 0, .model_id = "mine", .row = {.kind = "openai", .price = {.rates = {.input = 1, .output = 2}}}});
  return {std::move(providers),
          std::move(models),
          {.expose_provider_models = true, .unknown_price = unknown_price},
          std::move(facts)};
}

TEST(Catalog, DeploymentsKnowWhatTheirModelsAre) {
  const Catalog moved = priced_catalog(UnknownPrice::allow);
  const auto fast = moved.find("fast").value();
  EXPECT_EQ(fast[0].facts, find_model(*find_provider_kind("openai"), "gpt-5.4"));
  ASSERT_NE(fast[1].facts, nullptr);
  EXPECT_EQ(fast[1].facts, &moved.own_facts()[0].row);
  EXPECT_EQ(fast[1].facts->id, "mine");
  EXPECT_EQ(fast[1].price()->rates.output, 2);
  EXPECT_EQ(fast[2].facts, nullptr);
  EXPECT_EQ(fast[2].price(), nullptr);
}

TEST(Catalog, DirectAddressesKnowItToo) {
  const Catalog catalog = priced_catalog(UnknownPrice::allow);
  EXPECT_EQ(catalog.find("oai/gpt-5.4").value()[0].facts, catalog.find("fast").value()[0].facts);
  EXPECT_EQ(catalog.find("oai/mine").value()[0].facts, &catalog.own_facts()[0].row);
  EXPECT_EQ(catalog.find("oai/nobody-knows-it").value()[0].facts, nullptr);
}

TEST(Catalog, UnknownPricesCanBeBlocked) {
  const Catalog catalog = priced_catalog(UnknownPrice::block);
  EXPECT_TRUE(catalog.find("oai/gpt-5.4").has_value());
  EXPECT_TRUE(catalog.find("oai/mine").has_value());
  EXPECT_FALSE(catalog.find("oai/nobody-knows-it").has_value());
}

TEST(Catalog, EmptyFindsNothing) {
  const Catalog catalog;
  EXPECT_FALSE(catalog.find("x").has_value());
  EXPECT_FALSE(catalog.find("x/y").has_value());
}

TEST(CatalogDeathTest, BrokenInvariantsEndTheProcess) {
  EXPECT_DEATH(Catalog({}, {{.name = "m", .deployments = {{0, "x"}}}}, {}), "provider is in the catalog");
  EXPECT_DEATH(Catalog({}, {{.name = "m"}}, {}), "has a deployment");
}

TEST(Catalog, TheModelStandsInTheAddressOrInTheBody) {
  using dialect::Dialect;
  using dialect::Quirk;
  Provider azure = provider_of(*find_provider_kind("azure_openai"));
  azure.url_form = UrlForm::azure_deployment;
  EXPECT_TRUE(has_model_in_path(azure, Dialect::openai_chat));
  EXPECT_TRUE(quirks_in(azure, Dialect::openai_chat).has(Quirk::model_in_path));
  EXPECT_FALSE(quirks_in(azure, Dialect::openai_responses).has(Quirk::model_in_path));
  azure.url_form = UrlForm::azure_v1;
  EXPECT_FALSE(quirks_in(azure, Dialect::openai_chat).has(Quirk::model_in_path));
  EXPECT_TRUE(has_model_in_path(provider_of(*find_provider_kind("gemini")), Dialect::gemini));
}

}  // namespace
}  // namespace weir::catalog
