// From the text of one scalar to its value, and the words for its type and bounds that errors, reference and schema
// share. Pure.
#pragma once

#include <expected>
#include <string>

#include "config_schema.h"

namespace weir::control {

struct ValueProblem {
  std::string problem;  ///< a sentence
  std::string advice;   ///< a sentence or empty
};

/// Reads `text` as the scalar type of `row`, within its bounds. `is_quoted`: it was a quoted YAML string, which cannot
/// be a boolean or a number.
std::expected<Value, ValueProblem> parse_value(const KeyRow& row, Bytes text, bool is_quoted);

/// What one writes for a type, for the reference: "size, such as `64KiB`".
Bytes describe(ValueType type);
/// A size, duration or count as one would write it: "64KiB", "5s", "3".
std::string format_quantity(ValueType type, std::uint64_t value);

/// The most similar of `known` to a mistyped word, if one is similar enough to be what was meant.
Bytes nearest(Bytes word, std::span<const Bytes> known);

/// True for bytes a header value may hold: visible ASCII, spaces and tabs inside (RFC 9110 section 5.5).
bool is_header_value(Bytes text);

}  // namespace weir::control
