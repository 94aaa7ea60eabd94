#include "anthropic_messages_decoder_parts.h"

#include "weir/codec/json_writer.h"

// Telling: what a payload says becomes events. Every block is one neutral block; a finish closes all that are open, and
// after it only an Extra can still come.

namespace weir::dialect::anthropic_messages {

void Decoder::tell_fault(FaultReport report, EventBatch& batch) {
  failed_ = true;
  error_ = report;
  batch.push(report);
}

void Decoder::tell_begin(Bytes id, Bytes model, EventBatch& batch) {
  if (!begun_) batch.push(Begin{id, model, 0});
  begun_ = true;
}

void Decoder::tell(const Payload& payload, EventBatch& batch) {
  const auto tell_usage = [&] {
    if (payload.usage_object && counts_.any()) batch.push(UsageReport{usage()});
  };
  switch (payload.type) {
    case PayloadType::block_delta:
      tell_begin({}, {}, batch);
      if (finished_) return batch.push(Extra{payload.text});
      return tell_delta(payload, batch);
    case PayloadType::block_start:
      tell_begin({}, {}, batch);
      if (finished_) return batch.push(Extra{payload.text});
      return tell_block_start(payload, batch);
    case PayloadType::block_stop:
      tell_begin({}, {}, batch);
      if (OpenBlock* const block = find_open(payload.index)) tell_block_end(*block, batch);
      return;
    case PayloadType::message_start:
      tell_begin(payload.message.id, payload.message.model, batch);
      return tell_usage();
    case PayloadType::message_delta:
      tell_begin({}, {}, batch);
      tell_usage();
      if (payload.facts.finish) tell_finish(payload.delta.stop_reason, payload.delta.stop_sequence, batch);
      return;
    case PayloadType::message_stop:
      if (!begun_) return tell_fault({.fault = Fault::upstream_truncated}, batch);
      if (!finished_) tell_finish({}, {}, batch);
      return;
    case PayloadType::ping:
      return batch.push(Ping{});
    case PayloadType::document:
      tell_begin(payload.message.id, payload.message.model, batch);
      tell_document(payload, batch);
      if (failed_) return;
      tell_usage();
      return tell_finish(payload.message.stop_reason, payload.message.stop_sequence, batch);
    case PayloadType::error:
    case PayloadType::other:
      return batch.push(Extra{payload.text});
  }
}

Decoder::OpenBlock* Decoder::find_open(std::uint64_t wire_index) {
  for (OpenBlock& block : open_)
    if (block.used && block.wire_index == wire_index) return &block;
  return nullptr;
}

/// A slot for a block that begins. One that is still open under the same number has ended without saying so.
Decoder::OpenBlock* Decoder::open(std::uint64_t wire_index, BlockKind kind, EventBatch& batch) {
  if (OpenBlock* const before = find_open(wire_index)) {
    tell_block_end(*before, batch);
    batch.drain();  // its event points into the slot
  }
  OpenBlock* slot = nullptr;
  for (OpenBlock& block : open_)
    if (!block.used && !slot) slot = &block;
  if (!slot) {
    if (open_.size() == kMaxOpenBlocks) {
      tell_fault({.code = "too_many_blocks"}, batch);
      return nullptr;
    }
    slot = &open_.emplace_back();
  }
  slot->wire_index = wire_index;
  slot->kind = kind;
  slot->used = true;
  slot->foreign = slot->redacted = slot->told = slot->fed = false;
  slot->signature.clear();
  slot->input.clear();
  return slot;
}

/// Texts come one after another, whatever the server has left open: what is told as it comes and what is collected by
/// blocks would else be in another order. Calls may interleave.
void Decoder::begin_block(OpenBlock& block, Bytes id, Bytes name, EventBatch& batch) {
  for (OpenBlock& other : open_) {
    if (block.kind == BlockKind::tool_call || &other == &block || other.kind != block.kind) continue;
    if (!other.used || !other.told) continue;
    tell_block_end(other, batch);
    batch.drain();  // its event points into the slot
  }
  block.told = true;
  block.index = next_index_++;
  batch.push(BlockBegin{.index = block.index, .kind = block.kind, .id = id, .name = name, .redacted = block.redacted});
}

void Decoder::tell_text(OpenBlock& block, Bytes text, EventBatch& batch) {
  if (text.empty()) return;
  if (!block.told) begin_block(block, {}, {}, batch);
  block.fed = true;
  batch.push(BlockDelta{0, block.index, text});
}

void Decoder::tell_block_start(const Payload& payload, EventBatch& batch) {
  const Block& block = payload.block;
  OpenBlock* const slot = open(payload.index,
                               block.type == BlockType::text       ? BlockKind::text
                               : block.type == BlockType::tool_use ? BlockKind::tool_call
                                                                   : BlockKind::reasoning,
                               batch);
  if (!slot) return;
  switch (block.type) {
    case BlockType::text:
    case BlockType::thinking:
      slot->signature = block.signature;
      return tell_text(*slot, block.text, batch);
    case BlockType::redacted_thinking:
      slot->redacted = true;
      slot->signature = block.data;
      return begin_block(*slot, {}, {}, batch);
    case BlockType::tool_use:
      if (has_members(block.input)) codec::append_json_escaped(slot->input, block.input);
      return begin_block(*slot, block.id, block.name, batch);
    case BlockType::other:
      slot->foreign = true;
      return batch.push(Extra{payload.text});
  }
}

void Decoder::tell_delta(const Payload& payload, EventBatch& batch) {
  const Delta& delta = payload.delta;
  OpenBlock* slot = find_open(payload.index);
  if (!slot) {  // a server that does not announce its blocks
    if (delta.type != DeltaType::text && delta.type != DeltaType::thinking) return batch.push(Extra{payload.text});
    slot = open(payload.index, delta.type == DeltaType::text ? BlockKind::text : BlockKind::reasoning, batch);
    if (!slot) return;
  }
  if (slot->foreign) return;
  const auto belongs = [&](BlockKind kind) { return slot->kind == kind && !slot->redacted; };
  switch (delta.type) {
    case DeltaType::text:
      if (belongs(BlockKind::text)) return tell_text(*slot, delta.text, batch);
      break;
    case DeltaType::thinking:
      if (belongs(BlockKind::reasoning)) return tell_text(*slot, delta.text, batch);
      break;
    case DeltaType::input_json:
      if (belongs(BlockKind::tool_call)) return tell_text(*slot, delta.text, batch);
      break;
    case DeltaType::signature:
      if (belongs(BlockKind::reasoning)) return void(slot->signature += delta.text);
      break;
    case DeltaType::citations:
      // They may come before the first word of what they are about.
      if (belongs(BlockKind::text) && !slot->told) begin_block(*slot, {}, {}, batch);
      return tell_citation(delta.citation, batch);
    case DeltaType::other:
      break;
  }
  batch.push(Extra{payload.text});
}

void Decoder::tell_block_end(OpenBlock& block, EventBatch& batch) {
  block.used = false;
  if (block.foreign) return;
  if (block.kind == BlockKind::tool_call && !block.fed && !block.input.empty())
    batch.push(BlockDelta{0, block.index, block.input});
  const bool sealed = block.kind == BlockKind::reasoning && !block.signature.empty();
  if (sealed && !block.told) begin_block(block, {}, {}, batch);
  if (block.told) batch.push(BlockEnd{0, block.index, sealed ? Bytes(block.signature) : Bytes()});
}

/// Sources of all kinds (`web_search_result_location`, `char_location`, ...): those on the web have a `url`, search
/// results a `source`, documents only a title.
void Decoder::tell_citation(Bytes raw, EventBatch& batch) {
  Citation citation;
  JsonReader json(raw);
  for_members(json, [&](const JsonString& key) {
    if (key.is("url") || key.is("source")) return read_text(json, citation.url);
    if (key.is("title") || key.is("document_title")) return read_text(json, citation.title);
    if (key.is("cited_text")) return read_text(json, citation.quoted);
    json.skip_value();
  });
  const bool cites = !citation.url.empty() || !citation.title.empty() || !citation.quoted.empty();
  if (cites && !finished_) return batch.push(citation);
  if (!raw.empty()) batch.push(Extra{raw});
}

void Decoder::tell_citations(Bytes raw, EventBatch& batch) {
  if (!raw.starts_with('[')) return;
  JsonReader json(raw);
  json.enter_array();
  while (json.next_element()) {
    Bytes citation;
    json.raw_value(citation);
    tell_citation(citation, batch);
  }
}

void Decoder::tell_finish(Bytes native, Bytes stop_sequence, EventBatch& batch) {
  for (OpenBlock& block : open_)
    if (block.used) tell_block_end(block, batch);
  batch.push(Finish{0, native.empty() ? FinishReason::unspecified : finish_reason_of(native), native, stop_sequence});
  finish_reason_ = native.empty() ? FinishReason::unspecified : finish_reason_of(native);
  finished_ = true;
}

void Decoder::tell_document(const Payload& payload, EventBatch& batch) {
  for_each_block<Block>(payload.message.content, [&](const Block& block) {
    tell_whole_block(block, batch);
    return true;
  });
}

void Decoder::tell_whole_block(const Block& block, EventBatch& batch) {
  const auto tell_block = [&](BlockBegin begin, Bytes text, Bytes signature) {
    begin.index = next_index_++;
    batch.push(begin);
    if (!text.empty()) batch.push(BlockDelta{0, begin.index, text});
    if (block.type == BlockType::text) tell_citations(block.citations, batch);
    batch.push(BlockEnd{0, begin.index, signature});
  };
  switch (block.type) {
    case BlockType::text:
      if (!block.text.empty()) tell_block({.kind = BlockKind::text}, block.text, {});
      return;
    case BlockType::thinking:
      if (!block.text.empty() || !block.signature.empty())
        tell_block({.kind = BlockKind::reasoning}, block.text, block.signature);
      return;
    case BlockType::redacted_thinking:
      return tell_block({.kind = BlockKind::reasoning, .redacted = true}, {}, block.data);
    case BlockType::tool_use:
      return tell_block({.kind = BlockKind::tool_call, .id = block.id, .name = block.name},
                        has_members(block.input) ? escape(block.input) : Bytes(), {});
    case BlockType::other:
      return batch.push(Extra{block.raw});
  }
}

}  // namespace weir::dialect::anthropic_messages
