// What the simulated provider keeps of a request: little, so that the request can be let go of before the answer
// begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/dialect/request.h"

namespace weir::simulator {

struct Prompt {
  /// Most of a message that is kept, in bytes; most of a schema.
  static constexpr std::size_t kMaxEcho = 16 * 1024;
  static constexpr std::size_t kMaxSchema = 16 * 1024;
  static constexpr std::size_t kMaxTools = 16;

  /// A function that the client offers. Name escaped, parameters a raw JSON schema or empty.
  struct Function {
    std::string name;
    std::string parameters;
  };

  std::string last_user;                    ///< the last user message's text, still escaped
  std::string begun;                        ///< the text of a last message of the assistant's, still escaped
  std::uint64_t words = 0;                  ///< in the texts of all messages
  bool ends_with_tool_result = false;       ///< the last message is a tool's
  std::optional<std::uint64_t> max_tokens;  ///< of the answer
  std::vector<Function> functions;          ///< the first ones, those that may be called
  bool must_call = false;                   ///< some function has to be called...
  bool must_call_named = false;             ///< ...and the client said which one: it is the only one in `functions`
  bool wants_json = false;                  ///< any JSON object...
  std::string schema;                       ///< ...or, if this is not empty, what fits this raw JSON schema
};

Prompt prompt_of(const dialect::Request& request);

}  // namespace weir::simulator
