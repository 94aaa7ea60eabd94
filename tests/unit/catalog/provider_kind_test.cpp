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
    EXPECT_EQ(kind.dialect, Dialect::openai_chat);
    EXPECT_EQ(kind.base_url.empty(), kind.place != Place::known);
    if (kind.place != Place::known) continue;
    const auto url = parse_base_url(kind.base_url);
    ASSERT_TRUE(url.has_value()) << url.error();
    EXPECT_TRUE(url->needs_tls);
    EXPECT_NE(kind.auth, AuthStyle::none);
    EXPECT_TRUE(variables.insert(kind.credential_variable).second);
    EXPECT_FALSE(kind.sample_model.empty());
  }
  EXPECT_EQ(names.size(), 10U);
}

TEST(ProviderKind, KnowsWhatItCannotServe) {
  for (Bytes name : {"anthropic", "gemini", "bedrock", "cohere"}) {
    EXPECT_EQ(find_provider_kind(name), nullptr) << name;
    EXPECT_TRUE(is_unspoken_kind(name)) << name;
  }
  EXPECT_EQ(find_provider_kind("OpenAI"), nullptr);
  EXPECT_EQ(find_provider_kind(""), nullptr);
  EXPECT_FALSE(is_unspoken_kind("opnai"));
}

TEST(ProviderKind, AuthHeaders) {
  EXPECT_EQ(auth_header(AuthStyle::bearer).name, "authorization");
  EXPECT_EQ(auth_header(AuthStyle::bearer).prefix, "Bearer ");
  EXPECT_EQ(auth_header(AuthStyle::x_api_key).name, "x-api-key");
  EXPECT_EQ(auth_header(AuthStyle::api_key).name, "api-key");
  EXPECT_EQ(auth_header(AuthStyle::x_goog_api_key).name, "x-goog-api-key");
  EXPECT_EQ(auth_header(AuthStyle::x_goog_api_key).prefix, "");
  EXPECT_EQ(auth_header(AuthStyle::none).name, "");
}

}  // namespace
}  // namespace weir::catalog
