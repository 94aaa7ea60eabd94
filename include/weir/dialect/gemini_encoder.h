// Gemini generateContent, the answer side towards a client: SSE with CR LF, or a JSON array when the client did not ask
// for SSE. Format: WIREFORMATS.md 5, 16.3 and 16.4.
//
// Every frame is a whole response that holds what is new. Texts go out as they come; a tool call's arguments and media
// are kept until their block ends, because the dialect has them whole. How candidates finished, their sources and the
// usage go into one last frame.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::gemini {

class Encoder {
 public:
  /// What is kept of open blocks at a time, in bytes. An answer that needs more ends in an error.
  static constexpr std::size_t kMostKept = 64U << 20;
  /// What is kept of a candidate's sources, in bytes. More are left out.
  static constexpr std::size_t kMostSources = 256U << 10;

  explicit Encoder(const AnswerContext& context) : context_(context) {}
  void encode(std::span<const Event> events, std::string& out);
  /// The same of one event.
  void encode(const BlockDelta& delta, std::string& out) {
    if (!failed_) take(delta, out);
  }
  void end(std::string& out);

 private:
  struct Block {
    BlockKind kind = BlockKind::text;
    bool schema = false;  // arguments told as text
    bool redacted = false;
    bool empty = true;  // no delta yet
    std::string id;
    std::string name;
    std::string signature;
    std::string kept;  // arguments of a call, base64 of media
  };
  struct Choice {
    std::vector<Block> blocks;
    bool calls = false;
    bool refused = false;  // some of its text is a refusal
    bool finished = false;
    bool ascii = true;  // all of its text, so that offsets in characters are offsets in bytes
    FinishReason reason = FinishReason::unspecified;
    std::string native;
    std::string sources;   // groundingChunks, without brackets
    std::string supports;  // groundingSupports, without brackets
    std::uint32_t source_count = 0;
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

  void open_frame(std::string& out);
  void close_frame(std::string& out) const;
  void open_part(std::string& out);
  void close_part(std::uint32_t choice, std::string& out) const;
  void write_text(std::uint32_t choice, bool thought, Bytes text, std::string& out);
  void write_error(ErrorClass error_class, Bytes message, std::string& out);
  void write_last(std::string& out);
  Choice& choice(std::uint32_t index);

  AnswerContext context_;
  std::string tail_;    // of every frame: model and id
  std::string behind_;  // what stands behind a text, of this candidate and kind; empty: not known
  std::uint32_t behind_choice_ = 0;
  bool behind_thought_ = false;
  std::vector<Choice> choices_;
  std::size_t kept_ = 0;
  Usage usage_;
  bool begun_ = false;
  bool first_ = true;  // no frame was written
  bool failed_ = false;
};

/// Appends `answer` as one GenerateContentResponse.
void write_document(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace weir::dialect::gemini
