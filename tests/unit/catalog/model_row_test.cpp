#include "weir/catalog/model_row.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::catalog {
namespace {

const ModelRow* find(Bytes kind, Bytes id) { return find_model(*find_provider_kind(kind), id); }
Bytes found(Bytes kind, Bytes id) {
  const ModelRow* row = find(kind, id);
  return row ? row->id : Bytes();
}

TEST(ModelRows, EveryRowIsFoundByItsName) {
  std::set<Bytes> kinds;
  for (const ModelRow& row : model_rows()) {
    const ProviderKind* kind = find_provider_kind(row.kind);
    ASSERT_NE(kind, nullptr) << row.kind;
    EXPECT_EQ(find_model(*kind, row.id), &row) << row.kind << "/" << row.id;
    kinds.insert(row.kind);
  }
  EXPECT_GT(model_rows().size(), 1000U);
  EXPECT_EQ(kinds.size(), 17U);
}

TEST(ModelRows, AreSoundAndNameTheirSource) {
  for (const ModelRow& row : model_rows()) {
    SCOPED_TRACE(std::string(row.kind) + "/" + std::string(row.id));
    EXPECT_EQ(row.price.known(), row.price_from != Registry::none);
    EXPECT_TRUE(row.price.known() || row.facts_from != Registry::none);
    if (row.price.known()) EXPECT_FALSE(registry_row(row.price_from).date.empty());
    EXPECT_EQ(row.can.bits() & row.cannot.bits(), 0);
    EXPECT_LE(row.quality, 5);
    // $1,000 for a million tokens: more is a registry that has mistaken its unit.
    const auto sane = [](const Rates& rates) {
      for (const RateClass& one : rate_classes())
        EXPECT_TRUE(rates.*one.rate >= Rates::kUnknown && rates.*one.rate <= 1'000'000'000'000) << one.name;
    };
    sane(row.price.rates);
    for (const PriceTier& tier : row.price.tiers) {
      EXPECT_TRUE(tier.rates.whole());
      EXPECT_TRUE(tier.service != dialect::ServiceTier::standard || tier.above_input > 0);
      sane(tier.rates);
    }
  }
}

TEST(ModelRows, KnownPrices) {
  const ModelRow* haiku = find("anthropic", "claude-haiku-4-5");
  ASSERT_NE(haiku, nullptr);
  EXPECT_EQ(haiku->price.rates, (Rates{.input = 1'000'000'000,
                                       .cache_read = 100'000'000,
                                       .cache_write = 1'250'000'000,
                                       .cache_write_1h = 2'000'000'000,
                                       .output = 5'000'000'000}));
  EXPECT_EQ(haiku->price.web_search, 10'000'000);
  EXPECT_EQ(haiku->context, 200'000U);
  EXPECT_EQ(haiku->most_output, 64'000U);
  EXPECT_TRUE(haiku->can.has(Ability::tools));
  EXPECT_TRUE(haiku->can.has(Ability::reasoning));
  EXPECT_TRUE(haiku->cannot.has(Ability::audio));

  const ModelRow* gemini = find("gemini", "gemini-2.5-flash");
  ASSERT_NE(gemini, nullptr);
  EXPECT_EQ(gemini->price.rates.audio_input, 1'000'000'000);
  EXPECT_TRUE(gemini->can.has(Ability::audio));

  const ModelRow* gpt = find("openai", "gpt-5.4");
  ASSERT_NE(gpt, nullptr);
  EXPECT_EQ(rates_for(gpt->price, dialect::ServiceTier::standard, 272'000).input, 2'500'000'000);
  EXPECT_EQ(rates_for(gpt->price, dialect::ServiceTier::standard, 272'001).input, 5'000'000'000);
  EXPECT_EQ(rates_for(gpt->price, dialect::ServiceTier::priority, 1).output, 30'000'000'000);
  EXPECT_EQ(rates_for(gpt->price, dialect::ServiceTier::flex, 1).input, 1'250'000'000);

  // A registry has a price from a day on; another still has the one before.
  EXPECT_EQ(find("anthropic", "claude-sonnet-5")->price.rates.input, 3'000'000'000);
}

TEST(FindModel, KnowsOtherSpellings) {
  EXPECT_EQ(found("anthropic", "claude-sonnet-4-6-20260217"), "claude-sonnet-4-6");
  EXPECT_EQ(found("anthropic", "claude-sonnet-4-6@20260217"), "claude-sonnet-4-6");
  EXPECT_EQ(found("openai", "gpt-5.4-2031-12-31"), "gpt-5.4");
  EXPECT_EQ(found("gemini", "models/gemini-2.5-pro"), "gemini-2.5-pro");
  EXPECT_EQ(found("mistral", "pixtral-large"), "pixtral-large-latest");
  EXPECT_EQ(found("anthropic", "claude-sonnet-4-6-latest"), "claude-sonnet-4-6");
  EXPECT_EQ(found("gemini", "gemini-flash-lite"), "gemini-flash-lite-latest");
  // The exact name comes first: this one has another price than the model without a date.
  EXPECT_EQ(found("openai", "gpt-4o-2024-05-13"), "gpt-4o-2024-05-13");
  EXPECT_NE(find("openai", "gpt-4o-2024-05-13")->price.rates, find("openai", "gpt-4o")->price.rates);
}

TEST(FindModel, DoesNotGuess) {
  for (const Bytes id :
       {"", "-latest", "gpt", "gpt-5.", "gpt-5.44", "GPT-5.4", "gpt-5.4-20", "gpt-5.4-2025-1-01", "gpt-5.4-x2025101",
        "-20250929", "@20250929", "models/", "models/gpt-5.4x", "zzz", "\xff\xff", "gpt-5.4-pro-max"})
    EXPECT_EQ(find("openai", id), nullptr) << id;
  EXPECT_EQ(find("openai", std::string(100'000, 'a')), nullptr);
  // Nobody's rows are another's.
  EXPECT_EQ(find("anthropic", "gpt-5.4"), nullptr);
  for (const Bytes kind : {"vllm", "openai_compatible", "simulated", "tokenmix"})
    EXPECT_EQ(find(kind, "gpt-5.4"), nullptr);
}

TEST(FindModel, KindsShareRowsWhereTheTableSaysSo) {
  EXPECT_EQ(find("azure_openai_v1", "gpt-5.4"), find("azure_openai", "gpt-5.4"));
  EXPECT_NE(find("azure_openai", "gpt-5.4"), nullptr);
  for (const ProviderKind& kind : provider_kinds())
    if (!kind.catalogue.empty()) EXPECT_NE(find_provider_kind(kind.catalogue), nullptr) << kind.name;
}

TEST(Abilities, HaveNames) {
  std::set<Bytes> names;
  for (std::size_t i = 0; i < kAbilityCount; ++i) names.insert(to_string(static_cast<Ability>(i)));
  EXPECT_EQ(names.size(), kAbilityCount);
  Abilities set{Ability::tools, Ability::audio};
  EXPECT_TRUE(set.has(Ability::tools) && set.has(Ability::audio) && !set.has(Ability::images));
  set.remove(Ability::tools);
  EXPECT_EQ(set, Abilities{Ability::audio});
  EXPECT_FALSE(set.none());
}

}  // namespace
}  // namespace weir::catalog
