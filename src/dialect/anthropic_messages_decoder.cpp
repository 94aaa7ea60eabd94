#include "anthropic_messages_decoder_parts.h"

#include <algorithm>

#include "weir/base/assert.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/error_report.h"

// Reading: all of the tap is in this file.

namespace weir::dialect::anthropic_messages {

namespace {

struct FinishWord {
  Bytes word;
  FinishReason reason;
};

/// Every word documented for `stop_reason`. A paused turn is over for a client that cannot send it back.
constexpr FinishWord kFinishWords[] = {
    {"end_turn", FinishReason::stop},
    {"stop_sequence", FinishReason::stop},
    {"max_tokens", FinishReason::length},
    {"tool_use", FinishReason::tool_calls},
    {"pause_turn", FinishReason::stop},
    {"refusal", FinishReason::content_filter},
    {"model_context_window_exceeded", FinishReason::length},
    {"compaction", FinishReason::stop},
};

BlockType block_type_of(const JsonString& word) {
  if (word.is("text")) return BlockType::text;
  if (word.is("thinking")) return BlockType::thinking;
  if (word.is("tool_use")) return BlockType::tool_use;
  if (word.is("redacted_thinking")) return BlockType::redacted_thinking;
  return BlockType::other;
}

DeltaType delta_type_of(const JsonString& word) {
  if (word.is("text_delta")) return DeltaType::text;
  if (word.is("input_json_delta")) return DeltaType::input_json;
  if (word.is("thinking_delta")) return DeltaType::thinking;
  if (word.is("signature_delta")) return DeltaType::signature;
  if (word.is("citations_delta")) return DeltaType::citations;
  return DeltaType::other;
}

PayloadType payload_type_of(const JsonString& word) {
  if (word.is("content_block_delta")) return PayloadType::block_delta;
  if (word.is("content_block_start")) return PayloadType::block_start;
  if (word.is("content_block_stop")) return PayloadType::block_stop;
  if (word.is("ping")) return PayloadType::ping;
  if (word.is("message_start")) return PayloadType::message_start;
  if (word.is("message_delta")) return PayloadType::message_delta;
  if (word.is("message_stop")) return PayloadType::message_stop;
  if (word.is("message")) return PayloadType::document;
  if (word.is("error")) return PayloadType::error;
  return PayloadType::other;
}

/// True when the value was an object.
bool read_usage(JsonReader& json, Counts& counts) {
  const bool is_object = json.peek() == JsonType::object;
  const auto count = [&](Counts::Field field) {
    if (const auto tokens = json.unsigned_or_skip()) counts.set(field, *tokens);
  };
  for_members(json, [&](const JsonString& key) {
    if (key.is("input_tokens")) return count(Counts::input);
    if (key.is("output_tokens")) return count(Counts::output);
    if (key.is("cache_read_input_tokens")) return count(Counts::cache_read);
    if (key.is("cache_creation_input_tokens")) return count(Counts::cache_write);
    if (key.is("output_tokens_details"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("thinking_tokens")) return count(Counts::thinking);
        json.skip_value();
      });
    if (key.is("cache_creation"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("ephemeral_1h_input_tokens")) return count(Counts::cache_write_1h);
        json.skip_value();
      });
    if (key.is("server_tool_use"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("web_search_requests")) return count(Counts::web_searches);
        json.skip_value();
      });
    if (key.is("service_tier") || key.is("speed")) {  // a fast answer is of the standard tier
      if (JsonString word; json.string_or_skip(word))
        if (const ServiceTier tier = service_tier_of(word.raw); tier != ServiceTier::standard) counts.set_service(tier);
      return;
    }
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

void Counts::set(Field field, std::uint64_t tokens) {
  values_[field] = std::min(tokens, NestedUsage::kMaxTokens);
  known_ = static_cast<std::uint8_t>(known_ | (1U << field));
}

void Counts::overwrite_with(const Counts& later) {
  for (std::uint8_t i = 0; i < kFieldCount; ++i)
    if ((later.known_ >> i) & 1U) set(static_cast<Field>(i), later.values_[i]);
  if (later.service_ != ServiceTier::standard) service_ = later.service_;
}

Usage Counts::disjoint() const {
  const std::uint64_t thought = std::min(values_[thinking], values_[output]);
  return {.input = values_[input],
          .cache_read = values_[cache_read],
          .cache_write = values_[cache_write],
          .output = values_[output] - thought,
          .reasoning = thought,
          .reported = any(),
          .parts = {.cache_write_1h = UsageParts::kept(std::min(values_[cache_write_1h], values_[cache_write])),
                    .web_searches = static_cast<std::uint16_t>(std::min<std::uint64_t>(values_[web_searches], 0xffff)),
                    .service = service_}};
}

void Decoder::Block::read(JsonReader& json) {
  JsonString word;
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) {
      if (json.string_or_skip(word)) type = block_type_of(word);
    } else if (key.is("text") || key.is("thinking")) {
      read_text(json, text);
    } else if (key.is("id")) {
      read_text(json, id);
    } else if (key.is("name")) {
      read_text(json, name);
    } else if (key.is("input")) {  // arguments are an object, or there are none
      json.peek() == JsonType::object ? void(json.raw_value(input)) : void(json.skip_value());
    } else if (key.is("signature")) {
      read_text(json, signature);
    } else if (key.is("data")) {
      read_text(json, data);
    } else if (key.is("citations")) {
      json.raw_value(citations);
    } else {
      json.skip_value();
    }
  });
}

void Decoder::Delta::read(JsonReader& json) {
  JsonString word;
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) {
      if (json.string_or_skip(word)) type = delta_type_of(word);
    } else if (key.is("text") || key.is("partial_json") || key.is("thinking") || key.is("signature")) {
      read_text(json, text);
    } else if (key.is("stop_reason")) {
      read_text(json, stop_reason);
    } else if (key.is("stop_sequence")) {
      read_text(json, stop_sequence);
    } else if (key.is("citation")) {
      json.raw_value(citation);
    } else {
      json.skip_value();
    }
  });
}

void Decoder::read_payload(JsonReader& json, Payload& payload) {
  Message& message = payload.message;
  const auto read_message_member = [&](const JsonString& key) {
    if (key.is("id")) return read_text(json, message.id);
    if (key.is("model")) return read_text(json, message.model);
    if (key.is("usage")) return void(payload.usage_object |= read_usage(json, payload.counts));
    if (key.is("content") && json.peek() == JsonType::array) return void(json.raw_value(message.content));
    if (key.is("stop_reason")) return read_text(json, message.stop_reason);
    if (key.is("stop_sequence")) return read_text(json, message.stop_sequence);
    json.skip_value();
  };
  JsonString key;
  JsonString word;
  if (!json.enter_object()) return;
  while (json.next_member(key)) {
    if (key.is("type")) {
      if (json.string_or_skip(word)) payload.type = payload_type_of(word);
    } else if (key.is("index")) {
      if (const auto index = json.unsigned_or_skip()) payload.index = *index;
    } else if (key.is("delta")) {
      payload.delta.read(json);
    } else if (key.is("content_block")) {
      json.peek();
      const std::size_t start = json.offset();
      payload.block.read(json);
      payload.block.raw = payload.text.substr(start, json.offset() - start);
    } else if (key.is("message")) {
      if (json.peek() == JsonType::object) {
        for_members(json, read_message_member);
      } else {
        read_text(json, payload.flat_message);
      }
    } else if (key.is("error")) {
      const JsonType type = json.peek();
      Bytes raw;
      json.raw_value(raw);
      payload.error = type != JsonType::null && raw != "false" && raw != "\"\"";
      if (payload.error) read_error(raw, payload.report);
    } else {
      read_message_member(key);
    }
  }
}

/// The value of `error`: an object `{type, message}`; compatible servers also send a string, or a number as `code`.
void Decoder::read_error(Bytes raw, FaultReport& error) {
  JsonReader json(raw);
  const auto text_of = [&](Bytes& into) {
    if (json.peek() == JsonType::string) return read_text(json, into);
    Bytes value;
    if (json.raw_value(value) && value != "null") into = escape(value);
  };
  if (json.peek() != JsonType::object) return text_of(error.message);
  for_members(json, [&](const JsonString& key) {
    if (key.is("message")) return text_of(error.message);
    if (key.is("type")) return text_of(error.type);
    if (key.is("code")) return text_of(error.code);
    json.skip_value();
  });
}

void Decoder::gather_facts(Payload& payload) {
  FrameFacts& facts = payload.facts;
  facts.usage = payload.usage_object;
  switch (payload.type) {
    case PayloadType::block_delta:
      facts.content = !payload.delta.text.empty() &&
                      (payload.delta.type == DeltaType::text || payload.delta.type == DeltaType::thinking ||
                       payload.delta.type == DeltaType::input_json);
      break;
    case PayloadType::block_start:
      facts.content = payload.block.has_content();
      break;
    case PayloadType::message_delta:
      facts.finish = !finished_ && !payload.delta.stop_reason.empty();
      break;
    case PayloadType::message_stop:
      facts.done = true;
      break;
    case PayloadType::document:
      for_each_block<Block>(payload.message.content,
                            [&](const Block& block) { return !(facts.content = block.has_content()); });
      facts.finish = facts.done = true;
      break;
    default:
      break;
  }
}

template <bool tapped>
FrameFacts Decoder::walk(Bytes text, EventBatch* batch) {
  only_text_ = {};
  const Bytes trimmed = trim(text);
  if (trimmed.empty()) return {};
  if (done_ || failed_) return {.ignored = true};
  scratch_.clear();
  payload_size_ = text.size();

  Payload payload;
  payload.text = text;
  if (trimmed == "[DONE]") {  // of servers that speak OpenAI's dialect as well
    payload.type = PayloadType::message_stop;
  } else {
    JsonReader json(text);
    read_payload(json, payload);
    if (!json.finish()) {
      if constexpr (!tapped) tell_fault({.code = "invalid_json"}, *batch);
      return {.malformed = true, .fault = !tapped};
    }
  }

  if (payload.error || payload.type == PayloadType::error) {
    if (payload.report.message.empty()) payload.report.message = payload.flat_message;
    payload.report.error_class = classify_error(0, payload.report.code, payload.report.type, payload.report.message);
    error_ = payload.report;
    failed_ = true;
    if constexpr (!tapped) batch->push(payload.report);
    return {.fault = true};
  }

  if (payload.type == PayloadType::document && begun_) payload.type = PayloadType::other;
  const bool counts = payload.type == PayloadType::message_start || payload.type == PayloadType::message_delta ||
                      payload.type == PayloadType::document;
  if (!counts) payload.usage_object = false;
  gather_facts(payload);
  FrameFacts& facts = payload.facts;
  if (counts) counts_.overwrite_with(payload.counts);
  if constexpr (!tapped) tell(payload, *batch);
  begun_ |= payload.type <= PayloadType::message_delta || payload.type == PayloadType::document;
  if (facts.finish) {
    const Bytes native = facts.done ? payload.message.stop_reason : payload.delta.stop_reason;
    finish_reason_ = native.empty() ? FinishReason::unspecified : finish_reason_of(native);
    finished_ = true;
  }
  if (facts.done) done_ = true;
  facts.fault = failed_;
  if (payload.type == PayloadType::block_delta && facts == FrameFacts{.content = true}) only_text_ = payload.delta.text;
  return facts;
}

FrameFacts Decoder::tap(Bytes payload) { return walk<true>(payload, nullptr); }

FrameFacts Decoder::decode(Bytes payload, EventBatch& batch) {
  const FrameFacts facts = walk<false>(payload, &batch);
  batch.drain();
  return facts;
}

void Decoder::end(EventBatch& batch) {
  if (!failed_ && !complete()) tell_fault({.fault = Fault::upstream_truncated}, batch);
  batch.drain();
}

void Decoder::reset() {
  counts_ = {};
  error_ = {};
  finish_reason_ = FinishReason::unspecified;
  begun_ = finished_ = done_ = failed_ = false;
  only_text_ = {};
  next_index_ = 0;
  for (OpenBlock& block : open_) block.used = false;
  scratch_.clear();
}

/// A JSON value that stands where a string belongs, as the inside of a string. The scratch must not move under the
/// views that point into it: escaping at most doubles valid JSON, so it is made large enough once per payload.
Bytes Decoder::escape(Bytes json) {
  const std::size_t start = scratch_.size();
  if (start == 0) scratch_.reserve(2 * payload_size_);
  codec::append_json_escaped(scratch_, json);
  WEIR_ASSERT(scratch_.size() <= 2 * payload_size_, "escaped JSON is at most twice as long");
  return Bytes(scratch_).substr(start);
}

}  // namespace weir::dialect::anthropic_messages
