// Anthropic Messages, the answer side: payloads in, neutral events out. A payload is the data of one SSE frame (its
// `event:` line is not needed), or one whole JSON answer. Also reads what compatible endpoints make of this format.
// Format: WIREFORMATS.md section 4.
//
// decode() tells everything as events; tap() is the same walk for a listener that wants no text: it only reports facts.
// One decoder serves one answer and is used either way, not both. It keeps no pointer into a payload but error().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/event_batch.h"
#include "weir/dialect/frame_facts.h"
#include "weir/dialect/varying.h"

namespace weir::dialect::anthropic_messages {

/// Token counts as this dialect reports them, each present or not. What was said last is true: numbers are running
/// totals and are corrected, never added.
class Counts {
 public:
  enum Field : std::uint8_t {
    input,
    cache_read,
    cache_write,
    output,
    thinking,
    cache_write_1h,
    web_searches,
    kFieldCount
  };

  void set_service(ServiceTier service) { service_ = service; }
  void set(Field field, std::uint64_t tokens);
  bool any() const { return known_ != 0; }
  /// Takes over every field that `later` knows.
  void overwrite_with(const Counts& later);
  /// `input` is beside both numbers of the cache, thinking is within the output.
  Usage disjoint() const;

 private:
  std::array<std::uint64_t, kFieldCount> values_{};
  std::uint8_t known_ = 0;
  ServiceTier service_ = ServiceTier::standard;
};

class Decoder {
 public:
  /// Blocks never interleave in this dialect; more than this at once are a fault when decoded, the tap lets them pass.
  static constexpr std::size_t kMaxOpenBlocks = 64;

  /// Reads one payload and puts its events into the batch, which is drained before the return. A malformed payload
  /// gives no event but a fault.
  FrameFacts decode(Bytes payload, EventBatch& batch);
  /// Reads one payload and reports only the facts.
  FrameFacts tap(Bytes payload);
  /// What of the last payload may be another in the next one.
  Varying varying() const { return {.text = only_text_, .number = {}, .counts = {}}; }
  /// The provider's stream is over. Reports a fault when it ended without a stop reason and without `message_stop`.
  void end(EventBatch& batch);

  /// True when nothing is missing.
  bool complete() const { return begun_ && (done_ || finished_); }
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  /// Everything the provider has reported so far.
  Usage usage() const { return counts_.disjoint(); }
  /// Why the answer ended; `unspecified` before.
  FinishReason finish_reason() const { return finish_reason_; }
  /// The provider's error, after FrameFacts::fault. Valid until the payload dies.
  const FaultReport& error() const { return error_; }

  /// Ready for another answer; keeps its memory.
  void reset();

 private:
  struct Block;
  struct Delta;
  struct Message;
  struct Payload;

  /// A block that the provider has opened and not closed. Text and reasoning are told when they have something to say.
  struct OpenBlock {
    std::uint64_t wire_index = 0;
    std::uint32_t index = 0;  // of the told block
    BlockKind kind = BlockKind::text;
    bool used = false;
    bool foreign = false;   // of a kind that this table does not know: none of it is told
    bool redacted = false;  // reasoning
    bool told = false;
    bool fed = false;       // a delta was told
    std::string signature;  // what has come of it
    std::string input;      // a tool's arguments that came with its start, escaped; deltas take their place
  };

  template <bool tapped>
  FrameFacts walk(Bytes text, EventBatch* batch);
  void read_payload(codec::JsonReader& json, Payload& payload);
  void read_error(Bytes raw, FaultReport& error);
  void gather_facts(Payload& payload);

  void tell(const Payload& payload, EventBatch& batch);
  void tell_begin(Bytes id, Bytes model, EventBatch& batch);
  void tell_block_start(const Payload& payload, EventBatch& batch);
  void tell_delta(const Payload& payload, EventBatch& batch);
  void tell_text(OpenBlock& block, Bytes text, EventBatch& batch);
  void tell_block_end(OpenBlock& block, EventBatch& batch);
  void tell_citation(Bytes raw, EventBatch& batch);
  void tell_citations(Bytes raw, EventBatch& batch);
  void tell_finish(Bytes native, Bytes stop_sequence, EventBatch& batch);
  void tell_document(const Payload& payload, EventBatch& batch);
  void tell_whole_block(const Block& block, EventBatch& batch);
  void tell_fault(FaultReport report, EventBatch& batch);
  OpenBlock* find_open(std::uint64_t wire_index);
  OpenBlock* open(std::uint64_t wire_index, BlockKind kind, EventBatch& batch);
  void begin_block(OpenBlock& block, Bytes id, Bytes name, EventBatch& batch);
  Bytes escape(Bytes json);

  Counts counts_;
  FaultReport error_;
  FinishReason finish_reason_ = FinishReason::unspecified;
  bool begun_ = false;
  bool finished_ = false;
  bool done_ = false;
  bool failed_ = false;
  Bytes only_text_;  // of the last payload
  std::uint32_t next_index_ = 0;
  std::vector<OpenBlock> open_;   // slots, some of them free
  std::string scratch_;           // values that had to be escaped, of the current payload
  std::size_t payload_size_ = 0;  // of the current payload
};

}  // namespace weir::dialect::anthropic_messages
