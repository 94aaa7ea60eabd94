// Proxies, warm connections and name servers, as the configuration and the environment say.
#include <gtest/gtest.h>

#include <map>

#include "weir/control/config.h"

namespace weir::control {
namespace {

using Variables = std::map<std::string, std::string>;

std::expected<Config, ConfigErrors> read(const std::string& yaml, Variables variables = {}) {
  variables["KEY"] = "secret";
  return read_config(yaml, "weir.yaml", [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

constexpr const char* kProviders = R"(
expose_provider_models: true
providers:
  public: {kind: openai, credential: env:KEY}
  plain: {kind: openai_compatible, base_url: "http://models.internal.example:8000/v1"}
  local: {kind: openai_compatible, base_url: "http://localhost:8000/v1"}
  inside: {kind: simulated}
)";

/// "name=proxy" of each provider that has one.
std::string proxies(const std::expected<Config, ConfigErrors>& config) {
  if (!config) return to_string(config.error()[0]);
  std::string text;
  for (const catalog::Provider& provider : config->catalog.providers())
    if (provider.proxy) text += provider.name + "=" + provider.proxy->host + " ";
  return text;
}

TEST(Egress, TheEnvironmentDecidesWhereTheFileSaysNothing) {
  EXPECT_EQ(proxies(read(kProviders)), "");
  EXPECT_EQ(proxies(read(kProviders, {{"https_proxy", "http://a:1"}})), "public=a ");
  EXPECT_EQ(proxies(read(kProviders, {{"HTTPS_PROXY", "http://a:1"}})), "public=a ");
  EXPECT_EQ(proxies(read(kProviders, {{"https_proxy", "http://a:1"}, {"HTTPS_PROXY", "http://b:1"}})), "public=a ");
  EXPECT_EQ(proxies(read(kProviders, {{"https_proxy", ""}, {"HTTPS_PROXY", "http://b:1"}})), "public=b ");
  EXPECT_EQ(proxies(read(kProviders, {{"http_proxy", "http://a:1"}})), "plain=a ");
  EXPECT_EQ(proxies(read(kProviders, {{"HTTP_PROXY", "http://a:1"}})), "");
  EXPECT_EQ(proxies(read(kProviders, {{"http_proxy", "a:1"}, {"https_proxy", "b:1"}, {"no_proxy", "openai.com"}})),
            "plain=a ");
  EXPECT_EQ(
      proxies(read(kProviders, {{"http_proxy", "a:1"}, {"https_proxy", "b:1"}, {"NO_PROXY", ".internal.example"}})),
      "public=b ");
}

TEST(Egress, TheFileWins) {
  const Variables variables = {{"https_proxy", "http://env:1"}, {"no_proxy", "*"}};
  const std::string file = std::string(kProviders) + "proxy: {url: \"http://file:1\", no_proxy: [internal.example]}\n";
  EXPECT_EQ(proxies(read(file, variables)), "public=file ");
  EXPECT_EQ(proxies(read(std::string(kProviders) + "proxy: {url: none}\n", variables)), "");
}

TEST(Egress, AProviderMayHaveItsOwn) {
  const auto config = read(R"(
expose_provider_models: true
proxy: {url: env:CORP, no_proxy: ["*"]}
providers:
  own: {kind: openai_compatible, base_url: "http://127.0.0.1:8000/v1", proxy: "http://user:pass@own:2"}
  none: {kind: openai, credential: env:KEY, proxy: none}
)",
                           {{"CORP", "http://corp:1"}});
  EXPECT_EQ(proxies(config), "own=own ");
}

TEST(Egress, WhatCannotBeUsedIsAnErrorAndKeepsItsSecret) {
  const std::pair<std::string, Variables> cases[] = {
      {std::string(kProviders), {{"https_proxy", "socks5://user:hunter2@p:1"}}},
      {std::string(kProviders) + "proxy: {url: \"https://user:hunter2@p:1\"}\n", {}},
      {std::string(kProviders) + "proxy: {url: env:CORP}\n", {{"CORP", "socks5://user:hunter2@p:1"}}},
      {std::string(kProviders) + "proxy: {url: env:MISSING}\n", {}},
      {std::string(kProviders) + "proxy: {no_proxy: [a.test]}\n", {}},
  };
  for (const auto& [file, variables] : cases) {
    const auto config = read(file, variables);
    ASSERT_FALSE(config) << file;
    for (const ConfigError& error : config.error()) EXPECT_EQ(to_string(error).find("hunter2"), std::string::npos);
  }
}

TEST(Egress, WarmConnectionsAreForProvidersFarAway) {
  const auto config =
      read(std::string(kProviders) + "  two: {kind: openai, credential: env:KEY, warm_connections: 2}\n" +
           "  off: {kind: openai, credential: env:KEY, warm_connections: 0}\n");
  ASSERT_TRUE(config) << to_string(config.error()[0]);
  std::string text;
  for (const catalog::Provider& provider : config->catalog.providers())
    text += provider.name + "=" + std::to_string(provider.warm_connections) + " ";
  EXPECT_EQ(text, "public=1 plain=1 local=0 inside=0 two=2 off=0 ");
}

TEST(Egress, NameServers) {
  EXPECT_TRUE(read(kProviders)->name_servers.empty());
  const auto config =
      read(std::string(kProviders) + "names: {servers: [\"192.0.2.53:53\", \"[2001:db8::53]:5353\"]}\n");
  ASSERT_TRUE(config) << to_string(config.error()[0]);
  ASSERT_EQ(config->name_servers.size(), 2u);
  EXPECT_EQ(config->name_servers[1].to_string(), "[2001:db8::53]:5353");
  EXPECT_FALSE(read(std::string(kProviders) + "names: {servers: [dns.example]}\n"));
  EXPECT_FALSE(read(std::string(kProviders) + "names: {servers: []}\n"));
}

}  // namespace
}  // namespace weir::control
