#include "weir/control/schema_documents.h"

#include <algorithm>

#include "config_schema.h"
#include "value_parser.h"
#include "weir/codec/json_writer.h"

namespace weir::control {

namespace {

using codec::JsonWriter;

/// What every value of the type matches; the reader is stricter where a pattern cannot be.
Bytes pattern_of(ValueType type) {
  switch (type) {
    case ValueType::size:
      return "^[0-9]+ ?(B|KiB|MiB|GiB)?$";
    case ValueType::duration:
      return "^[0-9]+ ?(ms|s|m|h)?$";
    case ValueType::name:
      return "^[A-Za-z0-9._-]{1,64}$";
    case ValueType::model_name:
      return "^[!#-\\[\\]-~]{1,256}$";
    case ValueType::host_name:
      return "^[A-Za-z0-9.:-]{1,253}$";
    case ValueType::header_name:
      return "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$";
    case ValueType::address:
      return "^(localhost|[0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$";
    case ValueType::address_range:
      return "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$";
    case ValueType::url:
      return "^https?://[^?#@ ]+$";
    case ValueType::secret:
      return "^(env|file):.+$";
    case ValueType::key_hash:
      return "^sha256:[0-9A-Fa-f]{64}$";
    case ValueType::log_target:
      return "^(stdout|stderr|none|.*/.*[^/])$";
    case ValueType::account:
      return "^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}(:[A-Za-z0-9._][A-Za-z0-9._-]{0,63})?$";
    case ValueType::reference:
      return "^[A-Za-z0-9._-]{1,64}/.+$";
    case ValueType::dollars:
      return "^[0-9]{1,7}(\\.[0-9]{0,9})?$";
    case ValueType::api_version:
      return "^[A-Za-z0-9.-]{1,32}$";
    default:
      return {};
  }
}

void write_integer(JsonWriter& out, const KeyRow& row) {
  out.member("type", "integer");
  out.key("minimum").unsigned_integer(row.minimum);
  if (row.maximum != ~0ULL) out.key("maximum").unsigned_integer(row.maximum);
}

/// Either an integer within the row's bounds, or a string.
void write_integer_or(JsonWriter& out, const KeyRow& row, Bytes keyword, Bytes value) {
  out.key("anyOf").begin_array().begin_object();
  write_integer(out, row);
  out.end_object().begin_object();
  out.member("type", "string").member(keyword, value);
  out.end_object().end_array();
}

void write_scalar(JsonWriter& out, const KeyRow& row) {
  switch (row.type) {
    case ValueType::boolean:
      out.member("type", "boolean");
      return;
    case ValueType::count:
      return write_integer(out, row);
    case ValueType::count_or_auto:
      return write_integer_or(out, row, "const", "auto");
    case ValueType::size:
    case ValueType::duration:
      return write_integer_or(out, row, "pattern", pattern_of(row.type));
    case ValueType::provider_kind:
      out.key("enum").begin_array();
      for (const catalog::ProviderKind& kind : catalog::provider_kinds()) out.string(kind.name);
      out.end_array();
      return;
    case ValueType::dialect:
      out.key("enum").begin_array();
      for (const dialect::Dialect dialect : dialect::kDialects) out.string(to_string(dialect));
      out.end_array();
      return;
    case ValueType::ability:
      out.key("enum").begin_array();
      for (std::size_t i = 0; i < catalog::kAbilityCount; ++i)
        out.string(catalog::to_string(static_cast<catalog::Ability>(i)));
      out.end_array();
      return;
    case ValueType::unknown_price:
      out.key("enum").begin_array().string("allow").string("block").end_array();
      return;
    case ValueType::after_commit:
      out.key("enum").begin_array().string("fail").string("stitch").end_array();
      return;
    case ValueType::strategy:
      out.key("enum").begin_array();
      for (std::size_t i = 0; i < catalog::kStrategyCount; ++i)
        out.string(catalog::to_string(static_cast<catalog::Strategy>(i)));
      out.end_array();
      return;
    case ValueType::dollars:  // unquoted, YAML has it as a number
      out.key("type").begin_array().string("number").string("string").end_array();
      out.key("minimum").raw("0").key("maximum").raw("1000000");
      out.member("pattern", pattern_of(row.type));
      return;
    case ValueType::unsupported:
      out.key("enum").begin_array().string("drop").string("error").end_array();
      return;
    case ValueType::tls_version:  // unquoted, YAML has it as a number
      out.key("enum").begin_array().string("1.2").string("1.3").raw("1.2").raw("1.3").end_array();
      return;
    default:
      break;
  }
  out.member("type", "string");
  if (const Bytes pattern = pattern_of(row.type); !pattern.empty()) out.member("pattern", pattern);
}

void write_key(JsonWriter& out, const KeyRow& row);

void write_section(JsonWriter& out, const SectionRow& section) {
  out.member("type", "object").key("additionalProperties").boolean(false);
  out.key("properties").begin_object();
  for (const KeyRow& row : section.keys) {
    out.key(row.name).begin_object();
    write_key(out, row);
    out.end_object();
  }
  out.end_object();
  if (std::ranges::none_of(section.keys, &KeyRow::is_required)) return;
  out.key("required").begin_array();
  for (const KeyRow& row : section.keys)
    if (row.is_required) out.string(row.name);
  out.end_array();
}

/// What is written in YAML for a scalar, as JSON.
void write_literal(JsonWriter& out, const KeyRow& row, Bytes text) {
  if (row.type == ValueType::boolean || row.type == ValueType::count || row.type == ValueType::dollars)
    out.raw(text);
  else
    out.string(text);
}

void write_default(JsonWriter& out, const KeyRow& row) {
  if (row.default_value.empty()) return;
  out.key("default");
  write_literal(out, row, row.default_value);
}

/// Scalars only: the examples of lists and maps are YAML, not JSON.
void write_example(JsonWriter& out, const KeyRow& row) {
  if (row.example.empty() || row.shape != Shape::scalar) return;
  out.key("examples").begin_array();
  write_literal(out, row, row.example);
  out.end_array();
}

void write_item(JsonWriter& out, const KeyRow& row) {
  switch (row.shape) {
    case Shape::list_of_scalars:
      return write_scalar(out, row);
    case Shape::list_of_entries:
      out.key("anyOf").begin_array().begin_object();
      write_scalar(out, row.section->keys[0]);
      out.end_object().begin_object();
      write_section(out, *row.section);
      out.end_object().end_array();
      return;
    default:
      return write_section(out, *row.section);
  }
}

void write_key(JsonWriter& out, const KeyRow& row) {
  out.member("description", row.sentence);
  write_default(out, row);
  write_example(out, row);
  switch (row.shape) {
    case Shape::scalar:
      return write_scalar(out, row);
    case Shape::section:
      return write_section(out, *row.section);
    case Shape::list_of_scalars:
    case Shape::list_of_sections:
    case Shape::list_of_entries:
      out.member("type", "array").key("minItems").unsigned_integer(row.minimum);
      if (row.maximum != ~0ULL) out.key("maxItems").unsigned_integer(row.maximum);
      out.key("items").begin_object();
      write_item(out, row);
      out.end_object();
      return;
    case Shape::map_of_scalars:
    case Shape::map_of_sections:
      out.member("type", "object").key("minProperties").unsigned_integer(row.minimum);
      out.key("propertyNames").begin_object().member("pattern", pattern_of(row.type)).end_object();
      out.key("additionalProperties").begin_object();
      if (row.shape == Shape::map_of_scalars)
        write_scalar(out, row.section->keys[0]);
      else
        write_section(out, *row.section);
      out.end_object();
      return;
  }
}

/// Compact JSON with line ends and two spaces per depth, so that a changed key is a changed line.
std::string indent(Bytes json) {
  std::string out;
  std::size_t depth = 0;
  bool is_in_string = false;
  const auto new_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_in_string) {
      out.push_back(c);
      if (c == '\\')
        out.push_back(json[++i]);
      else if (c == '"')
        is_in_string = false;
      continue;
    }
    if (c == '}' || c == ']') {
      --depth;
      new_line();
    }
    out.push_back(c);
    if (c == '"') is_in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '{' || c == '[' || c == ',') new_line();
    if (c == ':') out.push_back(' ');
  }
  return out + "\n";
}

std::string code(Bytes text) { return text.empty() ? std::string() : "`" + std::string(text) + "`"; }

std::string describe_shape(const KeyRow& row) {
  switch (row.shape) {
    case Shape::scalar:
      return std::string(describe(row.type));
    case Shape::section:
      return "section";
    case Shape::list_of_scalars:
      return "list of " + std::string(describe(row.type));
    case Shape::list_of_sections:
      return "list of sections";
    case Shape::list_of_entries:
      return "list of " + std::string(describe(row.section->keys[0].type)) + " or section";
    case Shape::map_of_scalars:
      return std::string(describe(row.type)) + " to " + std::string(describe(row.section->keys[0].type));
    case Shape::map_of_sections:
      return std::string(describe(row.type)) + " to section";
  }
  return {};
}

std::string describe_default(const KeyRow& row) {
  if (row.is_required) return "**required**";
  return code(row.default_value);
}

std::string describe_bounds(const KeyRow& row) {
  if (row.shape != Shape::scalar || row.maximum == ~0ULL) return {};
  return " From " + format_quantity(row.type, row.minimum) + " to " + format_quantity(row.type, row.maximum) + ".";
}

/// Bars would end a table's cell.
std::string cell(std::string text) {
  for (std::size_t i = text.find('|'); i != std::string::npos; i = text.find('|', i + 2)) text.insert(i, 1, '\\');
  return text;
}

void append_section(std::string& out, const SectionRow& section) {
  const bool is_file = &section == &config_schema();
  out += is_file ? "### The file\n\n" : "### " + code(section.title) + "\n\n";
  out += std::string(section.sentence) + "\n\n";
  out += "| key | value | default | meaning | example |\n|---|---|---|---|---|\n";
  for (const KeyRow& row : section.keys)
    out += "| " + code(row.name) + " | " + cell(describe_shape(row)) + " | " + describe_default(row) + " | " +
           cell(std::string(row.sentence) + describe_bounds(row)) + " | " + cell(code(row.example)) + " |\n";
  out += "\n";
  for (const KeyRow& row : section.keys)
    if (row.section && row.shape != Shape::map_of_scalars) append_section(out, *row.section);
}

void append_kinds(std::string& out) {
  out +=
      "### Provider kinds\n\nWhat `kind` decides. The first dialect is what clients of others are translated to; more "
      "about "
      "each kind stands in [providers.md](providers.md).\n\n";
  out += "| kind | dialects | default base URL | usual variable of the credential |\n|---|---|---|---|\n";
  for (const catalog::ProviderKind& kind : catalog::provider_kinds()) {
    const std::string url = kind.place == catalog::Place::built_in     ? "inside weir"
                            : kind.place == catalog::Place::configured ? "**required**"
                                                                       : code(kind.base_url);
    std::string dialects;
    for (const dialect::Dialect dialect : kind.dialects.all())
      dialects += (dialects.empty() ? "" : ", ") + code(to_string(dialect));
    out += "| " + code(kind.name) + " | " + dialects + " | " + url + " | " + code(kind.credential_variable) + " |\n";
  }
}

}  // namespace

std::string json_schema() {
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.member("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.member("title", "Configuration of weir");
  write_section(out, config_schema());
  out.end_object();
  return indent(json);
}

std::string markdown_reference() {
  std::string out;
  append_section(out, config_schema());
  append_kinds(out);
  return out;
}

}  // namespace weir::control
