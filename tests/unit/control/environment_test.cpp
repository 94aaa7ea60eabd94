// What `weir` without a file serves.
#include <gtest/gtest.h>

#include <map>

#include "weir/control/commands.h"
#include "weir/control/config.h"

namespace weir::control {
namespace {

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Config must_configure(std::map<std::string, std::string> variables) {
  auto config = config_from_environment(with(std::move(variables)));
  if (config) return *std::move(config);
  for (const ConfigError& error : config.error()) ADD_FAILURE() << to_string(error);
  return {};
}

TEST(FromEnvironment, WithoutAnyKeyTheSimulatedProviderAnswers) {
  const Config config = must_configure({});
  EXPECT_EQ(config.origin, "the environment");
  ASSERT_EQ(config.listen.size(), 1U);
  EXPECT_EQ(config.listen[0].address.to_string(), "127.0.0.1:8080");
  EXPECT_FALSE(config.admin.has_value());
  EXPECT_TRUE(config.keys.allows_anonymous());
  EXPECT_TRUE(config.needs_simulator());
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_EQ(config.timeouts.connect, 5s);
  ASSERT_EQ(config.catalog.models().size(), 1U);
  EXPECT_EQ(config.catalog.models()[0].name, "simulated/text");
  const auto text = config.catalog.find("simulated/text");
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ((*text)[0].model_id, "text");
  EXPECT_EQ((*config.catalog.find("simulated/other"))[0].model_id, "other");
}

TEST(FromEnvironment, EveryKeyVariableMakesItsProvider) {
  const Config config = must_configure({{"OPENAI_API_KEY", "a"},
                                        {"MISTRAL_API_KEY", "b"},
                                        {"DEEPSEEK_API_KEY", "c"},
                                        {"GROQ_API_KEY", "d"},
                                        {"XAI_API_KEY", "e"},
                                        {"OPENROUTER_API_KEY", "f"},
                                        {"TOGETHER_API_KEY", "g"},
                                        {"FIREWORKS_API_KEY", "h"},
                                        {"ANTHROPIC_API_KEY", "i"},
                                        {"AZURE_OPENAI_API_KEY", "which resource?"},
                                        {"OLLAMA_API_KEY", "here or there?"}});
  std::string names;
  for (const catalog::Provider& provider : config.catalog.providers())
    names += provider.name + "=" + std::string(provider.credential.reveal()) + " ";
  EXPECT_EQ(names, "openai=a anthropic=i mistral=b deepseek=c fireworks=h together=g groq=d xai=e openrouter=f ");
  const auto direct = config.catalog.find("openrouter/openai/gpt-4o");
  ASSERT_TRUE(direct.has_value());
  EXPECT_EQ((*direct)[0].provider->base_url.host, "openrouter.ai");
  EXPECT_EQ((*direct)[0].model_id, "openai/gpt-4o");
}

TEST(FromEnvironment, TheExampleAsksTheProviderWhoseKeyIsThere) {
  const Config config = must_configure({{"OPENAI_API_KEY", "a"}, {"GROQ_API_KEY", ""}});
  ASSERT_EQ(config.catalog.providers().size(), 1U);
  EXPECT_EQ(config.catalog.providers()[0].name, "openai");
  EXPECT_TRUE(config.catalog.providers()[0].tls);
  EXPECT_EQ(config.catalog.providers()[0].tls_host, "api.openai.com");
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_NE(curl_line(config).find("openai/"), std::string::npos);
}

TEST(FromEnvironment, AKeyThatCannotBeSentIsAnError) {
  const auto config = config_from_environment(with({{"OPENAI_API_KEY", "a\r\nb"}}));
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(
      to_string(config.error()[0]),
      "providers.openai.credential: the environment variable OPENAI_API_KEY does not hold an API key. It must be one "
      "line of at most 16 KiB without spaces around it.");
}

TEST(FromEnvironment, TheProcessHasAnEnvironment) {
  ASSERT_EQ(::setenv("WEIR_TEST_VARIABLE", "here", 1), 0);
  EXPECT_EQ(process_environment()("WEIR_TEST_VARIABLE"), "here");
  ASSERT_EQ(::unsetenv("WEIR_TEST_VARIABLE"), 0);
  EXPECT_EQ(process_environment()("WEIR_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace weir::control
