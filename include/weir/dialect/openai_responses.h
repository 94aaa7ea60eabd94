// OpenAI Responses, the request side. Format: WIREFORMATS.md 2.2, 16.1, 16.2 and 17.
//
// A request that goes to a provider of this dialect as it came is passed on with edits (read_envelope and
// write_passthrough); one that comes from or goes to another dialect is read or written as a whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/base/bytes.h"
#include "weir/codec/json_edit.h"
#include "weir/dialect/envelope.h"
#include "weir/dialect/error_class.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect::openai_responses {

/// More of these than a request may have are a fault.
inline constexpr std::size_t kMaxItems = 16'384;
inline constexpr std::size_t kMaxParts = 4'096;  ///< of an item
inline constexpr std::size_t kMaxTools = 1'024;

/// The id of an answer, of its document or of the first event of its stream, escaped as it is; empty when there is
/// none.
Bytes read_answer_id(Bytes payload);

/// Reads a client's request, also that of `/responses/input_tokens`: one strict pass, every byte validated as JSON.
/// What is wrong with it, or lives on this vendor's servers only (previous_response_id, conversation, hosted tools,
/// ...), is in `loss`.
void read(Bytes body, Request& request, Loss& loss);

/// Appends the body of a request to a provider. It keeps nothing there (store: false), since the client could not ask
/// for it again; reasoning comes back sealed instead, so that the client can send it with the next turn.
void write(const Request& request, const Target& target, std::string& out, Loss& loss);

/// Appends the body of a request to `/responses/input_tokens`: how many tokens would this be?
void write_input_tokens(const Request& request, const Target& target, std::string& out, Loss& loss);
/// The number in the answer to it; nothing when it is no such answer.
std::optional<std::uint64_t> read_input_tokens(Bytes body);
/// Appends such an answer.
void write_input_tokens_answer(std::string& out, std::uint64_t tokens);

/// Reads what passing a request on needs: model and stream. One strict pass. Faults: json_malformed, json_too_deep;
/// field_missing (model); field_invalid; field_repeated when one of the two occurs twice.
RequestResult<Envelope> read_envelope(Bytes body);
/// The edits that turn the client's body into the provider's: the model's name. None when nothing differs. Usage comes
/// unasked. `scratch` is overwritten and must outlive the list.
codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch);

/// Appends `{"error": {message, type, param, code}}`. The message is escaped already; `code` and `param` may be empty.
void write_error_body(std::string& out, ErrorClass error_class, int status, Bytes escaped_message, Bytes code,
                      Bytes param);
/// Appends the same as the last frame of a stream: event `error`.
void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes escaped_message, Bytes code,
                       Bytes param);

}  // namespace weir::dialect::openai_responses
