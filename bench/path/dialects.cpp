#include "dialects.h"

#include "conversation.h"
#include "weir/base/assert.h"
#include "weir/codec/sse.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/registry.h"

namespace weir::path {

using dialect::Dialect;

namespace {

std::string digits(std::uint64_t number) { return std::to_string(number); }

/// Between 0 and `most`, another one for every n.
std::size_t some(std::size_t n, std::size_t most) { return n * 7 % (most + 1); }

std::string event(Bytes name, Bytes data) {
  return std::string("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

// ---- Anthropic's.

constexpr Bytes kAnthropicUsage =
    R"({"input_tokens":200,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":)";

std::string anthropic_message(Bytes content, Bytes stop, Bytes output) {
  return std::string(
             R"({"model":"gpt-4o","id":"msg_01AbCdEf0123456789","type":"message","role":"assistant","content":[)")
      .append(content)
      .append(R"(],"stop_reason":)")
      .append(stop)
      .append(R"(,"stop_sequence":null,"usage":)")
      .append(kAnthropicUsage)
      .append(output)
      .append("}}");
}

// ---- Responses'.

constexpr Bytes kItem = R"("item_id":"msg_0123456789abcdef0123456789abcdef","output_index":0,"content_index":0,)";

std::string response(Bytes status, Bytes output, Bytes usage) {
  return std::string(R"({"id":"resp_0123456789abcdef","object":"response","created_at":1700000000,"status":")")
      .append(status)
      .append(R"(","error":null,"incomplete_details":null,"model":"gpt-4o","output":[)")
      .append(output)
      .append(R"(],"parallel_tool_calls":true,"tools":[],"usage":)")
      .append(usage)
      .append("}");
}

std::string message_item(Bytes status, Bytes content) {
  return std::string(R"({"id":"msg_0123456789abcdef0123456789abcdef","type":"message","status":")")
      .append(status)
      .append(R"(","role":"assistant","content":[)")
      .append(content)
      .append("]}");
}

std::string text_part(Bytes text) {
  return std::string(R"({"type":"output_text","annotations":[],"logprobs":[],"text":")").append(text).append("\"}");
}

std::string responses_event(Bytes name, std::size_t sequence, Bytes members) {
  return event(name, std::string(R"({"type":")")
                         .append(name)
                         .append(R"(","sequence_number":)")
                         .append(digits(sequence))
                         .append(",")
                         .append(members)
                         .append("}"));
}

constexpr Bytes kResponsesUsage =
    R"({"input_tokens":200,"input_tokens_details":{"cached_tokens":0},"output_tokens":150,)"
    R"("output_tokens_details":{"reasoning_tokens":0},"total_tokens":350})";

// ---- Gemini's.

/// Its counters grow from frame to frame.
std::string gemini_response(Bytes text, Bytes finish, std::uint64_t output) {
  return std::string(R"({"candidates": [{"content": {"parts": [{"text": ")")
      .append(text)
      .append(R"("}],"role": "model"},)")
      .append(finish)
      .append(R"("index": 0}],"usageMetadata": {"promptTokenCount": 200,"candidatesTokenCount": )")
      .append(digits(output))
      .append(R"(,"totalTokenCount": )")
      .append(digits(kInputTokens + output))
      .append(R"(,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 200}]},)")
      .append(R"("modelVersion": "gemini-2.5-flash","responseId": "kLewaKa5ONqI-8YP-c_NuAQ"})");
}

}  // namespace

std::string target_of(Dialect client, bool stream) {
  switch (client) {
    case Dialect::openai_chat:
      return "/v1/chat/completions";
    case Dialect::openai_responses:
      return "/v1/responses";
    case Dialect::anthropic_messages:
      return "/v1/messages";
    case Dialect::gemini:
      break;
  }
  return "/v1beta/models/" + std::string(kModel) + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
}

std::string key_line(Dialect client, Bytes key) {
  switch (client) {
    case Dialect::openai_chat:
    case Dialect::openai_responses:
      return "Authorization: Bearer " + std::string(key) + "\r\n";
    case Dialect::anthropic_messages:
      return "X-Api-Key: " + std::string(key) + "\r\nanthropic-version: 2023-06-01\r\n";
    case Dialect::gemini:
      break;
  }
  return "x-goog-api-key: " + std::string(key) + "\r\n";
}

std::string credential_header(Dialect provider) {
  return provider == Dialect::anthropic_messages ? "x-api-key"
         : provider == Dialect::gemini           ? "x-goog-api-key"
                                                 : "authorization";
}

std::string credential_value(Dialect provider) {
  return (credential_header(provider) == "authorization" ? "Bearer " : "") + std::string(kCredential);
}

std::string question(Dialect client, bool stream, Bytes prose) {
  const std::string model = R"({"model":")" + std::string(kModel) + R"(",)";
  const std::string streamed = stream ? R"("stream":true,)" : "";
  switch (client) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return model + R"("temperature":0.7,"max_output_tokens":400,)" + streamed +
             R"("instructions":"You answer briefly.","input":[{"role":"user","content":")" + std::string(prose) +
             R"("}]})";
    case Dialect::anthropic_messages:
      return model + R"("temperature":0.7,"max_tokens":400,)" + streamed +
             R"("system":"You answer briefly.","messages":[{"role":"user","content":")" + std::string(prose) +
             R"("}]})";
    case Dialect::gemini:
      return R"({"systemInstruction":{"parts":[{"text":"You answer briefly."}]},"generationConfig":{"temperature":0.7,)"
             R"("maxOutputTokens":400},"contents":[{"role":"user","parts":[{"text":")" +
             std::string(prose) + R"("}]}]})";
  }
  WEIR_ASSERT(false, "conversation.h asks in this dialect");
}

std::string frames_before(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return responses_event("response.created", 0, R"("response":)" + response("in_progress", "", "null")) +
             responses_event("response.in_progress", 1, R"("response":)" + response("in_progress", "", "null")) +
             responses_event("response.output_item.added", 2,
                             R"("output_index":0,"item":)" + message_item("in_progress", "")) +
             responses_event("response.content_part.added", 3, std::string(kItem) + R"("part":)" + text_part(""));
    case Dialect::anthropic_messages:
      return event("message_start",
                   R"({"type":"message_start","message":)" + anthropic_message("", "null", "1") + "}") +
             event("content_block_start",
                   R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})") +
             event("ping", R"({"type": "ping"})");
    case Dialect::gemini:
      return {};
  }
  WEIR_ASSERT(false, "conversation.h answers in this dialect");
}

std::string text_frame(Dialect provider, Bytes text, std::size_t n) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return responses_event("response.output_text.delta", n + 4,
                             std::string(kItem)
                                 .append(R"("delta":")")
                                 .append(text)
                                 .append(R"(","logprobs":[],"obfuscation":")")
                                 .append(std::string(1 + some(n, 15), 'x'))
                                 .append("\""));
    case Dialect::anthropic_messages:  // blanks of any number stand at its end
      return event("content_block_delta",
                   std::string(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")")
                       .append(text)
                       .append(R"("})")
                       .append(std::string(some(n, 14), ' '))
                       .append("}"));
    case Dialect::gemini:
      return "data: " + gemini_response(text, "", n + 1) + "\r\n\r\n";
  }
  WEIR_ASSERT(false, "conversation.h answers in this dialect");
}

std::string frames_behind(Dialect provider, Bytes whole_text) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses: {
      const std::string part = text_part(whole_text);
      const std::string item = message_item("completed", part);
      return responses_event("response.output_text.done", 1'000'000,
                             std::string(kItem).append(R"("text":")").append(whole_text).append(R"(","logprobs":[])")) +
             responses_event("response.content_part.done", 1'000'001, std::string(kItem) + R"("part":)" + part) +
             responses_event("response.output_item.done", 1'000'002, R"("output_index":0,"item":)" + item) +
             responses_event("response.completed", 1'000'003,
                             R"("response":)" + response("completed", item, kResponsesUsage));
    }
    case Dialect::anthropic_messages:
      return event("content_block_stop", R"({"type":"content_block_stop","index":0})") +
             event("message_delta",
                   R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
                   R"("usage":{"output_tokens":150}})") +
             event("message_stop", R"({"type":"message_stop"})");
    case Dialect::gemini:
      return "data: " + gemini_response("", R"("finishReason": "STOP",)", kOutputTokens) + "\r\n\r\n";
  }
  WEIR_ASSERT(false, "conversation.h answers in this dialect");
}

std::string document_of(Dialect provider, Bytes text) {
  switch (provider) {
    case Dialect::openai_chat:
      break;
    case Dialect::openai_responses:
      return response("completed", message_item("completed", text_part(text)), kResponsesUsage);
    case Dialect::anthropic_messages:
      return anthropic_message(std::string(R"({"type":"text","text":")").append(text).append("\"}"), R"("end_turn")",
                               "150");
    case Dialect::gemini:
      return gemini_response(text, R"("finishReason": "STOP",)", kOutputTokens);
  }
  WEIR_ASSERT(false, "conversation.h answers in this dialect");
}

std::string text_of(Dialect client, bool stream, Bytes body) {
  dialect::Decoder decoder(client);
  dialect::Collector collector(64 << 20);
  dialect::EventBatch batch(collector);
  if (!stream) decoder.decode(body, batch);
  std::string scratch;
  codec::SseScanner scanner;
  while (stream && !body.empty()) {
    const std::size_t size = scanner.find_end(body);
    if (size == codec::SseScanner::npos) return "(a frame without its end)";
    const codec::SseFrame frame = codec::parse_sse_frame(body.substr(0, size), scratch);
    if (frame.has_data) decoder.decode(frame.data, batch);
    body.remove_prefix(size);
  }
  decoder.end(batch);
  const dialect::Answer& answer = collector.answer();
  if (decoder.failed() || !decoder.complete() || collector.failed()) return "(a broken answer)";
  if (decoder.finish_reason() != dialect::FinishReason::stop) return "(another finish)";
  const dialect::Usage usage = decoder.usage();
  const bool hidden = stream && client == Dialect::openai_chat;  // it did not ask
  if (usage.input != (hidden ? 0 : kInputTokens) || usage.output != (hidden ? 0 : kOutputTokens))
    return "(another usage)";
  if (answer.choices.size() != 1 || answer.choices[0].blocks.size() != 1) return "(not one block)";
  return answer.choices[0].blocks[0].text;
}

}  // namespace weir::path
