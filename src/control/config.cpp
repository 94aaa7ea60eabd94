#include "weir/control/config.h"

#include <algorithm>
#include <cstdlib>

#include "config_reader.h"
#include "config_resolver.h"
#include "secret_reference.h"

namespace weir::control {

namespace {

constexpr std::size_t kMaxFileBytes = 4 * 1024 * 1024;

/// The provider inside weir, with the one model it is sure to have.
void add_simulated(WrittenConfig& written) {
  const catalog::ProviderKind& kind = *catalog::find_provider_kind("simulated");
  const std::string name(kind.name);
  written.providers.push_back({.name = name, .kind = {.value = &kind}});
  WrittenModel& model = written.models.emplace_back();
  model.name = name + "/" + std::string(kind.sample_model);
  model.deployments.emplace_back().reference.value = model.name;
}

}  // namespace

bool Config::needs_simulator() const {
  return std::ranges::any_of(catalog.providers(), [](const catalog::Provider& provider) {
    return provider.kind->place == catalog::Place::built_in;
  });
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

std::expected<Config, ConfigErrors> read_config(Bytes yaml, const std::string& path, const Environment& environment) {
  ConfigErrors errors;
  WrittenConfig written = read_yaml(yaml, path, errors);
  return resolve(std::move(written), path, environment, std::move(errors));
}

std::expected<Config, ConfigErrors> load_config(const std::string& path, const Environment& environment) {
  const auto text = read_file(path, kMaxFileBytes);
  if (text) return read_config(*text, path, environment);
  return std::unexpected(ConfigErrors{{.file = path,
                                       .problem = "the file cannot be read: " + text.error() + ".",
                                       .advice = "Name a YAML file; docs/configuration.md begins with a small one."}});
}

std::expected<Config, ConfigErrors> config_from_environment(const Environment& environment) {
  WrittenConfig written = default_config();
  written.expose_provider_models = true;
  for (const catalog::ProviderKind& kind : catalog::provider_kinds()) {
    if (kind.place != catalog::Place::known || kind.credential_variable.empty()) continue;
    const std::string variable(kind.credential_variable);
    // A variable set to nothing is how people unset one in a unit or compose file.
    if (environment(variable).value_or("").empty()) continue;
    WrittenProvider& provider = written.providers.emplace_back();
    provider.name = kind.name;
    provider.kind.value = &kind;
    provider.credential.value = "env:" + variable;
    provider.base_url.value = *catalog::parse_base_url(kind.base_url);
  }
  if (written.providers.empty()) add_simulated(written);
  return resolve(std::move(written), "", environment, {});
}

}  // namespace weir::control
