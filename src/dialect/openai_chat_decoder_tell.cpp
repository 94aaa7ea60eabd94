#include "openai_chat_decoder_parts.h"

// Telling: what a choice holds becomes events. At most one text block is open per choice, a finish closes every block
// of its choice, and after it only an Extra can still come for that choice.

namespace weir::dialect {

void OpenAiChatDecoder::tell_fault(FaultReport report, EventBatch& batch) {
  failed_ = true;
  error_ = report;
  batch.push(report);
}

void OpenAiChatDecoder::tell_choice(const Choice& choice, EventBatch& batch) {
  const std::uint32_t index = choice.index;
  if (index >= kMaxChoices) return tell_fault({.code = "too_many_choices"}, batch);
  if (telling_->choices.size() <= index) telling_->choices.resize(index + 1);
  const Delta& delta = choice.delta;
  if (telling_->choices[index].finished) {
    if (delta.has_content()) batch.push(Extra{choice.raw});
    return;
  }
  tell_text(index, BlockKind::reasoning, delta.reasoning, batch);
  tell_text(index, BlockKind::text, delta.content, batch);
  if (!delta.parts.empty()) tell_parts(index, delta.parts, batch);
  tell_text(index, BlockKind::refusal, delta.refusal, batch);
  tell_text(index, BlockKind::text, delta.transcript, batch);
  tell_text(index, BlockKind::media, delta.audio_data, batch);
  if (!delta.tool_calls.empty()) tell_tool_calls(index, delta.tool_calls, choice.whole, batch);
  if (has_members(delta.function_call)) tell_function_call(index, delta.function_call, batch);
  if (has_members(delta.annotations)) batch.push(Extra{delta.annotations});
  if (has_members(delta.reasoning_details)) batch.push(Extra{delta.reasoning_details});
  if (failed_) return;
  if (!choice.finish.empty()) {
    tell_finish(index, finish_reason_of(choice.finish), choice.finish, batch);
  } else if (choice.whole) {
    tell_finish(index, FinishReason::unspecified, {}, batch);
  }
}

void OpenAiChatDecoder::close_text(std::uint32_t choice, EventBatch& batch) {
  ChoiceState& state = telling_->choices[choice];
  if (state.open) batch.push(BlockEnd{choice, state.open_index, {}});
  state.open = false;
}

void OpenAiChatDecoder::tell_text(std::uint32_t choice, BlockKind kind, Bytes text, EventBatch& batch) {
  if (text.empty()) return;
  ChoiceState& state = telling_->choices[choice];
  if (!state.open || state.open_kind != kind) {
    close_text(choice, batch);
    state.open = true;
    state.open_kind = kind;
    state.open_index = state.next_index++;
    batch.push(BlockBegin{choice, state.open_index, kind, {}, {}});
  }
  batch.push(BlockDelta{choice, state.open_index, text});
}

/// Content as a list of parts (Mistral): `{type: text, text}` and `{type: thinking, thinking: [{type: text, text}]}`.
/// Other parts (references, images) cannot be told as text.
void OpenAiChatDecoder::tell_parts(std::uint32_t choice, Bytes parts, EventBatch& batch) {
  JsonReader json(parts);
  JsonString string;
  json.enter_array();
  while (json.next_element()) {
    Bytes part;
    Bytes text;
    Bytes thinking;
    json.raw_value(part);
    JsonReader members(part);
    for_each_member(members, [&](const JsonString& key) {
      if (key.is("text")) {
        if (members.string_or_skip(string)) text = string.raw;
      } else if (key.is("thinking")) {
        members.raw_value(thinking);
      } else {
        members.skip_value();
      }
    });
    if (thinking.starts_with('[')) {
      JsonReader thoughts(thinking);
      thoughts.enter_array();
      while (thoughts.next_element())
        for_each_member(thoughts, [&](const JsonString& key) {
          if (!key.is("text")) return void(thoughts.skip_value());
          if (thoughts.string_or_skip(string)) tell_text(choice, BlockKind::reasoning, string.raw, batch);
        });
    } else if (!text.empty()) {
      tell_text(choice, BlockKind::text, text, batch);
    } else {
      batch.push(Extra{part});
    }
  }
}

void OpenAiChatDecoder::tell_finish(std::uint32_t choice, FinishReason reason, Bytes native, EventBatch& batch) {
  close_text(choice, batch);
  for (const ToolCall& call : telling_->tool_calls)
    if (call.choice == choice) batch.push(BlockEnd{choice, call.index, {}});
  telling_->choices[choice].finished = true;
  batch.push(Finish{choice, reason, native, {}});
}

}  // namespace weir::dialect
