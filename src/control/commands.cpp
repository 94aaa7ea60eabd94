#include "weir/control/commands.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "explanation.h"
#include "failure_domains.h"
#include "model_list.h"
#include "secret_reference.h"
#include "value_parser.h"
#include "weir/base/secret.h"
#include "weir/codec/json_writer.h"
#include "weir/control/provider_documents.h"
#include "weir/control/schema_documents.h"
#include "weir/dialect/dialect.h"

namespace weir::control {

namespace {

void tell(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

/// Output that did not arrive is a failure: a schema cut off by a full disk must not look like a schema.
int print(Bytes text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (is_written) return kExitOk;
  tell(std::string("weir: cannot write to stdout: ") + std::strerror(errno));
  return kExitFailure;
}

std::string count(std::size_t n, Bytes noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

void explain(const ConfigErrors& errors) {
  for (const ConfigError& error : errors) tell(to_string(error));
  tell("weir: the configuration cannot be used: " + count(errors.size(), "error") + ".");
}

/// The model that the example asks for.
std::string example_model(const Config& config) {
  // Prefer what can be answered without TLS, then what is configured by name.
  const catalog::Catalog& catalog = config.catalog;
  for (const catalog::Model& model : catalog.models())
    if (!catalog.providers()[model.deployments[0].provider].base_url.needs_tls) return model.name;
  if (!catalog.models().empty()) return catalog.models()[0].name;
  for (const catalog::Provider& provider : catalog.providers())
    if (!provider.kind->sample_model.empty()) return provider.name + "/" + std::string(provider.kind->sample_model);
  return catalog.providers().empty() ? "MODEL" : catalog.providers()[0].name + "/MODEL";
}

/// An address somebody on this machine can connect to.
std::string reachable(io::Address address) {
  if (address.ip == std::array<std::uint8_t, 16>{}) {
    const auto loopback = io::Address::from_literal(address.v6 ? "::1" : "127.0.0.1", address.port);
    if (loopback) address = *loopback;
  }
  return address.to_string();
}

/// "name: value", of which views are kept. False: it is not, or there are too many.
bool add_field(Bytes line, codec::FieldList& fields) {
  const std::size_t colon = line.find(':');
  if (colon == Bytes::npos || trim(line.substr(0, colon)).empty()) return false;
  const Bytes name = trim(line.substr(0, colon));
  return fields.add({.name = name, .value = trim(line.substr(colon + 1)), .id = codec::find_header(name)});
}

}  // namespace

std::optional<Config> load_or_explain(const std::optional<std::string>& path) {
  const Environment environment = process_environment();
  auto config = path ? load_config(*path, environment) : config_from_environment(environment);
  if (!config) {
    explain(config.error());
    return std::nullopt;
  }
  for (const std::string& warning : config->warnings) tell("warning: " + warning);
  return *std::move(config);
}

int check(const std::string& path) {
  const auto config = load_or_explain(path);
  if (!config) return kExitUsage;
  for (const std::string& note : notes_on_failover(config->catalog)) tell("note: " + note);
  tell(path + " is fine: " + count(config->catalog.providers().size(), "provider") + ", " +
       count(config->catalog.models().size(), "model") + ", " + count(config->keys.size(), "key") + ", " +
       count(config->warnings.size(), "warning") + ".");
  return kExitOk;
}

int list_models(const std::optional<std::string>& config_path, bool as_json) {
  std::optional<Config> config;
  if (config_path && !(config = load_or_explain(config_path))) return kExitUsage;
  const auto models = config ? configured_models(config->catalog) : shipped_models();
  return print(as_json ? models_json(models) : models_table(models));
}

int explain_request(const ExplainOptions& options) {
  constexpr std::size_t kMaxRequestBytes = std::size_t{64} << 20;
  const auto dialect = dialect::dialect_named(options.dialect);
  if (!dialect) {
    std::string list;
    for (const dialect::Dialect known : dialect::kDialects)
      list += (list.empty() ? "" : ", ") + std::string(to_string(known));
    tell("weir: there is no dialect \"" + options.dialect + "\". The dialects are " + list + ".");
    return kExitUsage;
  }
  const auto config = load_or_explain(options.config_path);
  if (!config) return kExitUsage;
  const auto body = read_file(options.request_path, kMaxRequestBytes);
  if (!body) {
    tell("weir: the request " + options.request_path + " cannot be read: " + body.error() + ".");
    return kExitUsage;
  }
  codec::FieldList fields;
  for (const std::string& line : options.headers)
    if (!add_field(line, fields)) {
      tell("weir: \"" + line + "\" is not a header field. Write the name, a colon and the value: x-weir-tags: eu.");
      return kExitUsage;
    }
  routing::Router router(config->catalog, nullptr, 0, {.breaker = config->breaker});
  const Question question{
      .dialect = *dialect, .body = *body, .model = options.model, .fields = &fields, .as_json = options.as_json};
  const auto explanation = control::explain(question, config->catalog, router, Instant{});
  if (!explanation) {
    tell("weir: " + explanation.error().problem + " " + explanation.error().advice);
    return kExitUsage;
  }
  const int printed = print(explanation->text);
  return printed == kExitOk && !explanation->can_be_asked ? kExitFailure : printed;
}

int create_key(const std::string& name) {
  const auto checked = parse_value({.type = ValueType::name}, name, false);
  if (!checked) {
    tell("weir: " + checked.error().problem + " " + checked.error().advice);
    return kExitUsage;
  }
  std::array<std::uint8_t, 32> random_bytes;
  // Up to 256 bytes come whole or not at all (getrandom(2)).
  ssize_t got = 0;
  do got = ::getrandom(random_bytes.data(), random_bytes.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(random_bytes.size())) {
    tell(std::string("weir: the kernel gave no random bytes: ") + std::strerror(errno));
    return kExitFailure;
  }
  const Secret key(admission::format_key(random_bytes));
  ::explicit_bzero(random_bytes.data(), random_bytes.size());
  const std::string hash = admission::format_key_hash(admission::hash_key(key.reveal()));
  tell("The key, shown only this once; give it to the client as its API key:");
  std::printf("%.*s\n", static_cast<int>(key.reveal().size()), key.reveal().data());
  std::fflush(stdout);
  tell("The line for the list keys in the configuration:");
  return print("  - {name: " + name + ", hash: \"" + hash + "\"}\n");
}

int print_schema(SchemaForm form) {
  switch (form) {
    case SchemaForm::json:
      return print(json_schema());
    case SchemaForm::markdown:
      return print(markdown_reference());
    case SchemaForm::providers:
      return print(providers_reference());
  }
  return kExitFailure;
}

std::string curl_line(const Config& config) {
  std::string body = R"({"model":")";
  codec::append_json_escaped(body, example_model(config));
  body += R"(","stream":true,"messages":[{"role":"user","content":"Say hello."}]})";
  // In a shell's single quotes everything stands for itself but the quote.
  std::string line = config.listen[0].tls ? "curl -N https://" : "curl -N http://";
  line += reachable(config.listen[0].address) + "/v1/chat/completions";
  line += " -H 'Content-Type: application/json'";
  if (!config.keys.allows_anonymous()) line += " -H \"Authorization: Bearer $WEIR_KEY\"";
  line += " -d '";
  for (char c : body) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return line + "'";
}

}  // namespace weir::control
