#include "weir/dialect/quirk_words.h"

#include <array>

namespace weir::dialect {

namespace {

constexpr std::array kQuirks = {Quirk::max_tokens_only,    Quirk::no_developer_role,    Quirk::no_stream_options,
                                Quirk::no_json_schema,     Quirk::random_seed,          Quirk::tool_choice_any,
                                Quirk::nine_character_ids, Quirk::strict_fields,        Quirk::stream_only,
                                Quirk::model_in_path,      Quirk::reasoning_in_history, Quirk::fetches_urls,
                                Quirk::continues_prefix,   Quirk::continues_partial,    Quirk::continues_final_message};

}  // namespace

std::span<const Quirk> all_quirks() { return kQuirks; }

Bytes to_string(Quirk quirk) {
  switch (quirk) {
    case Quirk::max_tokens_only:
      return "max_tokens_only";
    case Quirk::no_developer_role:
      return "no_developer_role";
    case Quirk::no_stream_options:
      return "no_stream_options";
    case Quirk::no_json_schema:
      return "no_json_schema";
    case Quirk::random_seed:
      return "random_seed";
    case Quirk::tool_choice_any:
      return "tool_choice_any";
    case Quirk::nine_character_ids:
      return "nine_character_ids";
    case Quirk::strict_fields:
      return "strict_fields";
    case Quirk::stream_only:
      return "stream_only";
    case Quirk::model_in_path:
      return "model_in_path";
    case Quirk::reasoning_in_history:
      return "reasoning_in_history";
    case Quirk::fetches_urls:
      return "fetches_urls";
    case Quirk::continues_prefix:
      return "continues_prefix";
    case Quirk::continues_partial:
      return "continues_partial";
    case Quirk::continues_final_message:
      return "continues_final_message";
  }
  return {};
}

Bytes sentence_of(Quirk quirk) {
  switch (quirk) {
    case Quirk::max_tokens_only:
      return "The limit of an answer is sent as `max_tokens`, whichever of the two names the client used.";
    case Quirk::no_developer_role:
      return "Developer messages are sent as system messages.";
    case Quirk::no_stream_options:
      return "`stream_options` is not sent: usage comes without being asked for.";
    case Quirk::no_json_schema:
      return "Structured output is asked for as `json_object`, and the schema is told in the prompt.";
    case Quirk::random_seed:
      return "`seed` is sent as `random_seed`.";
    case Quirk::tool_choice_any:
      return "`tool_choice: required` is sent as `any`.";
    case Quirk::nine_character_ids:
      return "Ids of tool calls are sent as nine letters or digits; the client keeps its own.";
    case Quirk::strict_fields:
      return "Fields that the provider does not document are left out, because it refuses requests that have them.";
    case Quirk::stream_only:
      return "Every answer is asked for as a stream, and collected for clients that want one document.";
    case Quirk::model_in_path:
      return "The model stands in the URL.";
    case Quirk::fetches_urls:
      return "Images and files may be given by any https address; elsewhere such requests are refused.";
    case Quirk::reasoning_in_history:
      return "Within a loop of tool calls the model's reasoning is given back as `reasoning_content`.";
    case Quirk::continues_prefix:
      return "It goes on with an answer that was cut (`after_commit: stitch`): the message of the assistant is sent "
             "with `prefix: true`, and its repetition is taken out of the answer.";
    case Quirk::continues_partial:
      return "It goes on with an answer that was cut (`after_commit: stitch`): the message of the assistant is sent "
             "with `partial: true`.";
    case Quirk::continues_final_message:
      return "It goes on with an answer that was cut (`after_commit: stitch`), which is asked for by "
             "`add_generation_prompt: false` and `continue_final_message: true`.";
  }
  return {};
}

}  // namespace weir::dialect
