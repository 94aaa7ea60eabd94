// Anthropic Messages, requests and errors: a client's request is read into the neutral form, a provider's is written
// from it, and errors are written as this dialect's SDKs read them. Format: WIREFORMATS.md sections 4 and 16 to 18.
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

namespace weir::dialect::anthropic_messages {

/// The version that requests are written in: header `anthropic-version`, which the vendor requires.
inline constexpr Bytes kVersion = "2023-06-01";

/// Reads the body of `POST /v1/messages`: one strict pass, every byte validated (depth up to 128).
void read(Bytes body, Request& request, Loss& loss);
/// The same of `POST /v1/messages/count_tokens`, which needs no max_tokens.
void read_count_tokens(Bytes body, Request& request, Loss& loss);

/// What the gateway needs to pass a body on in its own dialect.
RequestResult<Envelope> read_envelope(Bytes body);
/// The edits that turn the client's body into the provider's: the model's name. None when nothing differs.
/// `scratch` is overwritten and must outlive the list.
codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, std::string& scratch);

/// Appends the body for `POST /v1/messages`.
void write(const Request& request, const Target& target, std::string& out, Loss& loss);
/// Appends the body for `POST /v1/messages/count_tokens`: the members that it accepts.
void write_count_tokens(const Request& request, const Target& target, std::string& out, Loss& loss);
/// True when write() asks for the request's schema by forcing the tool kSchemaTool.
bool emulates_schema(const Request& request, const Target& target);

/// `{"input_tokens":N}`: read from a provider, written to a client.
std::optional<std::uint64_t> read_token_count(Bytes body);
void write_token_count(std::string& out, std::uint64_t tokens);

/// Appends an error body. `code` and `param` have no place in this dialect.
void write_error_body(std::string& out, ErrorClass error_class, int status, Bytes escaped_message, Bytes code,
                      Bytes param);
/// Appends the same as an SSE frame that ends a stream.
void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes escaped_message, Bytes code,
                       Bytes param);

}  // namespace weir::dialect::anthropic_messages
