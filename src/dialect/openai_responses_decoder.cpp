#include <algorithm>

#include "openai_responses_decoder_parts.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/error_report.h"

// Reading: one pass over the payload collects what any event may hold; then its type decides what that means.

namespace weir::dialect::openai_responses {

namespace {

constexpr std::uint64_t kMaxSeconds = 0x7fff'ffff'ffff'ffffU;
constexpr std::uint64_t kMaxPosition = 0x7fff'ffffU;

void read_count(JsonReader& json, NestedUsage& usage, NestedUsage::Field field) {
  if (const auto tokens = json.unsigned_or_skip()) usage.set(field, *tokens);
}

void read_usage(JsonReader& json, NestedUsage& usage) {
  for_members(json, [&](const JsonString& key) {
    using enum NestedUsage::Field;
    if (key.is("input_tokens")) return read_count(json, usage, input_total);
    if (key.is("output_tokens")) return read_count(json, usage, output_total);
    if (key.is("total_tokens")) return read_count(json, usage, grand_total);
    if (key.is("input_tokens_details"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("cached_tokens")) return read_count(json, usage, cache_read);
        if (detail.is("cache_write_tokens")) return read_count(json, usage, cache_write);
        if (detail.is("audio_tokens")) return read_count(json, usage, audio_input);
        json.skip_value();
      });
    if (key.is("output_tokens_details"))
      return for_members(json, [&](const JsonString& detail) {
        if (detail.is("reasoning_tokens")) return read_count(json, usage, reasoning);
        if (detail.is("audio_tokens")) return read_count(json, usage, audio_output);
        json.skip_value();
      });
    json.skip_value();
  });
}

std::uint32_t position(std::uint64_t number) { return static_cast<std::uint32_t>(std::min(number, kMaxPosition)); }

}  // namespace

/// A string's inside; other JSON values as the inside of a string; empty for null.
Bytes Decoder::text_of(JsonReader& json) {
  if (json.peek() == JsonType::string) {
    JsonString string;
    json.read_string(string);
    return string.raw;
  }
  Bytes raw;
  if (!json.raw_value(raw) || raw == "null") return {};
  // The scratch must not move under the views into it: escaping at most doubles valid JSON.
  const std::size_t start = scratch_.size();
  if (start == 0) scratch_.reserve(2 * payload_size_);
  if (scratch_.size() + 2 * raw.size() > scratch_.capacity()) return {};  // a member that repeats itself
  codec::append_json_escaped(scratch_, raw);
  return Bytes(scratch_).substr(start);
}

/// True when the member was one of a response, and is consumed.
bool Decoder::read_response_member(JsonReader& json, const JsonString& key, Response& response) {
  JsonString string;
  const auto text = [&](Bytes& into) {
    if (json.string_or_skip(string)) into = string.raw;
    return true;
  };
  if (key.is("id")) return text(response.id);
  if (key.is("model")) return text(response.model);
  if (key.is("status")) return text(response.status);
  if (key.is("output")) return json.raw_value(response.output), true;
  if (key.is("error")) return json.raw_value(response.error), true;
  if (key.is("usage")) return read_usage(json, response.usage), true;
  if (key.is("service_tier")) {
    if (json.string_or_skip(string)) response.usage.set_service(service_tier_of(string.raw));
    return true;
  }
  if (key.is("object")) {
    if (json.string_or_skip(string)) response.is_response = string.is("response");
  } else if (key.is("created_at")) {
    Bytes number;
    json.raw_value(number);
    if (const auto seconds = parse_decimal(number.substr(0, number.find('.'))))  // some servers write a fraction
      response.created = static_cast<std::int64_t>(*seconds & kMaxSeconds);
  } else if (key.is("incomplete_details")) {
    for_members(json, [&](const JsonString& member) {
      member.is("reason") ? void(text(response.incomplete_reason)) : void(json.skip_value());
    });
  } else {
    return false;
  }
  return true;
}

void Decoder::read_response(Bytes raw, Response& response) {
  JsonReader json(raw);
  for_members(json, [&](const JsonString& key) {
    if (!read_response_member(json, key, response)) json.skip_value();
  });
}

void Decoder::read_member(JsonReader& json, const JsonString& key, Payload& payload) {
  JsonString string;
  const auto text = [&](Bytes& into) {
    if (json.string_or_skip(string)) into = string.raw;
  };
  if (key.is("type")) return text(payload.type);
  if (key.is("delta")) return text(payload.delta);
  if (key.is("sequence_number")) return void(json.raw_value(payload.sequence_number));
  if (key.is("output_index")) {
    if (const auto index = json.unsigned_or_skip()) {
      payload.output_index = position(*index);
      payload.has_output_index = true;
    }
  } else if (key.is("content_index") || key.is("summary_index")) {
    if (const auto index = json.unsigned_or_skip()) payload.part = position(*index);
  } else if (key.is("item")) {
    json.raw_value(payload.item);
  } else if (key.is("response")) {
    json.raw_value(payload.response);
  } else if (key.is("text") || key.is("refusal") || key.is("input")) {
    text(payload.whole);
  } else if (key.is("arguments")) {
    payload.whole = text_of(json);
  } else if (key.is("annotation")) {
    json.raw_value(payload.annotation);
  } else if (key.is("code")) {
    payload.flat.code = text_of(json);
  } else if (key.is("message")) {
    payload.flat.message = text_of(json);
  } else if (!read_response_member(json, key, payload.top)) {
    json.skip_value();
  }
}

/// The value of `error`: an object, or a string (xAI).
void Decoder::read_error(Bytes raw, FaultReport& error) {
  JsonReader json(raw);
  if (json.peek() != JsonType::object) {
    error.message = text_of(json);
    return;
  }
  for_members(json, [&](const JsonString& key) {
    if (key.is("message")) {
      error.message = text_of(json);
    } else if (key.is("type")) {
      error.type = text_of(json);
    } else if (key.is("code")) {
      error.code = text_of(json);
    } else {
      json.skip_value();
    }
  });
}

void Decoder::read_item(Bytes raw, Item& item) {
  JsonReader json(raw);
  JsonString string;
  const auto text = [&](Bytes& into) {
    if (json.string_or_skip(string)) into = string.raw;
  };
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) return text(item.type);
    if (key.is("id")) return text(item.id);
    if (key.is("call_id")) return text(item.call_id);
    if (key.is("name")) return text(item.name);
    if (key.is("arguments") || key.is("input")) return void(item.arguments = text_of(json));
    if (key.is("content")) return void(json.raw_value(item.content));
    if (key.is("summary")) return void(json.raw_value(item.summary));
    if (key.is("encrypted_content")) return text(item.encrypted_content);
    if (key.is("result")) return text(item.result);
    if (key.is("output_format")) return text(item.output_format);
    json.skip_value();
  });
}

FrameFacts Decoder::walk(Bytes text, EventBatch* batch) {
  only_text_ = only_number_ = {};
  const Bytes trimmed = trim(text);
  if (trimmed.empty()) return {};
  // (A whole response without its event finishes the answer, and only the end marker may follow.)
  if (done_ || failed_ || (finished_ && trimmed != "[DONE]")) return {.ignored = true};
  batch_ = batch;
  facts_ = {};
  if (trimmed == "[DONE]") {  // not OpenAI's own, but some servers send it
    done_ = facts_.done = true;
    if (!finished_ && !blocks_.empty()) tell_finish(FinishReason::unspecified, {});
    if (!finished_) tell_fault({.fault = Fault::upstream_truncated});
    return facts_;
  }
  scratch_.clear();
  payload_size_ = text.size();

  Payload payload;
  payload.text = text;
  JsonReader json(text);
  JsonString key;
  if (json.enter_object())
    while (json.next_member(key)) read_member(json, key, payload);
  if (!json.finish()) {
    if (batch) tell_fault({.code = "invalid_json"});
    return {.malformed = true, .fault = batch != nullptr};
  }
  payload.has_output_index ? void(last_output_index_ = payload.output_index)
                           : void(payload.output_index = last_output_index_);
  payload.type.empty() ? take_document(payload) : take_event(payload);
  // Of a delta alone: what ends a part tells its text only once.
  if (facts_ == FrameFacts{.content = true} && payload.type.ends_with(".delta")) {
    only_text_ = payload.delta;
    const bool ahead = payload.sequence_number.data() < payload.delta.data();
    if (ahead) only_number_ = payload.sequence_number;
  }
  return facts_;
}

void Decoder::take_document(Payload& payload) {
  Response& top = payload.top;
  const bool has_error = !top.error.empty() && top.error != "null" && top.error != "false" && top.error != "\"\"";
  if (has_error && !top.is_response) {
    FaultReport report;
    read_error(top.error, report);
    if (report.code.empty()) report.code = payload.flat.code;
    if (report.message.empty()) report.message = payload.flat.message;
    report.error_class = classify_error(0, report.code, report.type, report.message);
    return tell_fault(report);
  }
  if (!top.is_response && top.output.empty()) return tell(Extra{payload.text});
  if (top.status == "queued" || top.status == "in_progress") return begin(top);  // background: not a finish
  tell_end(top);
}

void Decoder::take_event(Payload& payload) {
  Bytes name = payload.type;
  if (name == "error") {
    FaultReport report;
    if (!payload.top.error.empty()) read_error(payload.top.error, report);
    if (report.code.empty()) report.code = payload.flat.code;
    if (report.message.empty()) report.message = payload.flat.message;
    report.error_class = classify_error(0, report.code, report.type, report.message);
    return tell_fault(report);
  }
  constexpr Bytes kPrefix = "response.";
  if (!name.starts_with(kPrefix)) {
    name == "keepalive" || name == "ping" ? tell(Ping{}) : tell(Extra{payload.text});
    return;
  }
  name.remove_prefix(kPrefix.size());
  if (name.ends_with(".delta")) return take_text_event(name, payload);
  if (name.starts_with("output_item.")) return take_item_event(name, payload);
  if (name.ends_with(".done")) return take_text_event(name, payload);
  if (name == "output_text.annotation.added") {
    tell_annotation(find_part(BlockKind::text, payload.output_index, payload.part), payload.annotation);
    return;
  }
  const bool last = name == "completed" || name == "incomplete" || name == "failed" || name == "cancelled";
  if (!last && name != "created" && name != "in_progress" && name != "queued") return;  // progress of hosted tools
  Response response;
  read_response(payload.response, response);
  if (!last) return begin(response);
  done_ = facts_.done = true;
  if (response.status.empty() || response.status == "in_progress" || response.status == "queued")
    response.status = name;
  tell_end(response);
}

/// Parts of texts and their ends.
void Decoder::take_text_event(Bytes name, const Payload& payload) {
  const bool whole = name.ends_with(".done");
  const Bytes text = whole ? payload.whole : payload.delta;
  name.remove_suffix(whole ? Bytes(".done").size() : Bytes(".delta").size());
  const std::uint32_t output_index = payload.output_index;
  if (name == "output_text") return tell_text(BlockKind::text, output_index, payload.part, text, whole);
  if (name == "function_call_arguments" || name == "custom_tool_call_input")
    return tell_arguments(output_index, text, whole);
  if (name == "reasoning_summary_text" || name == "reasoning_summary")
    return tell_reasoning(output_index, payload.part, text, whole);
  if (name == "reasoning_text" || name == "reasoning")
    return tell_reasoning(output_index, kContentPart + payload.part, text, whole);
  if (name == "refusal") return tell_text(BlockKind::refusal, output_index, payload.part, text, whole);
}

void Decoder::take_item_event(Bytes name, const Payload& payload) {
  Item item;
  read_item(payload.item, item);
  items_seen_ = true;
  if (name == "output_item.done") return tell_item(payload.output_index, payload.item, item);
  if (name != "output_item.added") return;
  // Servers that give every item the same index: what comes now belongs to the new one.
  for (Block& block : blocks_) {
    if (block.output_index != payload.output_index) continue;
    close(block);
    block.output_index = static_cast<std::uint32_t>(kMaxPosition + 1);
  }
  if (item.is_tool_call()) begin_tool_call(payload.output_index, item);
}

FrameFacts Decoder::tap(Bytes payload) { return walk(payload, nullptr); }

FrameFacts Decoder::decode(Bytes payload, EventBatch& batch) {
  const FrameFacts facts = walk(payload, &batch);
  batch.drain();
  batch_ = nullptr;
  return facts;
}

void Decoder::end(EventBatch& batch) {
  batch_ = &batch;
  if (!failed_ && !finished_) tell_fault({.fault = Fault::upstream_truncated});
  batch.drain();
  batch_ = nullptr;
}

void Decoder::reset() {
  usage_ = {};
  error_ = {};
  blocks_.clear();
  next_index_ = last_output_index_ = 0;
  text_length_ = 0;
  finish_reason_ = FinishReason::unspecified;
  begun_ = items_seen_ = tool_seen_ = finished_ = done_ = failed_ = false;
}

}  // namespace weir::dialect::openai_responses
