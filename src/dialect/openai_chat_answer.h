// Private to the two writers of chat answers, the encoder and the document: the pieces that both are made of.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

#include "weir/dialect/encoder.h"

namespace weir::dialect::openai_chat {

inline void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

/// `"key":"text"`, the text escaped already.
inline void append_text(std::string& out, Bytes key, Bytes text) {
  out += '"';
  out += key;
  out += "\":\"";
  out += text;
  out += '"';
}

/// `"id":…,"object":…,"created":…,"model":…`
void append_head(std::string& out, const AnswerContext& context, Bytes object, Bytes id, std::int64_t created,
                 Bytes model);
/// OpenAI's word for a finish.
Bytes word_of(FinishReason reason);
/// `,"stop_reason":…` and `,"native_finish_reason":…` where there is something to tell.
void append_side_fields(std::string& out, Bytes word, Bytes native, Bytes stop_sequence);
/// The usage object.
void append_usage(std::string& out, const Usage& usage);
/// `"id":"…"` of a tool call, made when the provider gave none.
void append_call_id(std::string& out, const AnswerContext& context, Bytes id, std::uint32_t choice,
                    std::uint32_t block);
/// `,"extra_content":…` when a tool call carries a seal.
void append_call_seal(std::string& out, const AnswerContext& context, Bytes signature);
/// One element of `reasoning_details`.
void append_reasoning_detail(std::string& out, const AnswerContext& context, Bytes text, Bytes signature, bool redacted,
                             std::uint32_t ordinal);
/// One element of `images`: a data URL.
void append_image(std::string& out, Bytes type, Bytes data, std::uint32_t ordinal);
/// One element of `annotations`; only for citations with a url.
void append_annotation(std::string& out, Bytes url, Bytes title, std::int64_t start, std::int64_t end);
/// Media without a type are OpenAI's audio.
inline bool is_audio(Bytes type) { return type.empty() || type.starts_with("audio"); }

}  // namespace weir::dialect::openai_chat
