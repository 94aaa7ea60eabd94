#include "weir/control/commands.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "weir/control/provider_documents.h"
#include "weir/control/schema_documents.h"

namespace weir::control {
namespace {

struct Output {
  int code;
  std::string out;
  std::string err;
};

template <class Command>
Output run(Command command) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = command();
  std::fflush(stdout);
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

std::string write_file(const std::string& name, const std::string& text) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / name).string();
  std::ofstream(path) << text;
  return path;
}

TEST(Commands, AKeyThatWasMadeOpensTheConfigurationItIsPutInto) {
  const Output made = run([] { return create_key("web-app"); });
  ASSERT_EQ(made.code, kExitOk);
  const std::size_t line_end = made.out.find('\n');
  const std::string key = made.out.substr(0, line_end);
  EXPECT_EQ(key.size(), 46U);
  EXPECT_TRUE(key.starts_with("wk_"));
  EXPECT_EQ(made.err.find(key), std::string::npos);

  const auto config = read_config(
      "expose_provider_models: true\nproviders: {sim: {kind: simulated}}\nkeys:\n" + made.out.substr(line_end + 1),
      "weir.yaml", process_environment());
  ASSERT_TRUE(config.has_value()) << to_string(config.error()[0]);
  ASSERT_NE(config->keys.find(key), nullptr);
  EXPECT_EQ(config->keys.find(key)->name, "web-app");
  EXPECT_EQ(config->keys.find(key.substr(1)), nullptr);

  const Output another = run([] { return create_key("web-app"); });
  EXPECT_NE(another.out.substr(0, line_end), key);
}

TEST(Commands, AKeyNeedsAName) {
  const Output made = run([] { return create_key("web app"); });
  EXPECT_EQ(made.code, kExitUsage);
  EXPECT_EQ(made.out, "");
  EXPECT_EQ(made.err,
            "weir: \"web app\" cannot be a name. Use 1 to 64 letters, digits, dots, underscores and hyphens.\n");
}

TEST(Commands, Check) {
  const std::string good =
      write_file("weir_good.yaml", "expose_provider_models: true\nproviders: {s: {kind: simulated}}\n");
  const Output fine = run([&] { return check(good); });
  EXPECT_EQ(fine.code, kExitOk);
  EXPECT_EQ(fine.out, "");
  EXPECT_EQ(fine.err, good + " is fine: 1 provider, 0 models, 0 keys, 0 warnings.\n");

  const std::string bad = write_file("weir_bad.yaml", "shards: 0\nproviders: {s: {kind: simulatd}}\n");
  const Output wrong = run([&] { return check(bad); });
  EXPECT_EQ(wrong.code, kExitUsage);
  EXPECT_EQ(wrong.out, "");
  EXPECT_EQ(wrong.err, bad + ":1:9: shards: 0 is out of range. Choose a value from 1 to 1024.\n" + bad +
                           ":2:23: providers.s.kind: there is no provider kind \"simulatd\". Did you mean simulated?\n"
                           "weir: the configuration cannot be used: 2 errors.\n");
  std::filesystem::remove(good);
  std::filesystem::remove(bad);
}

TEST(Commands, CheckTellsWhatMayFailTogether) {
  const std::string path = write_file("weir_notes.yaml",
                                      "providers: {s: {kind: simulated}}\n"
                                      "models: {m: {deployments: [s/text, s/tool]}}\n");
  const Output checked = run([&] { return check(path); });
  EXPECT_EQ(checked.code, kExitOk);
  EXPECT_EQ(checked.err, "note: models.m: all 2 deployments depend on the provider s, so they may fail together.\n" +
                             path + " is fine: 1 provider, 1 model, 0 keys, 0 warnings.\n");
  std::filesystem::remove(path);
}

TEST(Commands, Explain) {
  const std::string config =
      write_file("weir_explain.yaml",
                 "providers: {s: {kind: simulated}}\n"
                 "models: {m: {deployments: [s/text]}, n: {deployments: [s/tool], max_cost: 0}}\n"
                 "model_facts: {s/tool: {price: {input: 1, output: 1}}}\n");
  const std::string request =
      write_file("weir_explain.json", R"({"model":"m","messages":[{"role":"user","content":"Hello."}]})");
  ExplainOptions options{.config_path = config, .request_path = request, .dialect = "openai_chat"};
  const auto explained = [&] { return run([&] { return explain_request(options); }); };
  const Output fine = explained();
  EXPECT_EQ(fine.code, kExitOk);
  EXPECT_EQ(fine.err, "");
  EXPECT_TRUE(fine.out.starts_with("model m, strategy priority: about ")) << fine.out;
  EXPECT_NE(fine.out.find("\n1. s/text: price not known; "), std::string::npos) << fine.out;
  options.model = "n";
  const Output nobody = explained();
  EXPECT_EQ(nobody.code, kExitFailure);
  EXPECT_NE(nobody.out.find("nobody can be asked"), std::string::npos) << nobody.out;
  options.model = {};
  options.headers = {"x-weir-tags: eu"};
  const Output elsewhere = explained();
  EXPECT_EQ(elsewhere.code, kExitFailure);
  EXPECT_NE(elsewhere.out.find("- s/text: lacks a required tag"), std::string::npos) << elsewhere.out;
  options.headers = {"x-weir-tags"};
  EXPECT_EQ(explained().err,
            "weir: \"x-weir-tags\" is not a header field. Write the name, a colon and the value: x-weir-tags: eu.\n");
  options.headers = {};
  options.model = "o";
  EXPECT_EQ(explained().code, kExitUsage);
  options.model = {};
  options.dialect = "latin";
  EXPECT_EQ(explained().err,
            "weir: there is no dialect \"latin\". The dialects are openai_chat, openai_responses, anthropic_messages, "
            "gemini.\n");
  options.dialect = "openai_chat";
  options.request_path = "/nonexistent";
  EXPECT_EQ(explained().err, "weir: the request /nonexistent cannot be read: No such file or directory.\n");
  std::filesystem::remove(config);
  std::filesystem::remove(request);
}

TEST(Commands, Schema) {
  EXPECT_EQ(run([] { return print_schema(SchemaForm::json); }).out, json_schema());
  EXPECT_EQ(run([] { return print_schema(SchemaForm::markdown); }).out, markdown_reference());
  EXPECT_EQ(run([] { return print_schema(SchemaForm::providers); }).out, providers_reference());
}

}  // namespace
}  // namespace weir::control
