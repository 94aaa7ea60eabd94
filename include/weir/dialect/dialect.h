// The wire APIs that weir speaks, to clients and to providers alike.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "weir/base/bytes.h"

namespace weir::dialect {

enum class Dialect : std::uint8_t { openai_chat, openai_responses, anthropic_messages, gemini };

inline constexpr std::array kDialects = {Dialect::openai_chat, Dialect::openai_responses, Dialect::anthropic_messages,
                                         Dialect::gemini};

/// As configuration, metrics and documents write it.
constexpr Bytes to_string(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_chat:
      return "openai_chat";
    case Dialect::openai_responses:
      return "openai_responses";
    case Dialect::anthropic_messages:
      return "anthropic_messages";
    case Dialect::gemini:
      return "gemini";
  }
  return {};
}

constexpr std::optional<Dialect> dialect_named(Bytes name) {
  for (const Dialect dialect : kDialects)
    if (to_string(dialect) == name) return dialect;
  return std::nullopt;
}

}  // namespace weir::dialect
