#include "value_parser.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "weir/catalog/dollars.h"
#include "weir/catalog/proxy.h"
#include "weir/codec/header_table.h"

namespace weir::control {

namespace {

using Parsed = std::expected<Value, ValueProblem>;

Parsed refuse(std::string problem, std::string advice = {}) {
  return std::unexpected(ValueProblem{std::move(problem), std::move(advice)});
}

/// For messages: the operator's own text, shortened, in quotes. Not for secrets or what may be one.
std::string quoted(Bytes text) {
  constexpr std::size_t kShown = 60;
  std::string result = "\"";
  for (char c : text.substr(0, kShown)) result.push_back(c >= 0x20 && c < 0x7f ? c : '?');
  if (text.size() > kShown) result += "...";
  return result + "\"";
}

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

struct Unit {
  Bytes name;
  std::uint64_t factor;
};
constexpr std::array kSizeUnits = {Unit{"GiB", 1ULL << 30}, Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10},
                                   Unit{"B", 1}};
constexpr std::array kDurationUnits = {Unit{"h", 3600000}, Unit{"m", 60000}, Unit{"s", 1000}, Unit{"ms", 1}};

/// Digits, optionally one of the units, with at most one space between; nothing if it is not that or overflows.
std::optional<std::uint64_t> parse_quantity(Bytes text, std::span<const Unit> units) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const auto number = parse_decimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  Bytes unit = text.substr(digits);
  if (unit.empty()) return number;
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto known = std::ranges::find(units, unit, &Unit::name);
  if (known == units.end() || *number > ~0ULL / known->factor) return std::nullopt;
  return *number * known->factor;
}

std::string format_with(std::span<const Unit> units, std::uint64_t value) {
  for (const Unit& unit : units)
    if (value >= unit.factor && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value);
}

Parsed bounded(const KeyRow& row, std::uint64_t value) {
  if (value >= row.minimum && value <= row.maximum) {
    if (row.type == ValueType::duration) return Duration(std::chrono::milliseconds(value));
    return value;
  }
  return refuse(format_quantity(row.type, value) + " is out of range.",
                "Choose a value from " + format_quantity(row.type, row.minimum) + " to " +
                    format_quantity(row.type, row.maximum) + ".");
}

Parsed parse_boolean(Bytes text, bool is_quoted) {
  if (!is_quoted && text == "true") return true;
  if (!is_quoted && text == "false") return false;
  return refuse(quoted(text) + " is not a boolean.", "Write true or false, without quotes.");
}

Parsed parse_count(const KeyRow& row, Bytes text, bool is_quoted) {
  if (row.type == ValueType::count_or_auto && text == "auto") return std::uint64_t{0};
  const auto number = is_quoted ? std::nullopt : parse_decimal(text);
  if (!number) {
    return refuse(quoted(text) + " is not a whole number.", row.type == ValueType::count_or_auto
                                                                ? "Write auto, or a number such as 4."
                                                                : "Write digits only, without quotes.");
  }
  return bounded(row, *number);
}

Parsed parse_size(const KeyRow& row, Bytes text) {
  const auto bytes = parse_quantity(text, kSizeUnits);
  if (!bytes)
    return refuse(quoted(text) + " is not a size.", "Write bytes as a number, or with KiB, MiB or GiB: 64KiB.");
  return bounded(row, *bytes);
}

Parsed parse_duration(const KeyRow& row, Bytes text) {
  const auto ms = parse_quantity(text, kDurationUnits);
  if (!ms)
    return refuse(quoted(text) + " is not a duration.", "Write milliseconds as a number, or with ms, s, m or h: 5s.");
  return bounded(row, *ms);
}

Parsed parse_name(Bytes text) {
  const bool is_name = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
  });
  if (!is_name)
    return refuse(quoted(text) + " cannot be a name.", "Use 1 to 64 letters, digits, dots, underscores and hyphens.");
  return std::string(text);
}

Parsed parse_host_name(Bytes text) {
  const bool is_host = !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == ':';
  });
  if (!is_host) return refuse(quoted(text) + " is not the name of a host.", "Write a DNS name or an IP address.");
  return std::string(text);
}

bool is_model_name(Bytes text) {
  return !text.empty() && text.size() <= 256 &&
         std::ranges::all_of(text, [](char c) { return is_visible(c) && c != '"' && c != '\\'; });
}

Parsed parse_model_name(Bytes text) {
  if (!is_model_name(text))
    return refuse(quoted(text) + " cannot be a model's name.",
                  "Use 1 to 256 visible ASCII characters without spaces, quotes and backslashes.");
  return std::string(text);
}

Parsed parse_reference(Bytes text) {
  const std::size_t slash = text.find('/');
  if (slash == Bytes::npos || slash == 0 || slash + 1 == text.size() || !is_model_name(text))
    return refuse(quoted(text) + " is not a deployment.",
                  "Write the provider's name, a slash, and what that provider calls the model: openai/gpt-4o-mini.");
  return std::string(text);
}

/// Headers that weir writes itself, that carry a secret, or that belong to one connection only.
bool is_own_header(Bytes name) {
  using enum codec::HeaderId;
  const codec::HeaderId id = codec::find_header(name);
  return codec::is_hop_by_hop(id) || codec::is_secret(id) || id == host || id == content_length || id == content_type ||
         id == content_encoding || id == accept_encoding || id == expect;
}

Parsed parse_header_name(Bytes text) {
  const bool is_token = !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || Bytes("!#$%&'*+-.^_`|~").contains(c);
  });
  if (!is_token) return refuse(quoted(text) + " is not a header name.", "Header names hold no spaces and no colons.");
  std::string name;
  for (char c : text) name.push_back(to_lower(c));
  if (is_own_header(name))
    return refuse("the header " + name + " is written by weir itself.", "API keys belong in the key credential.");
  return name;
}

Parsed parse_secret(Bytes text) {
  const Bytes kind = text.substr(0, text.find(':'));
  if ((kind == "env" || kind == "file") && text.size() > kind.size() + 1) return std::string(text);
  return refuse("a secret must not stand in the configuration itself.",
                "Put it into an environment variable and write env:NAME, or into a file and write file:PATH.");
}

/// The text may hold a password, so no message repeats it.
Parsed parse_proxy(Bytes text) {
  if (text == "none") return std::string(text);
  if (text.starts_with("env:") || text.starts_with("file:")) return parse_secret(text);
  if (const auto proxy = catalog::parse_proxy_url(text); !proxy)
    return refuse("this is not a proxy. " + std::string(proxy.error()),
                  "Write http://host:port, none, or env:NAME or file:PATH where the URL is found.");
  return std::string(text);
}

Parsed parse_host_pattern(Bytes text) {
  const bool is_pattern = !text.empty() && text.size() <= 255 &&
                          std::ranges::all_of(text, [](char c) { return is_visible(c) && c != ','; });
  if (!is_pattern)
    return refuse(quoted(text) + " is not a host.",
                  "Write a host name, an IP address, a network such as 10.0.0.0/8, or \"*\".");
  return std::string(text);
}

Parsed parse_key_hash(Bytes text) {
  const auto hash = admission::parse_key_hash(text);
  if (!hash)
    return refuse("this is not sha256: and 64 hexadecimal digits.",
                  "Make a key with `weir keys create --name NAME`; it prints the line for this file.");
  if (*hash == admission::hash_key({}))
    return refuse("this is the hash of an empty key, with which everybody could call.",
                  "Make a key with `weir keys create --name NAME`.");
  return *hash;
}

/// Names are not resolved, so that what weir binds is exactly what the file says.
Parsed parse_address(Bytes text) {
  constexpr Bytes kLocalhost = "localhost:";
  const std::string numeric =
      text.starts_with(kLocalhost) ? "127.0.0.1:" + std::string(text.substr(kLocalhost.size())) : std::string(text);
  if (const auto address = io::Address::parse(numeric)) return *address;
  return refuse(
      quoted(text) + " is not an address to listen on.",
      "Write a numeric IP address and a port: 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for all interfaces.");
}

Parsed parse_address_range(Bytes text) {
  if (const auto range = io::AddressRange::parse(text)) return *range;
  return refuse(quoted(text) + " is not a range of addresses.",
                "Write an IP address, or one with the length of its prefix and no bits behind it: 10.0.0.0/8.");
}

Parsed parse_log_target(Bytes text) {
  if (text == "stdout") return Log{LogTarget::standard_output, {}};
  if (text == "stderr") return Log{LogTarget::standard_error, {}};
  if (text == "none") return Log{LogTarget::none, {}};
  if (!text.contains('/') || text.ends_with('/') || text.contains('\0'))
    return refuse(quoted(text) + " is not a log target.",
                  "Write stdout, stderr, none, or the path of a file (with a slash in it: ./access.log).");
  return Log{LogTarget::file, std::string(text)};
}

/// Whether there is such a user is looked up when weir starts, on the machine where it starts.
Parsed parse_account(Bytes text) {
  const auto is_part = [](Bytes part) {
    return !part.empty() && part.size() <= 64 && part[0] != '-' && std::ranges::all_of(part, [](char c) {
      return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
    });
  };
  const std::size_t colon = text.find(':');
  if (!is_part(text.substr(0, colon)) || (colon != Bytes::npos && !is_part(text.substr(colon + 1))))
    return refuse(quoted(text) + " is not a user.", "Write a user, or a user and a group: weir, or weir:ssl-cert.");
  return std::string(text);
}

Parsed parse_dollars(Bytes text) {
  if (const auto nano = catalog::parse_dollars(text)) return static_cast<std::uint64_t>(*nano);
  return refuse(quoted(text) + " is not an amount of dollars.",
                "Write digits, with at most nine behind a point, up to a million: 0.0375.");
}

Parsed parse_ability(Bytes text) {
  std::vector<Bytes> names;
  std::string list;
  for (std::size_t i = 0; i < catalog::kAbilityCount; ++i) {
    const auto ability = static_cast<catalog::Ability>(i);
    if (catalog::to_string(ability) == text) return ability;
    names.push_back(catalog::to_string(ability));
    list += (list.empty() ? "" : ", ") + std::string(names.back());
  }
  const Bytes similar = nearest(text, names);
  return refuse(quoted(text) + " is not an ability of models.",
                similar.empty() ? "Write one of " + list + "." : "Did you mean " + std::string(similar) + "?");
}

Parsed parse_strategy(Bytes text) {
  if (const auto strategy = catalog::parse_strategy(text)) return *strategy;
  std::vector<Bytes> names;
  std::string list;
  for (std::size_t i = 0; i < catalog::kStrategyCount; ++i) {
    names.push_back(catalog::to_string(static_cast<catalog::Strategy>(i)));
    list += (list.empty() ? "" : ", ") + std::string(names.back());
  }
  const Bytes similar = nearest(text, names);
  return refuse("there is no strategy " + quoted(text) + ".",
                similar.empty() ? "The strategies are " + list + "." : "Did you mean " + std::string(similar) + "?");
}

Parsed parse_kind(Bytes text) {
  if (const catalog::ProviderKind* kind = catalog::find_provider_kind(text)) return kind;
  if (catalog::is_unspoken_kind(text))
    return refuse("this version of weir does not speak the API of " + quoted(text) + ".",
                  "If it offers an OpenAI-compatible address, use kind openai_compatible with that base_url.");
  if (const Bytes meant = catalog::kind_meant_by(text); !meant.empty())
    return refuse("there is no provider kind " + quoted(text) + ".", "Write " + std::string(meant) + ".");
  std::vector<Bytes> names;
  std::string list;
  for (const catalog::ProviderKind& kind : catalog::provider_kinds()) {
    names.push_back(kind.name);
    list += (list.empty() ? "" : ", ") + std::string(kind.name);
  }
  const Bytes similar = nearest(text, names);
  if (!similar.empty())
    return refuse("there is no provider kind " + quoted(text) + ".", "Did you mean " + std::string(similar) + "?");
  return refuse("there is no provider kind " + quoted(text) + ".",
                "The kinds are " + list + "; openai_compatible fits any server that speaks the OpenAI chat API.");
}

Parsed parse_dialect(Bytes text) {
  if (const auto dialect = dialect::dialect_named(text)) return *dialect;
  std::vector<Bytes> names;
  std::string list;
  for (const dialect::Dialect dialect : dialect::kDialects) {
    names.push_back(to_string(dialect));
    list += (list.empty() ? "" : ", ") + std::string(to_string(dialect));
  }
  const Bytes similar = nearest(text, names);
  return refuse("there is no dialect " + quoted(text) + ".",
                similar.empty() ? "The dialects are " + list + "." : "Did you mean " + std::string(similar) + "?");
}

Parsed parse_api_version(Bytes text) {
  const bool is_version = !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-';
  });
  if (!is_version) return refuse(quoted(text) + " is not a version of an API.", "Write it as in 2024-10-21.");
  return std::string(text);
}

Parsed parse_unsupported(Bytes text) {
  if (text == "drop") return dialect::Unsupported::drop;
  if (text == "error") return dialect::Unsupported::error;
  return refuse(quoted(text) + " is not a policy.", "Write drop or error.");
}

}  // namespace

bool is_header_value(Bytes text) {
  if (text != trim(text)) return false;
  return std::ranges::all_of(text, [](char c) { return is_visible(c) || c == ' ' || c == '\t'; });
}

Parsed parse_value(const KeyRow& row, Bytes text, bool is_quoted) {
  switch (row.type) {
    case ValueType::boolean:
      return parse_boolean(text, is_quoted);
    case ValueType::count:
    case ValueType::count_or_auto:
      return parse_count(row, text, is_quoted);
    case ValueType::size:
      return parse_size(row, text);
    case ValueType::duration:
      return parse_duration(row, text);
    case ValueType::name:
      return parse_name(text);
    case ValueType::model_name:
      return parse_model_name(text);
    case ValueType::path:
      if (!text.empty() && text.size() < 4096 && text.find('\0') == Bytes::npos) return std::string(text);
      return refuse("this is not the path of a file.", "Write the path, for example /etc/weir/cert.pem.");
    case ValueType::host_name:
      return parse_host_name(text);
    case ValueType::tls_version:
      if (text == "1.2") return tls::Version::tls_1_2;
      if (text == "1.3") return tls::Version::tls_1_3;
      return refuse(quoted(text) + " is not a version of TLS spoken here.", "Write 1.2 or 1.3.");
    case ValueType::header_name:
      return parse_header_name(text);
    case ValueType::header_value:
      if (text.size() <= 4096 && is_header_value(text)) return std::string(text);
      return refuse("this cannot be a header's value.",
                    "Use at most 4096 visible ASCII characters and spaces between them.");
    case ValueType::address:
      return parse_address(text);
    case ValueType::address_range:
      return parse_address_range(text);
    case ValueType::url:
      if (auto url = catalog::parse_base_url(text))
        return *std::move(url);
      else
        return refuse("this is not a base URL.", std::string(url.error()));
    case ValueType::secret:
      return parse_secret(text);
    case ValueType::key_hash:
      return parse_key_hash(text);
    case ValueType::log_target:
      return parse_log_target(text);
    case ValueType::account:
      return parse_account(text);
    case ValueType::provider_kind:
      return parse_kind(text);
    case ValueType::reference:
      return parse_reference(text);
    case ValueType::proxy:
      return parse_proxy(text);
    case ValueType::host_pattern:
      return parse_host_pattern(text);
    case ValueType::dialect:
      return parse_dialect(text);
    case ValueType::api_version:
      return parse_api_version(text);
    case ValueType::unsupported:
      return parse_unsupported(text);
    case ValueType::dollars:
      return parse_dollars(text);
    case ValueType::ability:
      return parse_ability(text);
    case ValueType::unknown_price:
      if (text == "allow") return catalog::UnknownPrice::allow;
      if (text == "block") return catalog::UnknownPrice::block;
      return refuse(quoted(text) + " is not one of the two.", "Write allow or block.");
    case ValueType::strategy:
      return parse_strategy(text);
    case ValueType::after_commit:
      if (text == "fail") return catalog::AfterCommit::fail;
      if (text == "stitch") return catalog::AfterCommit::stitch;
      return refuse(quoted(text) + " is not one of the two.", "Write fail or stitch.");
  }
  return refuse("this type is not known.");
}

Bytes describe(ValueType type) {
  switch (type) {
    case ValueType::boolean:
      return "`true` or `false`";
    case ValueType::count:
      return "number";
    case ValueType::count_or_auto:
      return "`auto` or number";
    case ValueType::size:
      return "size";
    case ValueType::duration:
      return "duration";
    case ValueType::name:
      return "name";
    case ValueType::model_name:
      return "model name";
    case ValueType::path:
      return "path";
    case ValueType::host_name:
      return "host name";
    case ValueType::tls_version:
      return "`1.2` or `1.3`";
    case ValueType::header_name:
      return "header name";
    case ValueType::header_value:
      return "header value";
    case ValueType::address:
      return "`IP:port`";
    case ValueType::address_range:
      return "`IP` or `IP/bits`";
    case ValueType::url:
      return "URL";
    case ValueType::secret:
      return "`env:NAME` or `file:PATH`";
    case ValueType::key_hash:
      return "`sha256:` + 64 hex digits";
    case ValueType::log_target:
      return "`stdout`, `stderr`, `none` or a path";
    case ValueType::account:
      return "`user` or `user:group`";
    case ValueType::provider_kind:
      return "provider kind";
    case ValueType::reference:
      return "`provider/model`";
    case ValueType::proxy:
      return "URL, `none`, `env:NAME` or `file:PATH`";
    case ValueType::host_pattern:
      return "host, address or network";
    case ValueType::dialect:
      return "dialect";
    case ValueType::api_version:
      return "API version";
    case ValueType::unsupported:
      return "`drop` or `error`";
    case ValueType::dollars:
      return "dollars";
    case ValueType::ability:
      return "ability";
    case ValueType::unknown_price:
      return "`allow` or `block`";
    case ValueType::strategy:
      return "strategy";
    case ValueType::after_commit:
      return "`fail` or `stitch`";
  }
  return {};
}

std::string format_quantity(ValueType type, std::uint64_t value) {
  if (type == ValueType::size) return format_with(kSizeUnits, value);
  if (type == ValueType::duration) return value == 0 ? "0" : format_with(kDurationUnits, value);
  return std::to_string(value);
}

Bytes nearest(Bytes word, std::span<const Bytes> known) {
  if (word.size() > 64) return {};
  Bytes best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::vector<std::size_t> row;
  for (Bytes candidate : known) {
    // Levenshtein's distance, one row of its table at a time.
    row.resize(candidate.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (to_lower(word[i]) == to_lower(candidate[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace weir::control
