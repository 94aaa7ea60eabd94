// The four functions of each dialect, by dialect: the only switch over dialects.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "weir/codec/json_edit.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/encoder.h"
#include "weir/dialect/envelope.h"
#include "weir/dialect/event_batch.h"
#include "weir/dialect/frame_facts.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/openai_chat_decoder.h"
#include "weir/dialect/openai_chat_encoder.h"
#include "weir/dialect/openai_responses_decoder.h"
#include "weir/dialect/openai_responses_encoder.h"
#include "weir/dialect/request.h"
#include "weir/dialect/target.h"

namespace weir::dialect {

/// Reads a client's request. What is wrong with it, or cannot be taken to any other dialect, is in `loss`.
void read(Dialect client, Bytes body, Request& request, Loss& loss);

/// Writes the body of a provider's request, appended to `out`. What cannot be written is in `loss`.
void write(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss);

/// A decoder of any dialect, for one answer.
class Decoder {
 public:
  explicit Decoder(Dialect provider);

  /// Reads one payload (the data of one SSE frame, an element of a JSON array, one whole JSON answer) and puts its
  /// events into the batch, which is drained before the return. A malformed payload gives no event but a fault.
  FrameFacts decode(Bytes payload, EventBatch& batch);
  /// The same for a listener that wants the facts alone. One decoder is used either way, not both.
  FrameFacts tap(Bytes payload);
  /// The provider's stream is over. Tells a fault when it ended too early.
  void end(EventBatch& batch);

  bool complete() const;
  bool done() const;
  bool failed() const;
  Usage usage() const;
  FinishReason finish_reason() const;
  const FaultReport& error() const;

 private:
  std::variant<OpenAiChatDecoder, openai_responses::Decoder> decoder_;
};

/// An encoder of any dialect, for one answer.
class Encoder {
 public:
  Encoder(Dialect client, const AnswerContext& context);

  /// Appends what the events say to `out`: whole frames.
  void encode(std::span<const Event> events, std::string& out);
  /// The provider's answer is complete: appends what was held back and the end marker. Nothing after a fault.
  void end(std::string& out);

 private:
  std::variant<openai_chat::Encoder, openai_responses::Encoder> encoder_;
};

/// Appends a collected answer as one JSON document.
void write_document(Dialect client, const Answer& answer, const AnswerContext& context, std::string& out);

/// Content-Type of a stream in this dialect.
Bytes stream_content_type(Dialect client, bool array);

}  // namespace weir::dialect
