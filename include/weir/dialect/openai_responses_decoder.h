// OpenAI Responses, the answer side: payloads in, neutral events out. A payload is the data of one SSE frame, or one
// whole JSON answer; its own `type` tells which event it is, the `event:` line is not needed. Format: WIREFORMATS.md
// 2.2 and 16.3. What the compatible servers make of it (xAI, DeepSeek, LM Studio, Azure, Bedrock, OpenRouter) is read
// too.
//
// The format says everything several times: as deltas, in the event that ends a part, in the one that ends its item and
// in the response at the end. Whatever came first is told; its repetitions are not.
//
// decode() tells everything as events; tap() is the same walk without anybody to tell. One decoder serves one answer
// and is used either way, not both. It keeps no pointer into a payload but error().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/event_batch.h"
#include "weir/dialect/frame_facts.h"
#include "weir/dialect/varying.h"

namespace weir::dialect::openai_responses {

class Decoder {
 public:
  /// More blocks than this are a fault when decoded; the tap lets them pass.
  static constexpr std::size_t kMaxBlocks = 4096;

  /// Reads one payload and puts its events into the batch, which is drained before the return. A malformed payload
  /// gives no event but a fault.
  FrameFacts decode(Bytes payload, EventBatch& batch);
  /// Reads one payload and reports only the facts.
  FrameFacts tap(Bytes payload);
  /// What of the last payload may be another in the next one.
  Varying varying() const { return {.text = only_text_, .number = only_number_, .counts = {}}; }
  /// The provider's stream is over. Reports a fault when it ended without its last event.
  void end(EventBatch& batch);

  /// True when nothing is missing: the last event (or a whole answer) came, or `[DONE]` after content.
  bool complete() const { return finished_; }
  /// The end marker came: response.completed, .incomplete or .failed.
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  /// Everything the provider has reported so far.
  Usage usage() const { return usage_.disjoint(); }
  FinishReason finish_reason() const { return finish_reason_; }
  /// The provider's error, after FrameFacts::fault. Valid until the payload dies.
  const FaultReport& error() const { return error_; }

  /// Ready for another answer; keeps its memory.
  void reset();

 private:
  struct Payload;
  struct Response;
  struct Item;

  /// A block that was told: where it stands in the provider's output, and what of it came.
  struct Block {
    std::uint32_t output_index = 0;
    std::uint32_t part = 0;  // within its item; of reasoning: the part that came last
    std::uint32_t index = 0;
    BlockKind kind = BlockKind::text;
    bool open = true;
    bool told = false;              // something of it was told
    bool part_told = false;         // ... of this part of it
    bool cited = false;             // its sources were told
    std::uint64_t text_before = 0;  // characters of text before it

    bool is_message() const { return kind == BlockKind::text || kind == BlockKind::refusal; }
  };

  FrameFacts walk(Bytes payload, EventBatch* batch);
  void read_member(codec::JsonReader& json, const codec::JsonString& key, Payload& payload);
  bool read_response_member(codec::JsonReader& json, const codec::JsonString& key, Response& response);
  void read_response(Bytes raw, Response& response);
  void read_error(Bytes raw, FaultReport& error);
  void read_item(Bytes raw, Item& item);
  void take_event(Payload& payload);
  void take_text_event(Bytes name, const Payload& payload);
  void take_item_event(Bytes name, const Payload& payload);
  void take_document(Payload& payload);

  void tell(const Event& event) {
    if (batch_) batch_->push(event);
  }
  void begin(const Response& response);
  void tell_output(Bytes output);
  void tell_text(BlockKind kind, std::uint32_t output_index, std::uint32_t part, Bytes text, bool whole);
  void tell_reasoning(std::uint32_t output_index, std::uint32_t part, Bytes text, bool whole);
  void tell_arguments(std::uint32_t output_index, Bytes text, bool whole);
  void begin_tool_call(std::uint32_t output_index, const Item& item);
  void tell_item(std::uint32_t output_index, Bytes raw, const Item& item);
  void tell_message(std::uint32_t output_index, const Item& item);
  void tell_reasoning_item(std::uint32_t output_index, const Item& item);
  void tell_image(std::uint32_t output_index, const Item& item);
  void tell_annotations(std::uint32_t output_index, std::uint32_t part, Bytes annotations);
  void tell_annotation(Block* block, Bytes annotation);
  void tell_end(const Response& response);
  void tell_finish(FinishReason reason, Bytes native);
  void tell_fault(const FaultReport& report);
  Block* find(BlockKind kind, std::uint32_t output_index);
  Block* find_part(BlockKind kind, std::uint32_t output_index, std::uint32_t part);
  Block* open(const Block& block, Bytes id = {}, Bytes name = {}, bool redacted = false);
  void close(Block& block, Bytes signature = {});
  void close_all();
  Bytes text_of(codec::JsonReader& json);

  // Of the current payload.
  EventBatch* batch_ = nullptr;  // none: tapped
  FrameFacts facts_;
  Bytes only_text_;      // of the last payload, see Varying
  Bytes only_number_;    // see Varying
  std::string scratch_;  // values that had to be escaped
  std::size_t payload_size_ = 0;

  NestedUsage usage_;
  FaultReport error_;
  std::vector<Block> blocks_;
  std::uint32_t next_index_ = 0;
  std::uint32_t last_output_index_ = 0;
  std::uint64_t text_length_ = 0;  // characters of the texts that are complete
  FinishReason finish_reason_ = FinishReason::unspecified;
  bool begun_ = false;
  bool items_seen_ = false;
  bool tool_seen_ = false;
  bool finished_ = false;
  bool done_ = false;
  bool failed_ = false;
};

}  // namespace weir::dialect::openai_responses
