#include "anthropic_messages_answer.h"
#include "anthropic_messages_text.h"
#include "emulated_schema.h"
#include "weir/dialect/anthropic_messages_encoder.h"

// A collected answer as one document.

namespace weir::dialect::anthropic_messages {

namespace {

class Document {
 public:
  Document(const Answer::Choice& choice, const AnswerContext& context, std::string& out)
      : choice_(choice), context_(context), out_(out) {
    for (const Answer::Block& block : choice.blocks)
      if (told_as(block) == BlockKind::text && !block.text.empty()) last_text_ = &block;
  }

  void write_content() {
    for (std::size_t i = 0; i < choice_.blocks.size(); ++i)
      write_block(choice_.blocks[i], static_cast<std::uint32_t>(i));
  }
  Stop stop() const { return {choice_.reason, choice_.native, choice_.stop_sequence, has_tools_, refused_}; }

 private:
  BlockKind told_as(const Answer::Block& block) const { return kind_told(context_, block.kind, block.name); }

  void begin(Bytes type) {
    out_ += any_ ? ",{" : "{";
    any_ = true;
    append_member(out_, "type", type);
    out_ += ',';
  }

  void write_block(const Answer::Block& block, std::uint32_t index) {
    const BlockKind kind = told_as(block);
    switch (kind) {
      case BlockKind::text:
      case BlockKind::refusal:
        refused_ |= kind == BlockKind::refusal;
        return write_text(block);
      case BlockKind::reasoning:
        return write_reasoning(block);
      case BlockKind::tool_call:
        has_tools_ = true;
        return write_tool_use(block, index);
      case BlockKind::media:
        return;
    }
  }

  void write_text(const Answer::Block& block) {
    const Bytes text = block.text.empty() && block.kind == BlockKind::tool_call ? "{}" : Bytes(block.text);
    if (text.empty()) return;
    begin("text");
    append_member(out_, "text", text);
    out_ += R"(,"citations":)";
    if (&block == last_text_ && !choice_.sources.empty()) {
      for (const Answer::Source& source : choice_.sources) {
        out_ += &source == choice_.sources.data() ? '[' : ',';
        append_citation(out_, source.url, source.title, source.quoted);
      }
      out_ += "]}";
    } else {
      out_ += "null}";
    }
  }

  void write_reasoning(const Answer::Block& block) {
    const bool sealed = !block.signature.empty() && context_.vendor() != Vendor::none;
    if (block.redacted) {
      if (!sealed) return;
      begin("redacted_thinking");
      append_redacted(out_, context_, block.signature);
      out_ += '}';
    } else if (sealed || !block.text.empty()) {
      write_thinking(block.text, sealed ? Bytes(block.signature) : Bytes());
    }
  }

  void write_thinking(Bytes text, Bytes signature) {
    begin("thinking");
    append_member(out_, "thinking", text);
    out_ += R"(,"signature":")";
    if (!signature.empty()) append_seal(out_, {context_.vendor(), signature}, Vendor::anthropic);
    out_ += R"("})";
  }

  void write_tool_use(const Answer::Block& block, std::uint32_t index) {
    if (!block.signature.empty() && context_.vendor() != Vendor::none) write_thinking({}, block.signature);
    begin("tool_use");
    out_ += R"("id":")";
    append_call_id(out_, context_, block.id, index);
    out_ += R"(",)";
    append_member(out_, "name", block.name);
    out_ += R"(,"input":)";
    append_input(out_, {.text = block.text, .in_string = true});
    out_ += '}';
  }

  const Answer::Choice& choice_;
  const AnswerContext& context_;
  std::string& out_;
  const Answer::Block* last_text_ = nullptr;  // sources are told with it
  bool any_ = false;
  bool has_tools_ = false;
  bool refused_ = false;
};

}  // namespace

void write_document(const Answer& answer, const AnswerContext& context, std::string& out) {
  const Answer::Choice nothing;
  Document document(answer.choices.empty() ? nothing : answer.choices.front(), context, out);
  out += '{';
  append_message_head(out, context, answer.id, answer.model);
  out += R"(,"content":[)";
  document.write_content();
  out += "],";
  append_stop(out, context, document.stop());
  out += R"(,"usage":)";
  append_usage(out, answer.usage);
  out += '}';
}

}  // namespace weir::dialect::anthropic_messages
