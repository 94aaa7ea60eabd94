#include "emulated_schema.h"
#include "openai_chat_answer.h"
#include "weir/dialect/openai_chat_encoder.h"

// A whole chat completion. Blocks of a kind are joined: the dialect has one text, one refusal, one list of calls.

namespace weir::dialect::openai_chat {

namespace {

class ChoiceWriter {
 public:
  ChoiceWriter(std::string& out, const AnswerContext& context, const Answer::Choice& choice, std::uint32_t index)
      : out_(out), context_(context), choice_(choice), index_(index) {}

  void write() {
    out_ += R"({"index":)";
    append_number(out_, index_);
    out_ += R"(,"message":{"role":"assistant","content":)";
    text_or_null(BlockKind::text);
    out_ += R"(,"refusal":)";
    text_or_null(BlockKind::refusal);
    if (has(BlockKind::reasoning)) {
      out_ += R"(,"reasoning_content":)";
      text_or_null(BlockKind::reasoning);
    }
    list("reasoning_details", [&](const Answer::Block& block, std::uint32_t ordinal) {
      if (block.kind != BlockKind::reasoning || block.signature.empty()) return false;
      separate(ordinal);
      append_reasoning_detail(out_, context_, block.text, block.signature, block.redacted, ordinal);
      return true;
    });
    const bool calls = list("tool_calls", [&](const Answer::Block& block, std::uint32_t ordinal) {
      if (kind_of(block) != BlockKind::tool_call) return false;
      separate(ordinal);
      write_call(block);
      return true;
    });
    write_annotations();
    write_media();
    const Bytes word = word_of(finish_told(choice_.reason, calls));
    out_ += R"(},"logprobs":null,"finish_reason":")";
    out_ += word;
    out_ += '"';
    append_side_fields(out_, word, choice_.native, choice_.stop_sequence);
    out_ += '}';
  }

 private:
  BlockKind kind_of(const Answer::Block& block) const { return kind_told(context_, block.kind, block.name); }

  bool has(BlockKind kind) const {
    for (const Answer::Block& block : choice_.blocks)
      if (kind_of(block) == kind && !text_of(block).empty()) return true;
    return false;
  }
  Bytes text_of(const Answer::Block& block) const {
    return block.text.empty() && block.kind == BlockKind::tool_call ? Bytes("{}") : Bytes(block.text);
  }

  void text_or_null(BlockKind kind) {
    if (!has(kind)) return void(out_ += "null");
    out_ += '"';
    for (const Answer::Block& block : choice_.blocks)
      if (kind_of(block) == kind) out_ += text_of(block);
    out_ += '"';
  }

  void separate(std::uint32_t ordinal) {
    if (ordinal > 0) out_ += ',';
  }

  /// `,"key":[…]` of the blocks that `write` takes; nothing when it takes none.
  template <class Write>
  bool list(Bytes key, Write&& write) {
    const std::size_t before = out_.size();
    out_ += ",\"";
    out_ += key;
    out_ += "\":[";
    std::uint32_t ordinal = 0;
    for (const Answer::Block& block : choice_.blocks)
      if (write(block, ordinal)) ++ordinal;
    out_ += ']';
    if (ordinal == 0) out_.resize(before);
    return ordinal > 0;
  }

  void write_call(const Answer::Block& block) {
    out_ += '{';
    append_call_id(out_, context_, block.id, index_, static_cast<std::uint32_t>(&block - choice_.blocks.data()));
    out_ += R"(,"type":"function","function":{)";
    append_text(out_, "name", block.name);
    out_ += ',';
    append_text(out_, "arguments", text_of(block));
    out_ += '}';
    append_call_seal(out_, context_, block.signature);
    out_ += '}';
  }

  void write_annotations() {
    bool first = true;
    for (const Answer::Source& source : choice_.sources) {
      if (source.url.empty()) continue;
      out_ += first ? R"(,"annotations":[)" : ",";
      first = false;
      append_annotation(out_, source.url, source.title, source.start, source.end);
    }
    if (!first) out_ += ']';
  }

  void write_media() {
    list("images", [&](const Answer::Block& block, std::uint32_t ordinal) {
      if (block.kind != BlockKind::media || is_audio(block.name)) return false;
      separate(ordinal);
      append_image(out_, block.name, block.text, ordinal);
      return true;
    });
    for (const Answer::Block& block : choice_.blocks) {
      if (block.kind != BlockKind::media || !is_audio(block.name)) continue;
      out_ += R"(,"audio":{)";
      out_ += R"("id":")";
      append_id(out_, "audio_", context_.seed, index_);
      out_ += R"(","expires_at":0,)";
      append_text(out_, "data", block.text);
      out_ += R"(,"transcript":""})";
      return;
    }
  }

  std::string& out_;
  const AnswerContext& context_;
  const Answer::Choice& choice_;
  std::uint32_t index_;
};

}  // namespace

void write_document(const Answer& answer, const AnswerContext& context, std::string& out) {
  out += '{';
  append_head(out, context, "chat.completion", answer.id, answer.created, answer.model);
  out += R"(,"choices":[)";
  for (std::uint32_t i = 0; i < answer.choices.size(); ++i) {
    if (i > 0) out += ',';
    ChoiceWriter(out, context, answer.choices[i], i).write();
  }
  out += ']';
  if (answer.usage.reported) {
    out += R"(,"usage":)";
    append_usage(out, answer.usage);
  }
  out += '}';
}

}  // namespace weir::dialect::openai_chat
