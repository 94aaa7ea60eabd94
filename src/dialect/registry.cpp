#include "weir/dialect/registry.h"

#include "weir/base/assert.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/continuation.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect {

// ---- Requests.

void read(Dialect client, Bytes body, Request& request, Loss& loss) {
  switch (client) {
    case Dialect::openai_chat:
      return openai_chat::read(body, request, loss);
    case Dialect::openai_responses:
      return openai_responses::read(body, request, loss);
    case Dialect::anthropic_messages:
      return anthropic_messages::read(body, request, loss);
    case Dialect::gemini:
      return gemini::read(body, request, loss);
  }
}

void read_counted(Dialect client, Bytes body, Request& request, Loss& loss) {
  if (client == Dialect::anthropic_messages) return anthropic_messages::read_count_tokens(body, request, loss);
  read(client, body, request, loss);
}

void write(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss) {
  if (request.is_begun && !can_continue(provider, target.quirks, target.traits))
    loss.refuse("messages", "This model is not known to go on with an answer that was begun.");
  switch (provider) {
    case Dialect::openai_chat:
      return openai_chat::write(request, target, out, loss);
    case Dialect::openai_responses:
      return openai_responses::write(request, target, out, loss);
    case Dialect::anthropic_messages:
      return anthropic_messages::write(request, target, out, loss);
    case Dialect::gemini:
      return gemini::write(request, target, out, loss);
  }
}

RequestResult<Envelope> read_envelope(Dialect client, Bytes body) {
  switch (client) {
    case Dialect::openai_chat:
      return openai_chat::read_envelope(body);
    case Dialect::openai_responses:
      return openai_responses::read_envelope(body);
    case Dialect::anthropic_messages:
      return anthropic_messages::read_envelope(body);
    case Dialect::gemini:
      return gemini::read_envelope(body);
  }
  return std::unexpected(RequestFault{});
}

codec::EditList write_passthrough(Dialect dialect, const Envelope& envelope, Bytes body, const Target& target,
                                  std::string& scratch, Loss& loss) {
  switch (dialect) {
    case Dialect::openai_chat:
      return openai_chat::write_passthrough(envelope, body, target, true, scratch, loss);
    case Dialect::openai_responses:
      return openai_responses::write_passthrough(envelope, target.model_id, scratch);
    case Dialect::anthropic_messages:
      return anthropic_messages::write_passthrough(envelope, target.model_id, scratch);
    case Dialect::gemini:
      break;
  }
  return gemini::write_passthrough(envelope, target.model_id, scratch);
}

bool emulates_schema(Dialect provider, const Request& request, const Target& target) {
  return provider == Dialect::anthropic_messages && anthropic_messages::emulates_schema(request, target);
}

// ---- Counting tokens.

void write_count_tokens(Dialect provider, const Request& request, const Target& target, std::string& out, Loss& loss) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return openai_responses::write_input_tokens(request, target, out, loss);
    case Dialect::anthropic_messages:
      return anthropic_messages::write_count_tokens(request, target, out, loss);
    case Dialect::gemini:
      return gemini::write_count_tokens(request, target, out, loss);
  }
  WEIR_ASSERT(false, "chat completions have no endpoint that counts");
}

std::optional<std::uint64_t> read_token_count(Dialect provider, Bytes body) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return openai_responses::read_input_tokens(body);
    case Dialect::anthropic_messages:
      return anthropic_messages::read_token_count(body);
    case Dialect::gemini:
      return gemini::read_token_count(body);
  }
  return std::nullopt;
}

void write_token_count(Dialect client, std::uint64_t tokens, std::string& out) {
  switch (client) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return openai_responses::write_input_tokens_answer(out, tokens);
    case Dialect::anthropic_messages:
      return anthropic_messages::write_token_count(out, tokens);
    case Dialect::gemini:
      return gemini::write_token_count(tokens, out);
  }
  WEIR_ASSERT(false, "chat completions have no endpoint that counts");
}

// ---- Answers of providers.

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
Varying Decoder::varying() const {
  return std::visit([](const auto& decoder) { return decoder.varying(); }, decoder_);
}
const FaultReport& Decoder::error() const {
  return std::visit([](const auto& decoder) -> const FaultReport& { return decoder.error(); }, decoder_);
}

// ---- Answers to clients.

Encoder::Encoder(Dialect client, const AnswerContext& context) : encoder_(std::in_place_index<0>, context) {
  switch (client) {
    case Dialect::openai_chat:
      return;  // the variant's first
    case Dialect::openai_responses:
      encoder_.emplace<openai_responses::Encoder>(context);
      return;
    case Dialect::anthropic_messages:
      encoder_.emplace<anthropic_messages::Encoder>(context);
      return;
    case Dialect::gemini:
      encoder_.emplace<gemini::Encoder>(context);
      return;
  }
}

void Encoder::encode(std::span<const Event> events, std::string& out) {
  std::visit([&](auto& encoder) { encoder.encode(events, out); }, encoder_);
}
void Encoder::encode(const BlockDelta& delta, std::string& out) {
  std::visit([&](auto& encoder) { encoder.encode(delta, out); }, encoder_);
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
      return anthropic_messages::write_document(answer, context, out);
    case Dialect::gemini:
      return gemini::write_document(answer, context, out);
  }
}

Bytes end_marker(Dialect client) {
  switch (client) {
    case Dialect::openai_chat:
      return "data: [DONE]\n\n";
    case Dialect::anthropic_messages:
      return "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    case Dialect::openai_responses:
    case Dialect::gemini:
      break;
  }
  return {};
}

Bytes stream_content_type(Dialect client, bool array) {
  return client == Dialect::gemini && array ? "application/json" : "text/event-stream; charset=utf-8";
}

}  // namespace weir::dialect
