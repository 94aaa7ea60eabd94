#include "escaped_text.h"
#include "openai_responses_decoder_parts.h"
#include "weir/dialect/error_report.h"

// Telling: a part of a message is a block, and so are a reasoning item and a tool call. A block is found by its place
// in the provider's output; what it was told already is not told again.

namespace weir::dialect::openai_responses {

namespace {

Bytes inside(Bytes raw) { return raw.substr(1, raw.size() - 2); }

/// What a part of a message's content, or of a reasoning item's, holds.
struct ContentPart {
  Bytes raw;
  Bytes type;
  Bytes text;  // or the refusal
  Bytes annotations;
};

template <class Visit>
void for_content_parts(Bytes content, Visit&& visit) {
  JsonReader json(content);
  JsonString string;
  for_elements(json, [&] {
    ContentPart part;
    json.raw_value(part.raw);
    JsonReader members(part.raw);
    for_members(members, [&](const JsonString& key) {
      if (key.is("type")) {
        if (members.string_or_skip(string)) part.type = string.raw;
      } else if (key.is("text") || key.is("refusal")) {
        if (members.string_or_skip(string)) part.text = string.raw;
      } else if (key.is("annotations")) {
        members.raw_value(part.annotations);
      } else {
        members.skip_value();
      }
    });
    visit(part);
  });
}

}  // namespace

void Decoder::begin(const Response& response) {
  if (begun_) return;
  begun_ = true;
  tell(Begin{response.id, response.model, response.created});
}

Decoder::Block* Decoder::find(BlockKind kind, std::uint32_t output_index) {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
    if (block->output_index == output_index && block->kind == kind) return &*block;
  return nullptr;
}

Decoder::Block* Decoder::find_part(BlockKind kind, std::uint32_t output_index, std::uint32_t part) {
  for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block)
    if (block->output_index == output_index && block->part == part && block->kind == kind) return &*block;
  return nullptr;
}

Decoder::Block* Decoder::open(const Block& block, Bytes id, Bytes name, bool redacted) {
  items_seen_ = facts_.content = true;
  begin({});
  if (blocks_.size() == kMaxBlocks) {
    if (batch_) tell_fault({.code = "too_many_blocks"});
    return nullptr;
  }
  Block& opened = blocks_.emplace_back(block);
  opened.index = next_index_++;
  opened.text_before = text_length_;
  tell(BlockBegin{0, opened.index, opened.kind, id, name, {}, redacted});
  return &opened;
}

void Decoder::close(Block& block, Bytes signature) {
  if (block.open) tell(BlockEnd{0, block.index, signature});
  block.open = false;
}

void Decoder::close_all() {
  for (Block& block : blocks_) close(block);
}

/// `whole`: the text ends its part, and is new only when nothing else of the part came.
void Decoder::tell_text(BlockKind kind, std::uint32_t output_index, std::uint32_t part, Bytes text, bool whole) {
  Block* block = find_part(kind, output_index, part);
  if (!text.empty() && (!block || (whole ? !block->told : !block->open)))
    block = open({.output_index = output_index, .part = part, .kind = kind});
  if (!block || failed_) return;
  if (!text.empty() && !(whole && block->told)) {
    tell(BlockDelta{0, block->index, text});
    block->told = facts_.content = true;
  }
  if (!whole || !block->open) return;
  close(*block);
  if (batch_ && kind == BlockKind::text) text_length_ += count_characters(text);
}

/// Parts of a reasoning item are paragraphs of one text.
void Decoder::tell_reasoning(std::uint32_t output_index, std::uint32_t part, Bytes text, bool whole) {
  if (text.empty()) return;
  Block* block = find(BlockKind::reasoning, output_index);
  if (!block || (!whole && !block->open))
    block = open({.output_index = output_index, .part = part, .kind = BlockKind::reasoning});
  if (!block) return;
  if (block->part != part) {
    block->part = part;
    block->part_told = false;
  }
  if (!block->open || (whole && block->part_told)) return;
  if (block->told && !block->part_told) tell(BlockDelta{0, block->index, "\\n\\n"});
  tell(BlockDelta{0, block->index, text});
  block->told = block->part_told = facts_.content = true;
}

void Decoder::begin_tool_call(std::uint32_t output_index, const Item& item) {
  tool_seen_ = true;
  open({.output_index = output_index, .kind = BlockKind::tool_call}, item.call_id.empty() ? item.id : item.call_id,
       item.name);
}

/// Arguments of a call whose beginning has not been told have to wait for its item: it has the name.
void Decoder::tell_arguments(std::uint32_t output_index, Bytes text, bool whole) {
  Block* const block = find(BlockKind::tool_call, output_index);
  if (!block || !block->open || text.empty() || (whole && block->told)) return;
  tell(BlockDelta{0, block->index, text});
  block->told = facts_.content = true;
}

void Decoder::tell_item(std::uint32_t output_index, Bytes raw, const Item& item) {
  if (item.type == "message") return tell_message(output_index, item);
  if (item.type == "reasoning") return tell_reasoning_item(output_index, item);
  if (item.is_tool_call()) {
    Block* block = find(BlockKind::tool_call, output_index);
    if (!block) begin_tool_call(output_index, item);
    tell_arguments(output_index, item.arguments, true);
    block = find(BlockKind::tool_call, output_index);
    if (block) close(*block);
    return;
  }
  if (item.type == "image_generation_call" && !item.result.empty() && !item.result.starts_with("http"))
    return tell_image(output_index, item);
  if (!raw.empty()) tell(Extra{raw});  // what the provider's own tools did
}

/// Parts of a whole message are matched with what was told by their order: some servers count them otherwise in deltas
/// (Bedrock begins with 1).
void Decoder::tell_message(std::uint32_t output_index, const Item& item) {
  if (item.content.starts_with('"')) return tell_text(BlockKind::text, output_index, 0, inside(item.content), true);
  std::size_t next = 0;  // of the blocks
  std::uint32_t index = 0;
  for_content_parts(item.content, [&](const ContentPart& part) {
    const std::uint32_t position = index++;
    if (failed_) return;
    const bool is_text = part.type == "output_text" || part.type == "text";
    if (!is_text && part.type != "refusal") return tell(Extra{part.raw});
    if (part.text.empty()) return;
    while (next < blocks_.size() && (blocks_[next].output_index != output_index || !blocks_[next].is_message())) ++next;
    const std::uint32_t at = next < blocks_.size() ? blocks_[next].part : kMissingPart + position;
    ++next;
    tell_text(is_text ? BlockKind::text : BlockKind::refusal, output_index, at, part.text, true);
    if (is_text) tell_annotations(output_index, at, part.annotations);
  });
}

void Decoder::tell_reasoning_item(std::uint32_t output_index, const Item& item) {
  Block* block = find(BlockKind::reasoning, output_index);
  if (!block) {
    std::uint32_t part = 0;
    const auto tell_part = [&](const ContentPart& text) {
      if (!failed_) tell_reasoning(output_index, part, text.text, true);
      ++part;
    };
    for_content_parts(item.summary, tell_part);
    part = kContentPart;
    for_content_parts(item.content, tell_part);
    block = find(BlockKind::reasoning, output_index);
  }
  if (!block && !item.encrypted_content.empty() && !failed_)
    block = open({.output_index = output_index, .kind = BlockKind::reasoning}, {}, {}, true);
  if (block) close(*block, item.encrypted_content);
}

void Decoder::tell_image(std::uint32_t output_index, const Item& item) {
  Bytes type = "image/png";
  if (item.output_format == "jpeg") type = "image/jpeg";
  if (item.output_format == "webp") type = "image/webp";
  Block* const block = open({.output_index = output_index, .kind = BlockKind::media}, {}, type);
  if (!block) return;
  tell(BlockDelta{0, block->index, item.result});
  close(*block);
}

void Decoder::tell_annotations(std::uint32_t output_index, std::uint32_t part, Bytes annotations) {
  Block* const block = find_part(BlockKind::text, output_index, part);
  if (annotations.empty() || (block && block->cited)) return;
  JsonReader json(annotations);
  for_elements(json, [&] {
    Bytes annotation;
    json.raw_value(annotation);
    tell_annotation(block, annotation);
  });
}

/// A page that the text cites; anything else that an annotation may be (files of the vendor) is its own affair.
void Decoder::tell_annotation(Block* block, Bytes annotation) {
  if (annotation.empty() || finished_) return;
  if (block) block->cited = true;
  if (!batch_) return;
  Bytes type;
  Citation citation;
  JsonReader json(annotation);
  JsonString string;
  const auto text = [&](Bytes& into) {
    if (json.string_or_skip(string)) into = string.raw;
  };
  const auto place = [&](std::int64_t& into) {
    if (const auto at = json.unsigned_or_skip())
      into = static_cast<std::int64_t>((block ? block->text_before : 0) + (*at & 0xffff'ffffU));
  };
  for_members(json, [&](const JsonString& key) {
    if (key.is("type")) return text(type);
    if (key.is("url")) return text(citation.url);
    if (key.is("title")) return text(citation.title);
    if (key.is("start_index")) return place(citation.start);
    if (key.is("end_index")) return place(citation.end);
    json.skip_value();
  });
  if (citation.start < 0 || citation.end <= citation.start) citation.start = citation.end = -1;
  if (type != "url_citation" || (citation.url.empty() && citation.title.empty())) return tell(Extra{annotation});
  begin({});
  tell(citation);
}

/// The items of a whole answer, or of a stream that did not show them one by one.
void Decoder::tell_output(Bytes output) {
  JsonReader json(output);
  std::uint32_t index = 0;
  for_elements(json, [&] {
    Bytes raw;
    json.raw_value(raw);
    if (failed_) return;
    Item item;
    read_item(raw, item);
    tell_item(index++, raw, item);
  });
}

void Decoder::tell_end(const Response& response) {
  if (response.status == "failed" || response.status == "cancelled") {
    FaultReport report;
    if (!response.error.empty() && response.error != "null") read_error(response.error, report);
    if (report.code.empty()) report.code = response.status;
    report.error_class = classify_error(0, report.code, report.type, report.message);
    usage_.overwrite_with(response.usage);
    facts_.usage = response.usage.any();
    return tell_fault(report);
  }
  begin(response);
  if (!items_seen_) tell_output(response.output);
  if (failed_) return;
  usage_.overwrite_with(response.usage);
  facts_.usage = response.usage.any();
  const bool incomplete = response.status == "incomplete";
  FinishReason reason = tool_seen_ ? FinishReason::tool_calls : FinishReason::stop;
  if (incomplete) {
    // Servers that leave the reason out mean the usual one.
    const bool length = response.incomplete_reason.empty() || response.incomplete_reason == "max_output_tokens";
    reason = length                                           ? FinishReason::length
             : response.incomplete_reason == "content_filter" ? FinishReason::content_filter
                                                              : FinishReason::other;
  }
  const Bytes status = response.status.empty() ? Bytes("completed") : response.status;
  close_all();
  if (facts_.usage) tell(UsageReport{usage()});
  tell_finish(reason, incomplete && !response.incomplete_reason.empty() ? response.incomplete_reason : status);
}

void Decoder::tell_finish(FinishReason reason, Bytes native) {
  close_all();
  finish_reason_ = reason;
  finished_ = facts_.finish = true;
  tell(Finish{0, reason, native, {}});
}

void Decoder::tell_fault(const FaultReport& report) {
  failed_ = facts_.fault = true;
  error_ = report;
  tell(report);
}

}  // namespace weir::dialect::openai_responses
