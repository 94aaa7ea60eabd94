// What a request asks of weir: read from its method and target alone, so that even a refusal speaks the client's
// dialect.
#pragma once

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/codec/http1.h"
#include "weir/dialect/dialect.h"

namespace weir::gateway {

enum class Operation : std::uint8_t {
  answer,        ///< a model's answer, streamed or not
  count_tokens,  ///< how many tokens a request would be
  stored,        ///< something about an answer that a provider keeps (Responses)
  list_models,
  show_model,
};

struct Endpoint {
  Operation operation = Operation::answer;
  dialect::Dialect client = dialect::Dialect::openai_chat;
  Bytes model;          ///< Gemini and show_model: the model as the path holds it, percent-encoded
  bool stream = false;  ///< Gemini: a stream is asked for...
  bool array = false;   ///< ...as a JSON array (no alt=sse)
  Bytes stored;         ///< stored: what stands behind /v1/responses/: an id, or an id and what is to be done with it
};

/// Views into the head. Faults: not_found, method_not_allowed.
Result<Endpoint> find_endpoint(const codec::RequestHead& head);

/// The dialect in which a request is refused that has no endpoint.
dialect::Dialect dialect_of_client(const codec::RequestHead& head);

}  // namespace weir::gateway
