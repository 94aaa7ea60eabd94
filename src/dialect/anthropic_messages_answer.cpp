#include "anthropic_messages_answer.h"

#include <charconv>

namespace weir::dialect::anthropic_messages {

namespace {

/// Empty for an answer that broke off: no word tells that.
Bytes stop_word(const AnswerContext& context, const Stop& stop) {
  switch (finish_told(stop.reason, stop.has_tools)) {
    case FinishReason::length:
      return stop.native == "model_context_window_exceeded" ? stop.native : "max_tokens";
    case FinishReason::tool_calls:
      return "tool_use";
    case FinishReason::content_filter:
      return "refusal";
    case FinishReason::error:
      return {};
    case FinishReason::stop:
    case FinishReason::other:
    case FinishReason::unspecified:
      break;
  }
  if (stop.refused) return "refusal";
  if (!stop.stop_sequence.empty() || stop.native == "stop_sequence") return "stop_sequence";
  const bool same_words = context.provider == Dialect::anthropic_messages;
  if (same_words && (stop.native == "pause_turn" || stop.reason == FinishReason::other)) return stop.native;
  return "end_turn";
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

void append_member(std::string& out, Bytes name, Bytes escaped) {
  out += '"';
  out += name;
  out += R"(":")";
  out += escaped;
  out += '"';
}

void append_member_or_null(std::string& out, Bytes name, Bytes escaped) {
  if (!escaped.empty()) return append_member(out, name, escaped);
  out += '"';
  out += name;
  out += R"(":null)";
}

void append_message_head(std::string& out, const AnswerContext& context, Bytes id, Bytes model) {
  out += R"("id":")";
  if (id.empty()) {
    append_id(out, "msg_", context.seed);
  } else {
    out += id;
  }
  out += R"(","type":"message","role":"assistant",)";
  append_member(out, "model", model.empty() ? context.model : model);
}

void append_usage(std::string& out, const Usage& usage) {
  out += R"({"input_tokens":)";
  append_number(out, usage.input + usage.audio_input);
  out += R"(,"cache_creation_input_tokens":)";
  append_number(out, usage.cache_write);
  out += R"(,"cache_read_input_tokens":)";
  append_number(out, usage.cache_read);
  out += R"(,"cache_creation":null,"output_tokens":)";
  append_number(out, usage.output_total());
  if (usage.reasoning > 0) {
    out += R"(,"output_tokens_details":{"thinking_tokens":)";
    append_number(out, usage.reasoning);
    out += '}';
  }
  out += R"(,"server_tool_use":null,"service_tier":null,"inference_geo":null})";
}

void append_stop(std::string& out, const AnswerContext& context, const Stop& stop) {
  const Bytes word = stop_word(context, stop);
  append_member_or_null(out, "stop_reason", word);
  out += ',';
  append_member_or_null(out, "stop_sequence", stop.stop_sequence);
  out += word == "refusal" ? R"(,"stop_details":{"type":"refusal","category":null,"explanation":null})"
                           : R"(,"stop_details":null)";
  out += R"(,"container":null)";
  const bool says_less = stop.reason == FinishReason::other || stop.reason == FinishReason::content_filter;
  if (says_less && !stop.native.empty() && stop.native != word) {
    out += ',';
    append_member(out, "native_finish_reason", stop.native);
  }
}

void append_citation(std::string& out, Bytes url, Bytes title, Bytes quoted) {
  out += '{';
  if (url.empty()) {
    append_member(out, "type", "char_location");
    out += R"(,"document_index":0,"start_char_index":0,"end_char_index":0,"file_id":null,)";
    append_member_or_null(out, "document_title", title);
  } else {
    append_member(out, "type", "web_search_result_location");
    out += R"(,"encrypted_index":"",)";
    append_member(out, "url", url);
    out += ',';
    append_member_or_null(out, "title", title);
  }
  out += ',';
  append_member(out, "cited_text", quoted);
  out += '}';
}

void append_redacted(std::string& out, const AnswerContext& context, Bytes data) {
  const Vendor vendor = context.vendor() == Vendor::anthropic ? Vendor::anthropic_redacted : context.vendor();
  out += R"("data":")";
  append_seal(out, {vendor, data}, Vendor::anthropic_redacted);
  out += '"';
}

void append_call_id(std::string& out, const AnswerContext& context, Bytes id, std::uint32_t number) {
  if (id.empty()) return append_id(out, "toolu_", context.seed, number + 1);
  out += id;
}

}  // namespace weir::dialect::anthropic_messages
