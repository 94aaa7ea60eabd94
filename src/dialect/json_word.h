// OpenAI's dialects give a JSON object only where the conversation speaks of JSON, and refuse the request otherwise;
// other dialects do not ask for that.
#pragma once

#include <algorithm>

#include "weir/dialect/request.h"

namespace weir::dialect {

/// What a request says that wants a JSON object, where it does not say so itself.
inline constexpr Bytes kJsonInstruction = "Answer with one valid JSON object and nothing else.";

/// True when the request wants a JSON object and none of its texts has that word.
inline bool misses_json_word(const Request& request) {
  if (request.format.kind != OutputFormat::Kind::json_object) return false;
  constexpr Bytes kWord = "json";
  for (const Message& message : request.messages)
    for (const Part& part : message.parts) {
      const auto found = std::search(part.text.begin(), part.text.end(), kWord.begin(), kWord.end(),
                                     [](char a, char b) { return to_lower(a) == b; });
      if (found != part.text.end()) return false;
    }
  return !request.messages.empty();
}

}  // namespace weir::dialect
