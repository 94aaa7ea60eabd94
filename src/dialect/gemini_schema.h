// Private to gemini: JSON Schema and the subset of OpenAPI's schema that Gemini's `parameters` and `responseSchema`
// take. Types are written in capitals there, `nullable` stands for a list with null, references are not known.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"

namespace weir::dialect::gemini {

enum class SchemaFault : std::uint8_t {
  none,
  reference,  ///< a reference leads nowhere, or into itself
  too_large,
};

/// Deepest nesting of schemas in schemas, references followed.
inline constexpr int kMaxSchemaDepth = 48;
/// Largest schema that is read or written: references are copied to where they stand, which can multiply.
inline constexpr std::size_t kMaxSchemaSize = 1U << 20;
/// Most bytes that are looked at on the way, each as often as it is looked at.
inline constexpr std::size_t kMaxSchemaWork = 64U << 20;

/// Appends a JSON Schema in the subset. Keywords that the subset lacks are left out. `schema` must be valid JSON.
SchemaFault append_openapi_schema(std::string& out, Bytes schema);

/// Appends a schema of the subset as JSON Schema. `schema` must be valid JSON.
void append_json_schema(std::string& out, Bytes schema);

}  // namespace weir::dialect::gemini
