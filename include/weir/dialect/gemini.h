// Gemini generateContent (AI Studio and Vertex), the request side and what goes with it. Model and stream stand in the
// URL and not in the body. Field names are camelCase; snake_case is accepted from clients, as Google's servers do.
// Format: WIREFORMATS.md 5, 16 and 17.
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

namespace weir::dialect::gemini {

/// Reads the body of generateContent, streamGenerateContent or countTokens (its `generateContentRequest` too). Neither
/// model nor stream is touched. Calls that have no ids get some, by which their results are known.
void read(Bytes body, Request& request, Loss& loss);

/// Reads a body that is passed on: one strict pass, every byte validated. Neither model nor stream is in it, but
/// countTokens may name the model inside of `generateContentRequest`.
RequestResult<Envelope> read_envelope(Bytes body);
/// The edits that turn the client's body into the provider's: the model's name where countTokens holds it.
/// `scratch` is overwritten and must outlive the list.
codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch);

/// Appends the body of generateContent (streamed or not, it is the same).
void write(const Request& request, const Target& target, std::string& out, Loss& loss);
/// Appends the body of countTokens for the same request.
void write_count_tokens(const Request& request, const Target& target, std::string& out, Loss& loss);

/// The number in an answer of countTokens; nothing when there is none.
std::optional<std::uint64_t> read_token_count(Bytes body);
/// Appends an answer of countTokens.
void write_token_count(std::uint64_t tokens, std::string& out);

/// Appends `{"error":{"code","message","status","details"}}`. Texts are escaped already; `code` and `param` may be
/// empty. For array streams the caller puts it into brackets.
void write_error_body(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param);
/// The same as an SSE frame, for a stream that has begun.
void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param);

/// What stands for a thought signature in a history that was not made by Gemini.
inline constexpr Bytes kSkipSignature = "skip_thought_signature_validator";

}  // namespace weir::dialect::gemini
