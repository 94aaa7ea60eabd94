// OpenAI chat completions, the request side: read what the gateway needs, write the provider's request as edits to the
// client's bytes. Everything the gateway does not know passes through untouched, key order and numbers included.
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "weir/codec/json_edit.h"
#include "weir/dialect/envelope.h"
#include "weir/dialect/error_class.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect::openai_chat {

/// Reads a chat completions body: one strict pass, every byte validated as JSON (depth up to 128).
/// Faults: json_malformed, json_too_deep; field_missing (model); field_invalid; field_repeated when a field that is
/// read here occurs twice, since providers differ in which of the two they believe.
RequestResult<Envelope> read_envelope(Bytes body);

/// The edits that turn the client's body into the provider's: the model's name, and with `ask_usage` a request for
/// usage in the stream when the client streams and did not ask. No edits when nothing differs.
/// `scratch` is overwritten and must outlive the list.
codec::EditList write_passthrough(const Envelope& request, Bytes provider_model, bool ask_usage, std::string& scratch);

/// The same for any target: its quirks become edits, its model's limit is called what the model calls it, and the
/// provider is asked for a stream when the target says so and the client did not want one. `body` is what the envelope
/// was read from; it is walked a second time only when there are quirks. What the provider is not given is in `loss`.
codec::EditList write_passthrough(const Envelope& request, Bytes body, const Target& target, bool ask_usage,
                                  std::string& scratch, Loss& loss);

/// Reads a whole request; see dialect/registry.h.
void read(Bytes body, Request& request, Loss& loss);
/// Writes the provider's request from the neutral one, with the provider's quirks.
void write(const Request& request, const Target& target, std::string& out, Loss& loss);

/// Appends `{"error":{"message":…,"type":…,"param":…,"code":…}}`: type and code are OpenAI's for the class, `code`
/// stands in for the latter when it is not empty. All texts escaped.
void write_error_body(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param);
/// The same as an SSE frame. No `[DONE]` follows an error: OpenAI sends none, and a client must not take the answer for
/// complete.
void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param);

}  // namespace weir::dialect::openai_chat
