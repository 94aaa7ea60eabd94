#include "weir/dialect/gemini_encoder.h"

#include <algorithm>
#include <variant>

#include "append.h"
#include "emulated_schema.h"
#include "gemini_answer.h"
#include "weir/dialect/gemini.h"

// A frame with a text is a constant, the text, a constant, the candidate's index and `tail_`.

namespace weir::dialect::gemini {

void Encoder::encode(std::span<const Event> events, std::string& out) {
  for (const Event& event : events) {
    if (failed_) return;
    if (const auto* delta = std::get_if<BlockDelta>(&event)) {  // nearly always
      take(*delta, out);
    } else {
      std::visit([&](const auto& one) { take(one, out); }, event);
    }
  }
}

void Encoder::open_frame(std::string& out) {
  if (!context_.array) {
    out += "data: ";
  } else {
    out += first_ ? "[" : ",\r\n";
  }
  first_ = false;
}

void Encoder::close_frame(std::string& out) const {
  out += tail_;
  if (!context_.array) out += "\r\n\r\n";
}

void Encoder::open_part(std::string& out) {
  open_frame(out);
  out += R"({"candidates":[{"content":{"parts":[{)";
}

void Encoder::close_part(std::uint32_t choice, std::string& out) const {
  out += R"(}],"role":"model"},"index":)";
  append_number(out, choice);
  out += "}]";
  close_frame(out);
}

void Encoder::write_text(std::uint32_t choice, bool thought, Bytes text, std::string& out) {
  if (behind_.empty() || behind_choice_ != choice || behind_thought_ != thought) {
    behind_ = thought ? R"(","thought":true)" : "\"";
    close_part(choice, behind_);
    behind_choice_ = choice;
    behind_thought_ = thought;
  }
  constexpr Bytes kPart = R"({"candidates":[{"content":{"parts":[{"text":")";
  const Bytes opening = !context_.array ? "data: " : first_ ? "[" : ",\r\n";
  first_ = false;
  append_parts(out, opening, kPart, text, behind_);
}

Encoder::Choice& Encoder::choice(std::uint32_t index) {
  if (choices_.size() <= index) choices_.resize(index + 1);
  return choices_[index];
}

void Encoder::take(const Begin& begin, std::string&) {
  begun_ = true;
  behind_.clear();
  append_model_and_id(tail_, context_, begin.model, begin.id);
  tail_ += '}';
}

void Encoder::take(const BlockBegin& begin, std::string&) {
  Choice& into = choice(begin.choice);
  Block& block = into.blocks.emplace_back();
  block.schema = is_schema_answer(context_, begin.kind, begin.name);
  block.kind = kind_told(context_, begin.kind, begin.name);
  block.redacted = begin.redacted;
  into.calls |= block.kind == BlockKind::tool_call;
  into.refused |= block.kind == BlockKind::refusal;
  if (block.kind != BlockKind::tool_call && block.kind != BlockKind::media) return;
  block.id = begin.id;
  block.name = begin.name;
  block.signature = begin.signature;
}

void Encoder::take(const BlockDelta& delta, std::string& out) {
  Choice& from = choices_[delta.choice];
  Block& block = from.blocks[delta.index];
  block.empty = false;
  switch (block.kind) {
    case BlockKind::text:
    case BlockKind::refusal:
      from.ascii = from.ascii && is_ascii(delta.text);
      return write_text(delta.choice, false, delta.text, out);
    case BlockKind::reasoning:
      return write_text(delta.choice, true, delta.text, out);
    case BlockKind::tool_call:
    case BlockKind::media:
      if (delta.text.size() > kMostKept - kept_)
        return write_error(ErrorClass::server, row(Fault::answer_too_large).sentence, out);
      kept_ += delta.text.size();
      block.kept += delta.text;
      return;
  }
}

void Encoder::take(const BlockEnd& end, std::string& out) {
  Block& block = choices_[end.choice].blocks[end.index];
  switch (block.kind) {
    case BlockKind::text:
      if (block.schema && block.empty) write_text(end.choice, false, "{}", out);
      break;
    case BlockKind::refusal:
      break;
    case BlockKind::reasoning:
      if (end.signature.empty()) break;
      open_part(out);
      out += block.empty ? R"("text":"")" : R"("text":"","thought":true)";
      append_signature(out, context_, block.redacted, end.signature);
      close_part(end.choice, out);
      break;
    case BlockKind::tool_call:
      open_part(out);
      append_call(out, context_, block.id, block.name, block.kept, block.signature);
      close_part(end.choice, out);
      break;
    case BlockKind::media:
      open_part(out);
      append_media(out, block.name, block.kept);
      close_part(end.choice, out);
      break;
  }
  kept_ -= block.kept.size();
  block.kept = {};
}

void Encoder::take(const Citation& citation, std::string&) {
  Choice& into = choice(citation.choice);
  if (into.sources.size() + into.supports.size() > kMostSources) return;
  append_source(into.sources, citation.url, citation.title, citation.quoted);
  if (into.ascii && citation.start >= 0 && citation.end > citation.start)
    append_support(into.supports, into.source_count, citation.start, citation.end);
  ++into.source_count;
}

void Encoder::take(const UsageReport& report, std::string&) { usage_ = report.usage; }

void Encoder::take(const Finish& finish, std::string& out) {
  if (finish.reason == FinishReason::error)
    return write_error(ErrorClass::server, row(Fault::upstream_stream_error).sentence, out);
  Choice& into = choice(finish.choice);
  into.finished = true;
  into.reason = finish.reason;
  into.native = finish.native;
}

void Encoder::take(const FaultReport& fault, std::string& out) {
  write_error(fault.error_class, fault.message.empty() ? row(fault.fault).sentence : fault.message, out);
}

void Encoder::write_error(ErrorClass error_class, Bytes message, std::string& out) {
  failed_ = true;
  if (!context_.array) return write_error_event(out, error_class, 0, message, {}, {});
  open_frame(out);
  write_error_body(out, error_class, 0, message, {}, {});
  out += "]";
}

/// How every candidate finished. Clients' SDKs take a content without parts for a broken one, so there is an empty text
/// in it, as in Google's own last frames.
void Encoder::write_last(std::string& out) {
  open_frame(out);
  out += R"({"candidates":[)";
  bool separate = false;
  for (std::uint32_t index = 0; index < choices_.size(); ++index) {
    const Choice& from = choices_[index];
    if (!from.finished) continue;
    if (separate) out += ',';
    separate = true;
    out += R"({"content":{"parts":[{"text":""}],"role":"model"},"finishReason":")";
    out += word_of(finish_told(from.reason, from.calls), from.refused, from.native, context_);
    out += R"(","index":)";
    append_number(out, index);
    append_finish_message(out, from.reason, from.native, context_);
    append_grounding(out, from.sources, from.supports);
    out += '}';
  }
  out += ']';
  append_usage(out, usage_);
  close_frame(out);
}

void Encoder::end(std::string& out) {
  if (failed_) return;
  if (begun_) write_last(out);
  if (context_.array) out += first_ ? "[]" : "\r\n]";
}

}  // namespace weir::dialect::gemini
