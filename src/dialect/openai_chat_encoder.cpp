#include "weir/dialect/openai_chat_encoder.h"

#include <variant>

#include "append.h"
#include "emulated_schema.h"
#include "openai_chat_answer.h"
#include "weir/dialect/openai_chat.h"

// A frame is `head_`, the choice's index, the delta and `tail_`: a text costs no more than copying these.

namespace weir::dialect::openai_chat {

namespace {

constexpr Bytes kTail = R"(},"logprobs":null,"finish_reason":null}]})"
                        "\n\n";
constexpr Bytes kTailWithUsage = R"(},"logprobs":null,"finish_reason":null}],"usage":null})"
                                 "\n\n";

}  // namespace

void Encoder::encode(std::span<const Event> events, std::string& out) {
  for (const Event& event : events) {
    if (failed_) return;
    if (const auto* delta = std::get_if<BlockDelta>(&event)) {  // nearly always
      encode(*delta, out);
    } else {
      std::visit([&](const auto& one) { take(one, out); }, event);
    }
  }
}

void Encoder::encode(const BlockDelta& delta, std::string& out) {
  if (failed_) return;
  if (delta.index == around_.index && delta.choice == around_.choice && !around_.before.empty()) [[likely]]
    return append_parts(out, around_.before, delta.text, around_.behind, tail_);
  take(delta, out);
}

void Encoder::take(const Begin& begin, std::string& out) {
  head_ = "data: {";
  append_head(head_, context_, "chat.completion.chunk", begin.id, begin.created, begin.model);
  head_ += R"(,"choices":[)";
  tail_ = context_.include_usage ? kTailWithUsage : kTail;
  choice(0, out);
}

Encoder::Choice& Encoder::choice(std::uint32_t index, std::string& out) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  Choice& choice = choices_[index];
  if (!choice.begun) {
    choice.begun = true;
    open(index, out);
    out += R"("role":"assistant","content":"")";
    close(out);
  }
  return choice;
}

void Encoder::open(std::uint32_t choice, std::string& out) {
  out += head_;
  out += R"({"index":)";
  append_number(out, choice);
  out += R"(,"delta":{)";
}

void Encoder::close(std::string& out) const { out += tail_; }

void Encoder::take(const BlockBegin& begin, std::string& out) {
  Choice& into = choice(begin.choice, out);
  Block& block = into.blocks.emplace_back();
  block.schema = is_schema_answer(context_, begin.kind, begin.name);
  block.kind = kind_told(context_, begin.kind, begin.name);
  block.redacted = begin.redacted;
  if (block.kind == BlockKind::media && !is_audio(begin.name)) {
    block.kept = begin.name;
    block.type_size = begin.name.size();
  }
  if (block.kind != BlockKind::tool_call) return;
  block.ordinal = into.tool_calls++;
  open(begin.choice, out);
  out += R"("tool_calls":[{"index":)";
  append_number(out, block.ordinal);
  out += ',';
  append_call_id(out, context_, begin.id, begin.choice, begin.index);
  out += R"(,"type":"function","function":{)";
  append_text(out, "name", begin.name);
  out += R"(,"arguments":""})";
  append_call_seal(out, context_, begin.signature);
  out += "}]";
  close(out);
}

void Encoder::take(const BlockDelta& delta, std::string& out) {
  Block& block = choices_[delta.choice].blocks[delta.index];
  block.empty = false;
  around_.before.clear();
  if (block.type_size != 0) {
    if (block.kept.size() + delta.text.size() <= kMostKept) block.kept += delta.text;
    return;
  }
  around_.choice = delta.choice;
  around_.index = delta.index;
  around_.behind = open_delta(delta.choice, block, around_.before);
  append_parts(out, around_.before, delta.text, around_.behind, tail_);
}

/// A delta's frame up to its text. Gives what stands behind the text, up to the tail.
Bytes Encoder::open_delta(std::uint32_t choice, const Block& block, std::string& out) {
  open(choice, out);
  switch (block.kind) {
    case BlockKind::text:
      out += R"("content":")";
      break;
    case BlockKind::reasoning:
      out += R"("reasoning_content":")";
      break;
    case BlockKind::refusal:
      out += R"("refusal":")";
      break;
    case BlockKind::tool_call:
      out += R"("tool_calls":[{"index":)";
      append_number(out, block.ordinal);
      out += R"(,"function":{"arguments":")";
      return "\"}}]";
    case BlockKind::media:
      out += R"("audio":{"data":")";
      return "\"}";
  }
  return "\"";
}

void Encoder::take(const BlockEnd& end, std::string& out) {
  Choice& from = choices_[end.choice];
  Block& block = from.blocks[end.index];
  if (block.empty && (block.schema || block.kind == BlockKind::tool_call))
    take(BlockDelta{end.choice, end.index, "{}"}, out);
  if (block.kind == BlockKind::reasoning && !end.signature.empty()) {
    open(end.choice, out);
    out += R"("reasoning_details":[)";
    append_reasoning_detail(out, context_, {}, end.signature, block.redacted, from.details++);
    out += ']';
    close(out);
  } else if (block.type_size != 0) {
    open(end.choice, out);
    out += R"("images":[)";
    const Bytes kept = block.kept;
    append_image(out, kept.substr(0, block.type_size), kept.substr(block.type_size), from.images++);
    out += ']';
    close(out);
  }
  block.kept = {};
}

void Encoder::take(const Citation& citation, std::string& out) {
  if (citation.url.empty()) return;
  choice(citation.choice, out);
  open(citation.choice, out);
  out += R"("annotations":[)";
  append_annotation(out, citation.url, citation.title, citation.start, citation.end);
  out += ']';
  close(out);
}

void Encoder::take(const UsageReport& report, std::string&) { usage_ = report.usage; }

void Encoder::take(const Finish& finish, std::string& out) {
  const Choice& from = choice(finish.choice, out);
  const FinishReason reason = finish_told(finish.reason, from.tool_calls > 0);
  if (reason == FinishReason::error) return take(FaultReport{}, out);
  const Bytes word = word_of(reason);
  open(finish.choice, out);
  out += R"(},"logprobs":null,"finish_reason":")";
  out += word;
  out += '"';
  append_side_fields(out, word, finish.native, finish.stop_sequence);
  out += context_.include_usage ? "}],\"usage\":null}\n\n" : "}]}\n\n";
}

void Encoder::take(const FaultReport& fault, std::string& out) {
  failed_ = true;
  const Bytes message = fault.message.empty() ? row(fault.fault).sentence : fault.message;
  write_error_event(out, fault.error_class, 0, message, {}, {});
}

void Encoder::end(std::string& out) {
  if (failed_) return;
  if (context_.include_usage && usage_.reported) {
    out += head_;
    out += R"(],"usage":)";
    append_usage(out, usage_);
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

}  // namespace weir::dialect::openai_chat
