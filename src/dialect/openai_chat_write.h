// Private to the two ways in which a chat request reaches a provider, written anew (openai_chat_write*.cpp) and passed
// on with edits (openai_chat_quirks.cpp): what they share.
#pragma once

#include <string>

#include "weir/codec/json_writer.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect::openai_chat {

/// Between texts that become one.
inline constexpr Bytes kBetweenTexts = R"(\n\n)";

/// The array of messages.
void write_messages(const Request& request, const Target& target, codec::JsonWriter& json, Loss& loss);

/// Quirk::no_json_schema: the system text that stands for a schema, escaped.
void append_schema_prompt(std::string& out, Bytes schema);

/// Quirk::strict_fields: top-level fields that a provider takes that refuses unknown ones (Mistral's specification).
bool is_strict_field(Bytes name);

}  // namespace weir::dialect::openai_chat
