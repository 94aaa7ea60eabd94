#include "openai_responses_answer.h"

#include <algorithm>
#include <charconv>

#include "emulated_schema.h"

namespace weir::dialect::openai_responses {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

void append_text(std::string& out, Bytes key, Bytes text) {
  out += '"';
  out += key;
  out += "\":\"";
  out += text;
  out += '"';
}

OutputItem make_item(const AnswerContext& context, BlockKind kind, Bytes id, Bytes name, bool redacted,
                     std::uint64_t number) {
  OutputItem item;
  item.kind = kind;
  item.redacted = redacted;
  item.schema = is_schema_answer(context, kind, name);
  if (item.schema) item.kind = BlockKind::text;
  switch (item.kind) {
    case BlockKind::text:
    case BlockKind::refusal:
      append_id(item.id, "msg_", context.seed, number);
      break;
    case BlockKind::reasoning:
      append_id(item.id, "rs_", context.seed, number);
      break;
    case BlockKind::tool_call:
      append_id(item.id, "fc_", context.seed, number);
      item.name = name;
      item.call_id = id;
      if (id.empty()) append_id(item.call_id, "call_", context.seed, number);
      break;
    case BlockKind::media:
      item.silent = !name.starts_with("image/");
      item.name = name;
      append_id(item.id, "ig_", context.seed, number);
      break;
  }
  return item;
}

void set_seal(OutputItem& item, const AnswerContext& context, Bytes signature, std::uint64_t number) {
  if (signature.empty()) return;
  Seal seal{context.vendor(), signature};
  if (item.redacted && seal.vendor == Vendor::anthropic) seal.vendor = Vendor::anthropic_redacted;
  append_seal(item.seal, seal, Vendor::openai);
  if (item.kind == BlockKind::tool_call) append_id(item.seal_id, "rs_", context.seed, number);
}

void add_annotation(OutputItem& item, Bytes url, Bytes title, std::int64_t start, std::int64_t end) {
  const auto place = [&](std::int64_t at) {
    const auto before = static_cast<std::int64_t>(item.text_before);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(at - before, 0));
  };
  std::string& out = item.annotations;
  if (!out.empty()) out += ',';
  out += R"({"type":"url_citation",)";
  append_text(out, "url", url);
  out += ',';
  append_text(out, "title", title);
  out += R"(,"start_index":)";
  append_number(out, place(start));
  out += R"(,"end_index":)";
  append_number(out, place(end));
  out += '}';
  ++item.annotation_count;
}

void append_part(std::string& out, const OutputItem& item, bool empty) {
  const Bytes text = empty ? Bytes() : Bytes(item.text);
  if (item.kind == BlockKind::refusal) {
    out += R"({"type":"refusal",)";
    append_text(out, "refusal", text);
  } else {
    out += R"({"type":"output_text",)";
    append_text(out, "text", text);
    out += R"(,"annotations":[)";
    if (!empty) out += item.annotations;
    out += R"(],"logprobs":[])";
  }
  out += '}';
}

void append_item(std::string& out, const OutputItem& item, bool empty) {
  out += '{';
  append_text(out, "id", item.id);
  const Bytes status = empty ? R"(,"status":"in_progress")" : R"(,"status":"completed")";
  switch (item.kind) {
    case BlockKind::text:
    case BlockKind::refusal:
      out += R"(,"type":"message")";
      out += status;
      out += R"(,"role":"assistant","content":[)";
      if (!empty) append_part(out, item, false);
      out += ']';
      break;
    case BlockKind::reasoning:
      out += R"(,"type":"reasoning","summary":[)";
      if (!empty && !item.text.empty()) {
        out += R"({"type":"summary_text",)";
        append_text(out, "text", item.text);
        out += '}';
      }
      out += ']';
      if (!empty && !item.seal.empty()) {
        out += ',';
        append_text(out, "encrypted_content", item.seal);
      }
      break;
    case BlockKind::tool_call:
      out += R"(,"type":"function_call")";
      out += status;
      out += ',';
      append_text(out, "arguments", empty ? Bytes() : Bytes(item.text));
      out += ',';
      append_text(out, "call_id", item.call_id);
      out += ',';
      append_text(out, "name", item.name);
      break;
    case BlockKind::media:
      out += R"(,"type":"image_generation_call")";
      out += status;
      if (empty) {
        out += R"(,"result":null)";
      } else {
        out += ',';
        append_text(out, "output_format", Bytes(item.name).substr(Bytes("image/").size()));
        out += ',';
        append_text(out, "result", item.text);
      }
      break;
  }
  out += '}';
}

void append_seal_item(std::string& out, const OutputItem& item) {
  out += '{';
  append_text(out, "id", item.seal_id);
  out += R"(,"type":"reasoning","summary":[],)";
  append_text(out, "encrypted_content", item.seal);
  out += '}';
}

void open_response(std::string& out, const ResponseWords& words) {
  out += '{';
  append_text(out, "id", words.id);
  out += R"(,"object":"response","created_at":)";
  append_number(out, static_cast<std::uint64_t>(words.created));
  out += ',';
  append_text(out, "status", words.status);
  out += R"(,"background":false,"error":)";
  if (words.error_code.empty()) {
    out += "null";
  } else {
    out += '{';
    append_text(out, "code", words.error_code);
    out += ',';
    append_text(out, "message", words.error_message);
    out += '}';
  }
  out += R"(,"incomplete_details":)";
  if (words.incomplete.empty()) {
    out += "null";
  } else {
    out += '{';
    append_text(out, "reason", words.incomplete);
    out += '}';
  }
  out += R"(,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,)";
  append_text(out, "model", words.model);
  out += R"(,"output":[)";
}

void close_response(std::string& out, const ResponseWords& words) {
  out += R"(],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},)"
         R"("service_tier":"default","store":false,"temperature":null,"text":{"format":{"type":"text"}},)"
         R"("tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":null,"truncation":"disabled","usage":)";
  if (words.usage) {
    const Usage& usage = *words.usage;
    out += R"({"input_tokens":)";
    append_number(out, usage.input_total());
    out += R"(,"input_tokens_details":{"cached_tokens":)";
    append_number(out, usage.cache_read);
    out += R"(,"cache_write_tokens":)";
    append_number(out, usage.cache_write);
    out += R"(},"output_tokens":)";
    append_number(out, usage.output_total());
    out += R"(,"output_tokens_details":{"reasoning_tokens":)";
    append_number(out, usage.reasoning);
    out += R"(},"total_tokens":)";
    append_number(out, usage.input_total() + usage.output_total());
    out += '}';
  } else {
    out += "null";
  }
  if (!words.native.empty()) {
    out += ',';
    append_text(out, "native_finish_reason", words.native);
  }
  out += R"(,"user":null,"metadata":{}})";
}

std::string response_id(const AnswerContext& context, Bytes id) {
  constexpr Bytes kPrefix = "resp_";
  std::string all;
  if (id.empty()) {
    append_id(all, kPrefix, context.seed);
    return all;
  }
  if (!id.starts_with(kPrefix) && context.provider != Dialect::openai_responses) all = kPrefix;
  all += id;
  return all;
}

Ending ending_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::length:
      return {"incomplete", "max_output_tokens"};
    case FinishReason::content_filter:
      return {"incomplete", "content_filter"};
    case FinishReason::error:
      return {"failed", {}};
    case FinishReason::stop:
    case FinishReason::tool_calls:
    case FinishReason::other:
    case FinishReason::unspecified:
      break;
  }
  return {"completed", {}};
}

}  // namespace weir::dialect::openai_responses
