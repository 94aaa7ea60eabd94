#include "weir/dialect/registry.h"

#include "weir/base/assert.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect {

void read(Dialect client, Bytes body, Request& request, Loss& loss) {
  switch (client) {
    case Dialect::openai_responses:
      return openai_responses::read(body, request, loss);
    case Dialect::openai_chat:
    case Dialect::anthropic_messages:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not read");
}

void write(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss) {
  switch (provider) {
    case Dialect::openai_responses:
      return openai_responses::write(request, target, out, loss);
    case Dialect::openai_chat:
    case Dialect::anthropic_messages:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not written");
}

Decoder::Decoder(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
      decoder_.emplace<OpenAiChatDecoder>();
      return;
    case Dialect::openai_responses:
      decoder_.emplace<openai_responses::Decoder>();
      return;
    case Dialect::anthropic_messages:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not decoded");
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
const FaultReport& Decoder::error() const {
  return std::visit([](const auto& decoder) -> const FaultReport& { return decoder.error(); }, decoder_);
}

Encoder::Encoder(Dialect client, const AnswerContext& context) : encoder_(openai_chat::Encoder(context)) {
  switch (client) {
    case Dialect::openai_chat:
      return;
    case Dialect::openai_responses:
      encoder_.emplace<openai_responses::Encoder>(context);
      return;
    case Dialect::anthropic_messages:
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
    case Dialect::openai_responses:
      return openai_responses::write_document(answer, context, out);
    case Dialect::anthropic_messages:
    case Dialect::gemini:
      break;
  }
  WEIR_ASSERT(false, "this dialect is not written");
}

Bytes stream_content_type(Dialect client, bool array) {
  return client == Dialect::gemini && array ? "application/json" : "text/event-stream; charset=utf-8";
}

}  // namespace weir::dialect
