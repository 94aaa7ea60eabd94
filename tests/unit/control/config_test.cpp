#include "weir/control/config.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "weir/control/commands.h"

namespace weir::control {
namespace {

std::optional<std::string> variables(const std::string& name) {
  if (name == "UPSTREAM_KEY") return "provider-key";
  return std::nullopt;
}

Config must_read(Bytes yaml, const std::string& path = "weir.yaml") {
  auto config = read_config(yaml, path, variables);
  if (config) return *std::move(config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}

TEST(Config, DefaultsAreThoseOfTheTable) {
  const Config config = must_read("providers: {sim: {kind: simulated}}\nexpose_provider_models: true\n");
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen[0].address.to_string(), "127.0.0.1:8080");
  EXPECT_FALSE(config.admin.has_value());
  EXPECT_EQ(config.shards, 0U);
  EXPECT_EQ(config.limits.max_head_bytes, 65536U);
  EXPECT_EQ(config.limits.max_body_bytes, 32U << 20);
  EXPECT_EQ(config.limits.max_connections, 8192U);
  EXPECT_EQ(config.limits.max_buffered_bytes, 512U << 20);
  EXPECT_EQ(config.timeouts.connect, 5s);
  EXPECT_EQ(config.timeouts.first_byte, 60s);
  EXPECT_EQ(config.timeouts.idle, 60s);
  EXPECT_EQ(config.timeouts.total, 600s);
  EXPECT_EQ(config.timeouts.client_head, 30s);
  EXPECT_EQ(config.timeouts.client_idle, 75s);
  EXPECT_EQ(config.timeouts.client_write, 30s);
  EXPECT_EQ(config.timeouts.drain, 30s);
  EXPECT_EQ(config.log.target, LogTarget::standard_output);
  EXPECT_TRUE(config.keys.allows_anonymous());
  EXPECT_TRUE(config.needs_simulator());
  EXPECT_EQ(config.origin, "weir.yaml");
  EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, ReadsEverything) {
  const Config config = must_read(R"(
listen:
  - address: 127.0.0.1:8081
  - {address: "[::1]:8081"}
  - address: 0.0.0.0:0
admin: {address: localhost:9090}
shards: 4
providers:
  local:
    kind: openai
    base_url: "http://127.0.0.1:9100/v1"
    credential: env:UPSTREAM_KEY
    headers: {OpenAI-Organization: org-1, x-number: 17}
  bare: {kind: openai_compatible, base_url: "http://localhost:8000"}
models:
  gpt-4o-mini: {deployments: [local/gpt-4o-mini, bare/org/model]}
  "other:7b": {deployments: [bare/x]}
keys:
  - {name: web-app, hash: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
limits: {max_head_bytes: 4096, max_body_bytes: 1 MiB, max_connections: 7, max_buffered_bytes: "2GiB"}
timeouts:
  connect_ms: 250
  first_byte_ms: 300ms
  idle_ms: 5s
  total_ms: 2m
  client_head_ms: 1h
  client_idle_ms: 1 s
  client_write_ms: "7"
  drain_ms: 24h
log: {target: /tmp/access.log}
)");
  ASSERT_EQ(config.listen.size(), 3U);
  EXPECT_EQ(config.listen[0].address.to_string(), "127.0.0.1:8081");
  EXPECT_EQ(config.listen[1].address.to_string(), "[::1]:8081");
  EXPECT_EQ(config.listen[2].address.to_string(), "0.0.0.0:0");
  EXPECT_EQ(config.admin.value().to_string(), "127.0.0.1:9090");
  EXPECT_EQ(config.shards, 4U);

  const catalog::Provider& local = config.catalog.providers()[0];
  EXPECT_EQ(local.name, "local");
  EXPECT_EQ(local.kind->name, "openai");
  EXPECT_EQ(local.base_url.authority, "127.0.0.1:9100");
  EXPECT_EQ(local.credential.reveal(), "provider-key");
  const std::vector<std::pair<std::string, std::string>> headers = {{"openai-organization", "org-1"},
                                                                    {"x-number", "17"}};
  EXPECT_EQ(local.headers, headers);
  EXPECT_TRUE(config.catalog.providers()[1].credential.empty());

  const auto model = config.catalog.find("gpt-4o-mini");
  ASSERT_TRUE(model.has_value());
  ASSERT_EQ(model->size(), 2U);
  EXPECT_EQ((*model)[0].model_id, "gpt-4o-mini");
  EXPECT_EQ((*model)[1].model_id, "org/model");
  EXPECT_EQ((*model)[1].provider->name, "bare");
  EXPECT_TRUE(config.catalog.find("other:7b").has_value());
  EXPECT_FALSE(config.catalog.find("local/gpt-4o-mini").has_value());

  ASSERT_NE(config.keys.find("abc"), nullptr);
  EXPECT_EQ(config.keys.find("abc")->name, "web-app");
  EXPECT_EQ(config.keys.find(""), nullptr);
  EXPECT_FALSE(config.keys.allows_anonymous());

  EXPECT_EQ(config.limits.max_head_bytes, 4096U);
  EXPECT_EQ(config.limits.max_body_bytes, 1U << 20);
  EXPECT_EQ(config.limits.max_connections, 7U);
  EXPECT_EQ(config.limits.max_buffered_bytes, 2ULL << 30);
  EXPECT_EQ(config.timeouts.connect, 250ms);
  EXPECT_EQ(config.timeouts.first_byte, 300ms);
  EXPECT_EQ(config.timeouts.idle, 5s);
  EXPECT_EQ(config.timeouts.total, 2min);
  EXPECT_EQ(config.timeouts.client_head, 1h);
  EXPECT_EQ(config.timeouts.client_idle, 1s);
  EXPECT_EQ(config.timeouts.client_write, 7ms);
  EXPECT_EQ(config.timeouts.drain, 24h);
  EXPECT_EQ(config.log.target, LogTarget::file);
  EXPECT_EQ(config.log.path, "/tmp/access.log");
  EXPECT_FALSE(config.needs_simulator());
  EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, LogTargets) {
  const std::string rest = "providers: {sim: {kind: simulated}}\nexpose_provider_models: true\nlog: {target: ";
  EXPECT_EQ(must_read(rest + "stderr}").log.target, LogTarget::standard_error);
  EXPECT_EQ(must_read(rest + "none}").log.target, LogTarget::none);
  EXPECT_EQ(must_read(rest + "./a.log}").log.path, "./a.log");
}

TEST(Config, OpenListenersOnPurpose) {
  const std::string rest =
      "providers: {sim: {kind: simulated}}\nexpose_provider_models: true\nlisten: [{address: 0.0.0.0:80}]\n";
  EXPECT_TRUE(must_read(rest + "allow_anonymous: true\n").keys.allows_anonymous());
  const std::string key = "keys: [{name: a, hash: \"sha256:" + std::string(64, '1') + "\"}]\n";
  EXPECT_FALSE(must_read(rest + key).keys.allows_anonymous());
  EXPECT_TRUE(must_read(rest + key + "allow_anonymous: true\n").keys.allows_anonymous());
}

TEST(Config, SecretsFromFilesBesideTheConfiguration) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "weir_config_test";
  std::filesystem::create_directories(folder / "secrets");
  std::ofstream(folder / "secrets/openai") << "sk-from-file\n";
  const std::string yaml =
      "expose_provider_models: true\nproviders:\n  p: {kind: openai, credential: file:secrets/openai}\n";
  std::ofstream(folder / "weir.yaml") << yaml;
  const auto relative = load_config((folder / "weir.yaml").string(), variables);
  ASSERT_TRUE(relative.has_value()) << to_string(relative.error()[0]);
  EXPECT_EQ(relative->catalog.providers()[0].credential.reveal(), "sk-from-file");
  const Config absolute =
      must_read("expose_provider_models: true\nproviders:\n  p: {kind: openai, credential: \"file:" +
                (folder / "secrets/openai").string() + "\"}\n");
  EXPECT_EQ(absolute.catalog.providers()[0].credential.reveal(), "sk-from-file");
  std::filesystem::remove_all(folder);
}

TEST(Config, WarnsOfWhatIsAllowedButProbablyUnwanted) {
  const Config config = must_read(R"(
admin: {address: 10.0.0.1:9090}
providers:
  tls: {kind: openai, credential: env:UPSTREAM_KEY}
  plain: {kind: openai_compatible, base_url: "http://10.0.0.2:8000/v1", credential: env:UPSTREAM_KEY}
  idle: {kind: openai_compatible, base_url: "http://10.0.0.3:8000/v1"}
models:
  a: {deployments: [tls/a, plain/a]}
)");
  const std::vector<std::string> expected = {
      "admin: 10.0.0.1:9090 has no authentication; whoever can reach it reads the metrics.",
      "providers.plain: http://10.0.0.2:8000 is not encrypted; the credential travels readable over the network.",
      "providers.idle: no model uses this provider."};
  EXPECT_EQ(config.warnings, expected);
}

TEST(Config, CurlLine) {
  EXPECT_EQ(curl_line(must_read("providers: {sim: {kind: simulated}}\nexpose_provider_models: true\n")),
            "curl -N http://127.0.0.1:8080/v1/chat/completions -H 'Content-Type: application/json' -d "
            R"('{"model":"sim/text","stream":true,"messages":[{"role":"user","content":"Say hello."}]}')");
  EXPECT_EQ(curl_line(must_read("listen: [{address: \"[::]:81\"}]\nproviders: {sim: {kind: simulated}}\n"
                                "models: {it's: {deployments: [sim/echo]}}\n"
                                "keys: [{name: a, hash: \"sha256:" +
                                std::string(64, '1') + "\"}]\n")),
            "curl -N http://[::1]:81/v1/chat/completions -H 'Content-Type: application/json' "
            "-H \"Authorization: Bearer $WEIR_KEY\" -d "
            R"('{"model":"it'\''s","stream":true,"messages":[{"role":"user","content":"Say hello."}]}')");
}

}  // namespace
}  // namespace weir::control
