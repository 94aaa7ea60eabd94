#include "openai_chat_decoder_parts.h"

#include <algorithm>

// Tool calls: servers cut them into fragments and disagree about what says which call a fragment belongs to. Here every
// fragment finds its call, and every call becomes one block that stays open until its choice finishes.

namespace weir::dialect {

namespace {

/// FNV-1a. Ids and names of tool calls are compared by it, so that none has to be kept. Never 0.
std::uint64_t hash_of(Bytes text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash == 0 ? 1 : hash;
}

}  // namespace

/// `function{name, arguments}` or `custom{name, input}`. Arguments are a string; some servers (TGI) send an object.
void OpenAiChatDecoder::read_function(JsonReader& json, ToolFragment& fragment) {
  JsonString string;
  for_members(json, [&](const JsonString& key) {
    if (key.is("name")) {
      if (json.string_or_skip(string)) fragment.name = string.raw;
    } else if (key.is("arguments") || key.is("input")) {
      if (json.peek() == JsonType::object) {
        Bytes raw;
        if (json.raw_value(raw)) fragment.arguments = escape(raw);
      } else if (json.string_or_skip(string)) {
        fragment.arguments = string.raw;
      }
    } else {
      json.skip_value();
    }
  });
}

void OpenAiChatDecoder::tell_tool_calls(std::uint32_t choice, Bytes calls, bool whole, EventBatch& batch) {
  JsonReader json(calls);
  if (json.peek() != JsonType::array) return;
  JsonString string;
  json.enter_array();
  for (std::int64_t position = 0; json.next_element() && !failed_; ++position) {
    if (json.peek() != JsonType::object) {
      json.skip_value();
      continue;
    }
    ToolFragment fragment;
    fragment.whole = whole;
    fragment.index = position;
    for_members(json, [&](const JsonString& key) {
      if (key.is("index")) {
        if (const auto index = json.unsigned_or_skip()) {
          fragment.index = static_cast<std::int64_t>(std::min<std::uint64_t>(*index, kMaxToolCalls));
          fragment.has_index = true;
        }
      } else if (key.is("id")) {
        if (json.string_or_skip(string)) fragment.id = string.raw;
      } else if (key.is("function") || key.is("custom")) {
        read_function(json, fragment);
      } else {
        json.skip_value();
      }
    });
    tell_tool_fragment(choice, fragment, batch);
  }
}

void OpenAiChatDecoder::tell_function_call(std::uint32_t choice, Bytes call, EventBatch& batch) {
  JsonReader json(call);
  ToolFragment fragment;
  fragment.has_index = true;
  fragment.index = ToolFragment::kLegacy;
  read_function(json, fragment);
  tell_tool_fragment(choice, fragment, batch);
}

/// Which call a fragment continues; nullptr when it begins a new one. Servers disagree about what identifies a call:
/// - whole answers list every call once;
/// - with an index, that is it, unless another id (or, without ids, another name) shows that the index is constant;
/// - without an index, the id; without an id too, a name begins a new call and its absence continues the last one.
OpenAiChatDecoder::ToolCall* OpenAiChatDecoder::find_call(std::uint32_t choice, const ToolFragment& fragment) {
  if (fragment.whole) return nullptr;
  const std::uint64_t id = fragment.id.empty() ? 0 : hash_of(fragment.id);
  const std::uint64_t name = fragment.name.empty() ? 0 : hash_of(fragment.name);
  if (!fragment.has_index && !id && name) return nullptr;
  for (auto call = telling_->tool_calls.rbegin(); call != telling_->tool_calls.rend(); ++call) {
    if (call->choice != choice) continue;
    if (!fragment.has_index) {
      if (!id || call->id_hash == id) return &*call;
      continue;
    }
    if (call->wire_index != fragment.index) continue;
    if (id && call->id_hash) return id == call->id_hash ? &*call : nullptr;
    if (!id && !call->id_hash && name && call->name_hash && name != call->name_hash) return nullptr;
    return &*call;
  }
  return nullptr;
}

void OpenAiChatDecoder::tell_tool_fragment(std::uint32_t choice, const ToolFragment& fragment, EventBatch& batch) {
  const ToolCall* call = find_call(choice, fragment);
  if (!call) {
    if (fragment.id.empty() && fragment.name.empty() && fragment.arguments.empty())
      return;  // Snowflake: no call at all
    if (telling_->tool_calls.size() == kMaxToolCalls) return tell_fault({.code = "too_many_tool_calls"}, batch);
    close_text(choice, batch);
    const ToolCall begun{.choice = choice,
                         .index = telling_->choices[choice].next_index++,
                         .wire_index = fragment.index,
                         .id_hash = fragment.id.empty() ? 0 : hash_of(fragment.id),
                         .name_hash = fragment.name.empty() ? 0 : hash_of(fragment.name)};
    call = &telling_->tool_calls.emplace_back(begun);
    batch.push(BlockBegin{choice, begun.index, BlockKind::tool_call, fragment.id, fragment.name});
  }
  if (!fragment.arguments.empty()) batch.push(BlockDelta{choice, call->index, fragment.arguments});
}

}  // namespace weir::dialect
