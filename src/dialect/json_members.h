// Walking over JSON objects and arrays of which a few members matter.
#pragma once

#include <cstdint>

#include "weir/codec/json_reader.h"

namespace weir::dialect {

/// Calls visit(key) for every member of an object, which then consumes the value; walks over anything else.
template <class Visit>
void for_members(codec::JsonReader& json, Visit&& visit) {
  if (json.peek() != codec::JsonType::object) {
    json.skip_value();
    return;
  }
  codec::JsonString key;
  json.enter_object();
  while (json.next_member(key)) visit(key);
}

/// Calls visit() for every element of an array, which then consumes it; walks over anything else.
template <class Visit>
void for_elements(codec::JsonReader& json, Visit&& visit) {
  if (json.peek() != codec::JsonType::array) {
    json.skip_value();
    return;
  }
  json.enter_array();
  while (json.next_element()) visit();
}

/// The inside of the string at the reader; walks over anything else and leaves `into` alone.
inline void read_text(codec::JsonReader& json, Bytes& into) {
  codec::JsonString string;
  if (json.string_or_skip(string)) into = string.raw;
}

/// True for a raw array or object with something inside.
inline bool has_members(Bytes raw) {
  return raw.size() > 2 && (raw[0] == '[' || raw[0] == '{') && raw.find_first_not_of(" \t\r\n", 1) < raw.size() - 1;
}

}  // namespace weir::dialect
