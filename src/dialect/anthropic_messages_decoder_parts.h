// Private to anthropic_messages::Decoder, whose sources share it: what the parts of one payload say. Everything here is
// a view into the payload (or the decoder's scratch) and dies with it. The sources:
//
//   anthropic_messages_decoder.cpp        reads a payload and keeps the books; the tap needs nothing else
//   anthropic_messages_decoder_tell.cpp   tells what was read as events
#pragma once

#include "weir/dialect/anthropic_messages_decoder.h"

#include "json_members.h"

namespace weir::dialect::anthropic_messages {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

/// The neutral reason behind a `stop_reason`; `other` for an unknown word.
FinishReason finish_reason_of(Bytes native);

enum class BlockType : std::uint8_t { text, thinking, redacted_thinking, tool_use, other };
enum class DeltaType : std::uint8_t { text, thinking, input_json, signature, citations, other };
enum class PayloadType : std::uint8_t {
  block_delta,
  block_start,
  block_stop,
  message_start,
  message_delta,
  message_stop,
  ping,
  error,
  document,
  other
};

/// A block: of `content_block_start`, or of a whole answer's `content`.
struct Decoder::Block {
  BlockType type = BlockType::other;
  Bytes id;
  Bytes name;
  Bytes input;  // raw
  Bytes text;   // or thinking
  Bytes signature;
  Bytes data;
  Bytes citations;  // raw
  Bytes raw;        // all of it

  void read(JsonReader& json);
  bool has_content() const {
    return type == BlockType::tool_use || type == BlockType::redacted_thinking ||
           ((type == BlockType::text || type == BlockType::thinking) && !text.empty());
  }
};

/// `delta` of a block or of the message: their members have different names.
struct Decoder::Delta {
  DeltaType type = DeltaType::other;
  Bytes text;      // or thinking, partial_json, signature: by type
  Bytes citation;  // raw
  Bytes stop_reason;
  Bytes stop_sequence;

  void read(JsonReader& json);
};

/// What stands in `message` of a stream's start and at the top of a whole answer.
struct Decoder::Message {
  Bytes id;
  Bytes model;
  Bytes content;  // raw array
  Bytes stop_reason;
  Bytes stop_sequence;
};

struct Decoder::Payload {
  PayloadType type = PayloadType::other;
  Bytes text;  // all of it
  std::uint64_t index = 0;
  Delta delta;
  Block block;
  Message message;
  Counts counts;
  bool usage_object = false;
  bool error = false;
  FaultReport report;
  Bytes flat_message;
  FrameFacts facts;
};

/// Calls visit(block) for every object of a raw array, while it returns true.
template <class Block, class Visit>
void for_each_block(Bytes content, Visit&& visit) {
  if (content.empty()) return;
  JsonReader json(content);
  json.enter_array();
  while (json.next_element()) {
    Block block;
    json.peek();
    const std::size_t start = json.offset();
    block.read(json);
    block.raw = content.substr(start, json.offset() - start);
    if (!visit(block)) return;
  }
}

}  // namespace weir::dialect::anthropic_messages
