#include "config_resolver.h"

#include <algorithm>
#include <tuple>

#include "certificates.h"
#include "resolver.h"
#include "value_parser.h"

namespace weir::control {

Config Resolver::run() {
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
    config_.catalog = catalog::Catalog(std::move(providers_), std::move(models_), catalog_options(), std::move(facts_));
    check_prices();
    config_.keys = admission::KeyTable(std::move(keys_), written_.allow_anonymous || written_.keys.empty());
  }
  return std::move(config_);
}

void Resolver::report(Position at, std::string key, std::string problem, std::string advice) {
  errors_.push_back({file_, at, std::move(key), std::move(problem), std::move(advice)});
}

bool Resolver::is_misread(Bytes key) const {
  return std::ranges::any_of(errors_, [key](const ConfigError& error) { return Bytes(error.key).starts_with(key); });
}

void Resolver::resolve_addresses() {
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
  if (written_.listen.empty()) config_.listen.push_back({.address = *io::Address::parse("127.0.0.1:8080"), .tls = {}});

  if (const auto& admin = written_.admin.address; admin.value) {
    if (is_taken(*admin.value))
      report(admin.at, "admin.address", "clients connect to this address already.", "Choose another port.");
    if (!admin.value->loopback())
      warn("admin: " + admin.value->to_string() + " has no authentication; whoever can reach it reads the metrics.");
    config_.admin = *admin.value;
  }
}

bool Resolver::is_taken(const io::Address& address) const {
  return address.port != 0 &&
         std::ranges::find(config_.listen, address, &ListenAddress::address) != config_.listen.end();
}

std::string Resolver::path_of(const Written<std::string>& written) const {
  const std::string path = written.value.value_or("");
  return path.empty() || path.starts_with('/') ? path : directory() + path;
}

std::string Resolver::directory() const {
  const std::size_t slash = file_.rfind('/');
  return slash == std::string::npos ? "" : file_.substr(0, slash + 1);
}

void Resolver::resolve_listener_tls(std::size_t i) {
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

std::array<std::uint32_t, 6> Resolver::budgets() const {
  const WrittenReasoningBudgets& written = written_.reasoning_budgets;
  std::array<std::uint32_t, 6> tokens{};
  std::ranges::transform(
      std::array{written.minimal, written.low, written.medium, written.high, written.xhigh, written.max},
      tokens.begin(), [](std::uint64_t count) { return static_cast<std::uint32_t>(count); });
  return tokens;
}

void Resolver::check_budgets() {
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

void Resolver::resolve_breaker() {
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

void Resolver::resolve_keys() {
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
             "this is the same key as in line " + std::to_string(earlier->second.line) + ".", "Make one key for each.");
    keys_.push_back({.name = *written.name.value, .hash = *written.hash.value});
  }
}

void Resolver::check_limits() {
  const Limits& limits = written_.limits;
  if (limits.max_buffered_bytes < limits.max_head_bytes + limits.max_body_bytes)
    report(written_.limits_at, "limits.max_buffered_bytes",
           format_quantity(ValueType::size, limits.max_buffered_bytes) + " cannot hold one largest request.",
           "Make it at least max_head_bytes + max_body_bytes, or those smaller.");
  config_.limits = limits;
  if (limits.exempt_clients.empty() && !is_misread("limits.exempt_clients"))
    config_.limits.exempt_clients = {*io::AddressRange::parse("127.0.0.0/8"), *io::AddressRange::parse("::1")};
}

catalog::CatalogOptions Resolver::catalog_options() const {
  catalog::CatalogOptions options{.expose_provider_models = written_.expose_provider_models,
                                  .default_policy = {.unsupported_parameters = written_.unsupported_parameters}};
  options.reasoning_budgets.tokens = budgets();
  options.unknown_price = written_.unknown_price;
  return options;
}

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
