#include "weir/dialect/registry.h"

#include "weir/base/assert.h"
#include "weir/dialect/anthropic_messages.h"
<<<<<<< HEAD
#include "weir/dialect/gemini.h"
=======
>>>>>>> anthropic
#include "weir/dialect/openai_chat.h"

namespace weir::dialect {

void read(Dialect client, Bytes body, Request& request, Loss& loss) {
  switch (client) {
    case Dialect::anthropic_messages:
      return anthropic_messages::read(body, request, loss);
    case Dialect::openai_chat:
      return openai_chat::read(body, request, loss);
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not read");
}

void write(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss) {
  switch (provider) {
    case Dialect::anthropic_messages:
      return anthropic_messages::write(request, target, out, loss);
    case Dialect::openai_chat:
      return openai_chat::write(request, target, out, loss);
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not written");
}

RequestResult<Envelope> read_envelope(Dialect client, Bytes body) {
  switch (client) {
    case Dialect::openai_chat:
<<<<<<< HEAD
      return openai_chat::read_envelope(body);
    case Dialect::openai_responses:
=======
      decoder_.emplace<OpenAiChatDecoder>();
      return;
>>>>>>> anthropic
    case Dialect::anthropic_messages:
      decoder_.emplace<anthropic_messages::Decoder>();
      return;
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not read");
}

codec::EditList write_passthrough(Dialect dialect, const Envelope& envelope, [[maybe_unused]] Bytes body,
                                  const Target& target, std::string& scratch, [[maybe_unused]] Loss& loss) {
  switch (dialect) {
    case Dialect::openai_chat:
      return openai_chat::write_passthrough(envelope, target.model_id, withholds_usage(dialect, envelope), scratch);
    case Dialect::openai_responses:
    case Dialect::anthropic_messages:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not written");
}

bool emulates_schema(Dialect provider, const Request& request, const Target& target) {
  return provider == Dialect::anthropic_messages && anthropic_messages::emulates_schema(request, target);
}

void write_count_tokens(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss) {
  switch (provider) {
    case Dialect::anthropic_messages:
      return anthropic_messages::write_count_tokens(request, target, out, loss);
    case Dialect::openai_chat:
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect cannot count");
}

Decoder::Decoder(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
      return;  // the variant's first
    case Dialect::openai_responses:
      decoder_.emplace<openai_responses::Decoder>();
      return;
    case Dialect::anthropic_messages:
      decoder_.emplace<anthropic_messages::Decoder>();
      return;
    case Dialect::gemini:
      decoder_.emplace<gemini::Decoder>();
      return;
  }
}

FrameFacts Decoder::decode(Bytes payload, EventBatch& batch) {
  return std::visit([&](auto& decoder) { return decoder.decode(payload, batch); }, decoder_);
}
FrameFacts Decoder::tap(Bytes payload) {
  return std::visit([&](auto& decoder) { return decoder.tap(payload); }, decoder_);
}
void Decoder::end(EventBatch& batch) {
  std::visit([&](auto& decoder) { decoder.end(batch); }, decoder_);
}
bool Decoder::complete() const {
  return std::visit([](const auto& decoder) { return decoder.complete(); }, decoder_);
}
bool Decoder::done() const {
  return std::visit([](const auto& decoder) { return decoder.done(); }, decoder_);
}
bool Decoder::failed() const {
  return std::visit([](const auto& decoder) { return decoder.failed(); }, decoder_);
}
Usage Decoder::usage() const {
  return std::visit([](const auto& decoder) { return decoder.usage(); }, decoder_);
}
FinishReason Decoder::finish_reason() const {
  return std::visit([](const auto& decoder) { return decoder.finish_reason(); }, decoder_);
}
Bytes Decoder::only_text() const {
  const auto* chat = std::get_if<OpenAiChatDecoder>(&decoder_);
  return chat ? chat->only_text() : Bytes();
}
const FaultReport& Decoder::error() const {
  return std::visit([](const auto& decoder) -> const FaultReport& { return decoder.error(); }, decoder_);
}

Encoder::Encoder(Dialect client, const AnswerContext& context) : encoder_(openai_chat::Encoder(context)) {
  switch (client) {
    case Dialect::openai_chat:
      return;
    case Dialect::anthropic_messages:
      encoder_.emplace<anthropic_messages::Encoder>(context);
      return;
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not encoded");
}

void Encoder::encode(std::span<const Event> events, std::string& out) {
  std::visit([&](auto& encoder) { encoder.encode(events, out); }, encoder_);
}
void Encoder::end(std::string& out) {
  std::visit([&](auto& encoder) { encoder.end(out); }, encoder_);
}

void write_document(Dialect client, const Answer& answer, const AnswerContext& context, std::string& out) {
  switch (client) {
    case Dialect::openai_chat:
      return openai_chat::write_document(answer, context, out);
    case Dialect::anthropic_messages:
      return anthropic_messages::write_document(answer, context, out);
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not written");
}

Bytes stream_content_type(Dialect client, bool array) {
  return client == Dialect::gemini && array ? "application/json" : "text/event-stream; charset=utf-8";
}

}  // namespace weir::dialect
