#include "weir/dialect/anthropic_messages_encoder.h"

#include <utility>
#include <variant>

#include "anthropic_messages_answer.h"
#include "append.h"
#include "emulated_schema.h"
#include "weir/dialect/anthropic_messages.h"

// A delta's frame is `delta_head_`, the text, and three closing marks: it costs no more than copying these.

namespace weir::dialect::anthropic_messages {

namespace {

constexpr Bytes kDeltaTail = "\"}}\n\n";

Bytes delta_member(BlockKind kind) {
  switch (kind) {
    case BlockKind::reasoning:
      return R"("thinking_delta","thinking":")";
    case BlockKind::tool_call:
      return R"("input_json_delta","partial_json":")";
    case BlockKind::text:
    case BlockKind::refusal:
    case BlockKind::media:
      break;
  }
  return R"("text_delta","text":")";
}

}  // namespace

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

/// The message starts with the first event that is more than its names and its first usage: where a provider tells that
/// in front of its words, the start has it.
void Encoder::take(const Begin& begin, std::string&) {
  id_ = begin.id;
  model_ = begin.model;
}

void Encoder::take(const UsageReport& report, std::string& out) {
  if (usage_.reported) start_message(out);  // its usage is the first that was told
  usage_ = report.usage;
}

void Encoder::start_message(std::string& out) {
  if (started_) return;
  started_ = true;
  out += "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{";
  append_message_head(out, context_, id_, model_);
  out += R"(,"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"container":null,"usage":)";
  append_usage(out, usage_);
  out += "}}\n\n";
}

Encoder::Block* Encoder::find(std::uint32_t index) {
  for (Block& block : blocks_)
    if (block.index == index) return &block;
  return nullptr;
}

void Encoder::take(const BlockBegin& begin, std::string& out) {
  if (begin.choice != 0) return;
  flush(out);
  start_message(out);
  Block& block = blocks_.emplace_back();
  block.index = begin.index;
  block.schema = is_schema_answer(context_, begin.kind, begin.name);
  block.kind = kind_told(context_, begin.kind, begin.name);
  block.redacted = begin.redacted;
  refused_ |= block.kind == BlockKind::refusal;
  if (block.kind != BlockKind::tool_call) return;
  has_tools_ = true;
  block.id = begin.id;
  block.name = begin.name;
  block.seal = begin.signature;
  if (blocks_.size() == 1) start(block, out);
}

void Encoder::take(const BlockDelta& delta, std::string& out) {
  if (delta.choice != 0) return;
  if (!blocks_.empty() && blocks_.front().index == delta.index) [[likely]]
    return feed(blocks_.front(), delta.text, out);
  flush(out);
  Block* const block = find(delta.index);
  if (!block || block->kind == BlockKind::media) return;
  if (delta.text.size() > kMostWaiting - waiting_) return fail(Fault::answer_too_large, ErrorClass::server, {}, out);
  waiting_ += delta.text.size();
  block->text += delta.text;
}

void Encoder::take(const BlockEnd& end, std::string& out) {
  if (end.choice != 0) return;
  flush(out);
  Block* const block = find(end.index);
  if (!block) return;
  if (block != &blocks_.front()) {
    block->ended = true;
    if (block->kind == BlockKind::reasoning) block->seal = end.signature;
    return;
  }
  text_ended_ = block->kind == BlockKind::text && block->open && blocks_.size() == 1;
  if (!text_ended_) end_first(end.signature, out);
}

void Encoder::end_first(Bytes signature, std::string& out) {
  finish(blocks_.front(), signature, out);
  blocks_.erase(blocks_.begin());
  advance(out);
}

void Encoder::flush(std::string& out) {
  if (std::exchange(text_ended_, false)) end_first({}, out);
}

/// The first block is another one now: what waited in it is told.
void Encoder::advance(std::string& out) {
  while (!blocks_.empty()) {
    Block& block = blocks_.front();
    if (block.kind == BlockKind::tool_call) start(block, out);
    if (!block.text.empty()) {
      waiting_ -= block.text.size();
      feed(block, block.text, out);
      block.text = {};
    }
    if (!block.ended) return;
    finish(block, block.kind == BlockKind::reasoning ? Bytes(block.seal) : Bytes(), out);
    blocks_.erase(blocks_.begin());
  }
}

void Encoder::start_wire_block(Bytes block, std::string& out) {
  out += "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":";
  append_number(out, next_wire_);
  out += ",\"content_block\":";
  out += block;
}

void Encoder::stop_wire_block(std::string& out) {
  out += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":";
  append_number(out, next_wire_++);
  out += "}\n\n";
}

/// Text and reasoning start with their first delta, so that none is ever empty.
void Encoder::start(Block& block, std::string& out) {
  constexpr Bytes kThinking = "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n";
  if (block.kind == BlockKind::tool_call) {
    if (!block.seal.empty() && context_.vendor() != Vendor::none) {
      start_wire_block(kThinking, out);
      append_seal_delta({context_.vendor(), block.seal}, out);
      stop_wire_block(out);
    }
    start_wire_block(R"({"type":"tool_use","id":")", out);
    append_call_id(out, context_, block.id, block.index);
    out += R"(",)";
    append_member(out, "name", block.name);
    out += ",\"input\":{}}}\n\n";
  } else {
    start_wire_block(block.kind == BlockKind::reasoning ? kThinking : "{\"type\":\"text\",\"text\":\"\"}}\n\n", out);
  }
  block.open = true;
  delta_head_ = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  append_number(delta_head_, next_wire_);
  delta_head_ += R"(,"delta":{"type":)";
  delta_head_ += delta_member(block.kind);
}

void Encoder::feed(Block& block, Bytes text, std::string& out) {
  if (!block.open) {
    if (block.kind == BlockKind::media) return;
    start(block, out);
  }
  block.fed = true;
  append_parts(out, delta_head_, text, kDeltaTail);
}

void Encoder::append_seal_delta(const Seal& seal, std::string& out) {
  out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  append_number(out, next_wire_);
  out += R"(,"delta":{"type":"signature_delta","signature":")";
  append_seal(out, seal, Vendor::anthropic);
  out += kDeltaTail;
}

void Encoder::finish(Block& block, Bytes signature, std::string& out) {
  if (block.schema && !block.fed) feed(block, "{}", out);
  if (block.kind == BlockKind::reasoning && !signature.empty() && context_.vendor() != Vendor::none) {
    if (block.redacted) {
      start_wire_block(R"({"type":"redacted_thinking",)", out);
      append_redacted(out, context_, signature);
      out += "}}\n\n";
      return stop_wire_block(out);
    }
    if (!block.open) start(block, out);
    append_seal_delta({context_.vendor(), signature}, out);
  }
  if (block.open) stop_wire_block(out);
}

/// Sources belong to a text block: without one that is open they cannot be told.
void Encoder::take(const Citation& citation, std::string& out) {
  if (citation.choice != 0 || blocks_.empty() || blocks_.front().kind != BlockKind::text) return;
  if (!blocks_.front().open) start(blocks_.front(), out);
  out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  append_number(out, next_wire_);
  out += R"(,"delta":{"type":"citations_delta","citation":)";
  append_citation(out, citation.url, citation.title, citation.quoted);
  out += "}}\n\n";
}

/// Told at the end of the answer: usage may come after it.
void Encoder::take(const Finish& finish, std::string& out) {
  if (finish.choice != 0) return;
  start_message(out);
  flush(out);
  if (finish.reason == FinishReason::error) return fail(Fault::upstream_stream_error, ErrorClass::server, {}, out);
  reason_ = finish.reason;
  native_ = finish.native;
  stop_sequence_ = finish.stop_sequence;
}

void Encoder::take(const FaultReport& fault, std::string& out) {
  flush(out);
  fail(fault.fault, fault.error_class, fault.message, out);
}

void Encoder::fail(Fault fault, ErrorClass error_class, Bytes message, std::string& out) {
  failed_ = true;
  write_error_event(out, error_class, 0, message.empty() ? Bytes(row(fault).sentence) : message, {}, {});
}

void Encoder::take(const Ping&, std::string& out) {
  start_message(out);
  out += "event: ping\ndata: {\"type\":\"ping\"}\n\n";
}

void Encoder::take(const Extra&, std::string&) {}

void Encoder::end(std::string& out) {
  if (failed_) return;
  start_message(out);
  flush(out);
  out += "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{";
  append_stop(out, context_, {reason_, native_, stop_sequence_, has_tools_, refused_});
  out += R"(},"usage":)";
  append_usage(out, usage_);
  out += "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

}  // namespace weir::dialect::anthropic_messages
