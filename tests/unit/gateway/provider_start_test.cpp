#include "weir/gateway/provider_start.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace weir::gateway {
namespace {

using dialect::Dialect;

catalog::Provider provider(const char* kind, const char* base_url) {
  catalog::Provider out = catalog::provider_of(*catalog::find_provider_kind(kind));
  out.name = "p";
  out.base_url = *catalog::parse_base_url(base_url);
  out.credential = Secret("sk-1");
  return out;
}

std::string start(const catalog::Provider& provider, const Call& call) {
  std::array<char, 2048> memory;
  codec::HeadWriter writer(memory);
  ProviderStart(provider, provider.credential).write(writer, call);
  const auto head = writer.finish();
  return head ? std::string(*head) : "refused";
}

std::string request_line(const catalog::Provider& provider, const Call& call) {
  const std::string head = start(provider, call);
  return head.substr(0, head.find("\r\n"));
}

TEST(ProviderStart, EveryDialectHasItsPath) {
  const auto openai = provider("openai", "https://x/v1");
  const auto anthropic = provider("anthropic", "https://x/v1");
  const auto gemini = provider("gemini", "https://x/v1beta");
  using Kind = Call::Kind;
  EXPECT_EQ(request_line(openai, {.model = "m"}), "POST /v1/chat/completions HTTP/1.1");
  EXPECT_EQ(request_line(openai, {.dialect = Dialect::openai_responses}), "POST /v1/responses HTTP/1.1");
  EXPECT_EQ(request_line(openai, {.kind = Kind::count_tokens, .dialect = Dialect::openai_responses}),
            "POST /v1/responses/input_tokens HTTP/1.1");
  EXPECT_EQ(request_line(openai, {.kind = Kind::stored,
                                  .dialect = Dialect::openai_responses,
                                  .stored = "resp_1/cancel",
                                  .query = "a=b",
                                  .method = codec::Method::delete_}),
            "DELETE /v1/responses/resp_1/cancel?a=b HTTP/1.1");
  EXPECT_EQ(request_line(anthropic, {.dialect = Dialect::anthropic_messages}), "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(request_line(anthropic, {.dialect = Dialect::anthropic_messages, .query = "beta=true"}),
            "POST /v1/messages?beta=true HTTP/1.1");
  EXPECT_EQ(request_line(gemini, {.dialect = Dialect::gemini, .model = "g"}),
            "POST /v1beta/models/g:generateContent HTTP/1.1");
  EXPECT_EQ(request_line(gemini, {.dialect = Dialect::gemini, .model = "t/g?x:y", .stream = true}),
            "POST /v1beta/models/t/g%3Fx%3Ay:streamGenerateContent?alt=sse HTTP/1.1");
  EXPECT_EQ(request_line(gemini, {.kind = Kind::count_tokens, .dialect = Dialect::gemini, .model = "g"}),
            "POST /v1beta/models/g:countTokens HTTP/1.1");
}

TEST(ProviderStart, AzureHasTheDeploymentInThePath) {
  auto azure = provider("azure_openai", "https://r.openai.azure.com");
  azure.api_version = "2025-01-01";
  EXPECT_EQ(request_line(azure, {.model = "my dep"}),
            "POST /openai/deployments/my%20dep/chat/completions?api-version=2025-01-01 HTTP/1.1");
  EXPECT_EQ(request_line(azure, {.dialect = Dialect::openai_responses, .model = "d"}),
            "POST /openai/v1/responses HTTP/1.1");
  const auto v1 = provider("azure_openai_v1", "https://r.openai.azure.com");
  EXPECT_EQ(request_line(v1, {.model = "d"}), "POST /openai/v1/chat/completions HTTP/1.1");
}

TEST(ProviderStart, CarriesHostCredentialAndTheOperatorsFields) {
  auto gemini = provider("gemini", "http://h:81/b");
  gemini.headers = {{"x-team", "a"}};
  EXPECT_EQ(start(gemini, {.dialect = Dialect::gemini, .model = "g"}),
            "POST /b/models/g:generateContent HTTP/1.1\r\nhost: h:81\r\nx-goog-api-key: sk-1\r\nx-team: a\r\n"
            "accept-encoding: identity\r\n\r\n");
  EXPECT_EQ(start(provider("openai", "http://h/v1"), {}),
            "POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nauthorization: Bearer sk-1\r\n"
            "accept-encoding: identity\r\n\r\n");
}

TEST(ProviderStart, AModelStaysInItsPlace) {
  for (const char* good : {"gpt-4o", "openai/gpt-4o", "a:b", "a..b", "\xc3\xa9"})
    EXPECT_TRUE(is_path_safe(good)) << good;
  for (const char* bad : {"", "/", "a/", "/a", "..", "../x", "a/../b", "a/.", "a\r\nb", "a b", "\x7f"})
    EXPECT_FALSE(is_path_safe(bad)) << bad;
}

TEST(ProviderStart, PathsAreDecodedOnce) {
  EXPECT_EQ(decode_path("a%2Fb%25", 9), "a/b%");
  EXPECT_EQ(decode_path("", 9), "");
  EXPECT_EQ(decode_path("12345", 4), std::nullopt);
  for (const char* bad : {"%", "%2", "%zz", "a%f"}) EXPECT_EQ(decode_path(bad, 9), std::nullopt) << bad;
}

}  // namespace
}  // namespace weir::gateway
