// A JSON value that fits a simple JSON schema: what the simulated provider answers when structured output is asked for,
// and what it calls a client's own functions with. Pure, bounded, deterministic.
#pragma once

#include <string>

#include "weir/base/bytes.h"

namespace weir::simulator {

/// Appends one. Understood: type (also in capitals, or a list of types), properties, items, prefixItems, minItems,
/// enum, const, default, anyOf, oneOf, allOf, minimum, exclusiveMinimum, multipleOf, maximum, minLength, the usual
/// formats, and $ref into the schema itself. Whatever else it says is passed over. `schema` is a raw JSON value; if it
/// is none, the value is {}. Of what nests deeper than 8, holds more than 2,000 values or is larger than about 64 KiB,
/// the rest is left out.
void append_fitting(std::string& out, Bytes schema);

}  // namespace weir::simulator
