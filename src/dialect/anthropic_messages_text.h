// Private to the dialect: what has to be known of texts and JSON values that are otherwise only copied.
#pragma once

#include <string>

#include "escaped_text.h"
#include "weir/base/bytes.h"
#include "weir/dialect/request.h"

namespace weir::dialect::anthropic_messages {

/// Appends a tool's arguments as the JSON object that a tool_use block wants: none are `{}`, and what is no object
/// (a model was cut off in the midst of it, or wrote something else) is wrapped: `{"arguments": ...}`.
void append_input(std::string& out, const Arguments& arguments);

/// Appends a JSON schema whose type is object, as tools must have one. Empty: one without properties.
void append_object_schema(std::string& out, Bytes schema);

/// Appends a schema as the vendor enforces it: every object closed, bounds that it refuses told in the description.
/// False when it is not the same schema any more, because some object is a map of names that it does not know.
bool append_enforced_schema(std::string& out, Bytes schema);
bool is_enforceable(Bytes schema);

}  // namespace weir::dialect::anthropic_messages
