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

TEST(Config, ProvidersAreWhatTheirRowsSayUnlessTheFileDoes) {
  const Config config = must_read(R"(
providers:
  eu: {kind: openai, region: eu, credential: env:UPSTREAM_KEY}
  plain: {kind: deepseek, credential: env:UPSTREAM_KEY}
  here: {kind: ollama}
  there: {kind: ollama, region: cloud, credential: env:UPSTREAM_KEY}
  gpu: {kind: vllm, base_url: "http://127.0.0.1:7000/v1", dialects: [anthropic_messages, openai_chat]}
  claude: {kind: anthropic, credential: env:UPSTREAM_KEY, headers: {Anthropic-Version: "2024-01-01"}}
  deployed: {kind: azure_openai, base_url: "https://r.openai.azure.com", credential: env:UPSTREAM_KEY}
  preview:
    kind: azure_openai_v1
    base_url: "https://r.openai.azure.com"
    credential: env:UPSTREAM_KEY
    api_version: preview
expose_provider_models: true
)");
  using enum dialect::Dialect;
  const auto providers = config.catalog.providers();
  ASSERT_EQ(providers.size(), 8U);
  EXPECT_EQ(providers[0].base_url.host, "eu.api.openai.com");
  EXPECT_EQ(providers[0].dialects, (catalog::DialectList{openai_chat, openai_responses}));
  EXPECT_TRUE(providers[0].quirks.none());
  EXPECT_TRUE(providers[1].quirks.has(dialect::Quirk::max_tokens_only));
  EXPECT_EQ(providers[2].base_url.authority, "127.0.0.1:11434");
  EXPECT_FALSE(providers[2].tls);
  EXPECT_EQ(providers[3].base_url.host, "ollama.com");
  EXPECT_TRUE(providers[3].tls);
  EXPECT_EQ(providers[4].base_url.port, 7000);
  EXPECT_EQ(providers[4].dialects, (catalog::DialectList{anthropic_messages, openai_chat}));
  ASSERT_EQ(providers[4].default_headers.size(), 1U);
  EXPECT_EQ(providers[4].default_headers[0].dialect, anthropic_messages);
  EXPECT_EQ(providers[4].default_headers[0].name, "anthropic-version");
  EXPECT_EQ(providers[4].default_headers[0].value, "2023-06-01");
  EXPECT_TRUE(providers[5].default_headers.empty());  // the operator's own instead
  EXPECT_EQ(providers[5].dialects.front(), anthropic_messages);
  EXPECT_EQ(providers[6].url_form, catalog::UrlForm::azure_deployment);
  EXPECT_EQ(providers[6].api_version, "2024-10-21");
  EXPECT_TRUE(providers[6].quirks.has(dialect::Quirk::model_in_path));
  EXPECT_EQ(providers[7].url_form, catalog::UrlForm::azure_v1);
  EXPECT_EQ(providers[7].api_version, "preview");
}

TEST(Config, PoliciesOfTranslation) {
  const std::string rest = R"(
providers: {sim: {kind: simulated}}
expose_provider_models: true
models:
  strict: {deployments: [sim/text], unsupported_parameters: error, include_reasoning: false}
  lenient: {deployments: [sim/text], unsupported_parameters: drop}
  usual: {deployments: [sim/text]}
)";
  using dialect::Unsupported;
  const auto policy = [](const Config& config, Bytes name) { return *config.catalog.find(name).value()[0].policy; };
  const Config by_default = must_read(rest);
  EXPECT_EQ(policy(by_default, "strict"), (catalog::ModelPolicy{Unsupported::error, false}));
  EXPECT_EQ(policy(by_default, "lenient"), (catalog::ModelPolicy{Unsupported::drop, true}));
  EXPECT_EQ(policy(by_default, "usual"), (catalog::ModelPolicy{Unsupported::drop, true}));
  EXPECT_EQ(policy(by_default, "sim/x"), (catalog::ModelPolicy{Unsupported::drop, true}));
  EXPECT_EQ(by_default.catalog.reasoning_budgets().tokens, dialect::ReasoningBudgets().tokens);

  const Config strict =
      must_read(rest + "unsupported_parameters: error\nreasoning_budgets: {high: 5000, max: 60000}\n");
  EXPECT_EQ(policy(strict, "lenient").unsupported_parameters, Unsupported::drop);
  EXPECT_EQ(policy(strict, "usual").unsupported_parameters, Unsupported::error);
  EXPECT_EQ(policy(strict, "sim/x").unsupported_parameters, Unsupported::error);
  EXPECT_EQ(strict.catalog.reasoning_budgets().of("high"), 5000U);
  EXPECT_EQ(strict.catalog.reasoning_budgets().of("max"), 60000U);
  EXPECT_EQ(strict.catalog.reasoning_budgets().of("low"), 1024U);
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
