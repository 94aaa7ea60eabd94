// The four functions of each dialect, by dialect: the only switch over dialects.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "weir/codec/json_edit.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/anthropic_messages_decoder.h"
#include "weir/dialect/anthropic_messages_encoder.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/encoder.h"
#include "weir/dialect/envelope.h"
#include "weir/dialect/event_batch.h"
#include "weir/dialect/frame_facts.h"
#include "weir/dialect/gemini_decoder.h"
#include "weir/dialect/gemini_encoder.h"
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

/// The same of a request whose tokens are to be counted: what only an answer needs may be missing.
void read_counted(Dialect client, Bytes body, Request& request, Loss& loss);

/// Writes the body of a provider's request, appended to `out`. What cannot be written is in `loss`.
void write(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss);

/// The shallow look at a request that may pass in its own dialect. Gemini's holds neither model nor stream: they stand
/// in the URL.
RequestResult<Envelope> read_envelope(Dialect client, Bytes body);

/// The edits that turn a client's body into the provider's of the same dialect: the model's name, what the provider's
/// quirks demand, and a request for usage where that has to be asked for. `scratch` is overwritten and must outlive the
/// list.
codec::EditList write_passthrough(Dialect dialect, const Envelope& envelope, Bytes body, const Target& target,
                                  std::string& scratch, Loss& loss);

/// True when usage was asked for in the client's place, who must not get to see it.
inline bool withholds_usage(Dialect client, const Envelope& envelope) {
  return client == Dialect::openai_chat && envelope.stream && !envelope.include_usage;
}

/// True when write() emulates the request's structured output by a forced tool.
bool emulates_schema(Dialect provider, const Request& request, const Target& target);

/// Writes the body that asks a provider how many tokens a request is. Not for openai_chat, which has no such question.
void write_count_tokens(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss);
/// Reads the provider's answer to that; nothing when there is no count in it.
std::optional<std::uint64_t> read_token_count(Dialect provider, Bytes body);
/// Writes it for a client.
void write_token_count(Dialect client, std::uint64_t tokens, std::string& out);

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
  /// What of the last payload may be another in the next one without that it says anything else than its own text: then
  /// it need not be read, but repeat() has to be told.
  Varying varying() const;
  void repeat(Bytes text, Bytes counts) {
    if (auto* decoder = std::get_if<gemini::Decoder>(&decoder_)) decoder->repeat(text, counts);
  }
  /// Tells what repeat() left untold: before something else is told than by decode() and end().
  void catch_up(EventBatch& batch) {
    if (auto* decoder = std::get_if<gemini::Decoder>(&decoder_)) decoder->catch_up(batch);
    batch.drain();
  }

 private:
  std::variant<OpenAiChatDecoder, openai_responses::Decoder, anthropic_messages::Decoder, gemini::Decoder> decoder_;
};

/// An encoder of any dialect, for one answer.
class Encoder {
 public:
  Encoder(Dialect client, const AnswerContext& context);

  /// Appends what the events say to `out`: whole frames.
  void encode(std::span<const Event> events, std::string& out);
  /// The same of one event, which nearly all are.
  void encode(const BlockDelta& delta, std::string& out);
  /// The provider's answer is complete: appends what was held back and the end marker. Nothing after a fault.
  void end(std::string& out);

 private:
  std::variant<openai_chat::Encoder, openai_responses::Encoder, anthropic_messages::Encoder, gemini::Encoder> encoder_;
};

/// Appends a collected answer as one JSON document.
void write_document(Dialect client, const Answer& answer, const AnswerContext& context, std::string& out);

/// What ends a stream in this dialect behind its last event; empty where nothing does.
Bytes end_marker(Dialect client);
/// Content-Type of a stream in this dialect.
Bytes stream_content_type(Dialect client, bool array);

}  // namespace weir::dialect
