// OpenAI chat completions, the answer side towards a client. Format: WIREFORMATS.md 2.1, 16.3 and 16.4.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::openai_chat {

class Encoder {
 public:
  explicit Encoder(const AnswerContext& context) : context_(context) {}
  void encode(std::span<const Event> events, std::string& out);
  void end(std::string& out);

 private:
  AnswerContext context_;
};

void write_document(const Answer& answer, const AnswerContext& context, std::string& out);

}  // namespace weir::dialect::openai_chat
