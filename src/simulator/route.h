// What a client of the simulated provider asks for, by the path alone. Pure.
//
//   /chat/completions                                     OpenAI chat completions
//   /responses, /responses/{id}, .../cancel, /responses/input_tokens
//   /messages, /messages/count_tokens
//   /models/{model}:generateContent, :streamGenerateContent, :countTokens
//   /models, /models/{id}
//
// each behind /v1, /v1beta or nothing.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/codec/http1.h"
#include "weir/dialect/dialect.h"

namespace weir::simulator {

struct Route {
  enum class Kind : std::uint8_t { unknown, generate, count, stored, cancel, models, model };
  Kind kind = Kind::unknown;
  dialect::Dialect dialect = dialect::Dialect::openai_chat;  ///< also of the error when the path is unknown
  Bytes name;           ///< a model (of Gemini not decoded) or a stored response; a view into the target
  bool stream = false;  ///< the path asks for a stream (Gemini)
  bool array = false;   ///< ...as a JSON array, not as SSE
};

Route route_of(Bytes target);

/// Whether what is asked for can be asked for by this method.
bool allows(const Route& route, codec::Method method);

/// True when the query holds this parameter with this value, both as they would be written without escapes.
bool query_says(Bytes target, Bytes parameter);

}  // namespace weir::simulator
