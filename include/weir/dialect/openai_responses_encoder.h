// OpenAI Responses, the answer side towards a client. Format: WIREFORMATS.md 2.2, 16.3 and 16.4.
//
// Every block becomes an output item: text and refusals a message of one part, reasoning a reasoning item (its text is
// the summary, its seal the encrypted_content), a tool call a function_call, an image an image_generation_call. A seal
// over a tool call travels in a reasoning item of its own before it: that is what clients of this dialect send back.
//
// The format repeats itself: the event that ends a part or an item holds all of it, and so does the response at the
// end. So an answer is kept until it has ended, up to kMostBytes; one that is larger ends in an error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::openai_responses {

struct OutputItem;

class Encoder {
 public:
  /// What is kept of an answer, in bytes.
  static constexpr std::size_t kMostBytes = 32U << 20;

  explicit Encoder(const AnswerContext& context);
  Encoder(Encoder&&) noexcept;
  Encoder& operator=(Encoder&&) noexcept;
  ~Encoder();

  void encode(std::span<const Event> events, std::string& out);
  /// The same of one event.
  void encode(const BlockDelta& delta, std::string& out) {
    if (!failed_) take(delta, out);
  }
  void end(std::string& out);

 private:
  void take(const Begin& begin, std::string& out);
  void take(const BlockBegin& begin, std::string& out);
  void take(const BlockDelta& delta, std::string& out);
  void take(const BlockEnd& end, std::string& out);
  void take(const Citation& citation, std::string& out);
  void take(const UsageReport& report, std::string&) { usage_ = report.usage; }
  void take(const Finish& finish, std::string& out);
  void take(const FaultReport& fault, std::string& out);
  void take(const Ping&, std::string&) {}
  void take(const Extra&, std::string&) {}

  void begin(std::string& out);
  void open_frame(std::string& out, Bytes type);
  void write_lifecycle(std::string& out, Bytes type, Bytes status, Bytes incomplete, Bytes error_code,
                       Bytes error_message);
  void write_seal_item(const OutputItem& item, std::string& out);
  void write_added(const OutputItem& item, std::string& out);
  void write_delta(OutputItem& item, Bytes text, std::string& out);
  void write_done(OutputItem& item, std::string& out);
  void flush(std::string& out);
  bool keep(std::size_t bytes, std::string& out);

  AnswerContext context_;
  std::string id_;
  std::string model_;
  std::int64_t created_ = 0;
  std::vector<OutputItem> items_;  // by block
  std::size_t kept_ = 0;
  std::size_t ended_ = kNone;  // a text that has ended, but may still be given sources
  std::size_t last_text_ = kNone;
  std::uint64_t text_length_ = 0;  // characters of the texts before the last
  std::uint64_t sequence_ = 0;
  std::uint32_t next_output_ = 0;
  Usage usage_;
  FinishReason reason_ = FinishReason::unspecified;
  std::string native_;  // of a reason that no word of the dialect tells
  bool begun_ = false;
  bool failed_ = false;

  static constexpr std::size_t kNone = ~std::size_t{0};
};

/// Appends `answer` as one `response`.
void write_document(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace weir::dialect::openai_responses
