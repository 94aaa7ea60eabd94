// Seals: what a vendor puts over its model's reasoning or tool calls (signatures, encrypted reasoning, thought
// signatures), opaque to everybody else, which it wants back with the next turn. A seal goes back to its own vendor
// alone, so one that travels through a client of another dialect carries a tag that says whose it is. Eight characters
// of the base64 alphabet: what was valid base64 stays so (some SDKs decode these fields).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "weir/base/bytes.h"
#include "weir/dialect/dialect.h"

namespace weir::dialect {

enum class Vendor : std::uint8_t { none, openai, anthropic, anthropic_redacted, gemini };

/// An opaque text and whose it is.
struct Seal {
  Vendor vendor = Vendor::none;
  Bytes data;
  bool empty() const { return data.empty(); }
};

/// Whose seals a provider of this dialect gives. Chat completions have none: what compatible providers add there
/// (reasoning_details) stays within the dialect.
constexpr Vendor vendor_of(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_chat:
      return Vendor::none;
    case Dialect::openai_responses:
      return Vendor::openai;
    case Dialect::anthropic_messages:
      return Vendor::anthropic;
    case Dialect::gemini:
      return Vendor::gemini;
  }
  return Vendor::none;
}

/// Appends a seal as a client whose dialect's own vendor is `home` gets it: its own untouched, others with their tag.
void append_seal(std::string& out, const Seal& seal, Vendor home);

/// What a client of `home` sent back: the tag taken off; without one it is home's own.
Seal read_seal(Bytes text, Vendor home);

}  // namespace weir::dialect
