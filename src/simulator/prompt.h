// What the simulated provider wants to know of a chat completions request, beyond what dialect::openai_chat reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/base/bytes.h"

namespace weir::simulator {

struct Prompt {
  /// Most of a user message that is kept, in bytes.
  static constexpr std::size_t kMaxEcho = 16 * 1024;

  std::string last_user;                    ///< the last user message's text, still escaped
  std::uint64_t words = 0;                  ///< in the texts of all messages
  bool ends_with_tool_result = false;       ///< the last message is a tool's
  std::optional<std::uint64_t> max_tokens;  ///< the smaller of max_tokens and max_completion_tokens
};

/// Reads a body that dialect::openai_chat::read_envelope accepted. Whatever has another shape than expected is passed
/// over, as if it were not there.
Prompt read_prompt(Bytes body);

}  // namespace weir::simulator
