// OpenAI chat completions, the answer side towards a client. Format: WIREFORMATS.md 2.1, 16.3 and 16.4.
//
// Beyond OpenAI's own fields: `reasoning_content` and `reasoning_details` (OpenRouter's form: in a stream the seal
// alone, its text went before as reasoning_content), `tool_calls[].extra_content.google.thought_signature` (Google's),
// `images` (OpenRouter's), `stop_reason` (vLLM's: the stop sequence that matched), `native_finish_reason` where it says
// more than the finish. All are left out when empty.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::openai_chat {

class Encoder {
 public:
  /// What is kept of a picture until its end, in bytes. More is left out.
  static constexpr std::size_t kMostKept = 64U << 20;

  explicit Encoder(const AnswerContext& context) : context_(context) {}
  void encode(std::span<const Event> events, std::string& out);
  /// The same of one event.
  void encode(const BlockDelta& delta, std::string& out);
  void end(std::string& out);

 private:
  struct Block {
    BlockKind kind = BlockKind::text;
    bool empty = true;    // no delta yet
    bool schema = false;  // arguments told as text
    bool redacted = false;
    std::uint32_t ordinal = 0;  // among the choice's tool calls
    std::string kept;           // a picture, behind its type
    std::size_t type_size = 0;  // of a picture's type; 0: no picture
  };
  struct Choice {
    std::vector<Block> blocks;
    std::uint32_t tool_calls = 0;
    std::uint32_t details = 0;
    std::uint32_t images = 0;
    bool begun = false;
  };

  void take(const Begin& begin, std::string& out);
  void take(const BlockBegin& begin, std::string& out);
  void take(const BlockDelta& delta, std::string& out);
  void take(const BlockEnd& end, std::string& out);
  void take(const Citation& citation, std::string& out);
  void take(const UsageReport& report, std::string& out);
  void take(const Finish& finish, std::string& out);
  void take(const FaultReport& fault, std::string& out);
  void take(const Ping&, std::string&) {}
  void take(const Extra&, std::string&) {}

  /// The frame's beginning up to the inside of its delta, and its end.
  void open(std::uint32_t choice, std::string& out);
  void close(std::string& out) const;
  Bytes open_delta(std::uint32_t choice, const Block& block, std::string& out);
  Choice& choice(std::uint32_t index, std::string& out);

  AnswerContext context_;
  std::string head_;  // of every frame, up to the choice's index
  Bytes tail_;        // of every frame that does not finish a choice
  // What stands around a delta of the block that the last one was of. Nothing where more is done with a delta.
  struct Around {
    std::uint32_t choice = 0;
    std::uint32_t index = 0;
    std::string before;  // empty: not known
    Bytes behind;        // up to tail_
  } around_;
  std::vector<Choice> choices_;
  Usage usage_;
  bool failed_ = false;
};

/// Appends `answer` as one `chat.completion`.
void write_document(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace weir::dialect::openai_chat
