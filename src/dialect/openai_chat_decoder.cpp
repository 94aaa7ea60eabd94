#include "openai_chat_decoder_parts.h"

#include <algorithm>

#include "weir/base/assert.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/error_report.h"

// Reading: all of the tap is in this file, so that it is compiled into one walk. It calls out only to tell.

namespace weir::dialect {

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

void read_count(JsonReader& json, NestedUsage& usage, NestedUsage::Field field) {
  if (const auto tokens = json.unsigned_or_skip()) usage.set(field, *tokens);
}

/// True when the value was an object.
bool read_usage(JsonReader& json, NestedUsage& usage) {
  const bool is_object = json.peek() == JsonType::object;
  for_members(json, [&](const JsonString& key) {
    using enum NestedUsage::Field;
    if (key.is("prompt_tokens")) return read_count(json, usage, input_total);
    if (key.is("completion_tokens")) return read_count(json, usage, output_total);
    if (key.is("total_tokens")) return read_count(json, usage, grand_total);
    if (key.is("prompt_tokens_details"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("cached_tokens")) return read_count(json, usage, cache_read);
        if (detail.is("cache_write_tokens")) return read_count(json, usage, cache_write);
        if (detail.is("audio_tokens")) return read_count(json, usage, audio_input);
        json.skip_value();
      });
    if (key.is("completion_tokens_details"))
      return for_members(json, [&](const JsonString& detail) {
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

FinishReason finish_reason_of(Bytes native) {
  for (const FinishWord& row : kFinishWords)
    if (row.word == native) return row.reason;
  return FinishReason::other;
}

void OpenAiChatDecoder::Delta::read(JsonReader& json) {
  JsonString string;
  const auto text = [&](Bytes& into) {
    if (json.string_or_skip(string)) into = string.raw;
  };
  for_members(json, [&](const JsonString& key) {
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
      for_members(json, [&](const JsonString& member) {
        if (member.is("data")) return text(audio_data);
        if (member.is("transcript")) return text(transcript);
        json.skip_value();
      });
    } else if (key.is("annotations")) {
      json.raw_value(annotations);
    } else if (key.is("images")) {
      json.raw_value(images);
    } else if (key.is("reasoning_details")) {
      json.raw_value(reasoning_details);
    } else {
      json.skip_value();
    }
  });
}

void OpenAiChatDecoder::Delta::take(const Delta& other) {
  for (auto part :
       {&Delta::content, &Delta::reasoning, &Delta::refusal, &Delta::parts, &Delta::tool_calls, &Delta::function_call,
        &Delta::audio_data, &Delta::transcript, &Delta::annotations, &Delta::images, &Delta::reasoning_details})
    if (!(other.*part).empty()) this->*part = other.*part;
}

Bytes OpenAiChatDecoder::Delta::only_text() const {
  if (!refusal.empty() || !audio_data.empty() || !transcript.empty() || has_members(parts) ||
      has_members(function_call) || has_members(images))
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

void OpenAiChatDecoder::read_choice(JsonReader& json, Choice& choice, Payload& payload) {
  JsonString string;
  Delta message;
  for_members(json, [&](const JsonString& key) {
    if (key.is("index")) {
      if (const auto index = json.unsigned_or_skip())
        choice.index = static_cast<std::uint32_t>(std::min<std::uint64_t>(*index, kMaxChoices));
    } else if (key.is("delta")) {
      choice.has_delta = json.peek() == JsonType::object;
      choice.delta.read(json);
    } else if (key.is("finish_reason")) {
      if (json.string_or_skip(string) && string.raw != "null") choice.finish = string.raw;
    } else if (key.is("message")) {
      choice.has_message = true;
      delta_seen_ ? void(json.skip_value()) : message.read(json);
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
  if (choice.has_message && !delta_seen_ && !choice.delta.has_content()) {
    choice.delta.take(message);
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
    if (!choice.finish.empty() && finish_reason_of(choice.finish) == FinishReason::error) {
      payload.error_finish = choice.finish;
      choice.finish = {};
      choice.whole = false;
    }
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
    payload.only_text = position == 1 && !choice.has_message ? choice.delta.only_text() : Bytes();
    if constexpr (!tapped) {
      choice.raw = payload.choices.substr(start, json.offset() - start);
      choice.sources = payload.sources;
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
  for_members(json, [&](const JsonString& key) {
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
        for_members(json, [&](const JsonString& member) {
          if (!member.is("usage")) return void(json.skip_value());
          payload.facts.usage |= read_usage(json, payload.usage);
        });
      } else if (key.is("service_tier")) {
        if (json.string_or_skip(string)) payload.usage.set_service(service_tier_of(string.raw));
      } else if (!tapped && key.is("search_results")) {
        json.raw_value(payload.sources);
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
    report.error_class = classify_error(0, report.code, report.type, report.message);
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
  if (!payload.error_finish.empty() && !failed_) {
    failed_ = true;
    error_ = {.error_class = classify_error(0, payload.error_finish, {}, {}), .code = payload.error_finish};
    if constexpr (!tapped) batch->push(error_);
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
  if (payload.has_delta && facts == FrameFacts{.content = true}) only_text_ = payload.only_text;
  return facts;
}

FrameFacts OpenAiChatDecoder::tap(Bytes payload) {
  only_text_ = {};
  return walk<true>(payload, nullptr);
}

FrameFacts OpenAiChatDecoder::decode(Bytes payload, EventBatch& batch) {
  only_text_ = {};
  if (!telling_) telling_ = std::make_unique<Telling>();
  const FrameFacts facts = walk<false>(payload, &batch);
  if (facts.done) {
    for (std::uint32_t choice = 0; choice < telling_->choices.size(); ++choice) {
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
  telling_.reset();
  scratch_.clear();
  only_text_ = {};
}

/// A JSON value that stands where a string belongs, as the inside of a string. The scratch must not move under the
/// views that point into it: escaping at most doubles valid JSON, so it is made large enough once per payload.
Bytes OpenAiChatDecoder::escape(Bytes json) {
  const std::size_t start = scratch_.size();
  if (start == 0) scratch_.reserve(2 * payload_size_);
  codec::append_json_escaped(scratch_, json);
  WEIR_ASSERT(scratch_.size() <= 2 * payload_size_, "escaped JSON is at most twice as long");
  return Bytes(scratch_).substr(start);
}

}  // namespace weir::dialect
