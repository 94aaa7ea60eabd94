// The command line. It decides which command was meant; the commands are in control.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "weir/control/commands.h"
#include "weir/control/serve.h"

namespace {

using namespace weir::control;

constexpr const char* kExamples = R"(
Examples:
  weir                                  serve providers found in the environment (OPENAI_API_KEY, ...) on
                                        127.0.0.1:8080; the built-in simulated one if there is none to reach
  weir serve -c weir.yaml               serve what a configuration says
  weir check weir.yaml                  say what is wrong with it, with line and column
  weir explain -c weir.yaml request.json
                                        say who would be asked for a request, in which order, and why
  weir models                           models and prices that weir knows; with -c those of a configuration
  weir keys create --name web-app       make a key for a client
  weir simulate --address 127.0.0.1:9100
                                        a provider that needs no key, for trying and testing
  weir schema > weir.schema.json        the configuration's JSON Schema, for editors)";

int serve_configured(const std::string& path) {
  auto config = load_or_explain(path.empty() ? std::nullopt : std::optional(path));
  return config ? serve(*std::move(config)) : kExitUsage;
}

int run(int argc, char** argv) {
  CLI::App app("weir: an AI gateway. Without a command it serves what the environment offers.", "weir");
  app.footer(kExamples);
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.require_subcommand(0, 1);

  std::string config_path;
  CLI::App* serve_command = app.add_subcommand("serve", "Run the gateway");
  serve_command->add_option("-c,--config", config_path, "Configuration file; without one the environment is asked")
      ->type_name("FILE");

  std::string checked_path;
  CLI::App* check_command = app.add_subcommand("check", "Check a configuration file completely, and do nothing else");
  check_command->add_option("file", checked_path, "Configuration file")->required()->type_name("FILE");

  ExplainOptions explained;
  std::string explained_config;
  CLI::App* explain_command =
      app.add_subcommand("explain", "Say who would be asked for a request, in which order, and why; nobody is asked");
  explain_command
      ->add_option("-c,--config", explained_config, "Configuration file; without one the environment is asked")
      ->type_name("FILE");
  explain_command->add_option("request", explained.request_path, "The body of a request, as a client sends it")
      ->required()
      ->type_name("FILE");
  explained.dialect = "openai_chat";
  explain_command->add_option("--dialect", explained.dialect, "What the request is written in")
      ->type_name("DIALECT")
      ->capture_default_str();
  explain_command->add_option("--model", explained.model, "The model, in place of the one in the request")
      ->type_name("NAME");
  explain_command
      ->add_option("--header", explained.headers, "A header field that comes with it, such as \"x-weir-tags: eu\"")
      ->type_name("LINE")
      ->expected(1)
      ->take_all();
  explain_command->add_flag("--json", explained.as_json, "As JSON");

  std::string key_name;
  CLI::App* keys_command = app.add_subcommand("keys", "Virtual keys, which clients present");
  keys_command->require_subcommand(1);
  CLI::App* create_command = keys_command->add_subcommand("create", "Make a key and print it, once");
  create_command->add_option("--name", key_name, "What to call it in logs and metrics")->required()->type_name("NAME");

  std::string simulator_address = "127.0.0.1:9100";
  CLI::App* simulate_command = app.add_subcommand("simulate", "Run the built-in simulated provider alone");
  simulate_command->add_option("--address", simulator_address, "Where to listen")
      ->type_name("IP:PORT")
      ->capture_default_str();

  std::string models_config;
  bool is_json = false;
  CLI::App* models_command = app.add_subcommand("models", "List models with their limits, abilities and prices");
  models_command->add_option("-c,--config", models_config, "List the deployments of this configuration instead")
      ->type_name("FILE");
  models_command->add_flag("--json", is_json, "As JSON");

  bool is_markdown = false;
  bool is_providers = false;
  CLI::App* schema_command = app.add_subcommand("schema", "Print the JSON Schema of the configuration");
  schema_command->add_flag("--markdown", is_markdown, "Print the reference of docs/configuration.md instead");
  schema_command->add_flag("--providers", is_providers, "Print the tables of docs/providers.md instead");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {
    // --help and --version end here as well, with code 0.
    return app.exit(end) == 0 ? kExitOk : kExitUsage;
  }

  if (*check_command) return check(checked_path);
  if (*explain_command) {
    if (!explained_config.empty()) explained.config_path = explained_config;
    return explain_request(explained);
  }
  if (*create_command) return create_key(key_name);
  if (*simulate_command) return simulate(simulator_address);
  if (*models_command) return list_models(models_config.empty() ? std::nullopt : std::optional(models_config), is_json);
  if (*schema_command)
    return print_schema(is_providers ? SchemaForm::providers : is_markdown ? SchemaForm::markdown : SchemaForm::json);
  return serve_configured(config_path);
}

}  // namespace

int main(int argc, char** argv) {
  // CLI11 and the standard containers may throw; nothing of ours does.
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "weir: %s\n", exception.what());
    return kExitFailure;
  }
}
