#include "gemini_schema.h"

#include <algorithm>
#include <vector>

#include "json_members.h"

namespace weir::dialect::gemini {

namespace {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

struct TypeWord {
  Bytes json;
  Bytes openapi;
};
constexpr TypeWord kTypes[] = {{"string", "STRING"},   {"number", "NUMBER"}, {"integer", "INTEGER"},
                               {"boolean", "BOOLEAN"}, {"array", "ARRAY"},   {"object", "OBJECT"}};

/// Keywords that stand in both as they are.
constexpr Bytes kShared[] = {"title",     "minimum",   "maximum",       "minItems",      "maxItems",
                             "minLength", "maxLength", "minProperties", "maxProperties", "pattern"};
/// Numbers that proto JSON writes as strings.
constexpr Bytes kLongs[] = {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"};
/// Values of `format` that the subset takes.
constexpr Bytes kFormats[] = {"date-time", "enum", "float", "double", "int32", "int64"};

bool is_one_of(const JsonString& key, const auto& words) {
  return std::ranges::any_of(words, [&](Bytes word) { return key.is(word); });
}

Bytes raw_of(JsonReader& json) {
  Bytes raw;
  json.raw_value(raw);
  return raw;
}

bool is_null_schema(Bytes schema) {
  JsonReader json(schema);
  bool null = false;
  for_members(json, [&](const JsonString& key) {
    JsonString type;
    if (!key.is("type")) return void(json.skip_value());
    if (json.string_or_skip(type)) null = type.is("null");
  });
  return null;
}

/// What a schema on its way into the subset is made of.
struct Parts {
  std::vector<Bytes> types;  // without null
  bool nullable = false;
  Bytes ref, properties, required, items, values, constant, any_of, all_of, format, description;
};

Parts parts_of(Bytes schema) {
  Parts parts;
  JsonReader json(schema);
  const auto take_type = [&] {
    JsonString word;
    if (!json.string_or_skip(word)) return;
    if (word.is("null")) return void(parts.nullable = true);
    for (const TypeWord& type : kTypes)
      if (word.is(type.json) || word.is(type.openapi)) parts.types.push_back(type.openapi);
  };
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) {
      if (json.peek() == JsonType::array) return for_elements(json, take_type);
      return take_type();
    }
    if (key.is("nullable")) {
      parts.nullable |= raw_of(json) == "true";
    } else if (key.is("$ref")) {
      read_text(json, parts.ref);
    } else if (key.is("properties")) {
      parts.properties = raw_of(json);
    } else if (key.is("required")) {
      parts.required = raw_of(json);
    } else if (key.is("items")) {
      parts.items = raw_of(json);
    } else if (key.is("enum")) {
      parts.values = raw_of(json);
    } else if (key.is("const")) {
      parts.constant = raw_of(json);
    } else if (key.is("anyOf") || key.is("oneOf")) {
      parts.any_of = raw_of(json);
    } else if (key.is("allOf")) {
      parts.all_of = raw_of(json);
    } else if (key.is("format")) {
      JsonString format;
      if (json.string_or_skip(format) && is_one_of(format, kFormats)) parts.format = format.raw;
    } else if (key.is("description")) {
      read_text(json, parts.description);
    } else {
      json.skip_value();
    }
  });
  return parts;
}

std::vector<Bytes> elements_of(Bytes array) {
  std::vector<Bytes> all;
  if (array.empty()) return all;
  JsonReader json(array);
  for_elements(json, [&] { all.push_back(raw_of(json)); });
  return all;
}

/// What the place of a schema adds to it.
struct Inherited {
  bool nullable = false;
  Bytes description;  // of the place that refers to the schema
  Bytes type;         // the one of several that is being written
};

class OpenApiWriter {
 public:
  OpenApiWriter(std::string& out, Bytes root) : out_(out), root_(root), limit_(out.size() + kMaxSchemaSize) {}

  SchemaFault write(Bytes schema, Inherited from = {}) {
    work_ += schema.size();
    if (out_.size() > limit_ || work_ > kMaxSchemaWork || ++depth_ > kMaxSchemaDepth) return SchemaFault::too_large;
    const SchemaFault fault = write_checked(schema, from);
    --depth_;
    return fault;
  }

 private:
  SchemaFault write_checked(Bytes schema, Inherited from) {
    const Parts parts = parts_of(schema);
    from.nullable |= parts.nullable;
    if (from.description.empty()) from.description = parts.description;
    if (!parts.ref.empty()) return write_reference(parts.ref, from);
    if (const auto all = elements_of(parts.all_of); all.size() == 1) return write(all[0], from);
    std::vector<Bytes> choices = elements_of(parts.any_of);
    if (std::erase_if(choices, is_null_schema) > 0) from.nullable = true;
    if (choices.size() == 1) return write(choices[0], from);
    if (choices.size() > 1)
      return write_choices(from, choices.size(), [&](std::size_t i) { return write(choices[i]); });
    if (from.type.empty() && parts.types.size() > 1)
      return write_choices(from, parts.types.size(),
                           [&](std::size_t i) { return write(schema, {.type = parts.types[i]}); });
    return write_plain(schema, parts, from);
  }

  /// `#/$defs/Name`, followed in the root. A schema that holds itself cannot be written.
  SchemaFault write_reference(Bytes ref, const Inherited& from) {
    if (std::ranges::find(open_, ref) != open_.end()) return SchemaFault::reference;
    if (!ref.starts_with('#')) return SchemaFault::reference;
    work_ += root_.size();
    Bytes target = root_;
    for (Bytes path = ref.substr(1); !path.empty() && !target.empty();) {
      path.remove_prefix(1);
      const Bytes name = path.substr(0, path.find('/'));
      path.remove_prefix(name.size());
      JsonReader json(target);
      target = {};
      for_members(json, [&](const JsonString& key) {
        const Bytes value = raw_of(json);
        if (key.raw == name) target = value;
      });
    }
    if (target.empty()) return SchemaFault::reference;
    open_.push_back(ref);
    const SchemaFault fault = write(target, from);
    open_.pop_back();
    return fault;
  }

  template <class WriteChoice>
  SchemaFault write_choices(const Inherited& from, std::size_t count, WriteChoice&& write_choice) {
    begin();
    member("anyOf");
    out_ += '[';
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      if (const SchemaFault fault = write_choice(i); fault != SchemaFault::none) return fault;
    }
    out_ += ']';
    end(from);
    return SchemaFault::none;
  }

  SchemaFault write_plain(Bytes schema, const Parts& parts, const Inherited& from) {
    const bool strings = write_values(parts, false);
    Bytes type = from.type;
    if (type.empty() && !parts.types.empty()) type = parts.types[0];
    if (type.empty() && strings) type = "STRING";
    if (type.empty() && !parts.properties.empty()) type = "OBJECT";
    if (type.empty() && !parts.items.empty()) type = "ARRAY";
    begin();
    if (!type.empty()) member("type"), out_ += '"', out_ += type, out_ += '"';
    if (!parts.format.empty()) member("format"), out_ += '"', out_ += parts.format, out_ += '"';
    JsonReader json(schema);
    for_members(json, [&](const JsonString& key) {
      const Bytes value = raw_of(json);
      if (is_one_of(key, kShared)) member(key.raw), out_ += value;
    });
    if (strings && type == "STRING") write_values(parts, true);
    if (type == "OBJECT" && has_members(parts.properties)) {
      member("properties");
      if (const SchemaFault fault = write_properties(parts.properties); fault != SchemaFault::none) return fault;
      if (has_members(parts.required)) member("required"), out_ += parts.required;
    }
    if (type == "ARRAY") {
      member("items");
      if (const SchemaFault fault = write(parts.items.empty() ? Bytes("{}") : parts.items); fault != SchemaFault::none)
        return fault;
    }
    end(from);
    return SchemaFault::none;
  }

  SchemaFault write_properties(Bytes properties) {
    out_ += '{';
    bool first = true;
    SchemaFault fault = SchemaFault::none;
    JsonReader json(properties);
    for_members(json, [&](const JsonString& key) {
      const Bytes value = raw_of(json);
      if (fault != SchemaFault::none) return;
      if (!first) out_ += ',';
      first = false;
      out_ += '"', out_ += key.raw, out_ += "\":";
      fault = write(value);
    });
    out_ += '}';
    return fault;
  }

  /// `enum`, or `const` as an enum of one; the subset knows only strings there. True when there are some.
  bool write_values(const Parts& parts, bool really) {
    std::vector<Bytes> values = elements_of(parts.values);
    if (!parts.constant.empty()) values = {parts.constant};
    std::erase(values, "null");
    if (values.empty() || !std::ranges::all_of(values, [](Bytes value) { return value.starts_with('"'); }))
      return false;
    if (!really) return true;
    member("enum");
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      out_ += values[i];
    }
    out_ += ']';
    return true;
  }

  void begin() { out_ += '{'; }
  void member(Bytes key) {
    if (!out_.ends_with('{')) out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  void end(const Inherited& from) {
    if (!from.description.empty()) member("description"), out_ += '"', out_ += from.description, out_ += '"';
    if (from.nullable) member("nullable"), out_ += "true";
    out_ += '}';
  }

  std::string& out_;
  Bytes root_;
  std::size_t limit_;
  std::size_t work_ = 0;
  int depth_ = 0;
  std::vector<Bytes> open_;  // references being followed
};

void append_json_schema_at(std::string& out, Bytes schema, int depth);

/// `{name: schema}` or `[schema]` with every schema rewritten; `end` is put before the closing bracket.
void append_schemas(std::string& out, Bytes raw, int depth, Bytes end = {}) {
  const bool object = raw.starts_with('{');
  out += object ? '{' : '[';
  bool first = true;
  JsonReader json(raw);
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
  };
  if (object) {
    for_members(json, [&](const JsonString& key) {
      separate();
      out += '"', out += key.raw, out += "\":";
      append_json_schema_at(out, raw_of(json), depth);
    });
  } else {
    for_elements(json, [&] {
      separate();
      append_json_schema_at(out, raw_of(json), depth);
    });
  }
  if (!end.empty()) separate(), out += end;
  out += object ? '}' : ']';
}

void append_type(std::string& out, Bytes raw, bool nullable) {
  JsonReader json(raw);
  JsonString word;
  json.string_or_skip(word);
  Bytes type = word.raw;
  for (const TypeWord& known : kTypes)
    if (word.is(known.openapi)) type = known.json;
  out += nullable ? "[\"" : "\"";
  out += type;
  out += nullable ? "\",\"null\"]" : "\"";
}

void append_json_schema_at(std::string& out, Bytes schema, int depth) {
  if (!schema.starts_with('{') || depth > kMaxSchemaDepth) return void(out += schema);
  bool nullable = false;
  JsonReader look(schema);
  for_members(look, [&](const JsonString& key) {
    const Bytes value = raw_of(look);
    if (key.is("nullable")) nullable = value == "true";
  });
  out += '{';
  bool first = true;
  JsonReader json(schema);
  for_members(json, [&](const JsonString& key) {
    const Bytes value = raw_of(json);
    if (key.is("nullable") || key.is("propertyOrdering") || key.is("property_ordering") || key.is("example")) return;
    if (key.is("type") && value == "\"TYPE_UNSPECIFIED\"") return;
    if (!first) out += ',';
    first = false;
    out += '"', out += key.is("any_of") ? Bytes("anyOf") : key.raw, out += "\":";
    if (key.is("type") && value.starts_with('"')) {
      append_type(out, value, nullable);
    } else if ((key.is("properties") || key.is("$defs") || key.is("defs")) && value.starts_with('{')) {
      append_schemas(out, value, depth + 1);
    } else if ((key.is("anyOf") || key.is("any_of")) && value.starts_with('[')) {
      append_schemas(out, value, depth + 1, nullable ? R"({"type":"null"})" : "");
    } else if (key.is("enum") && nullable && value.ends_with(']') && has_members(value)) {
      out += value.substr(0, value.size() - 1), out += ",null]";
    } else if (key.is("items") || key.is("additionalProperties")) {
      append_json_schema_at(out, value, depth + 1);
    } else if (is_one_of(key, kLongs) && value.starts_with('"') && value.size() > 2 &&
               value.find_first_not_of("0123456789", 1) == value.size() - 1) {
      Bytes digits = value.substr(1, value.size() - 2);
      digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));  // JSON knows no 03
      out += digits;
    } else {
      out += value;
    }
  });
  out += '}';
}

}  // namespace

SchemaFault append_openapi_schema(std::string& out, Bytes schema) {
  if (schema.size() > kMaxSchemaSize) return SchemaFault::too_large;
  return OpenApiWriter(out, schema).write(schema);
}

void append_json_schema(std::string& out, Bytes schema) { append_json_schema_at(out, schema, 0); }

}  // namespace weir::dialect::gemini
