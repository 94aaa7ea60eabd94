#include "openai_chat_decoder_parts.h"

#include <algorithm>

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
  if (delta.content.empty()) tell_text(index, BlockKind::text, delta.transcript, batch);  // else it says the same
  tell_text(index, BlockKind::media, delta.audio_data, batch);
  if (!delta.tool_calls.empty()) tell_tool_calls(index, delta.tool_calls, choice.whole, batch);
  if (has_members(delta.function_call)) tell_function_call(index, delta.function_call, batch);
  if (has_members(delta.images)) tell_images(index, delta.images, batch);
  if (has_members(delta.annotations)) tell_sources(index, delta.annotations, batch);
  if (has_members(delta.reasoning_details)) batch.push(Extra{delta.reasoning_details});
  if (failed_) return;
  if (has_members(choice.sources) && !choice.finish.empty()) tell_sources(index, choice.sources, batch);
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

/// `annotations`: [{type: url_citation, url_citation: {url, title, content, start_index, end_index}}], or flat;
/// `search_results`: [{url, title}].
void OpenAiChatDecoder::tell_sources(std::uint32_t choice, Bytes sources, EventBatch& batch) {
  JsonReader json(sources);
  JsonString string;
  if (json.peek() != JsonType::array) return;
  json.enter_array();
  while (json.next_element()) {
    Bytes raw;
    json.raw_value(raw);
    JsonReader members(raw);
    Citation citation{.choice = choice, .url = {}, .title = {}, .quoted = {}};
    const auto member = [&](const JsonString& key) {
      const auto text = [&](Bytes& into) {
        if (members.string_or_skip(string)) into = string.raw;
      };
      const auto place = [&](std::int64_t& into) {
        constexpr std::uint64_t kMost = 1U << 30;
        if (const auto at = members.unsigned_or_skip()) into = static_cast<std::int64_t>(std::min(*at, kMost));
      };
      if (key.is("url")) return text(citation.url);
      if (key.is("title")) return text(citation.title);
      if (key.is("content")) return text(citation.quoted);
      if (key.is("start_index")) return place(citation.start);
      if (key.is("end_index")) return place(citation.end);
      members.skip_value();
    };
    for_members(members,
                [&](const JsonString& key) { key.is("url_citation") ? for_members(members, member) : member(key); });
    if (citation.url.empty()) {
      batch.push(Extra{raw});
    } else {
      batch.push(citation);
    }
  }
}

/// OpenRouter's pictures: [{type: image_url, image_url: {url: data URL}}], each whole.
void OpenAiChatDecoder::tell_images(std::uint32_t choice, Bytes images, EventBatch& batch) {
  constexpr Bytes kData = "data:";
  constexpr Bytes kBase64 = ";base64,";
  JsonReader json(images);
  JsonString string;
  if (json.peek() != JsonType::array) return;
  json.enter_array();
  while (json.next_element()) {
    Bytes raw;
    Bytes url;
    json.raw_value(raw);
    JsonReader members(raw);
    for_members(members, [&](const JsonString& key) {
      if (!key.is("image_url")) return void(members.skip_value());
      for_members(members, [&](const JsonString& inner) {
        if (!inner.is("url")) return void(members.skip_value());
        if (members.string_or_skip(string)) url = string.raw;
      });
    });
    const std::size_t end = url.find(kBase64);
    if (!url.starts_with(kData) || end == Bytes::npos || end + kBase64.size() == url.size()) {
      batch.push(Extra{raw});
      continue;
    }
    close_text(choice, batch);
    const std::uint32_t index = telling_->choices[choice].next_index++;
    const Bytes type = url.substr(kData.size(), end - kData.size());
    batch.push(BlockBegin{choice, index, BlockKind::media, {}, type.empty() ? Bytes("image/png") : type});
    batch.push(BlockDelta{choice, index, url.substr(end + kBase64.size())});
    batch.push(BlockEnd{choice, index, {}});
  }
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
    for_members(members, [&](const JsonString& key) {
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
        for_members(thoughts, [&](const JsonString& key) {
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
