// Private to the reader of chat requests: its two sources share this.
#pragma once

#include "field_reader.h"
#include "weir/dialect/request.h"

namespace weir::dialect::openai_chat {

inline constexpr std::size_t kMostMessages = 16'384;
inline constexpr std::size_t kMostParts = 4'096;  // of a message, tool calls likewise
inline constexpr std::size_t kMostTools = 1'024;
inline constexpr std::size_t kMostStops = 64;

/// The array `messages`.
void read_messages(FieldReader& in, const Where& at, Request& request);

}  // namespace weir::dialect::openai_chat
