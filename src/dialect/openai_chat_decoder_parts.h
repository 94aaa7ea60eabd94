// Private to OpenAiChatDecoder, whose sources share it: what the parts of one payload say, and how its objects are
// walked. Everything here is a view into the payload (or the decoder's scratch) and dies with it. The sources:
//
//   openai_chat_decoder.cpp        reads a payload and keeps the books; the tap needs nothing else
//   openai_chat_decoder_tell.cpp   tells what was read as events
//   openai_chat_decoder_tools.cpp  joins the fragments of tool calls
#pragma once

#include "weir/dialect/openai_chat_decoder.h"

#include "json_members.h"

namespace weir::dialect {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

/// The neutral reason behind a provider's word for it; `other` for an unknown word.
FinishReason finish_reason_of(Bytes native);

/// What a delta (or a message, or a legacy completion) holds. Views into the payload; empty: absent.
struct OpenAiChatDecoder::Delta {
  Bytes content;
  Bytes reasoning;
  Bytes refusal;
  Bytes parts;          // content as an array (Mistral)
  Bytes tool_calls;     // raw array
  Bytes function_call;  // raw object, legacy
  Bytes audio_data;
  Bytes transcript;
  Bytes annotations;        // raw array
  Bytes images;             // raw array (OpenRouter)
  Bytes reasoning_details;  // raw array

  /// Reads an object; walks over anything else.
  void read(JsonReader& json);
  /// Takes over what the other one has.
  void take(const Delta& other);

  /// The one string that grows when nothing else is there: text, reasoning or a tool's arguments. A tap's facts depend
  /// on no more of it than that it is there.
  Bytes only_text() const;

  bool has_content() const {
    return !content.empty() || !reasoning.empty() || !refusal.empty() || !audio_data.empty() || !transcript.empty() ||
           has_members(parts) || has_members(tool_calls) || has_members(function_call) || has_members(images);
  }
};

struct OpenAiChatDecoder::Choice {
  std::uint32_t index = 0;
  bool whole = false;  // a complete message, not a delta
  bool has_delta = false;
  Delta delta;
  bool has_message = false;
  Bytes finish;   // the provider's word; empty: none
  Bytes raw;      // all of the choice
  Bytes sources;  // raw array beside the choices (Perplexity); told with the finish
};

struct OpenAiChatDecoder::Payload {
  Bytes text;
  Bytes id;
  Bytes model;
  std::int64_t created = 0;
  Bytes choices;  // raw array; empty: none
  Bytes sources;  // raw array `search_results`
  bool choices_empty = false;
  NestedUsage usage;
  bool usage_object = false;
  bool error = false;
  FaultReport report;
  FrameFacts facts;
  Choices begun{};
  Choices finished{};
  Bytes first_finish;
  Bytes error_finish;  // a word for a finish that means an error
  bool has_delta = false;
  Bytes only_text;  // of the only choice, when it is all the content there is
};

struct OpenAiChatDecoder::ToolFragment {
  static constexpr std::int64_t kLegacy = -1;  // the one call of the old function_call form

  bool whole = false;
  bool has_index = false;
  std::int64_t index = 0;  // the provider's, or the position in its array
  Bytes id;
  Bytes name;
  Bytes arguments;
};

}  // namespace weir::dialect
