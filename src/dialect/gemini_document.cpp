#include "emulated_schema.h"
#include "gemini_answer.h"
#include "weir/dialect/gemini_encoder.h"

// A whole GenerateContentResponse: every block is a part.

namespace weir::dialect::gemini {

namespace {

/// False when the block has nothing to say and is left out.
bool append_part(std::string& out, const Answer::Block& block, BlockKind kind, const AnswerContext& context) {
  switch (kind) {
    case BlockKind::text:
    case BlockKind::refusal:
      if (block.text.empty() && block.kind != BlockKind::tool_call) return false;
      out += R"("text":")";
      out += block.text.empty() ? Bytes("{}") : Bytes(block.text);
      out += '"';
      return true;
    case BlockKind::reasoning:
      if (block.text.empty() && block.signature.empty()) return false;
      out += R"("text":")";
      out += block.text;
      out += block.text.empty() ? "\"" : R"(","thought":true)";
      append_signature(out, context, block.redacted, block.signature);
      return true;
    case BlockKind::tool_call:
      append_call(out, context, block.id, block.name, block.text, block.signature);
      return true;
    case BlockKind::media:
      append_media(out, block.name, block.text);
      return true;
  }
  return false;
}

void append_candidate(std::string& out, const Answer::Choice& choice, std::uint32_t index,
                      const AnswerContext& context) {
  std::string parts;
  bool ascii = true;
  bool calls = false;
  bool refused = false;
  for (const Answer::Block& block : choice.blocks) {
    const BlockKind kind = kind_told(context, block.kind, block.name);
    const std::size_t before = parts.size();
    parts += before == 0 ? "{" : ",{";
    if (append_part(parts, block, kind, context)) {
      parts += '}';
    } else {
      parts.resize(before);
    }
    calls |= kind == BlockKind::tool_call;
    refused |= kind == BlockKind::refusal;
    if (kind == BlockKind::text || kind == BlockKind::refusal) ascii = ascii && is_ascii(block.text);
  }
  out += R"({"content":{)";
  if (!parts.empty()) {
    out += R"("parts":[)";
    out += parts;
    out += "],";
  }
  out += R"("role":"model"},"finishReason":")";
  out += word_of(finish_told(choice.reason, calls), refused, choice.native, context);
  out += R"(","index":)";
  append_number(out, index);
  append_finish_message(out, choice.reason, choice.native, context);
  std::string sources;
  std::string supports;
  std::uint32_t number = 0;
  for (const Answer::Source& source : choice.sources) {
    append_source(sources, source.url, source.title, source.quoted);
    if (ascii && source.start >= 0 && source.end > source.start)
      append_support(supports, number, source.start, source.end);
    ++number;
  }
  append_grounding(out, sources, supports);
  out += '}';
}

}  // namespace

void write_document(const Answer& answer, const AnswerContext& context, std::string& out) {
  out += R"({"candidates":[)";
  for (std::uint32_t i = 0; i < answer.choices.size(); ++i) {
    if (i > 0) out += ',';
    append_candidate(out, answer.choices[i], i, context);
  }
  out += ']';
  append_usage(out, answer.usage);
  append_model_and_id(out, context, answer.model, answer.id);
  out += '}';
}

}  // namespace weir::dialect::gemini
