#include "conversation.h"

#include <charconv>

#include "dialects.h"
#include "weir/base/assert.h"

namespace weir::path {
namespace {

constexpr Bytes kWords[] = {"a",    "gateway", "should", "be",     "as",   "thin", "wire", "it",   "replaces", "and",
                            "then", "answers", "every",  "stream", "with", "its",  "own",  "pace", "nothing",  "more"};

constexpr Bytes kFrameStart =
    R"(data: {"id":"chatcmpl-AbCdEf0123","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o",)"
    R"("choices":[)";

/// Prose of exactly `bytes` bytes, another one for every n.
std::string prose(std::size_t n, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text.append(kWords[n++ * 7 % std::size(kWords)]).append(" ");
  text.resize(bytes);
  return text;
}

std::string choice(Bytes delta, Bytes finish) {
  std::string frame(kFrameStart);
  frame.append(R"({"index":0,"delta":)").append(delta).append(R"(,"finish_reason":)").append(finish);
  return frame.append("}]}\n\n");
}

std::string role_frame() { return choice(R"({"role":"assistant","content":""})", "null"); }
std::string finish_frame() { return choice("{}", R"("stop")"); }
constexpr Bytes kDone = "data: [DONE]\n\n";

/// Every frame in a chunk of its own.
std::string in_chunks(Bytes frames) {
  std::string wire;
  while (!frames.empty()) {
    const std::size_t crlf = frames.find("\r\n\r\n");
    const std::size_t lf = frames.find("\n\n");
    const std::size_t end = crlf < lf ? crlf + 4 : lf + 2;
    wire += in_chunk(frames.substr(0, end));
    frames.remove_prefix(end);
  }
  return wire;
}

}  // namespace

std::string key_of(std::size_t client) {
  std::string key(kKey);
  key[key.size() - 2] = static_cast<char>('a' + client / 26 % 26);
  key.back() = static_cast<char>('a' + client % 26);
  return key;
}

namespace {

std::string chat_question(std::size_t body_bytes, bool stream) {
  std::string body = R"({"model":")";
  body.append(kModel).append(R"(","temperature":0.7,"max_tokens":400,)");
  if (stream) body.append(R"("stream":true,)");
  body.append(R"("messages":[{"role":"system","content":"You answer briefly."},{"role":"user","content":")");
  const Bytes end = R"("}]})";
  WEIR_ASSERT(body.size() + end.size() < body_bytes, "a request has room for a question");
  return body.append(prose(3, body_bytes - body.size() - end.size())).append(end);
}

std::string body_of(const Workload& workload) {
  if (workload.client == dialect::Dialect::openai_chat) return chat_question(workload.body_bytes, workload.stream);
  const std::size_t around = question(workload.client, workload.stream, {}).size();
  return question(workload.client, workload.stream, prose(3, workload.body_bytes - around));
}

}  // namespace

std::string request(const Workload& workload, Bytes key) {
  const std::string body = body_of(workload);
  std::string wire = "POST " + target_of(workload.client, workload.stream) + " HTTP/1.1\r\nHost: gateway.test:8080\r\n";
  wire.append(key_line(workload.client, key));
  wire.append("Accept: application/json\r\nContent-Type: application/json\r\nUser-Agent: OpenAI/Python 1.99.1\r\n");
  wire.append("X-Stainless-Lang: python\r\nX-Stainless-Runtime: CPython\r\nAccept-Encoding: gzip, deflate\r\n");
  if (workload.client_closes) wire.append("Connection: close\r\n");
  wire.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return wire.append(body);
}

std::string document_text() { return prose(5, 700); }

std::string document(dialect::Dialect provider) {
  if (provider != dialect::Dialect::openai_chat) return document_of(provider, document_text());
  static const std::string text = [] {
    std::string whole = R"({"id":"chatcmpl-AbCdEf0123","object":"chat.completion","created":1700000000,)"
                        R"("model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":")";
    whole.append(document_text()).append(R"(","refusal":null},"logprobs":null,"finish_reason":"stop"}],)");
    return whole.append(R"("usage":{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350},)"
                        R"("system_fingerprint":"fp_0123456789"})");
  }();
  return text;
}

std::string document_answer(const Workload& workload) {
  const std::string body = document(workload.provider);
  std::string wire = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_0123456789abcdef\r\n";
  if (workload.provider_closes) wire.append("Connection: close\r\n");
  wire.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return wire.append(body);
}

std::string stream_begin(dialect::Dialect provider) {
  const bool chat = provider == dialect::Dialect::openai_chat;
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
         "x-request-id: req_0123456789abcdef\r\nTransfer-Encoding: chunked\r\n\r\n" +
         (chat ? in_chunk(role_frame()) : in_chunks(frames_before(provider)));
}

std::string content_text(Frames kind, std::size_t n) {
  if (kind == Frames::tiny) return std::string(1, static_cast<char>('a' + n % 26));
  if (kind == Frames::large) return prose(n, 500'000);
  constexpr std::size_t kPlainBytes = 220;  // of a chat frame, as tools/bench has them
  static const std::size_t other = choice(R"({"content":""})", "null").size();
  return prose(n, kPlainBytes - other);
}

std::string content_frame(const Workload& workload, std::size_t n) {
  constexpr std::size_t kPieceBytes = 16;  // a word or a piece of arguments, and its padding
  const Frames kind = workload.kind;
  if (workload.provider != dialect::Dialect::openai_chat)
    return text_frame(workload.provider, content_text(kind, n), n);
  if (kind == Frames::plain) return choice(R"({"content":")" + content_text(kind, n) + R"("})", "null");
  const bool tools = kind == Frames::tools;
  const std::string piece =
      tools ? R"({\"n\":)" + std::to_string(n % 1000) : " " + std::string(kWords[n % std::size(kWords)]);
  WEIR_ASSERT(piece.size() < kPieceBytes, "there is room for padding");
  std::string frame(kFrameStart.substr(0, kFrameStart.find(R"("choices")")));
  frame.append(R"("service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":)");
  frame.append(tools ? R"({"tool_calls":[{"index":0,"function":{"arguments":")" : R"({"content":")").append(piece);
  frame.append(tools ? R"("}}]})" : R"("})").append(R"(,"logprobs":null,"finish_reason":null}],"usage":null,)");
  std::string padding;
  for (std::size_t i = piece.size(); i < kPieceBytes; ++i) padding += static_cast<char>('A' + (n * 31 + i * 7) % 26);
  return frame.append(R"("obfuscation":")").append(padding).append("\"}\n\n");
}

std::string stream_text(Frames kind, std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += content_text(kind, i);
  return text;
}

std::string stream_end(const Workload& workload, std::size_t n) {
  const dialect::Dialect provider = workload.provider;
  if (provider != dialect::Dialect::openai_chat)
    return in_chunks(frames_behind(provider, stream_text(workload.kind, n))) + "0\r\n\r\n";
  const std::string usage = std::string(kFrameStart) +
                            R"(],"usage":{"prompt_tokens":200,"completion_tokens":150,"total_tokens":350}})" + "\n\n";
  return in_chunk(finish_frame()) + in_chunk(usage) + in_chunk(kDone) + "0\r\n\r\n";
}

std::string in_chunk(Bytes data) {
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, data.size(), 16).ptr;
  return std::string(size, end).append("\r\n").append(data).append("\r\n");
}

std::string stream_body(const Workload& workload, std::size_t n) {
  const bool chat = workload.provider == dialect::Dialect::openai_chat;
  std::string body = chat ? role_frame() : frames_before(workload.provider);
  for (std::size_t i = 0; i < n; ++i) body.append(content_frame(workload, i));
  if (!chat) return body.append(frames_behind(workload.provider, stream_text(workload.kind, n)));
  return body.append(finish_frame()).append(kDone);
}

}  // namespace weir::path
