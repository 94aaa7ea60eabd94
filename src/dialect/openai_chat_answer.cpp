#include "openai_chat_answer.h"

#include <algorithm>

namespace weir::dialect::openai_chat {

void append_head(std::string& out, const AnswerContext& context, Bytes object, Bytes id, std::int64_t created,
                 Bytes model) {
  out += R"("id":")";
  id.empty() ? append_id(out, "chatcmpl-", context.seed) : void(out += id);
  out += R"(","object":")";
  out += object;
  out += R"(","created":)";
  append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(created > 0 ? created : context.now, 0)));
  out += ',';
  append_text(out, "model", model.empty() ? context.model : model);
}

Bytes word_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::stop:
    case FinishReason::error:  // told as an error
    case FinishReason::other:
    case FinishReason::unspecified:
      break;
  }
  return "stop";
}

void append_side_fields(std::string& out, Bytes word, Bytes native, Bytes stop_sequence) {
  if (!stop_sequence.empty()) {
    out += ',';
    append_text(out, "stop_reason", stop_sequence);
  }
  if (!native.empty() && native != word) {
    out += ',';
    append_text(out, "native_finish_reason", native);
  }
}

void append_usage(std::string& out, const Usage& usage) {
  const auto count = [&out](Bytes before, std::uint64_t number) {
    out += before;
    append_number(out, number);
  };
  count(R"({"prompt_tokens":)", usage.input_total());
  count(R"(,"completion_tokens":)", usage.output_total());
  count(R"(,"total_tokens":)", usage.input_total() + usage.output_total());
  count(R"(,"prompt_tokens_details":{"cached_tokens":)", usage.cache_read);
  if (usage.cache_write) count(R"(,"cache_write_tokens":)", usage.cache_write);
  count(R"(,"audio_tokens":)", usage.audio_input);
  count(R"(},"completion_tokens_details":{"reasoning_tokens":)", usage.reasoning);
  count(R"(,"audio_tokens":)", usage.audio_output);
  out += "}}";
}

void append_call_id(std::string& out, const AnswerContext& context, Bytes id, std::uint32_t choice,
                    std::uint32_t block) {
  out += R"("id":")";
  id.empty() ? append_id(out, "call_", context.seed, (std::uint64_t{choice} << 32) + block + 1) : void(out += id);
  out += '"';
}

void append_call_seal(std::string& out, const AnswerContext& context, Bytes signature) {
  if (signature.empty()) return;
  out += R"(,"extra_content":{"google":{"thought_signature":")";
  append_seal(out, {context.vendor(), signature}, Vendor::gemini);
  out += R"("}})";
}

void append_reasoning_detail(std::string& out, const AnswerContext& context, Bytes text, Bytes signature, bool redacted,
                             std::uint32_t ordinal) {
  Seal seal{context.vendor(), signature};
  if (redacted && seal.vendor == Vendor::anthropic) seal.vendor = Vendor::anthropic_redacted;
  out += redacted ? R"({"type":"reasoning.encrypted","data":")" : R"({"type":"reasoning.text","signature":")";
  append_seal(out, seal, Vendor::none);
  out += '"';
  if (!redacted) {
    out += ',';
    append_text(out, "text", text);
  }
  out += R"(,"index":)";
  append_number(out, ordinal);
  out += '}';
}

void append_image(std::string& out, Bytes type, Bytes data, std::uint32_t ordinal) {
  out += R"({"type":"image_url","image_url":{"url":"data:)";
  out += type;
  out += ";base64,";
  out += data;
  out += R"("},"index":)";
  append_number(out, ordinal);
  out += '}';
}

void append_annotation(std::string& out, Bytes url, Bytes title, std::int64_t start, std::int64_t end) {
  out += R"({"type":"url_citation","url_citation":{)";
  append_text(out, "url", url);
  out += ',';
  append_text(out, "title", title);
  out += R"(,"start_index":)";
  append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(start, 0)));
  out += R"(,"end_index":)";
  append_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(end, 0)));
  out += "}}";
}

}  // namespace weir::dialect::openai_chat
