#include "weir/catalog/provider_kind.h"

#include <gtest/gtest.h>

#include <set>

#include "weir/catalog/base_url.h"

namespace weir::catalog {
namespace {

TEST(ProviderKind, RowsAreUniqueAndAgreeWithTheirPlace) {
  std::set<Bytes> names;
  std::set<Bytes> variables;
  for (const ProviderKind& kind : provider_kinds()) {
    SCOPED_TRACE(kind.name);
    EXPECT_TRUE(names.insert(kind.name).second);
    EXPECT_EQ(find_provider_kind(kind.name), &kind);
    EXPECT_FALSE(is_unspoken_kind(kind.name));
    EXPECT_FALSE(kind.title.empty());
    EXPECT_FALSE(kind.dialects.empty());
    EXPECT_FALSE(kind.infrastructure[0].empty());
    EXPECT_EQ(kind.base_url.empty(), kind.place == Place::configured || kind.place == Place::built_in);
    EXPECT_EQ(kind.rate_limits.reset_format == ResetFormat::none,
              kind.rate_limits.requests.reset.empty() && kind.rate_limits.tokens.reset.empty());
    if (kind.base_url.empty()) continue;
    const auto url = parse_base_url(kind.base_url);
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_EQ(url->is_loopback(), kind.place == Place::local);
    if (kind.place != Place::known) continue;
    EXPECT_TRUE(url->needs_tls);
    EXPECT_NE(kind.auth, AuthStyle::none);
    EXPECT_TRUE(variables.insert(kind.credential_variable).second);
  }
  EXPECT_EQ(names.size(), 28U);
}

TEST(ProviderKind, RegionsAreUniqueAndReachable) {
  std::size_t regions = 0;
  for (const ProviderKind& kind : provider_kinds()) {
    SCOPED_TRACE(kind.name);
    std::set<Bytes> names;
    for (const Region& region : kind.regions) {
      ++regions;
      EXPECT_TRUE(names.insert(region.name).second) << region.name;
      EXPECT_EQ(find_region(kind, region.name), &region);
      const auto url = parse_base_url(region.base_url);
      ASSERT_TRUE(url.has_value()) << region.name;
      EXPECT_TRUE(url->needs_tls);
    }
    EXPECT_EQ(find_region(kind, "moon"), nullptr);
  }
  EXPECT_GE(regions, 15U);
}

TEST(ProviderKind, KnowsWhatItCannotServe) {
  for (Bytes name : {"vertex", "bedrock", "cohere"}) {
    EXPECT_EQ(find_provider_kind(name), nullptr) << name;
    EXPECT_TRUE(is_unspoken_kind(name)) << name;
  }
  EXPECT_EQ(find_provider_kind("OpenAI"), nullptr);
  EXPECT_EQ(find_provider_kind(""), nullptr);
  EXPECT_FALSE(is_unspoken_kind("opnai"));
}

TEST(ProviderKind, OtherNamesMeanKinds) {
  for (Bytes name : {"azure", "google", "claude", "dashscope", "alibaba", "kimi", "glm", "zhipu", "grok", "hf"}) {
    EXPECT_NE(find_provider_kind(kind_meant_by(name)), nullptr) << name;
    EXPECT_EQ(find_provider_kind(name), nullptr) << name;
  }
  EXPECT_TRUE(kind_meant_by("openai").empty());
  EXPECT_TRUE(kind_meant_by("").empty());
}

TEST(ProviderKind, RateLimitsAreThoseThatAreSent) {
  const ProviderKind& azure = *find_provider_kind("azure_openai");
  EXPECT_EQ(azure.rate_limits.requests.reset, "x-ratelimit-reset-requests");
  EXPECT_EQ(azure.rate_limits.reset_format, ResetFormat::seconds);
  EXPECT_EQ(find_provider_kind("openai")->rate_limits.reset_format, ResetFormat::go_duration);
  const ProviderKind& anthropic = *find_provider_kind("anthropic");
  EXPECT_EQ(anthropic.rate_limits.output_tokens.remaining, "anthropic-ratelimit-output-tokens-remaining");
  EXPECT_EQ(anthropic.rate_limits.reset_format, ResetFormat::rfc3339);
  EXPECT_TRUE(find_provider_kind("gemini")->rate_limits.none());
}

TEST(DialectList, ChoosesWhatNeedsNoTranslation) {
  using enum dialect::Dialect;
  constexpr DialectList list = {openai_chat, openai_responses};
  EXPECT_EQ(list.for_client(openai_chat), openai_chat);
  EXPECT_EQ(list.for_client(openai_responses), openai_responses);
  EXPECT_EQ(list.for_client(gemini), openai_chat);
  DialectList grown;
  EXPECT_TRUE(grown.empty());
  EXPECT_TRUE(grown.add(gemini));
  EXPECT_FALSE(grown.add(gemini));
  EXPECT_TRUE(grown.add(anthropic_messages));
  EXPECT_EQ(grown.front(), gemini);
  EXPECT_EQ(grown, (DialectList{gemini, anthropic_messages}));
  EXPECT_FALSE(grown == (DialectList{anthropic_messages, gemini}));
}

TEST(ProviderKind, AuthHeaders) {
  EXPECT_EQ(auth_header(AuthStyle::bearer).name, "authorization");
  EXPECT_EQ(auth_header(AuthStyle::bearer).prefix, "Bearer ");
  EXPECT_EQ(auth_header(AuthStyle::x_api_key).name, "x-api-key");
  EXPECT_EQ(auth_header(AuthStyle::api_key).name, "api-key");
  EXPECT_EQ(auth_header(AuthStyle::x_goog_api_key).name, "x-goog-api-key");
  EXPECT_EQ(auth_header(AuthStyle::x_goog_api_key).prefix, "");
  EXPECT_EQ(auth_header(AuthStyle::x_portkey_api_key).name, "x-portkey-api-key");
  EXPECT_EQ(auth_header(AuthStyle::none).name, "");
}

}  // namespace
}  // namespace weir::catalog
