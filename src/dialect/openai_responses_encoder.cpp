#include "weir/dialect/openai_responses_encoder.h"

#include "append.h"
#include "escaped_text.h"
#include "openai_error.h"
#include "openai_responses_answer.h"

namespace weir::dialect::openai_responses {

namespace {

/// How the deltas of a kind are called, up to their number, and how they end.
struct DeltaForm {
  Bytes head;
  Bytes tail;
};

#define WEIR_FRAME(type) "event: " type "\ndata: {\"type\":\"" type "\",\"sequence_number\":"

constexpr DeltaForm form_of(BlockKind kind) {
  switch (kind) {
    case BlockKind::text:
      return {WEIR_FRAME("response.output_text.delta"), "\",\"logprobs\":[]}\n\n"};
    case BlockKind::refusal:
      return {WEIR_FRAME("response.refusal.delta"), "\"}\n\n"};
    case BlockKind::reasoning:
      return {WEIR_FRAME("response.reasoning_summary_text.delta"), "\"}\n\n"};
    case BlockKind::tool_call:
      return {WEIR_FRAME("response.function_call_arguments.delta"), "\"}\n\n"};
    case BlockKind::media:
      break;
  }
  return {};
}

#undef WEIR_FRAME

/// `,"item_id":…,"output_index":…` and where in the item.
void append_place(std::string& out, const OutputItem& item) {
  out += ',';
  append_text(out, "item_id", item.id);
  out += R"(,"output_index":)";
  append_number(out, item.output_index);
  if (item.kind == BlockKind::text || item.kind == BlockKind::refusal) out += R"(,"content_index":0)";
  if (item.kind == BlockKind::reasoning) out += R"(,"summary_index":0)";
}

}  // namespace

Encoder::Encoder(const AnswerContext& context) : context_(context) {}
Encoder::Encoder(Encoder&&) noexcept = default;
Encoder& Encoder::operator=(Encoder&&) noexcept = default;
Encoder::~Encoder() = default;

void Encoder::encode(std::span<const Event> events, std::string& out) {
  for (const Event& event : events) {
    if (failed_) return;
    std::visit([&](const auto& one) { take(one, out); }, event);
  }
}

/// False when the answer has become too large: then it has failed.
bool Encoder::keep(std::size_t bytes, std::string& out) {
  kept_ += bytes;
  if (kept_ <= kMostBytes) return true;
  take(FaultReport{.fault = Fault::answer_too_large}, out);
  return false;
}

void Encoder::open_frame(std::string& out, Bytes type) {
  out += "event: ";
  out += type;
  out += "\ndata: {\"type\":\"";
  out += type;
  out += "\",\"sequence_number\":";
  append_number(out, sequence_++);
}

/// An event that holds the response.
void Encoder::write_lifecycle(std::string& out, Bytes type, Bytes status, Bytes incomplete, Bytes error_code,
                              Bytes error_message) {
  ResponseWords words{id_, model_, created_, status, incomplete, error_code, error_message, nullptr, {}};
  const bool last = status != "in_progress";
  if (last && (usage_.reported || error_code.empty())) words.usage = &usage_;
  if (last && reason_ == FinishReason::other) words.native = native_;
  open_frame(out, type);
  out += R"(,"response":)";
  open_response(out, words);
  if (last) {
    bool first = true;
    for (const OutputItem& item : items_) {
      if (item.silent || !item.written) continue;
      if (!first) out += ',';
      first = false;
      if (!item.seal_id.empty()) {
        append_seal_item(out, item);
        out += ',';
      }
      append_item(out, item, false);
    }
  }
  close_response(out, words);
  out += "}\n\n";
}

void Encoder::begin(std::string& out) {
  if (begun_) return;
  begun_ = true;
  write_lifecycle(out, "response.created", "in_progress", {}, {}, {});
  write_lifecycle(out, "response.in_progress", "in_progress", {}, {}, {});
}

void Encoder::take(const Begin& begin_event, std::string& out) {
  id_ = response_id(context_, begin_event.id);
  model_ = begin_event.model.empty() ? context_.model : begin_event.model;
  created_ = begin_event.created != 0 ? begin_event.created : context_.now;
  begin(out);
}

void Encoder::take(const BlockBegin& begin_event, std::string& out) {
  if (begin_event.choice != 0) return;
  if (!keep(sizeof(OutputItem) + begin_event.signature.size() + begin_event.name.size() + begin_event.id.size(), out))
    return;
  flush(out);
  OutputItem& item = items_.emplace_back(make_item(context_, begin_event.kind, begin_event.id, begin_event.name,
                                                   begin_event.redacted, 2 * items_.size() + 1));
  if (item.silent) return;
  if (item.kind == BlockKind::tool_call) {
    set_seal(item, context_, begin_event.signature, 2 * items_.size());
    if (!item.seal_id.empty()) write_seal_item(item, out);
  }
  item.output_index = next_output_++;
  if (item.is_text()) {
    item.text_before = text_length_;
    last_text_ = items_.size() - 1;
  }
  append_place(item.place, item);
  item.place += R"(,"delta":")";
  write_added(item, out);
}

void Encoder::write_seal_item(const OutputItem& item, std::string& out) {
  for (const Bytes type : {Bytes("response.output_item.added"), Bytes("response.output_item.done")}) {
    open_frame(out, type);
    out += R"(,"output_index":)";
    append_number(out, next_output_);
    out += R"(,"item":)";
    append_seal_item(out, item);
    out += "}\n\n";
  }
  ++next_output_;
}

void Encoder::write_added(const OutputItem& item, std::string& out) {
  open_frame(out, "response.output_item.added");
  out += R"(,"output_index":)";
  append_number(out, item.output_index);
  out += R"(,"item":)";
  append_item(out, item, true);
  out += "}\n\n";
  if (item.kind != BlockKind::text && item.kind != BlockKind::refusal) return;
  open_frame(out, "response.content_part.added");
  append_place(out, item);
  out += R"(,"part":)";
  append_part(out, item, true);
  out += "}\n\n";
}

void Encoder::take(const BlockDelta& delta, std::string& out) {
  if (delta.choice != 0 || delta.index >= items_.size()) return;
  OutputItem& item = items_[delta.index];
  if (item.silent || !keep(delta.text.size(), out)) return;
  write_delta(item, delta.text, out);
}

void Encoder::write_delta(OutputItem& item, Bytes text, std::string& out) {
  if (item.kind == BlockKind::reasoning && item.text.empty()) {
    open_frame(out, "response.reasoning_summary_part.added");
    append_place(out, item);
    out += R"(,"part":{"type":"summary_text","text":""}})";
    out += "\n\n";
  }
  item.text += text;
  if (item.kind == BlockKind::media) return;  // told as a whole
  const DeltaForm form = form_of(item.kind);
  append_parts(out, form.head, Digits(sequence_++), item.place, text, form.tail);
}

void Encoder::take(const BlockEnd& end_event, std::string& out) {
  if (end_event.choice != 0 || end_event.index >= items_.size()) return;
  OutputItem& item = items_[end_event.index];
  item.open = false;
  if (item.silent || !keep(end_event.signature.size(), out)) return;
  flush(out);
  if (item.kind == BlockKind::reasoning) set_seal(item, context_, end_event.signature, 0);
  if (!item.is_text()) return write_done(item, out);
  ended_ = end_event.index;
}

/// The end of a text is held back until something follows: sources of it may still come.
void Encoder::flush(std::string& out) {
  if (ended_ == kNone) return;
  OutputItem& item = items_[ended_];
  ended_ = kNone;
  write_done(item, out);
}

void Encoder::write_done(OutputItem& item, std::string& out) {
  const auto end_text = [&](Bytes type, Bytes key) {
    open_frame(out, type);
    append_place(out, item);
    out += ',';
    append_text(out, key, item.text);
  };
  switch (item.kind) {
    case BlockKind::text:
      if (item.schema && item.text.empty()) write_delta(item, "{}", out);
      end_text("response.output_text.done", "text");
      out += ",\"logprobs\":[]}\n\n";
      text_length_ = item.text_before + count_characters(item.text);
      break;
    case BlockKind::refusal:
      end_text("response.refusal.done", "refusal");
      out += "}\n\n";
      break;
    case BlockKind::reasoning:
      if (item.text.empty()) break;
      end_text("response.reasoning_summary_text.done", "text");
      out += "}\n\n";
      open_frame(out, "response.reasoning_summary_part.done");
      append_place(out, item);
      out += R"(,"part":{"type":"summary_text",)";
      append_text(out, "text", item.text);
      out += "}}\n\n";
      break;
    case BlockKind::tool_call:
      if (item.text.empty()) write_delta(item, "{}", out);
      end_text("response.function_call_arguments.done", "arguments");
      out += ',';
      append_text(out, "name", item.name);
      out += "}\n\n";
      break;
    case BlockKind::media:
      break;
  }
  if (item.kind == BlockKind::text || item.kind == BlockKind::refusal) {
    open_frame(out, "response.content_part.done");
    append_place(out, item);
    out += R"(,"part":)";
    append_part(out, item, false);
    out += "}\n\n";
  }
  item.written = true;
  open_frame(out, "response.output_item.done");
  out += R"(,"output_index":)";
  append_number(out, item.output_index);
  out += R"(,"item":)";
  append_item(out, item, false);
  out += "}\n\n";
}

/// Belongs to the text that came last; without any there is nothing that it could stand at.
void Encoder::take(const Citation& citation, std::string& out) {
  if (citation.choice != 0 || citation.url.empty() || last_text_ == kNone) return;
  if (!keep(citation.url.size() + citation.title.size() + 128, out)) return;
  OutputItem& item = items_[last_text_];
  const std::size_t start = item.annotations.empty() ? 0 : item.annotations.size() + 1;
  add_annotation(item, citation.url, citation.title, citation.start, citation.end);
  open_frame(out, "response.output_text.annotation.added");
  append_place(out, item);
  out += R"(,"annotation_index":)";
  append_number(out, item.annotation_count - 1);
  out += R"(,"annotation":)";
  out += Bytes(item.annotations).substr(start);
  out += "}\n\n";
}

void Encoder::take(const Finish& finish, std::string& out) {
  if (finish.choice != 0) return;
  reason_ = finish.reason;
  if (reason_ == FinishReason::other) native_ = finish.native;
  flush(out);
}

/// As OpenAI does it: the error, and the response that it ended.
void Encoder::take(const FaultReport& fault, std::string& out) {
  failed_ = true;
  const openai::ErrorWords words = openai::words_of(fault.error_class);
  const Bytes message = fault.message.empty() ? Bytes(row(fault.fault).sentence) : fault.message;
  const Bytes code = words.code.empty() ? words.type : words.code;
  open_frame(out, "error");
  out += R"(,"error":{)";
  append_text(out, "type", words.type);
  out += ',';
  append_text(out, "code", code);
  out += ',';
  append_text(out, "message", message);
  out += ",\"param\":null}}\n\n";
  if (!begun_) {
    id_ = response_id(context_, {});
    model_ = context_.model;
    created_ = context_.now;
  }
  write_lifecycle(out, "response.failed", "failed", {}, code, message);
}

void Encoder::end(std::string& out) {
  if (failed_ || !begun_) return;
  flush(out);
  const Ending ending = ending_of(reason_);
  if (ending.status == "failed")
    return take(FaultReport{.message = "The provider ended its answer with an error."}, out);
  std::string type = "response.";
  type += ending.status;
  write_lifecycle(out, type, ending.status, ending.incomplete, {}, {});
  failed_ = true;  // nothing may follow
}

}  // namespace weir::dialect::openai_responses
