// Whom a request is written for: what is true of the provider (quirks) and of the model (traits), as values. Which
// provider and which model that is stands in the catalog and is nobody's business here.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "weir/base/bytes.h"

namespace weir::dialect {

/// Named deviations of a provider from its dialect. Each is read in one place and owned by one golden test.
/// Deviations of answers need none: decoders understand all of them at any time.
enum class Quirk : std::uint8_t {
  max_tokens_only,       ///< chat: knows max_tokens, not max_completion_tokens
  no_developer_role,     ///< chat: developer messages are written as system messages
  no_stream_options,     ///< chat: usage comes unasked and stream_options is refused
  no_json_schema,        ///< chat: json_schema becomes json_object and the schema goes into the prompt
  random_seed,           ///< chat: seed is called random_seed
  tool_choice_any,       ///< chat: tool_choice "required" is called "any"
  nine_character_ids,    ///< chat: tool call ids are nine letters or digits; others are mapped
  strict_fields,         ///< chat: fields the provider does not document are refused with 422: they are dropped
  reasoning_in_history,  ///< chat: a turn with tool calls gives its reasoning back as reasoning_content
  stream_only,           ///< chat: every request is streamed and collected for clients that want a document
  model_in_path,         ///< the model's name stands in the URL (Azure deployments) and not in the body
  fetches_urls,          ///< gemini: takes media by any https address (Vertex); else they are refused
  // How it is told that the last message, the assistant's, is the beginning of the answer (continuation.h). No more
  // than one of these; without any it cannot be told.
  continues_prefix,         ///< chat: the message has prefix: true, and the answer repeats it
  continues_partial,        ///< chat: the message has partial: true
  continues_final_message,  ///< chat: add_generation_prompt: false, continue_final_message: true
};

inline constexpr std::size_t kQuirkCount = static_cast<std::size_t>(Quirk::continues_final_message) + 1;

class Quirks {
 public:
  constexpr Quirks() = default;
  constexpr Quirks(std::initializer_list<Quirk> quirks) {
    for (const Quirk quirk : quirks) bits_ |= bit(quirk);
  }
  constexpr void add(Quirk quirk) { bits_ |= bit(quirk); }
  constexpr bool has(Quirk quirk) const { return bits_ & bit(quirk); }
  constexpr Quirks without(Quirk quirk) const {
    Quirks others = *this;
    others.bits_ &= ~bit(quirk);
    return others;
  }
  constexpr bool none() const { return bits_ == 0; }
  constexpr bool has_any(Quirks others) const { return bits_ & others.bits_; }
  constexpr bool none_but(Quirks others) const { return (bits_ & ~others.bits_) == 0; }
  friend bool operator==(const Quirks&, const Quirks&) = default;

 private:
  static constexpr std::uint32_t bit(Quirk quirk) { return 1U << static_cast<unsigned>(quirk); }
  std::uint32_t bits_ = 0;
};

/// Those that say how an answer that was cut is continued: they change no other request.
inline constexpr Quirks kContinuing = {Quirk::continues_prefix, Quirk::continues_partial,
                                       Quirk::continues_final_message};

/// What becomes of a last message of the assistant's, in the Messages dialect.
enum class Prefill : std::uint8_t {
  unknown,    ///< it may be sent
  continued,  ///< Claude before 4.6: the answer goes on with it, and does not repeat it
  refused,    ///< Claude from 4.6 on
};

/// What a model can and wants. Made from the model's id by catalog/model_traits.
struct ModelTraits {
  std::uint32_t default_max_tokens = 4096;  ///< where the dialect requires a limit and the client gave none
  bool takes_sampling = true;               ///< Claude after Opus 4.6, OpenAI's o and GPT 5 refuse temperature, top_p
  bool takes_adaptive_thinking =
      false;                         ///< Claude from 4.6 on: thinking adaptive and output_config.effort; else a budget
  bool takes_output_schema = false;  ///< Claude: output_config.format; else a forced tool emulates it
  bool takes_system_inside = false;  ///< Claude: role system among the messages; else it is hoisted
  Prefill prefill = Prefill::unknown;
  bool takes_thinking = true;               ///< Claude from 3.7 on, Gemini from 2.5 on, GPT from 5 on
  bool takes_thinking_level = false;        ///< Gemini 3: thinkingLevel; else thinkingBudget
  bool takes_json_schema = true;            ///< Gemini: responseJsonSchema; else the OpenAPI subset
  bool wants_signatures = false;            ///< Gemini 3: a function call in history needs its thoughtSignature
  bool is_reasoning = false;                ///< OpenAI's: max_tokens is refused, max_completion_tokens is not
  bool takes_temperature_and_top_p = true;  ///< Claude from Opus 4.1 on: only one of the two
  bool takes_thinking_off = true;           ///< Claude Fable 5 and Mythos 5 refuse thinking disabled
  bool takes_xhigh_effort = false;          ///< Claude from Opus 4.7 on, GPT from 5.2 on
  bool takes_minimal_thinking = true;       ///< Gemini 3 Flash: thinkingLevel MINIMAL; GPT 5; else LOW is the least
  std::uint32_t least_thinking = 0;         ///< Gemini 2.5: the least thinkingBudget; 0: thinking can be turned off
};

/// Tokens of thinking for an effort: `reasoning_budgets` of the configuration. minimal low medium high xhigh max.
struct ReasoningBudgets {
  std::array<std::uint32_t, 6> tokens = {1024, 1024, 2048, 4096, 8192, 16384};
  /// 0 for `none` and for words that are no effort.
  std::uint32_t of(Bytes effort) const;
  /// The least effort whose budget is at least `budget`; `max` above all.
  Bytes effort_of(std::uint64_t budget) const;
};

struct Reasoning;
/// The word of OpenAI's dialects for how much to think: the client's, or one for its budget. Words that a model is
/// known to refuse become the nearest that it takes. Empty: nothing was said.
Bytes effort_told(const Reasoning& reasoning, const ModelTraits& traits, const ReasoningBudgets& budgets);

struct Target {
  Bytes model_id;  ///< what the provider calls the model; plain text, not escaped
  Quirks quirks;
  ModelTraits traits;
  ReasoningBudgets budgets;
  bool stream = false;  ///< how the provider is asked, which may differ from how the client asked
};

}  // namespace weir::dialect
