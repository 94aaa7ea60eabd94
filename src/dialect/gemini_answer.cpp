#include "gemini_answer.h"

#include <algorithm>
#include <charconv>

#include "json_members.h"
#include "weir/dialect/gemini.h"

namespace weir::dialect::gemini {

namespace {

/// Models indent their arguments. In valid JSON a raw line end stands between tokens only, where nobody needs it; in a
/// frame it would end the line of its data.
void break_no_line(std::string& json, std::size_t start) {
  const auto first = json.begin() + static_cast<std::ptrdiff_t>(start);
  json.erase(std::remove_if(first, json.end(), [](char c) { return c == '\n' || c == '\r'; }), json.end());
}

/// `,"thoughtSignature":"…"`; nothing where there is none.
void append_seal_member(std::string& out, Vendor vendor, Bytes data) {
  if (data.empty()) return;
  out += R"(,"thoughtSignature":")";
  append_seal(out, {vendor, data}, Vendor::gemini);
  out += '"';
}

}  // namespace

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

Bytes word_of(FinishReason told, bool refused, Bytes native, const AnswerContext& context) {
  if (context.provider == Dialect::gemini && !native.empty()) return native;
  switch (told) {
    case FinishReason::length:
      return "MAX_TOKENS";
    case FinishReason::content_filter:
      return "SAFETY";
    case FinishReason::error:
    case FinishReason::other:
      return "OTHER";
    case FinishReason::stop:
    case FinishReason::tool_calls:
    case FinishReason::unspecified:
      break;
  }
  return refused && told != FinishReason::tool_calls ? "SAFETY" : "STOP";
}

void append_finish_message(std::string& out, FinishReason reason, Bytes native, const AnswerContext& context) {
  if (reason != FinishReason::other || native.empty() || context.provider == Dialect::gemini) return;
  out += R"(,"finishMessage":")";
  out += native;
  out += '"';
}

void append_call(std::string& out, const AnswerContext& context, Bytes id, Bytes name, Bytes arguments,
                 Bytes signature) {
  out += R"("functionCall":{)";
  if (!id.empty()) {
    out += R"("id":")";
    out += id;
    out += "\",";
  }
  out += R"("name":")";
  out += name;
  out += R"(","args":)";
  const std::size_t start = out.size();
  codec::decode_json_string(
      arguments,
      [](void* receiver, Bytes part) {
        *static_cast<std::string*>(receiver) += part;
        return true;
      },
      &out);
  if (Bytes(out).find_first_not_of(" \t\r\n", start) == Bytes::npos) {
    out.resize(start);
    out += "{}";
  } else {
    codec::JsonReader json(Bytes(out).substr(start));
    if (json.peek() != codec::JsonType::object || !json.skip_value() || !json.finish()) {
      out.resize(start);
      out += R"({"unparsed_arguments":")";
      out += arguments;
      out += "\"}";
    } else {
      break_no_line(out, start);
    }
  }
  out += '}';
  // Chat completions carry no other seals than Google's own (extra_content).
  const Vendor vendor = context.vendor();
  append_seal_member(out, vendor == Vendor::none ? Vendor::gemini : vendor, signature);
}

void append_media(std::string& out, Bytes type, Bytes data) {
  out += R"("inlineData":{"mimeType":")";
  out += type.empty() ? Bytes("application/octet-stream") : type;
  out += R"(","data":")";
  out += data;
  out += "\"}";
}

void append_signature(std::string& out, const AnswerContext& context, bool redacted, Bytes signature) {
  const Vendor vendor = context.vendor();
  if (vendor == Vendor::none) return;
  append_seal_member(out, vendor == Vendor::anthropic && redacted ? Vendor::anthropic_redacted : vendor, signature);
}

void append_source(std::string& out, Bytes url, Bytes title, Bytes quoted) {
  const auto text = [&](Bytes key, Bytes value) {
    if (value.empty()) return;
    if (!out.ends_with('{')) out += ',';
    out += '"';
    out += key;
    out += "\":\"";
    out += value;
    out += '"';
  };
  if (!out.empty()) out += ',';
  out += quoted.empty() ? R"({"web":{)" : R"({"retrievedContext":{)";
  text("uri", url);
  text("title", title);
  text("text", quoted);
  out += "}}";
}

void append_support(std::string& out, std::uint32_t source, std::int64_t start, std::int64_t end) {
  if (!out.empty()) out += ',';
  out += R"({"segment":{"startIndex":)";
  append_number(out, static_cast<std::uint64_t>(start));
  out += R"(,"endIndex":)";
  append_number(out, static_cast<std::uint64_t>(end));
  out += R"(},"groundingChunkIndices":[)";
  append_number(out, source);
  out += "]}";
}

void append_grounding(std::string& out, Bytes sources, Bytes supports) {
  if (sources.empty()) return;
  out += R"(,"groundingMetadata":{"groundingChunks":[)";
  out += sources;
  out += ']';
  if (!supports.empty()) {
    out += R"(,"groundingSupports":[)";
    out += supports;
    out += ']';
  }
  out += '}';
}

namespace {

/// `,"key":[{"modality":"TEXT","tokenCount":…},{"modality":"AUDIO","tokenCount":…}]`
void append_modalities(std::string& out, Bytes key, std::uint64_t text, std::uint64_t audio) {
  if (audio == 0) return;
  out += ",\"";
  out += key;
  out += R"(":[{"modality":"TEXT","tokenCount":)";
  append_number(out, text);
  out += R"(},{"modality":"AUDIO","tokenCount":)";
  append_number(out, audio);
  out += "}]";
}

}  // namespace

void append_usage(std::string& out, const Usage& usage) {
  if (!usage.reported) return;
  const auto count = [&](Bytes key, std::uint64_t number) {
    if (!out.ends_with('{')) out += ',';
    out += '"';
    out += key;
    out += "\":";
    append_number(out, number);
  };
  out += R"(,"usageMetadata":{)";
  count("promptTokenCount", usage.input_total());
  count("candidatesTokenCount", usage.output + usage.audio_output);
  count("totalTokenCount", usage.input_total() + usage.output_total());
  if (usage.cache_read > 0) count("cachedContentTokenCount", usage.cache_read);
  if (usage.reasoning > 0) count("thoughtsTokenCount", usage.reasoning);
  append_modalities(out, "promptTokensDetails", usage.input_total() - usage.audio_input, usage.audio_input);
  append_modalities(out, "candidatesTokensDetails", usage.output, usage.audio_output);
  out += '}';
}

void append_model_and_id(std::string& out, const AnswerContext& context, Bytes model, Bytes id) {
  out += R"(,"modelVersion":")";
  out += model.empty() ? context.model : model;
  out += R"(","responseId":")";
  if (id.empty()) {
    append_id(out, {}, context.seed);
  } else {
    out += id;
  }
  out += '"';
}

}  // namespace weir::dialect::gemini
