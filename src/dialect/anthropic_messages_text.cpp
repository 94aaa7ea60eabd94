#include "anthropic_messages_text.h"

#include "weir/codec/json_reader.h"

namespace weir::dialect::anthropic_messages {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

constexpr Bytes kJsonSpace = " \t\r\n";

Bytes trim_json(Bytes json) {
  const std::size_t first = json.find_first_not_of(kJsonSpace);
  if (first == Bytes::npos) return {};
  return json.substr(first, json.find_last_not_of(kJsonSpace) - first + 1);
}

bool is_object(Bytes json) {
  JsonReader reader(json);
  return reader.peek() == JsonType::object && reader.skip_value() && reader.finish();
}

}  // namespace

void append_input(std::string& out, const Arguments& arguments) {
  std::string decoded;
  Bytes json = arguments.text;
  if (arguments.in_string) {
    codec::decode_json_string(
        arguments.text,
        [](void* receiver, Bytes part) {
          *static_cast<std::string*>(receiver) += part;
          return true;
        },
        &decoded);
    json = decoded;
  }
  json = trim_json(json);
  if (json.empty() || json == "null") {
    out += "{}";
  } else if (is_object(json)) {
    out += json;
  } else if (arguments.in_string) {
    out.append(R"({"arguments":")").append(arguments.text).append(R"("})");
  } else {
    out.append(R"({"arguments":)").append(json).append("}");
  }
}

void append_object_schema(std::string& out, Bytes schema) {
  JsonReader json(schema);
  if (json.peek() != JsonType::object) {
    out += R"({"type":"object","properties":{}})";
    return;
  }
  json.enter_object();
  const std::size_t inside = json.offset();
  bool has_type = false;
  bool empty = true;
  for (JsonString key; json.next_member(key);) {
    empty = false;
    has_type |= key.is("type");
    json.skip_value();
  }
  if (has_type) {
    out += schema;
    return;
  }
  out += R"({"type":"object")";
  if (!empty) out += ',';
  out += trim_json(schema).substr(inside - static_cast<std::size_t>(trim_json(schema).data() - schema.data()));
}

}  // namespace weir::dialect::anthropic_messages
