#include "config_resolver.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "certificates.h"
#include "model_facts.h"
#include "secret_reference.h"
#include "value_parser.h"
#include "weir/catalog/no_proxy.h"
#include "weir/catalog/proxy.h"
#include "weir/routing/plan.h"

namespace weir::control {

namespace {

constexpr std::size_t kMostConsidered = routing::Plan::kMost;

class Resolver {
 public:
  Resolver(WrittenConfig& written, const std::string& file, const Environment& environment, ConfigErrors& errors)
      : written_(written), file_(file), environment_(environment), errors_(errors) {}

  Config run() {
    resolve_addresses();
    resolve_providers();
    resolve_proxies();
    for (const auto& server : written_.names.servers) config_.name_servers.push_back(*server.value);
    resolve_models();
    resolve_model_facts();
    resolve_breaker();
    resolve_keys();
    check_limits();
    check_budgets();
    config_.shards = static_cast<std::uint32_t>(written_.shards);
    config_.timeouts = written_.timeouts;
    config_.log = std::move(written_.log);
    config_.user = std::move(written_.user);
    config_.core_dumps = written_.core_dumps;
    config_.origin = file_.empty() ? "the environment" : file_;
    if (errors_.empty()) {
      config_.catalog =
          catalog::Catalog(std::move(providers_), std::move(models_), catalog_options(), std::move(facts_));
      check_prices();
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
      config_.listen.push_back({.address = *address.value, .tls = {}});
      if (written_.listen[i].tls.at.line != 0) resolve_listener_tls(i);
    }
    if (written_.listen.empty())
      config_.listen.push_back({.address = *io::Address::parse("127.0.0.1:8080"), .tls = {}});

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
    return address.port != 0 &&
           std::ranges::find(config_.listen, address, &ListenAddress::address) != config_.listen.end();
  }

  /// A path as weir opens it: relative ones begin at the configuration's folder. Empty stays empty.
  std::string path_of(const Written<std::string>& written) const {
    const std::string path = written.value.value_or("");
    return path.empty() || path.starts_with('/') ? path : directory() + path;
  }
  std::string directory() const {
    const std::size_t slash = file_.rfind('/');
    return slash == std::string::npos ? "" : file_.substr(0, slash + 1);
  }

  void resolve_listener_tls(std::size_t i) {
    const WrittenListenerTls& written = written_.listen[i].tls;
    if (!written.certificate.value) return;
    ListenerTlsFiles files{.certificate = path_of(written.certificate),
                           .key = path_of(written.key),
                           .client_ca = path_of(written.client_ca),
                           .min_version = written.min_version.value.value_or(tls::Version::tls_1_2)};
    if (const auto made = load_server_tls(files); !made)
      report(written.at, "listen[" + std::to_string(i) + "].tls", made.error().problem, made.error().advice);
    config_.listen.back().tls = std::move(files);
  }

  void resolve_provider_tls(const WrittenProvider& written, const std::string& key, catalog::Provider& provider) {
    const WrittenProviderTls& wish = written.tls;
    const bool is_written = wish.at.line != 0;
    if (!provider.base_url.needs_tls) {
      if (is_written)
        report(wish.at, key + ".tls", "this provider's address is not https.",
               "Write base_url with https://, or remove the section.");
      return;
    }
    provider.tls_host = wish.server_name.value.value_or(provider.base_url.host);
    const ProviderTlsFiles files{.ca = path_of(wish.ca),
                                 .certificate = path_of(wish.certificate),
                                 .key = path_of(wish.key),
                                 .min_version = wish.min_version.value.value_or(tls::Version::tls_1_2)};
    if (files.certificate.empty() && !files.key.empty())
      report(wish.key.at, key + ".tls.key", "there is no certificate that it could belong to.",
             "Write certificate: beside it.");
    const bool usual = files.ca.empty() && files.certificate.empty() && files.min_version == tls::Version::tls_1_2;
    if (usual && usual_tls_) return void(provider.tls = usual_tls_);
    auto made = load_client_tls(files, environment_);
    if (!made) {
      report(is_written ? wish.at : written.at, key + (is_written ? ".tls" : ""), made.error().problem,
             made.error().advice);
      return;
    }
    provider.tls = *made;
    if (usual) usual_tls_ = *std::move(made);
  }

  void resolve_providers() {
    for (WrittenProvider& written : written_.providers) {
      const std::string key = "providers." + written.name;
      const catalog::ProviderKind* kind = written.kind.value.value_or(nullptr);
      catalog::Provider& provider = providers_.emplace_back(kind ? catalog::provider_of(*kind) : catalog::Provider());
      provider.name = written.name;
      if (kind) {
        resolve_base_url(written, *kind, key, provider);
        resolve_dialects(written, *kind, key, provider);
        resolve_api_version(written, *kind, key, provider);
      }
      resolve_credentials(written, key, provider);
      resolve_provider_tls(written, key, provider);
      for (WrittenHeader& header : written.headers) {
        std::erase_if(provider.default_headers,
                      [&](const catalog::DefaultHeader& ours) { return ours.name == header.name; });
        provider.headers.emplace_back(std::move(header.name), std::move(header.value));
      }
      if (kind) warn_about(provider, key);
    }
  }

  void resolve_base_url(WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                        catalog::Provider& provider) {
    const std::string name(kind.name);
    const bool is_written = written.base_url.at.line != 0 || is_misread(key + ".base_url");
    const Bytes known = region_of(written, kind, key, is_written);
    switch (kind.place) {
      case catalog::Place::built_in:
        if (is_written)
          report(written.base_url.at, key + ".base_url", "a " + name + " provider is inside weir and has no address.",
                 "Remove the line, or use kind openai_compatible to reach a simulated provider in another process.");
        if (!written.credentials.empty())
          report(written.credentials[0].at, key + ".credentials", "a " + name + " provider needs no credential.",
                 "Remove the line.");
        if (written.credential.value)
          report(written.credential.at, key + ".credential", "a " + name + " provider needs no credential.",
                 "Remove the line.");
        return;
      case catalog::Place::configured:
        if (!is_written)
          report(written.at, key, "the key base_url is missing.",
                 kind.url_form == catalog::UrlForm::base ? "For example: base_url: http://127.0.0.1:8000/v1"
                                                         : "For example: base_url: https://RESOURCE.openai.azure.com");
        break;
      case catalog::Place::local:
        if (!is_written) provider.base_url = *catalog::parse_base_url(known);
        break;
      case catalog::Place::known:
        if (!is_written) {
          provider.base_url = *catalog::parse_base_url(known);
          if (!written.credential.value && written.credentials.empty() && !is_misread(key + ".credential"))
            report(written.at, key, "the key credential is missing; " + provider.base_url.host + " asks for one.",
                   "For example: credential: env:" + std::string(kind.credential_variable));
        }
        break;
    }
    if (!written.base_url.value) return;
    provider.base_url = *std::move(written.base_url.value);
    const Bytes path = provider.base_url.path;
    if (kind.url_form != catalog::UrlForm::base && (path.ends_with("/openai") || path.contains("/openai/")))
      report(written.base_url.at, key + ".base_url", "requests to this kind append /openai themselves.",
             "Write the resource alone: https://" + provider.base_url.authority + ".");
  }

  /// The base URL of the region that is asked for, or the kind's own.
  Bytes region_of(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                  bool has_base_url) {
    if (!written.region.value) return kind.base_url;
    const Position at = written.region.at;
    const std::string name = *written.region.value;
    if (has_base_url) {
      report(at, key + ".region", "base_url says already where it is.", "Remove one of the two.");
      return kind.base_url;
    }
    if (const catalog::Region* region = catalog::find_region(kind, name)) return region->base_url;
    std::string list;
    for (const catalog::Region& region : kind.regions) list += (list.empty() ? "" : ", ") + std::string(region.name);
    report(at, key + ".region", "the kind " + std::string(kind.name) + " has no region \"" + name + "\".",
           list.empty() ? "It has no regions: write base_url instead." : "Its regions are " + list + ".");
    return kind.base_url;
  }

  void resolve_dialects(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                        catalog::Provider& provider) {
    if (written.dialects.empty()) return;
    provider.dialects = {};
    for (std::size_t i = 0; i < written.dialects.size(); ++i) {
      const auto& [dialect, at] = written.dialects[i];
      const std::string entry = key + ".dialects[" + std::to_string(i) + "]";
      if (!provider.dialects.add(*dialect)) report(at, entry, "this dialect is in the list already.", "Remove one.");
      if (kind.place == catalog::Place::built_in && !kind.dialects.has(*dialect))
        report(at, entry, "a " + std::string(kind.name) + " provider does not speak it.", "Remove it.");
    }
  }

  void resolve_api_version(const WrittenProvider& written, const catalog::ProviderKind& kind, const std::string& key,
                           catalog::Provider& provider) {
    if (!written.api_version.value) return;
    if (kind.url_form == catalog::UrlForm::base)
      report(written.api_version.at, key + ".api_version",
             "the kind " + std::string(kind.name) + " has no such parameter.", "Remove the line.");
    provider.api_version = *written.api_version.value;
  }

  void resolve_credentials(const WrittenProvider& written, const std::string& key, catalog::Provider& provider) {
    if (written.credential.value) {
      provider.credential = resolve_credential(written.credential, key + ".credential");
      if (!written.credentials.empty())
        report(written.credentials[0].at, key + ".credentials", "there is a credential as well.",
               "Write it at the head of this list, and remove the line credential.");
      return;
    }
    std::set<Bytes> seen;
    for (std::size_t i = 0; i < written.credentials.size(); ++i) {
      const Written<std::string>& one = written.credentials[i];
      const std::string entry = key + ".credentials[" + std::to_string(i) + "]";
      if (!seen.insert(*one.value).second) {
        report(one.at, entry, "this credential is in the list already.", "Remove one of the two.");
        continue;
      }
      Secret secret = resolve_credential(one, entry);
      if (i == 0)
        provider.credential = std::move(secret);
      else
        provider.other_credentials.push_back(std::move(secret));
    }
  }

  Secret resolve_credential(const Written<std::string>& written, const std::string& key) {
    auto secret = resolve_secret(*written.value, directory(), environment_);
    if (secret) return *std::move(secret);
    report(written.at, key, secret.error().problem, secret.error().advice);
    return {};
  }

  // ---- Proxies.

  using SharedProxy = std::shared_ptr<const catalog::Proxy>;

  /// What every provider without a proxy of its own gets, by whether it needs TLS.
  struct GeneralProxies {
    SharedProxy plain;
    SharedProxy tls;
    std::vector<std::string> exceptions;
  };

  void resolve_proxies() {
    std::optional<GeneralProxies> general;  // looked up only where somebody needs it
    for (std::size_t i = 0; i < providers_.size(); ++i) {
      const WrittenProvider& written = written_.providers[i];
      catalog::Provider& provider = providers_[i];
      const catalog::BaseUrl& url = provider.base_url;
      const bool is_local = url.host.empty() || url.is_loopback();
      provider.warm_connections = static_cast<std::uint32_t>(written.warm_connections.value.value_or(is_local ? 0 : 1));
      if (written.proxy.value) {
        provider.proxy = read_proxy(written.proxy, "providers." + written.name + ".proxy");
        continue;
      }
      if (is_local) continue;
      if (!general) general = general_proxies();
      if (!catalog::bypasses_proxy(url.host, general->exceptions))
        provider.proxy = url.needs_tls ? general->tls : general->plain;
    }
  }

  GeneralProxies general_proxies() {
    GeneralProxies general;
    if (written_.proxy.url.value) {
      general.plain = general.tls = read_proxy(written_.proxy.url, "proxy.url");
      for (auto& entry : written_.proxy.no_proxy) general.exceptions.push_back(std::move(*entry.value));
    } else if (written_.proxy.at.line == 0) {
      general.tls = proxy_from({"https_proxy", "HTTPS_PROXY"});
      general.plain = proxy_from({"http_proxy"});  // HTTP_PROXY may be a request's header in a CGI environment
      for (const char* variable : {"no_proxy", "NO_PROXY"}) {
        general.exceptions = catalog::split_no_proxy(environment_(variable).value_or(""));
        if (!general.exceptions.empty()) break;
      }
    }
    return general;
  }

  SharedProxy proxy_from(std::initializer_list<const char*> variables) {
    for (const std::string variable : variables) {
      const auto url = environment_(variable);
      if (!url || url->empty()) continue;
      auto proxy = catalog::parse_proxy_url(*url);
      if (proxy) return *std::move(proxy);
      report({}, "",
             "the environment variable " + variable + " is no proxy weir can use. " + std::string(proxy.error()),
             "Correct it, or write proxy: {url: none} to do without.");
      return nullptr;
    }
    return nullptr;
  }

  SharedProxy read_proxy(const Written<std::string>& written, const std::string& key) {
    const Bytes text = *written.value;
    if (text == "none") return nullptr;
    if (!text.starts_with("env:") && !text.starts_with("file:")) return *catalog::parse_proxy_url(text);
    const auto url = resolve_secret(text, directory(), environment_);
    if (!url) {
      report(written.at, key, url.error().problem, url.error().advice);
      return nullptr;
    }
    auto proxy = catalog::parse_proxy_url(url->reveal());
    if (proxy) return *std::move(proxy);
    report(written.at, key, "what is found there is no proxy. " + std::string(proxy.error()),
           "Put http://user:password@host:port there.");
    return nullptr;
  }

  void warn_about(const catalog::Provider& provider, const std::string& key) {
    const catalog::BaseUrl& url = provider.base_url;
    if (!url.needs_tls && !url.host.empty() && !url.is_loopback() && !provider.credential.empty())
      warn(key + ": http://" + url.authority + " is not encrypted; the credential travels readable over the network.");
  }

  void resolve_models() {
    std::set<std::size_t> used;
    for (WrittenModel& written : written_.models) {
      catalog::Model& model = models_.emplace_back();
      model.name = written.name;
      model.policy = {
          .unsupported_parameters = written.unsupported_parameters.value.value_or(written_.unsupported_parameters),
          .include_reasoning = written.include_reasoning};
      const std::string key = "models." + written.name;
      for (std::size_t i = 0; i < written.deployments.size(); ++i)
        resolve_deployment(written.deployments[i], key + ".deployments[" + std::to_string(i) + "]", model, used);
      resolve_route(written, key, model);
    }
    if (written_.expose_provider_models || !errors_.empty()) return;
    if (models_.empty())
      report({}, "", "there is no model that a client could ask for.",
             "Add models, or write expose_provider_models: true to offer provider/model names.");
    for (std::size_t i = 0; i < providers_.size(); ++i)
      if (!used.contains(i)) warn("providers." + providers_[i].name + ": no model uses this provider.");
  }

  catalog::CatalogOptions catalog_options() const {
    catalog::CatalogOptions options{.expose_provider_models = written_.expose_provider_models,
                                    .default_policy = {.unsupported_parameters = written_.unsupported_parameters}};
    options.reasoning_budgets.tokens = budgets();
    options.unknown_price = written_.unknown_price;
    return options;
  }

  std::array<std::uint32_t, 6> budgets() const {
    const WrittenReasoningBudgets& written = written_.reasoning_budgets;
    std::array<std::uint32_t, 6> tokens{};
    std::ranges::transform(
        std::array{written.minimal, written.low, written.medium, written.high, written.xhigh, written.max},
        tokens.begin(), [](std::uint64_t count) { return static_cast<std::uint32_t>(count); });
    return tokens;
  }

  void check_budgets() {
    static constexpr std::array<Bytes, 6> kEfforts = {"minimal", "low", "medium", "high", "xhigh", "max"};
    if (is_misread("reasoning_budgets")) return;
    const auto tokens = budgets();
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      if (tokens[i] >= tokens[i - 1]) continue;
      report(written_.reasoning_budgets.at, "reasoning_budgets." + std::string(kEfforts[i]),
             std::to_string(tokens[i]) + " is less than " + std::string(kEfforts[i - 1]) + " has, " +
                 std::to_string(tokens[i - 1]) + ".",
             "Give more effort at least as many tokens.");
    }
  }

  void resolve_deployment(const WrittenDeployment& written, const std::string& key, catalog::Model& model,
                          std::set<std::size_t>& used) {
    if (!written.reference.value) return;
    const Bytes reference = *written.reference.value;
    const auto found = provider_of(reference, written.reference.at, key);
    if (!found) return;
    const std::size_t index = *found;
    const Bytes model_id = reference.substr(reference.find('/') + 1);
    for (const catalog::Deployment& earlier : model.deployments)
      if (earlier.provider == index && earlier.model_id == model_id)
        return report(written.reference.at, key, "this deployment is in the list already.", "Remove one of the two.");
    used.insert(index);
    model.deployments.push_back({.provider = index, .model_id = std::string(model_id)});
    catalog::DeploymentPolicy& policy = model.deployments.back().route;
    take(written.weight, policy.weight);
    take(written.quality, policy.quality);
    take(written.max_in_flight, policy.most_in_flight);
    policy.tags = take_tags(written.tags, key + ".tags");
    if (!written.quota_group.value) return;
    policy.quota_group = *written.quota_group.value;
    // Health is kept for a deployment, however many models have it.
    const auto [earlier, is_new] = quota_groups_.emplace(reference, policy.quota_group);
    if (!is_new && earlier->second != policy.quota_group)
      report(written.quota_group.at, key + ".quota_group",
             "elsewhere this deployment is in the group " + earlier->second + ".", "Name the same one.");
  }

  template <class Number>
  static void take(const Written<std::uint64_t>& written, Number& into) {
    if (written.value) into = static_cast<Number>(*written.value);
  }

  /// Counts them among those of the file.
  std::vector<std::string> take_tags(const std::vector<Written<std::string>>& written, const std::string& key) {
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < written.size(); ++i) {
      const auto& [tag, at] = written[i];
      const std::string entry = key + "[" + std::to_string(i) + "]";
      if (std::ranges::find(tags, *tag) != tags.end())
        report(at, entry, "this tag is in the list already.", "Remove one of the two.");
      else
        tags.push_back(*tag);
      if (tags_.insert(*tag).second && tags_.size() == catalog::RoutePolicy::kMostTags + 1)
        report(at, entry,
               "this is the " + std::to_string(tags_.size()) +
                   "th different tag of the file, one more than there can "
                   "be.",
               "Use fewer tags: they are for what models require or forbid.");
    }
    return tags;
  }

  void resolve_route(const WrittenModel& written, const std::string& key, catalog::Model& model) {
    catalog::RoutePolicy& route = model.route;
    route.strategy = written.strategy.value.value_or(route.strategy);
    route.affinity = written.affinity.value.value_or(route.affinity);
    route.after_commit = written.after_commit.value.value_or(route.after_commit);
    take(written.quality, route.least_quality);
    take(written.max_cost, route.most_cost_nano_usd);
    take(written.assumed_output_tokens, route.assumed_output_tokens);
    take(written.attempts, route.most_attempts);
    if (written.max_ttft.value) route.most_ttft_ms = static_cast<std::uint32_t>(to_ms(*written.max_ttft.value));
    route.require_tags = take_tags(written.require_tags, key + ".require_tags");
    route.forbid_tags = take_tags(written.forbid_tags, key + ".forbid_tags");
    resolve_blend(written, key, route);
    check_tags(written, key, model);
    if (written.deployments.size() > kMostConsidered)
      warn(key + ": it has " + std::to_string(written.deployments.size()) + " deployments; those behind the first " +
           std::to_string(kMostConsidered) + " are never asked.");
    const auto is_spare = [](const catalog::Deployment& deployment) { return deployment.route.weight == 0; };
    if (route.strategy == catalog::Strategy::weighted && !model.deployments.empty() &&
        std::ranges::all_of(model.deployments, is_spare))
      report(written.strategy.at, key + ".strategy", "every deployment has the weight 0.",
             "Give one of them a weight, or write strategy: priority.");
  }

  void resolve_blend(const WrittenModel& written, const std::string& key, catalog::RoutePolicy& route) {
    catalog::BlendWeights& blend = route.blend;
    take(written.blend.cost, blend.cost);
    take(written.blend.latency, blend.latency);
    take(written.blend.in_flight, blend.in_flight);
    take(written.blend.failures, blend.failures);
    take(written.blend.quality, blend.quality);
    if (blend.cost + blend.latency + blend.in_flight + blend.failures + blend.quality == 0)
      report(written.blend.at, key + ".blend", "nothing counts anything.", "Give one of the figures a weight.");
    if (written.blend.at.line != 0 && route.strategy != catalog::Strategy::blend && !is_misread(key + ".strategy"))
      warn(key + ".blend: the strategy is " + std::string(catalog::to_string(route.strategy)) +
           ", so this changes nothing.");
  }

  /// Tags that leave nobody to be asked.
  void check_tags(const WrittenModel& written, const std::string& key, const catalog::Model& model) {
    if (model.deployments.empty() || is_misread(key + ".deployments")) return;
    const auto has = [](const catalog::Deployment& deployment, const std::string& tag) {
      return std::ranges::find(deployment.route.tags, tag) != deployment.route.tags.end();
    };
    const auto may_be_asked = [&](const catalog::Deployment& deployment) {
      return std::ranges::all_of(model.route.require_tags, [&](const auto& tag) { return has(deployment, tag); }) &&
             std::ranges::none_of(model.route.forbid_tags, [&](const auto& tag) { return has(deployment, tag); });
    };
    if (std::ranges::any_of(model.deployments, may_be_asked)) return;
    const bool requires_some = !written.require_tags.empty();
    report(requires_some ? written.require_tags[0].at : written.forbid_tags[0].at,
           key + (requires_some ? ".require_tags" : ".forbid_tags"), "no deployment of the model is left.",
           "Write tags beside its deployments, as in {deployment: openai/gpt-4o-mini, tags: [eu]}.");
  }

  void resolve_breaker() {
    const WrittenBreaker& written = written_.breaker;
    const auto small = [](std::uint64_t count) { return static_cast<std::uint32_t>(count); };
    routing::BreakerOptions& breaker = config_.breaker;
    breaker.cooldown = written.cooldown;
    breaker.longest_cooldown = written.longest_cooldown;
    breaker.probe_timeout = written.probe_timeout;
    breaker.slow_start = written.slow_start;
    breaker.failures_in_a_row = small(written.failures_in_a_row);
    breaker.failure_percent = small(written.failure_percent);
    breaker.least_attempts = small(written.least_attempts);
    breaker.refusals = small(written.refusals);
    breaker.refusal_percent = small(written.refusal_percent);
    breaker.credential_refusals = small(written.credential_refusals);
    if (written.slow_ttft.value)
      breaker.slow_ttft_ms = small(static_cast<std::uint64_t>(to_ms(*written.slow_ttft.value)));
    if (breaker.longest_cooldown < breaker.cooldown && !is_misread("breaker"))
      report(written.at, "breaker.longest_cooldown_ms", "it is shorter than cooldown_ms.",
             "Make it at least " +
                 format_quantity(ValueType::duration, static_cast<std::uint64_t>(to_ms(breaker.cooldown))) + ".");
  }

  /// The provider that stands before the slash.
  std::optional<std::size_t> provider_of(Bytes reference, Position at, const std::string& key) {
    const Bytes provider = reference.substr(0, reference.find('/'));
    const auto found = std::ranges::find(providers_, provider, &catalog::Provider::name);
    if (found != providers_.end()) return static_cast<std::size_t>(found - providers_.begin());
    std::vector<Bytes> names;
    for (const catalog::Provider& known : providers_) names.push_back(known.name);
    const Bytes similar = nearest(provider, names);
    report(at, key, "there is no provider \"" + std::string(provider) + "\".",
           similar.empty() ? "Name one of the entries of providers before the slash."
                           : "Did you mean " + std::string(similar) + "?");
    return std::nullopt;
  }

  // ---- What is known of models.

  void resolve_model_facts() {
    for (const WrittenModelFacts& written : written_.model_facts) {
      const std::string key = "model_facts." + written.name;
      const auto provider = provider_of(written.name, written.at, key);
      if (!provider || !providers_[*provider].kind) continue;
      const catalog::ProviderKind& kind = *providers_[*provider].kind;
      catalog::OwnFacts& own = facts_.emplace_back();
      own.provider = *provider;
      own.model_id = written.name.substr(written.name.find('/') + 1);
      const catalog::ModelRow* known = catalog::find_model(kind, own.model_id);
      own.row = with_written(written, known ? *known : catalog::ModelRow{.kind = kind.name});
      for (std::size_t i = 0; i < written.cannot.size(); ++i)
        if (std::ranges::any_of(written.can, [&](const auto& can) { return can.value == written.cannot[i].value; }))
          report(written.cannot[i].at, key + ".cannot[" + std::to_string(i) + "]", "it stands in can as well.",
                 "Remove one of the two.");
      if (!written_.expose_provider_models && !is_deployed(own)) warn(key + ": no model has this deployment.");
    }
  }

  bool is_deployed(const catalog::OwnFacts& own) const {
    return std::ranges::any_of(models_, [&own](const catalog::Model& model) {
      return std::ranges::any_of(model.deployments, [&own](const catalog::Deployment& deployment) {
        return deployment.provider == own.provider && deployment.model_id == own.model_id;
      });
    });
  }

  /// With `unknown_price: block` a model that nobody may be asked for is a mistake.
  void check_prices() {
    if (written_.unknown_price != catalog::UnknownPrice::block) return;
    for (std::size_t m = 0; m < written_.models.size(); ++m) {
      const catalog::Model& model = config_.catalog.models()[m];
      for (std::size_t i = 0; i < model.deployments.size(); ++i) {
        const catalog::Deployment& deployment = model.deployments[i];
        if (deployment.facts && deployment.facts->price.known()) continue;
        const std::string name = config_.catalog.providers()[deployment.provider].name + "/" + deployment.model_id;
        report(written_.models[m].deployments[i].at, "models." + model.name + ".deployments[" + std::to_string(i) + "]",
               "nobody knows what " + name + " costs, and unknown_price is block.",
               "Write its price in model_facts, or unknown_price: allow.");
      }
    }
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
  std::shared_ptr<const tls::ClientContext> usual_tls_;  // the system's store, read once
  std::vector<catalog::Provider> providers_;
  std::vector<catalog::Model> models_;
  std::vector<catalog::OwnFacts> facts_;
  std::vector<admission::VirtualKey> keys_;
  std::set<std::string> tags_;                                    // all of the file
  std::map<std::string, std::string, std::less<>> quota_groups_;  // of deployments, provider/model
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
