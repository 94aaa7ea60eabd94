#include <algorithm>
#include <utility>

#include "anthropic_messages_text.h"
#include "json_members.h"
#include "weir/codec/json_writer.h"

// Schemas that the vendor enforces (output_config.format, strict tools) are of a subset of JSON Schema: every object is
// closed, and bounds of numbers, texts and lists are refused with 400. The vendor's SDKs close objects and tell the
// bounds in the description, so that the model still knows of them; so does this. One pass over the schema.

namespace weir::dialect::anthropic_messages {

namespace {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

/// Taken over as they are.
constexpr Bytes kPlain[] = {"type", "enum", "const", "$ref", "title", "default", "required"};
/// One schema, or a list or an object of them.
constexpr Bytes kSchemas[] = {"anyOf", "oneOf", "allOf", "$defs", "definitions", "items", "properties"};
/// Say nothing that a model should know.
constexpr Bytes kSilent[] = {"$schema", "$id", "$comment"};
/// Values of `format` that are enforced.
constexpr Bytes kFormats[] = {"date-time", "time", "date", "duration", "email",
                              "hostname",  "uri",  "ipv4", "ipv6",     "uuid"};

class SchemaWriter {
 public:
  SchemaWriter(Bytes schema, std::string& out) : json_(schema), out_(out) {}

  void write() {
    if (json_.peek() != JsonType::object) return copy();
    bool is_object = false, has_properties = false, is_closed = false;
    std::string description, bounds;
    bool first = true;
    const auto member = [&](Bytes name) {
      if (!std::exchange(first, false)) out_ += ',';
      out_ += '"';
      out_ += name;
      out_ += "\":";
    };
    out_ += '{';
    for_members(json_, [&](const JsonString& key) {
      Bytes raw;
      if (is_one_of(key, kSchemas)) {
        member(key.is("oneOf") ? Bytes("anyOf") : key.raw);
        const std::size_t start = out_.size();
        key.is("items") ? write() : write_schemas();
        has_properties |= key.is("properties") && out_.size() > start + 2;
        is_object |= key.is("properties");
      } else if (key.is("additionalProperties")) {
        json_.raw_value(raw);
        is_closed = raw == "false";
        is_map_ |= raw.starts_with('{');
      } else if (key.is("description")) {
        JsonString text;
        if (json_.string_or_skip(text)) description = text.raw;
      } else {
        json_.raw_value(raw);
        const bool format = key.is("format") && is_word(raw, kFormats);
        if (key.is("type")) is_object |= raw.find("\"object\"") != Bytes::npos;
        if (format || is_one_of(key, kPlain) || (key.is("minItems") && (raw == "0" || raw == "1"))) {
          member(key.raw);
          out_ += raw;
        } else if (!is_one_of(key, kSilent)) {
          if (!bounds.empty()) bounds += ", ";
          bounds += key.raw;
          bounds += ": ";
          codec::append_json_escaped(bounds, raw);
        }
      }
    });
    if (is_object) {
      is_map_ |= !has_properties && !is_closed;
      member("additionalProperties");
      out_ += "false";
    }
    if (!bounds.empty()) description += (description.empty() ? "{" : "\\n\\n{") + bounds + '}';
    if (!description.empty()) {
      member("description");
      out_ += '"' + description + '"';
    }
    out_ += '}';
  }

  /// Some object holds members that its schema does not name: closed, it would mean something else.
  bool is_map() const { return is_map_; }

 private:
  template <std::size_t N>
  static bool is_one_of(const JsonString& key, const Bytes (&names)[N]) {
    return std::ranges::any_of(names, [&](Bytes name) { return key.is(name); });
  }
  template <std::size_t N>
  static bool is_word(Bytes raw, const Bytes (&words)[N]) {
    return raw.size() > 2 && std::ranges::find(words, raw.substr(1, raw.size() - 2)) != std::end(words);
  }

  void copy() {
    Bytes raw;
    json_.raw_value(raw);
    out_ += raw;
  }

  void write_schemas() {
    bool first = true;
    const auto separate = [&] {
      if (!std::exchange(first, false)) out_ += ',';
    };
    if (json_.peek() == JsonType::object) {
      out_ += '{';
      for_members(json_, [&](const JsonString& key) {
        separate();
        out_ += '"';
        out_ += key.raw;
        out_ += "\":";
        write();
      });
      out_ += '}';
    } else if (json_.peek() == JsonType::array) {
      out_ += '[';
      for_elements(json_, [&] {
        separate();
        write();
      });
      out_ += ']';
    } else {
      copy();
    }
  }

  JsonReader json_;
  std::string& out_;
  bool is_map_ = false;
};

}  // namespace

bool append_enforced_schema(std::string& out, Bytes schema) {
  std::string object;
  append_object_schema(object, schema);
  SchemaWriter writer(object, out);
  writer.write();
  return !writer.is_map();
}

bool is_enforceable(Bytes schema) {
  std::string ignored;
  return append_enforced_schema(ignored, schema);
}

}  // namespace weir::dialect::anthropic_messages
