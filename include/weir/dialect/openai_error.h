// The errors that weir itself writes to clients of the OpenAI dialects. Shapes: OpenAI's error object; types and codes
// follow what OpenAI's own servers and SDKs use for the same class of error.
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"

namespace weir::dialect::openai_error {

/// What goes with a fault into its error.
struct Detail {
  Bytes text;   ///< appended to the fault's sentence; empty: none
  Bytes param;  ///< the field at fault; empty: null
};

/// Appends `{"error":{"message":...,"type":...,"param":...,"code":...}}`.
void write_body(std::string& out, Fault fault, const Detail& detail = {});

/// Appends an error for a provider's answer of `status` (400 and above) whose body was no error object.
void write_status_body(std::string& out, int status);

/// Appends the same as an SSE frame, for a stream that has begun: `data: {...}` and a blank line. No `[DONE]` follows
/// an error: OpenAI sends none, and a client must not take the answer for complete.
void write_event(std::string& out, Fault fault, const Detail& detail = {});

}  // namespace weir::dialect::openai_error
