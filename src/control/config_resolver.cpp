#include "config_resolver.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "secret_reference.h"
#include "value_parser.h"

namespace weir::control {

namespace {

class Resolver {
 public:
  Resolver(WrittenConfig& written, const std::string& file, const Environment& environment, ConfigErrors& errors)
      : written_(written), file_(file), environment_(environment), errors_(errors) {}

  Config run() {
    resolve_addresses();
    resolve_providers();
    resolve_models();
    resolve_keys();
    check_limits();
    config_.shards = static_cast<std::uint32_t>(written_.shards);
    config_.timeouts = written_.timeouts;
    config_.log = std::move(written_.log);
    config_.origin = file_.empty() ? "the environment" : file_;
    if (errors_.empty()) {
      config_.catalog = catalog::Catalog(std::move(providers_), std::move(models_), written_.expose_provider_models);
      config_.keys = admission::KeyTable(std::move(keys_), written_.allow_anonymous || written_.keys.empty());
    }
    return std::move(config_);
  }

 private:
  void report(Position at, std::string key, std::string problem, std::string advice) {
    errors_.push_back({file_, at, std::move(key), std::move(problem), std::move(advice)});
  }

  /// True if the reader could not understand this key, so that it only looks as if it were not written.
  bool is_misread(Bytes key) const {
    return std::ranges::any_of(errors_, [key](const ConfigError& error) { return Bytes(error.key).starts_with(key); });
  }

  void warn(std::string sentence) { config_.warnings.push_back(std::move(sentence)); }

  void resolve_addresses() {
    for (std::size_t i = 0; i < written_.listen.size(); ++i) {
      const auto& address = written_.listen[i].address;
      if (!address.value) continue;
      const std::string key = "listen[" + std::to_string(i) + "].address";
      if (is_taken(*address.value))
        report(address.at, key, "this address is in the list already.", "Remove one of the two.");
      if (!address.value->loopback() && written_.keys.empty() && !written_.allow_anonymous && !is_misread("keys") &&
          !is_misread("allow_anonymous"))
        report(
            address.at, key, "everybody who can reach " + address.value->to_string() + " could use your providers.",
            "Add keys (weir keys create --name NAME prints one), listen on 127.0.0.1, or write allow_anonymous: true.");
      config_.listen.push_back(*address.value);
    }
    if (written_.listen.empty()) config_.listen.push_back(*io::Address::parse("127.0.0.1:8080"));

    if (const auto& admin = written_.admin.address; admin.value) {
      if (is_taken(*admin.value))
        report(admin.at, "admin.address", "clients connect to this address already.", "Choose another port.");
      if (!admin.value->loopback())
        warn("admin: " + admin.value->to_string() + " has no authentication; whoever can reach it reads the metrics.");
      config_.admin = *admin.value;
    }
  }

  /// Port 0 is a new port each time.
  bool is_taken(const io::Address& address) const {
    return address.port != 0 && std::ranges::find(config_.listen, address) != config_.listen.end();
  }

  void resolve_providers() {
    for (WrittenProvider& written : written_.providers) {
      const std::string key = "providers." + written.name;
      const catalog::ProviderKind* kind = written.kind.value.value_or(nullptr);
      catalog::Provider& provider = providers_.emplace_back();
      provider.name = written.name;
      provider.kind = kind;
      if (kind) resolve_base_url(written, *kind, key, provider);
      if (written.credential.value) resolve_credential(written, key, provider);
      for (WrittenHeader& header : written.headers)
        provider.headers.emplace_back(std::move(header.name), std::move(header.value));
      if (kind) warn_about(provider, key);
    }
  }

  void resolve_base_url(WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                        catalog::Provider& provider) {
    const std::string name(kind.name);
    const bool is_written = written.base_url.at.line != 0 || is_misread(key + ".base_url");
    switch (kind.place) {
      case catalog::Place::built_in:
        if (is_written)
          report(written.base_url.at, key + ".base_url", "a " + name + " provider is inside weir and has no address.",
                 "Remove the line, or use kind openai_compatible to reach a simulated provider in another process.");
        if (written.credential.value)
          report(written.credential.at, key + ".credential", "a " + name + " provider needs no credential.",
                 "Remove the line.");
        return;
      case catalog::Place::configured:
        if (!is_written)
          report(written.at, key, "the key base_url is missing.", "For example: base_url: http://127.0.0.1:8000/v1");
        break;
      case catalog::Place::known:
        if (!is_written) {
          provider.base_url = *catalog::parse_base_url(kind.base_url);
          if (!written.credential.value && !is_misread(key + ".credential"))
            report(written.at, key, "the key credential is missing; " + provider.base_url.host + " asks for one.",
                   "For example: credential: env:" + std::string(kind.credential_variable));
        }
        break;
    }
    if (written.base_url.value) provider.base_url = *std::move(written.base_url.value);
  }

  void resolve_credential(const WrittenProvider& written, const std::string& key, catalog::Provider& provider) {
    const std::size_t slash = file_.rfind('/');
    const std::string directory = slash == std::string::npos ? "" : file_.substr(0, slash + 1);
    auto secret = resolve_secret(*written.credential.value, directory, environment_);
    if (secret)
      provider.credential = *std::move(secret);
    else
      report(written.credential.at, key + ".credential", secret.error().problem, secret.error().advice);
  }

  void warn_about(const catalog::Provider& provider, const std::string& key) {
    const catalog::BaseUrl& url = provider.base_url;
    if (url.needs_tls && !kSpeaksTls)
      warn(key + ": https://" + url.authority +
           " needs TLS, which this version of weir does not speak yet; requests to it are answered with 502 "
           "tls_unavailable.");
    if (!url.needs_tls && !url.host.empty() && !url.is_loopback() && !provider.credential.empty())
      warn(key + ": http://" + url.authority + " is not encrypted; the credential travels readable over the network.");
  }

  void resolve_models() {
    std::set<std::size_t> used;
    for (WrittenModel& written : written_.models) {
      catalog::Model& model = models_.emplace_back();
      model.name = written.name;
      for (std::size_t i = 0; i < written.deployments.size(); ++i)
        resolve_deployment(written.deployments[i], "models." + written.name + ".deployments[" + std::to_string(i) + "]",
                           model, used);
    }
    if (written_.expose_provider_models || !errors_.empty()) return;
    if (models_.empty())
      report({}, "", "there is no model that a client could ask for.",
             "Add models, or write expose_provider_models: true to offer provider/model names.");
    for (std::size_t i = 0; i < providers_.size(); ++i)
      if (!used.contains(i)) warn("providers." + providers_[i].name + ": no model uses this provider.");
  }

  void resolve_deployment(const Written<std::string>& written, const std::string& key, catalog::Model& model,
                          std::set<std::size_t>& used) {
    const Bytes reference = *written.value;
    const std::size_t slash = reference.find('/');
    const Bytes provider = reference.substr(0, slash);
    const auto found = std::ranges::find(providers_, provider, &catalog::Provider::name);
    if (found == providers_.end()) {
      std::vector<Bytes> names;
      for (const catalog::Provider& known : providers_) names.push_back(known.name);
      const Bytes similar = nearest(provider, names);
      report(written.at, key, "there is no provider \"" + std::string(provider) + "\".",
             similar.empty() ? "Name one of the entries of providers before the slash."
                             : "Did you mean " + std::string(similar) + "?");
      return;
    }
    const auto index = static_cast<std::size_t>(found - providers_.begin());
    const Bytes model_id = reference.substr(slash + 1);
    for (const catalog::Deployment& earlier : model.deployments)
      if (earlier.provider == index && earlier.model_id == model_id)
        return report(written.at, key, "this deployment is in the list already.", "Remove one of the two.");
    used.insert(index);
    model.deployments.push_back({.provider = index, .model_id = std::string(model_id)});
  }

  void resolve_keys() {
    std::map<std::string, Position> names;
    std::map<admission::KeyHash, Position> hashes;
    for (std::size_t i = 0; i < written_.keys.size(); ++i) {
      WrittenKey& written = written_.keys[i];
      const std::string key = "keys[" + std::to_string(i) + "]";
      if (!written.name.value || !written.hash.value) continue;
      if (*written.name.value == "anonymous")
        report(written.name.at, key + ".name", "this name is used for clients without a key.", "Choose another name.");
      if (const auto [earlier, is_new] = names.emplace(*written.name.value, written.name.at); !is_new)
        report(written.name.at, key + ".name",
               "another key has this name, in line " + std::to_string(earlier->second.line) + ".",
               "Give each key its own name.");
      if (const auto [earlier, is_new] = hashes.emplace(*written.hash.value, written.hash.at); !is_new)
        report(written.hash.at, key + ".hash",
               "this is the same key as in line " + std::to_string(earlier->second.line) + ".",
               "Make one key for each.");
      keys_.push_back({.name = *written.name.value, .hash = *written.hash.value});
    }
  }

  void check_limits() {
    const Limits& limits = written_.limits;
    if (limits.max_buffered_bytes < limits.max_head_bytes + limits.max_body_bytes)
      report(written_.limits_at, "limits.max_buffered_bytes",
             format_quantity(ValueType::size, limits.max_buffered_bytes) + " cannot hold one largest request.",
             "Make it at least max_head_bytes + max_body_bytes, or those smaller.");
    config_.limits = limits;
    if (limits.exempt_clients.empty() && !is_misread("limits.exempt_clients"))
      config_.limits.exempt_clients = {*io::AddressRange::parse("127.0.0.0/8"), *io::AddressRange::parse("::1")};
  }

  WrittenConfig& written_;
  const std::string& file_;
  const Environment& environment_;
  ConfigErrors& errors_;
  Config config_;
  std::vector<catalog::Provider> providers_;
  std::vector<catalog::Model> models_;
  std::vector<admission::VirtualKey> keys_;
};

}  // namespace

std::expected<Config, ConfigErrors> resolve(WrittenConfig written, const std::string& file,
                                            const Environment& environment, ConfigErrors errors) {
  Config config = Resolver(written, file, environment, errors).run();
  if (errors.empty()) return config;
  std::ranges::sort(errors, {}, [](const ConfigError& error) {
    return std::tie(error.position.line, error.position.column, error.key, error.problem);
  });
  return std::unexpected(std::move(errors));
}

}  // namespace weir::control
