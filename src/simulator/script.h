// What one answer says, piece by piece, the same for a stream and for a document, in every dialect. Deterministic: it
// depends on the scenario and the prompt alone.
#pragma once

#include <cstdint>
#include <string>

#include "prompt.h"
#include "weir/dialect/event.h"
#include "weir/simulator/scenario.h"
#include "words.h"

namespace weir::simulator {

/// One piece. `text` is escaped; tool_call is the beginning of a call, with its function's name in place of a text.
struct Delta {
  enum class Kind : std::uint8_t { content, reasoning, refusal, tool_call, tool_arguments };
  Kind kind = Kind::content;
  Bytes text;
  std::uint32_t call = 0;  ///< index of the tool call
};

/// The function that is called when the client offers none; every call of it has a city of its own.
inline constexpr Bytes kToolName = "get_weather";

class Script {
 public:
  Script(const Scenario& scenario, Prompt prompt);
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  /// The next piece; false after the last. Its text is valid until the next call.
  bool next(Delta& delta);

  dialect::FinishReason finish_reason() const { return finish_reason_; }

  /// Words in and out; a piece is a word. Each is the whole answer's, from the beginning.
  std::uint64_t prompt_tokens() const { return prompt_.words; }
  std::uint64_t completion_tokens() const { return completion_tokens_; }
  std::uint64_t reasoning_tokens() const { return reasoning_tokens_; }

 private:
  bool calls_functions(const Scenario& scenario) const;
  void plan_words(const Scenario& scenario);
  Bytes behind_begun(Bytes text, std::uint32_t& words);
  void plan_calls(std::uint32_t calls);
  Bytes name_of_call(std::uint32_t call) const;
  void write_arguments(std::uint32_t call);

  const Prompt prompt_;
  Delta::Kind kind_ = Delta::Kind::content;
  std::string structured_;  // a text that fits a schema
  std::string rest_;        // of a text that the prompt has begun
  Words reasoning_;
  Words words_;  // of the text, or of the present call's arguments
  std::uint32_t calls_ = 0;
  std::uint32_t begun_calls_ = 0;
  std::string arguments_;
  dialect::FinishReason finish_reason_ = dialect::FinishReason::stop;
  std::uint64_t completion_tokens_ = 0;
  std::uint64_t reasoning_tokens_ = 0;
};

}  // namespace weir::simulator
