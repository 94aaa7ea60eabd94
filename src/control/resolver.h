// Private to the sources that resolve a configuration; see config_resolver.h. One object for one configuration:
//
//   config_resolver.cpp     the order of things; listeners, keys, limits
//   resolve_providers.cpp   providers, their credentials, TLS and proxies
//   resolve_models.cpp      models, their deployments and routes; what is known of models
#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/admission/virtual_key.h"
#include "weir/catalog/catalog.h"
#include "weir/catalog/proxy.h"
#include "weir/control/config.h"
#include "written_config.h"

namespace weir::control {

class Resolver {
 public:
  Resolver(WrittenConfig& written, const std::string& file, const Environment& environment, ConfigErrors& errors)
      : written_(written), file_(file), environment_(environment), errors_(errors) {}

  /// Everything wrong is in the errors; the Config is one only if there are none.
  Config run();

 private:
  // What is said about mistakes.
  void report(Position at, std::string key, std::string problem, std::string advice);
  void warn(std::string sentence) { config_.warnings.push_back(std::move(sentence)); }
  /// True if the reader could not understand this key, so that it only looks as if it were not written.
  bool is_misread(Bytes key) const;

  // Listeners, keys, limits.
  void resolve_addresses();
  /// Port 0 is a new port each time.
  bool is_taken(const io::Address& address) const;
  void resolve_listener_tls(std::size_t i);
  /// A path as weir opens it: relative ones begin at the configuration's folder. Empty stays empty.
  std::string path_of(const Written<std::string>& written) const;
  std::string directory() const;
  void resolve_keys();
  void resolve_breaker();
  void check_limits();
  void check_budgets();
  std::array<std::uint32_t, 6> budgets() const;
  catalog::CatalogOptions catalog_options() const;

  // Providers.
  void resolve_providers();
  void warn_about(const catalog::Provider& provider, const std::string& key);
  void resolve_base_url(WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                        catalog::Provider& provider);
  /// The base URL of the region that is asked for, or the kind's own.
  Bytes region_of(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                  bool has_base_url);
  void resolve_dialects(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                        catalog::Provider& provider);
  void resolve_api_version(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                           catalog::Provider& provider);
  void resolve_credentials(const WrittenProvider& written, const std::string& key, catalog::Provider& provider);
  Secret resolve_credential(const Written<std::string>& written, const std::string& key);
  void resolve_provider_tls(const WrittenProvider& written, const std::string& key, catalog::Provider& provider);

  using SharedProxy = std::shared_ptr<const catalog::Proxy>;
  /// What every provider without a proxy of its own gets, by whether it needs TLS.
  struct GeneralProxies {
    SharedProxy plain;
    SharedProxy tls;
    std::vector<std::string> exceptions;
  };
  void resolve_proxies();
  GeneralProxies general_proxies();
  SharedProxy proxy_from(std::initializer_list<const char*> variables);
  SharedProxy read_proxy(const Written<std::string>& written, const std::string& key);

  // Models.
  void resolve_models();
  void resolve_deployment(const WrittenDeployment& written, const std::string& key, catalog::Model& model,
                          std::set<std::size_t>& used);
  /// The provider that stands before the slash.
  std::optional<std::size_t> provider_of(Bytes reference, Position at, const std::string& key);
  void resolve_route(const WrittenModel& written, const std::string& key, catalog::Model& model);
  void resolve_blend(const WrittenModel& written, const std::string& key, catalog::RoutePolicy& route);
  /// Counts them among those of the file.
  std::vector<std::string> take_tags(const std::vector<Written<std::string>>& written, const std::string& key);
  /// Tags that leave nobody to be asked.
  void check_tags(const WrittenModel& written, const std::string& key, const catalog::Model& model);
  void resolve_model_facts();
  bool is_deployed(const catalog::OwnFacts& own) const;
  /// With `unknown_price: block` a model that nobody may be asked for is a mistake.
  void check_prices();

  WrittenConfig& written_;
  const std::string& file_;
  const Environment& environment_;
  ConfigErrors& errors_;
  Config config_;
  std::shared_ptr<const tls::ClientContext> usual_tls_;  // the system's store, read once
  std::vector<catalog::Provider> providers_;
  std::vector<catalog::Model> models_;
  std::vector<catalog::OwnFacts> facts_;
  std::vector<admission::VirtualKey> keys_;
  std::set<std::string> tags_;                                    // all of the file
  std::map<std::string, std::string, std::less<>> quota_groups_;  // of deployments, provider/model
};

}  // namespace weir::control
