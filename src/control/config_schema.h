// The table of configuration keys, from which everything that knows a key is made: the reader with its errors, the
// reference in docs/configuration.md, and the JSON Schema. Adding a key is adding a row and a member.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "weir/admission/virtual_key.h"
#include "weir/base/bytes.h"
#include "weir/base/time.h"
#include "weir/catalog/base_url.h"
#include "weir/catalog/provider_kind.h"
#include "weir/control/config.h"

namespace weir::control {

/// What one scalar means.
enum class ValueType : std::uint8_t {
  boolean,
  count,          ///< an integer
  count_or_auto,  ///< an integer, or `auto`, which is 0
  size,           ///< bytes
  duration,       ///< milliseconds if no unit is written
  name,           ///< letters, digits, '.', '_', '-'; at most 64
  model_name,     ///< printable ASCII without spaces, quotes and backslashes; at most 256
  path,           ///< of a file; relative ones begin at the configuration's folder
  host_name,
  tls_version,  ///< 1.2 or 1.3
  header_name,
  header_value,
  address,
  address_range,
  url,
  secret,  ///< env:NAME or file:PATH; kept as the reference
  key_hash,
  log_target,
  account,  ///< user or user:group, by name or number
  provider_kind,
  reference,     ///< provider/model
  proxy,         ///< a URL, `none`, or env:NAME or file:PATH where the URL is; kept as written
  host_pattern,  ///< one entry of no_proxy
  dialect,
  api_version,    ///< letters, digits, dots and hyphens; at most 32
  unsupported,    ///< drop or error
  dollars,        ///< an exact decimal, kept in nano-dollars
  ability,        ///< of a model
  unknown_price,  ///< allow or block
  strategy,       ///< by which a deployment is chosen
  after_commit,   ///< fail or stitch
};

/// How the scalars of a key are arranged.
enum class Shape : std::uint8_t {
  scalar,
  section,  ///< a mapping with keys of its own
  list_of_scalars,
  list_of_sections,
  list_of_entries,  ///< each a section, or a scalar that stands for the section's first key alone
  map_of_scalars,   ///< names chosen by the operator
  map_of_sections,
};

using Value = std::variant<bool, std::uint64_t, Duration, std::string, io::Address, io::AddressRange, catalog::BaseUrl,
                           const catalog::ProviderKind*, admission::KeyHash, Log, tls::Version, dialect::Dialect,
                           dialect::Unsupported, catalog::Ability, catalog::UnknownPrice, catalog::Strategy,
                           catalog::AfterCommit>;

/// How a key reaches its member; made by bind<&Section::member>() (binding.h).
struct Binding {
  /// Moves a value into its member, or appends it to the list it is one of.
  void (*store)(void* section, Value&& value, Position at) = nullptr;
  /// The object that a nested section is read into; for lists and maps a new element.
  void* (*child)(void* section, Bytes name, Position at) = nullptr;
};

struct SectionRow;

// For the bounds of rows.
inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kDayMs = 24ULL * 60 * 60 * 1000;

struct KeyRow {
  Bytes name;
  ValueType type = ValueType::name;  ///< of a scalar; of the operator's names in a map
  Shape shape = Shape::scalar;
  bool is_required = false;
  Bytes default_value;            ///< as an operator would write it; empty = none
  std::uint64_t minimum = 0;      ///< in bytes, milliseconds or pieces; for lists the number of entries
  std::uint64_t maximum = ~0ULL;  ///< likewise
  Bytes sentence;
  Bytes example;
  const SectionRow* section = nullptr;  ///< of nested sections; for map_of_scalars one row that describes the values
  Binding binding;
};

/// A row for a time.
inline constexpr KeyRow time_limit(Bytes name, Bytes default_value, Bytes sentence, Bytes example, Binding binding) {
  return {.name = name,
          .type = ValueType::duration,
          .default_value = default_value,
          .minimum = 1,
          .maximum = kDayMs,
          .sentence = sentence,
          .example = example,
          .binding = binding};
}

struct SectionRow {
  Bytes title;  ///< how the reference calls it
  Bytes sentence;
  std::span<const KeyRow> keys;
};

/// The whole file. Its object is a WrittenConfig (written_config.h).
const SectionRow& config_schema();

}  // namespace weir::control
