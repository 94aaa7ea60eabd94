#include "schema_answer.h"

#include <algorithm>
#include <optional>

#include "weir/codec/json_reader.h"
#include "weir/codec/json_writer.h"

namespace weir::simulator {
namespace {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxBytes = 64 * 1024;
constexpr int kMaxValues = 2000;
constexpr std::uint64_t kMaxItems = 16;
constexpr std::uint64_t kMaxLength = 1024;

/// Calls visit(key, raw value) for the members of a raw object; visit returns false to stop.
template <class Visit>
void each_member(Bytes object, Visit&& visit) {
  JsonReader json(object);
  if (json.peek() != JsonType::object) return;
  JsonString key;
  Bytes value;
  json.enter_object();
  while (json.next_member(key))
    if (!json.raw_value(value) || !visit(key, value)) return;
}

Bytes member(Bytes object, Bytes name) {
  Bytes found;
  each_member(object, [&](const JsonString& key, Bytes value) {
    if (key.is(name)) found = value;
    return found.empty();
  });
  return found;
}

/// The i-th element of a raw array; empty if there is none.
Bytes element(Bytes array, std::size_t i) {
  JsonReader json(array);
  if (json.peek() != JsonType::array) return {};
  Bytes value;
  json.enter_array();
  while (json.next_element() && json.raw_value(value))
    if (i-- == 0) return value;
  return {};
}

/// The inside of a raw string; empty if it is none.
Bytes text_of(Bytes value) {
  JsonReader json(value);
  JsonString text;
  return !value.empty() && json.peek() == JsonType::string && json.read_string(text) ? text.raw : Bytes{};
}

std::uint64_t number_of(Bytes value, std::uint64_t otherwise) { return parse_decimal(value).value_or(otherwise); }

struct Format {
  Bytes name;
  Bytes value;
};
constexpr Format kFormats[] = {
    {"date", "2026-01-01"},
    {"date-time", "2026-01-01T12:00:00Z"},
    {"time", "12:00:00Z"},
    {"duration", "PT1H"},
    {"email", "simulated@example.com"},
    {"uri", "https://example.com/simulated"},
    {"hostname", "example.com"},
    {"ipv4", "192.0.2.1"},
    {"ipv6", "2001:db8::1"},
    {"uuid", "00000000-0000-4000-8000-000000000000"},
};

class Fitting {
 public:
  Fitting(std::string& out, Bytes root) : out_(out), root_(root), begin_(out.size()) {}

  void append(Bytes schema, int depth) {
    --values_left_;
    schema = resolved(schema);
    if (const Bytes value = member(schema, "const"); !value.empty()) return put(value);
    if (const Bytes value = element(member(schema, "enum"), 0); !value.empty()) return put(value);
    if (const Bytes value = member(schema, "default"); !value.empty()) return put(value);
    for (const Bytes several : {Bytes("anyOf"), Bytes("oneOf"), Bytes("allOf")})
      if (const Bytes one = alternative(member(schema, several), depth); !one.empty()) return append(one, depth + 1);
    const Bytes type = type_of(schema);
    if (equals_ignore_case(type, "object")) return append_object(schema, depth);
    if (equals_ignore_case(type, "array")) return append_array(schema, depth);
    if (equals_ignore_case(type, "integer") || equals_ignore_case(type, "number")) return append_number(schema);
    if (equals_ignore_case(type, "boolean")) return put("true");
    if (equals_ignore_case(type, "null")) return put("null");
    append_string(schema);
  }

 private:
  /// Enough: what could be left out is.
  bool is_full(int depth) const { return depth >= kMaxDepth || is_spent(depth); }
  /// Too much: whatever holds further values is empty.
  bool is_spent(int depth) const {
    return depth >= 2 * kMaxDepth || values_left_ <= 0 || out_.size() - begin_ > kMaxBytes;
  }
  void put(Bytes raw) { out_ += raw; }

  /// The schema itself, or where its $ref leads.
  Bytes resolved(Bytes schema) const {
    for (int hops = 0; hops < kMaxDepth; ++hops) {
      Bytes pointer = text_of(member(schema, "$ref"));
      if (!pointer.starts_with('#')) return schema;
      pointer.remove_prefix(1);
      schema = root_;
      while (pointer.starts_with('/')) {
        pointer.remove_prefix(1);
        const std::size_t end = std::min(pointer.find('/'), pointer.size());
        schema = member(schema, pointer.substr(0, end));
        pointer.remove_prefix(end);
      }
    }
    return schema;
  }

  /// The first of several, or the last one (often null) where it becomes too deep.
  Bytes alternative(Bytes list, int depth) const {
    Bytes chosen = element(list, 0);
    if (is_spent(depth)) return {};
    for (std::size_t i = 1; is_full(depth); ++i) {
      const Bytes next = element(list, i);
      if (next.empty()) break;
      chosen = next;
    }
    return chosen;
  }

  static Bytes type_of(Bytes schema) {
    const Bytes type = member(schema, "type");
    if (const Bytes one = text_of(type); !one.empty()) return one;
    for (std::size_t i = 0;; ++i) {
      const Bytes one = text_of(element(type, i));
      if (one.empty()) break;
      if (!equals_ignore_case(one, "null")) return one;
    }
    if (!member(schema, "properties").empty()) return "object";
    return member(schema, "items").empty() ? "string" : "array";
  }

  static bool requires_member(Bytes schema, const JsonString& name) {
    const Bytes required = member(schema, "required");
    for (std::size_t i = 0;; ++i) {
      const Bytes one = element(required, i);
      if (one.empty()) return false;
      if (text_of(one) == name.raw) return true;
    }
  }

  void append_object(Bytes schema, int depth) {
    put("{");
    bool first = true;
    each_member(member(schema, "properties"), [&](const JsonString& name, Bytes value) {
      if (is_full(depth) && (is_spent(depth) || !requires_member(schema, name))) return true;
      put(first ? "\"" : ",\"");
      put(name.raw);
      put("\":");
      append(value, depth + 1);
      first = false;
      return true;
    });
    put("}");
  }

  void append_array(Bytes schema, int depth) {
    put("[");
    const Bytes prefix = member(schema, "prefixItems");
    std::uint64_t count = 0;
    const std::uint64_t least = std::min(number_of(member(schema, "minItems"), 1), kMaxItems);
    const Bytes items = member(schema, "items");
    for (Bytes item = element(prefix, 0); !item.empty() && !is_full(depth); item = element(prefix, count))
      append_item(item, depth, count);
    while (count < least && !items.empty() && !is_full(depth)) append_item(items, depth, count);
    put("]");
  }
  void append_item(Bytes schema, int depth, std::uint64_t& count) {
    if (count++ > 0) put(",");
    append(schema, depth + 1);
  }

  void append_number(Bytes schema) {
    if (const Bytes least = member(schema, "minimum"); !least.empty()) return put(least);
    if (const Bytes below = member(schema, "exclusiveMinimum"); !below.empty())
      return put(std::to_string(number_of(below, 0) + 1));
    for (const Bytes bound : {Bytes("multipleOf"), Bytes("maximum")})
      if (const Bytes value = member(schema, bound); !value.empty()) return put(value);
    put("1");
  }

  void append_string(Bytes schema) {
    const Bytes format = text_of(member(schema, "format"));
    const auto known = std::ranges::find(kFormats, format, &Format::name);
    std::string text(known == std::end(kFormats) ? "simulated" : known->value);
    const std::uint64_t least = std::min(number_of(member(schema, "minLength"), 0), kMaxLength);
    const std::uint64_t most = number_of(member(schema, "maxLength"), kMaxLength);
    while (text.size() < least) text += " simulated";
    if (text.size() > most) text.resize(most);
    put("\"");
    codec::append_json_escaped(out_, text);
    put("\"");
  }

  std::string& out_;
  const Bytes root_;
  const std::size_t begin_;
  int values_left_ = kMaxValues;
};

}  // namespace

void append_fitting(std::string& out, Bytes schema) {
  JsonReader json(schema);
  Bytes raw;
  const bool is_object = !schema.empty() && json.peek() == JsonType::object && json.raw_value(raw) && json.finish();
  if (!is_object) {
    out += "{}";
    return;
  }
  Fitting(out, raw).append(raw, 0);
}

}  // namespace weir::simulator
