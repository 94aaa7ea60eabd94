#include "weir/dialect/openai_chat_decoder.h"

#include <algorithm>

#include "weir/base/assert.h"
#include "weir/codec/json_writer.h"

namespace weir::dialect {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

namespace {

/// A date that fits into 63 bits.
constexpr std::uint64_t kMaxSeconds = 0x7fff'ffff'ffff'ffffU;

struct FinishWord {
  Bytes word;
  FinishReason reason;
};

/// Every word seen or documented for `finish_reason` (WIREFORMATS.md sections 2 to 15).
constexpr FinishWord kFinishWords[] = {
    {"stop", FinishReason::stop},
    {"length", FinishReason::length},
    {"tool_calls", FinishReason::tool_calls},
    {"content_filter", FinishReason::content_filter},
    {"function_call", FinishReason::tool_calls},
    {"eos", FinishReason::stop},
    {"eos_token", FinishReason::stop},
    {"stop_sequence", FinishReason::stop},
    {"end_turn", FinishReason::stop},
    {"model_length", FinishReason::length},
    {"max_tokens", FinishReason::length},
    {"model_context_window_exceeded", FinishReason::length},
    {"sensitive", FinishReason::content_filter},
    {"error", FinishReason::error},
    {"network_error", FinishReason::error},
    {"insufficient_system_resource", FinishReason::error},
};

FinishReason finish_reason_of(Bytes native) {
  for (const FinishWord& row : kFinishWords)
    if (row.word == native) return row.reason;
  return FinishReason::other;
}

/// FNV-1a. Ids and names of tool calls are compared by it, so that none has to be kept. Never 0.
std::uint64_t hash_of(Bytes text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash == 0 ? 1 : hash;
}

/// True for a raw array or object with something inside.
bool has_members(Bytes raw) {
  return raw.size() > 2 && (raw[0] == '[' || raw[0] == '{') && raw.find_first_not_of(" \t\r\n", 1) < raw.size() - 1;
}

/// Calls visit(key) for every member of an object, which then consumes the value; walks over anything else.
template <class Visit>
void for_each_member(JsonReader& json, Visit&& visit) {
  if (json.peek() != JsonType::object) {
    json.skip_value();
    return;
  }
  JsonString key;
  json.enter_object();
  while (json.next_member(key)) visit(key);
}

void read_count(JsonReader& json, NestedUsage& usage, NestedUsage::Field field) {
  if (const auto tokens = json.unsigned_or_skip()) usage.set(field, *tokens);
}

/// True when the value was an object.
bool read_usage(JsonReader& json, NestedUsage& usage) {
  const bool is_object = json.peek() == JsonType::object;
  for_each_member(json, [&](const JsonString& key) {
    using enum NestedUsage::Field;
    if (key.is("prompt_tokens")) return read_count(json, usage, input_total);
    if (key.is("completion_tokens")) return read_count(json, usage, output_total);
    if (key.is("total_tokens")) return read_count(json, usage, grand_total);
    if (key.is("prompt_tokens_details"))
      return for_each_member(json, [&](const JsonString& detail) {
        if (detail.is("cached_tokens")) return read_count(json, usage, cache_read);
        if (detail.is("cache_write_tokens")) return read_count(json, usage, cache_write);
        if (detail.is("audio_tokens")) return read_count(json, usage, audio_input);
        json.skip_value();
      });
    if (key.is("completion_tokens_details"))
      return for_each_member(json, [&](const JsonString& detail) {
        if (detail.is("reasoning_tokens")) return read_count(json, usage, reasoning);
        if (detail.is("audio_tokens")) return read_count(json, usage, audio_output);
        json.skip_value();
      });
    // DeepSeek; Moonshot; Mistral. All count within prompt_tokens.
    if (key.is("prompt_cache_hit_tokens") || key.is("cached_tokens") || key.is("num_cached_tokens"))
      return read_count(json, usage, cache_read);
    if (key.is("reasoning_tokens")) return read_count(json, usage, reasoning);
    json.skip_value();
  });
  return is_object;
}

}  // namespace

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
  Bytes reasoning_details;  // raw array

  void read(JsonReader& json) {
    JsonString string;
    const auto text = [&](Bytes& into) {
      if (json.string_or_skip(string)) into = string.raw;
    };
    for_each_member(json, [&](const JsonString& key) {
      if (key.is("content")) {
        if (json.peek() == JsonType::array) {
          json.raw_value(parts);
        } else {
          text(content);
        }
      } else if (key.is("role")) {
        json.skip_value();
      } else if (key.is("reasoning_content") || key.is("reasoning")) {
        // Where a server sends both they say the same.
        if (json.string_or_skip(string) && !string.empty()) reasoning = string.raw;
      } else if (key.is("tool_calls")) {
        json.raw_value(tool_calls);
      } else if (key.is("refusal")) {
        text(refusal);
      } else if (key.is("function_call")) {
        json.raw_value(function_call);
      } else if (key.is("audio")) {
        for_each_member(json, [&](const JsonString& member) {
          if (member.is("data")) return text(audio_data);
          if (member.is("transcript")) return text(transcript);
          json.skip_value();
        });
      } else if (key.is("annotations")) {
        json.raw_value(annotations);
      } else if (key.is("reasoning_details")) {
        json.raw_value(reasoning_details);
      } else {
        json.skip_value();
      }
    });
  }

  /// The one string that grows when nothing else is there: text, reasoning or a tool's arguments. A tap's facts depend
  /// on no more of it than that it is there.
  Bytes only_text() const {
    if (!refusal.empty() || !audio_data.empty() || !transcript.empty() || has_members(parts) ||
        has_members(function_call))
      return {};
    if (!has_members(tool_calls))
      return content.empty() == reasoning.empty() ? Bytes() : content.empty() ? reasoning : content;
    // Quotes inside of strings are escaped, so this can only be a key and the beginning of its value.
    constexpr Bytes kArguments = R"("arguments":")";
    const std::size_t key = tool_calls.find(kArguments);
    if (!content.empty() || !reasoning.empty() || key == Bytes::npos) return {};
    JsonReader json(tool_calls.substr(key + kArguments.size() - 1));
    JsonString arguments;
    return json.read_string(arguments) ? arguments.raw : Bytes();
  }

  bool has_content() const {
    return !content.empty() || !reasoning.empty() || !refusal.empty() || !audio_data.empty() || !transcript.empty() ||
           has_members(parts) || has_members(tool_calls) || has_members(function_call);
  }
};

struct OpenAiChatDecoder::Choice {
  std::uint32_t index = 0;
  bool whole = false;  // a complete message, not a delta
  bool has_delta = false;
  Delta delta;
  Bytes message;  // raw
  Bytes finish;   // the provider's word; empty: none
  Bytes raw;      // all of the choice
};

struct OpenAiChatDecoder::Payload {
  Bytes text;
  Bytes id;
  Bytes model;
  std::int64_t created = 0;
  Bytes choices;  // raw array; empty: none
  bool choices_empty = false;
  NestedUsage usage;
  bool usage_object = false;
  bool error = false;
  FaultReport report;
  FrameFacts facts;
  Choices begun{};
  Choices finished{};
  Bytes first_finish;
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

// ---- Reading

void OpenAiChatDecoder::read_choice(JsonReader& json, Choice& choice, Payload& payload) {
  JsonString string;
  for_each_member(json, [&](const JsonString& key) {
    if (key.is("index")) {
      if (const auto index = json.unsigned_or_skip())
        choice.index = static_cast<std::uint32_t>(std::min<std::uint64_t>(*index, kMaxChoices));
    } else if (key.is("delta")) {
      choice.has_delta = json.peek() == JsonType::object;
      choice.delta.read(json);
    } else if (key.is("finish_reason")) {
      if (json.string_or_skip(string) && string.raw != "null") choice.finish = string.raw;
    } else if (key.is("message")) {
      json.raw_value(choice.message);
    } else if (key.is("text")) {  // legacy completions
      if (json.string_or_skip(string)) choice.delta.content = string.raw;
    } else if (key.is("usage")) {  // Moonshot
      payload.facts.usage |= read_usage(json, payload.usage);
    } else {
      json.skip_value();
    }
  });
  payload.has_delta |= choice.has_delta;
  // Perplexity sends both: in a stream the message repeats the deltas, in a whole answer the delta is empty.
  if (!choice.message.empty() && !delta_seen_ && !choice.delta.has_content()) {
    JsonReader message(choice.message);
    choice.delta.read(message);
    choice.whole = !choice.has_delta || !choice.finish.empty();
  }
}

template <bool tapped>
void OpenAiChatDecoder::walk_choices(JsonReader& json, Payload& payload, EventBatch* batch) {
  if (json.peek() != JsonType::array) {
    json.skip_value();
    return;
  }
  json.enter_array();
  std::uint32_t position = 0;
  while (json.next_element()) {
    Choice choice;
    choice.index = std::min(position++, kMaxChoices);
    json.peek();
    const std::size_t start = json.offset();
    read_choice(json, choice, payload);
    if (!json.ok()) return;
    if (choice.index < kMaxChoices) {
      const std::uint64_t bit = std::uint64_t{1} << (choice.index % 64);
      payload.begun[choice.index / 64] |= bit;
      if (!choice.finish.empty() || choice.whole) payload.finished[choice.index / 64] |= bit;
    }
    if (!choice.finish.empty() || choice.whole) {
      if (!payload.facts.finish) payload.first_finish = choice.finish;
      payload.facts.finish = true;
    }
    payload.facts.content |= choice.delta.has_content();
    payload.only_text = position == 1 && choice.message.empty() ? choice.delta.only_text() : Bytes();
    if constexpr (!tapped) {
      choice.raw = payload.choices.substr(start, json.offset() - start);
      tell_choice(choice, *batch);
      if (failed_) return;
    }
  }
  payload.choices_empty = position == 0;
}

/// The value of `error`: a string (xAI), an object (most), with a number as its code (OpenRouter), a message that is an
/// object (Mistral). An empty string, null or false is no error.
void OpenAiChatDecoder::read_error(JsonReader& json, FaultReport& error) {
  JsonString string;
  const auto text_of = [&](Bytes& into) {
    if (json.peek() == JsonType::string) {
      if (json.read_string(string)) into = string.raw;
      return;
    }
    Bytes raw;
    if (json.raw_value(raw) && raw != "null") into = escape(raw);
  };
  if (json.peek() != JsonType::object) return text_of(error.message);
  for_each_member(json, [&](const JsonString& key) {
    if (key.is("message")) return text_of(error.message);
    if (key.is("type")) return text_of(error.type);
    if (key.is("code")) return text_of(error.code);
    json.skip_value();
  });
}

template <bool tapped>
FrameFacts OpenAiChatDecoder::walk(Bytes text, EventBatch* batch) {
  const Bytes trimmed = trim(text);
  if (trimmed.empty()) return {};
  if (done_ || failed_) return {.ignored = true};
  if (trimmed == "[DONE]") {
    done_ = true;
    return {.done = true};
  }
  scratch_.clear();
  payload_size_ = text.size();

  Payload payload;
  payload.text = text;
  JsonReader json(text);
  JsonString string;
  FaultReport flat;  // type, code and message at the top level
  bool object_is_error = false;
  bool choices_seen = false;
  JsonString key;
  if (json.enter_object()) {
    while (json.next_member(key)) {
      if (key.is("choices") && !choices_seen) {
        choices_seen = true;
        if constexpr (tapped) {
          walk_choices<true>(json, payload, nullptr);
        } else {
          json.raw_value(payload.choices);
        }
      } else if (key.is("id")) {
        if (json.string_or_skip(string)) payload.id = string.raw;
      } else if (key.is("model")) {
        if (json.string_or_skip(string)) payload.model = string.raw;
      } else if (key.is("created")) {
        if (const auto seconds = json.unsigned_or_skip())
          payload.created = static_cast<std::int64_t>(*seconds & kMaxSeconds);
      } else if (key.is("usage")) {
        payload.usage_object |= read_usage(json, payload.usage);
      } else if (key.is("error")) {
        const JsonType type = json.peek();
        Bytes raw;
        json.raw_value(raw);
        payload.error = type != JsonType::null && raw != "false" && raw != "\"\"";
        if (payload.error) {
          JsonReader error(raw);
          read_error(error, payload.report);
        }
      } else if (key.is("object")) {
        if (json.string_or_skip(string)) object_is_error = string.is("error");
      } else if (key.is("code") || key.is("type") || key.is("message")) {
        Bytes raw;
        if (!json.raw_value(raw) || raw == "null") continue;
        Bytes& field = key.is("code") ? flat.code : key.is("type") ? flat.type : flat.message;
        field = raw[0] == '"' ? raw.substr(1, raw.size() - 2) : escape(raw);
      } else if (key.is("x_groq")) {
        for_each_member(json, [&](const JsonString& member) {
          if (!member.is("usage")) return void(json.skip_value());
          payload.facts.usage |= read_usage(json, payload.usage);
        });
      } else {
        json.skip_value();
      }
    }
  }
  if (!json.finish()) {
    if constexpr (!tapped) tell_fault({.code = "invalid_json"}, *batch);
    return {.malformed = true, .fault = !tapped};
  }

  FrameFacts& facts = payload.facts;
  if (payload.error || object_is_error) {
    FaultReport report = payload.report;
    if (report.code.empty()) report.code = flat.code;
    if (report.type.empty()) report.type = flat.type;
    if (report.message.empty()) report.message = flat.message;
    error_ = report;
    failed_ = true;
    if constexpr (!tapped) batch->push(report);
    return {.fault = true};
  }

  facts.usage |= payload.usage_object;
  if constexpr (tapped) {
    usage_.overwrite_with(payload.usage);
  } else {
    const bool has_choices = has_members(payload.choices);
    if (!begin_told_ && (has_choices || facts.usage || !payload.id.empty())) {
      begin_told_ = true;
      batch->push(Begin{payload.id, payload.model, payload.created});
    }
    if (!has_choices && !facts.usage) batch->push(Extra{text});
    if (!payload.choices.empty()) {
      JsonReader choices(payload.choices);
      walk_choices<false>(choices, payload, batch);
    }
    usage_.overwrite_with(payload.usage);
    if (facts.usage && usage_.any() && !failed_) batch->push(UsageReport{usage()});
  }
  facts.fault = failed_;
  facts.pure_usage = payload.usage_object && choices_seen && payload.choices_empty;
  if (facts.finish && finished_ == Choices{})
    finish_reason_ = payload.first_finish.empty() ? FinishReason::unspecified : finish_reason_of(payload.first_finish);
  for (std::size_t i = 0; i < begun_.size(); ++i) {
    begun_[i] |= payload.begun[i];
    finished_[i] |= payload.finished[i];
  }
  delta_seen_ |= payload.has_delta;
  if constexpr (tapped) {
    if (payload.has_delta && !payload.only_text.empty() && facts == FrameFacts{.content = true})
      memo_.remember(text, payload.only_text);
  }
  return facts;
}

FrameFacts OpenAiChatDecoder::tap(Bytes payload) {
  // What the memo knows changed nothing but the facts when it was walked, and would change nothing again.
  if (!done_ && !failed_ && memo_.matches(payload)) return {.content = true};
  return walk<true>(payload, nullptr);
}

FrameFacts OpenAiChatDecoder::decode(Bytes payload, EventBatch& batch) {
  const FrameFacts facts = walk<false>(payload, &batch);
  if (facts.done) {
    for (std::uint32_t choice = 0; choice < choices_.size(); ++choice) {
      const std::uint64_t bit = std::uint64_t{1} << (choice % 64);
      if ((begun_[choice / 64] & bit) && !(finished_[choice / 64] & bit))
        tell_finish(choice, FinishReason::unspecified, {}, batch);
    }
    if (!complete()) tell_fault({.fault = Fault::upstream_truncated}, batch);
  }
  batch.drain();
  return facts;
}

void OpenAiChatDecoder::end(EventBatch& batch) {
  if (!failed_ && !complete()) tell_fault({.fault = Fault::upstream_truncated}, batch);
  batch.drain();
}

void OpenAiChatDecoder::reset() {
  usage_ = {};
  error_ = {};
  begun_ = {};
  finished_ = {};
  finish_reason_ = FinishReason::unspecified;
  done_ = failed_ = begin_told_ = delta_seen_ = false;
  choices_.clear();
  tool_calls_.clear();
  scratch_.clear();
  memo_.forget();
}

// ---- Telling

/// A JSON value that stands where a string belongs, as the inside of a string. The scratch must not move under the
/// views that point into it: escaping at most doubles valid JSON, so it is made large enough once per payload.
Bytes OpenAiChatDecoder::escape(Bytes json) {
  const std::size_t start = scratch_.size();
  if (start == 0) scratch_.reserve(2 * payload_size_);
  codec::append_json_escaped(scratch_, json);
  WEIR_ASSERT(scratch_.size() <= 2 * payload_size_, "escaped JSON is at most twice as long");
  return Bytes(scratch_).substr(start);
}

void OpenAiChatDecoder::tell_fault(FaultReport report, EventBatch& batch) {
  failed_ = true;
  error_ = report;
  batch.push(report);
}

void OpenAiChatDecoder::tell_choice(const Choice& choice, EventBatch& batch) {
  const std::uint32_t index = choice.index;
  if (index >= kMaxChoices) return tell_fault({.code = "too_many_choices"}, batch);
  if (choices_.size() <= index) choices_.resize(index + 1);
  const Delta& delta = choice.delta;
  if (choices_[index].finished) {
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
  ChoiceState& state = choices_[choice];
  if (state.open) batch.push(BlockEnd{choice, state.open_index, {}});
  state.open = false;
}

void OpenAiChatDecoder::tell_text(std::uint32_t choice, BlockKind kind, Bytes text, EventBatch& batch) {
  if (text.empty()) return;
  ChoiceState& state = choices_[choice];
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
  for (const ToolCall& call : tool_calls_)
    if (call.choice == choice) batch.push(BlockEnd{choice, call.index, {}});
  choices_[choice].finished = true;
  batch.push(Finish{choice, reason, native, {}});
}

// ---- Tool calls

/// `function{name, arguments}` or `custom{name, input}`. Arguments are a string; some servers (TGI) send an object.
void OpenAiChatDecoder::read_function(JsonReader& json, ToolFragment& fragment) {
  JsonString string;
  for_each_member(json, [&](const JsonString& key) {
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
    for_each_member(json, [&](const JsonString& key) {
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
  for (auto call = tool_calls_.rbegin(); call != tool_calls_.rend(); ++call) {
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
    if (tool_calls_.size() == kMaxToolCalls) return tell_fault({.code = "too_many_tool_calls"}, batch);
    close_text(choice, batch);
    const ToolCall begun{.choice = choice,
                         .index = choices_[choice].next_index++,
                         .wire_index = fragment.index,
                         .id_hash = fragment.id.empty() ? 0 : hash_of(fragment.id),
                         .name_hash = fragment.name.empty() ? 0 : hash_of(fragment.name)};
    call = &tool_calls_.emplace_back(begun);
    batch.push(BlockBegin{choice, begun.index, BlockKind::tool_call, fragment.id, fragment.name});
  }
  if (!fragment.arguments.empty()) batch.push(BlockDelta{choice, call->index, fragment.arguments});
}

}  // namespace weir::dialect
