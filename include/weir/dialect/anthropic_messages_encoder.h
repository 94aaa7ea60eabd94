// Anthropic Messages, the answer side towards a client. Format: WIREFORMATS.md sections 4, 16.3 and 16.4.
//
// This dialect has one choice, whose blocks follow each other and never interleave. Providers may cut parallel tool
// calls into fragments that do: what belongs to a later call waits until the open one has ended, in memory with a
// bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::anthropic_messages {

class Encoder {
 public:
  /// Bytes of text that may wait for other blocks to end; beyond it the stream ends with an error.
  static constexpr std::size_t kMostWaiting = std::size_t{8} << 20;

  explicit Encoder(const AnswerContext& context) : context_(context) {}
  void encode(std::span<const Event> events, std::string& out);
  /// The same of one event.
  void encode(const BlockDelta& delta, std::string& out) {
    if (!failed_) take(delta, out);
  }
  void end(std::string& out);

 private:
  /// A block that has not ended, or whose end waits for others.
  struct Block {
    std::uint32_t index = 0;  // of the events
    BlockKind kind = BlockKind::text;
    bool schema = false;  // its arguments are the answer's text
    bool redacted = false;
    bool open = false;  // the client knows of it
    bool fed = false;
    bool ended = false;
    std::string id;
    std::string name;
    std::string seal;  // of a tool call; of reasoning, when it has ended
    std::string text;  // what waits
  };

  void take(const Begin& begin, std::string& out);
  void take(const BlockBegin& begin, std::string& out);
  void take(const BlockDelta& delta, std::string& out);
  void take(const BlockEnd& end, std::string& out);
  void take(const Citation& citation, std::string& out);
  void take(const UsageReport& report, std::string& out);
  void take(const Finish& finish, std::string& out);
  void take(const FaultReport& fault, std::string& out);
  void take(const Ping& ping, std::string& out);
  void take(const Extra& extra, std::string& out);

  Block* find(std::uint32_t index);
  void start_message(std::string& out);
  void start(Block& block, std::string& out);
  void start_wire_block(Bytes block, std::string& out);
  void stop_wire_block(std::string& out);
  void feed(Block& block, Bytes text, std::string& out);
  void append_seal_delta(const Seal& seal, std::string& out);
  void finish(Block& block, Bytes signature, std::string& out);
  void end_first(Bytes signature, std::string& out);
  void flush(std::string& out);
  void advance(std::string& out);
  void fail(Fault fault, ErrorClass error_class, Bytes message, std::string& out);

  AnswerContext context_;
  std::string id_;  // these two until the message has started
  std::string model_;
  Usage usage_;
  std::vector<Block> blocks_;    // the first one is told, the others wait
  std::string delta_head_;       // a delta's frame up to its text, of the open block
  std::uint32_t next_wire_ = 0;  // what the client calls the next block
  std::size_t waiting_ = 0;      // bytes
  bool text_ended_ = false;      // the first block is a text whose end is not told yet: sources of it may still come
  bool started_ = false;
  bool has_tools_ = false;
  bool refused_ = false;
  bool failed_ = false;
  FinishReason reason_ = FinishReason::unspecified;
  std::string native_;
  std::string stop_sequence_;
};

void write_document(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace weir::dialect::anthropic_messages
