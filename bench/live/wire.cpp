#include "wire.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace bench {

namespace {

constexpr std::string_view kFrameStart =
    R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini",)";

std::string choice_frame(std::string_view delta, std::string_view finish) {
  return std::string(kFrameStart) + R"("choices":[{"index":0,"delta":)" + std::string(delta) + R"(,"finish_reason":)" +
         std::string(finish) + "}]}\n\n";
}

void put_digits(char* at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

std::string answer_text() {
  std::string answer;
  for (int i = 0; i < 11; ++i) answer += "A gateway should be as thin as the wire it replaces, and as honest. ";
  return answer;
}

}  // namespace

const std::string& completion_document() {
  static const std::string text = [] {
    return std::string(R"({"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,)") +
           R"("model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":")" + answer_text() +
           R"("},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":150,)" +
           R"("total_tokens":350},"system_fingerprint":"fp_bench"})";
  }();
  return text;
}

bool means_the_same(std::string_view document) {
  static const std::string content = '"' + answer_text() + '"';
  std::string text(document);
  if (text.find(content) == std::string::npos) return false;
  std::erase(text, ' ');
  return text.find(R"("total_tokens":350)") != std::string::npos;
}

ContentFrame::ContentFrame(std::size_t bytes) {
  const std::string clock(kClockDigits, '0');
  const std::string sequence(kSequenceDigits, '0');
  const auto build = [&](std::size_t padding) {
    return choice_frame(R"({"content":"t=)" + clock + " n=" + sequence + " " + std::string(padding, '.') + R"("})",
                        "null");
  };
  text_ = build(0);
  if (bytes > text_.size()) text_ = build(bytes - text_.size());
  clock_at_ = text_.find("t=") + 2;
  sequence_at_ = clock_at_ + kClockDigits + 3;
}

ContentFrame ContentFrame::anthropic(std::size_t bytes) {
  ContentFrame frame(bytes);
  const std::size_t start = frame.clock_at_ - 2;
  const std::string text = frame.text_.substr(start, frame.text_.find('"', start) - start);
  const std::string before =
      "event: content_block_delta\n"
      R"(data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")";
  frame.text_ = before + text + "\"}}\n\n";
  frame.clock_at_ = before.size() + 2;
  frame.sequence_at_ = frame.clock_at_ + kClockDigits + 3;
  return frame;
}

std::string_view ContentFrame::fill(std::int64_t clock_ns, std::uint32_t sequence) {
  put_digits(text_.data() + clock_at_, kClockDigits, static_cast<std::uint64_t>(clock_ns));
  put_digits(text_.data() + sequence_at_, kSequenceDigits, sequence);
  return text_;
}

std::int64_t ContentFrame::clock_of(std::string_view frame) const {
  std::int64_t value = 0;
  std::from_chars(frame.data() + clock_at_, frame.data() + clock_at_ + kClockDigits, value);
  return value;
}

std::int64_t ContentFrame::clock_in(std::string_view frame, std::uint32_t sequence) {
  const std::size_t at = frame.find("\"t=");
  if (at == std::string_view::npos || frame.size() < at + 3 + kClockDigits) return -1;
  std::int64_t clock = -1;
  std::from_chars(frame.data() + at + 3, frame.data() + at + 3 + kClockDigits, clock);
  std::string_view text = fill(clock, sequence).substr(clock_at_ - 3);
  text = text.substr(0, text.find('"', 1) + 1);
  return frame.substr(at).starts_with(text) ? clock : -1;
}

std::string_view role_frame() {
  static const std::string text = choice_frame(R"({"role":"assistant","content":""})", "null");
  return text;
}

std::string_view finish_frame() {
  static const std::string text = choice_frame("{}", R"("stop")");
  return text;
}

std::string usage_frame(std::uint32_t chunks) {
  return std::string(kFrameStart) + R"("choices":[],"usage":{"prompt_tokens":200,"completion_tokens":)" +
         std::to_string(chunks) + R"(,"total_tokens":)" + std::to_string(200 + chunks) + "}}\n\n";
}

std::string_view done_frame() { return "data: [DONE]\n\n"; }

std::string_view anthropic_begin() {
  return "event: message_start\n"
         R"(data: {"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant",)"
         R"("model":"claude-bench","content":[],"stop_reason":null,"stop_sequence":null,)"
         R"("usage":{"input_tokens":200,"output_tokens":1}}})"
         "\n\nevent: content_block_start\n"
         R"(data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"
         "\n\n";
}

std::string anthropic_end(std::uint32_t chunks) {
  return "event: content_block_stop\n"
         R"(data: {"type":"content_block_stop","index":0})"
         "\n\nevent: message_delta\n"
         R"(data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":)"
         R"({"output_tokens":)" +
         std::to_string(chunks) +
         "}}\n\nevent: message_stop\n"
         R"(data: {"type":"message_stop"})"
         "\n\n";
}

std::uint64_t hash_bytes(std::uint64_t state, std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0xFF51AFD7ED558CCD;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    state = (state ^ word) * kPrime;
    state ^= state >> 32;
    bytes.remove_prefix(sizeof word);
  }
  for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * kPrime;
  return state ^ state >> 29;
}

std::uint64_t hash_content(std::uint64_t state, const ContentFrame& frame, std::string_view bytes) {
  state = hash_bytes(state, bytes.substr(0, frame.clock_at()));
  return hash_bytes(state, bytes.substr(frame.clock_at() + ContentFrame::kClockDigits));
}

std::vector<std::uint64_t> stream_hashes(ContentFrame frame, std::uint32_t up_to, bool usage) {
  std::vector<std::uint64_t> hashes;
  std::uint64_t state = hash_bytes(kHashStart, role_frame());
  for (std::uint32_t n = 0; n <= up_to; ++n) {
    std::uint64_t end = hash_bytes(state, finish_frame());
    if (usage) end = hash_bytes(end, usage_frame(n));
    hashes.push_back(hash_bytes(end, done_frame()));
    state = hash_content(state, frame, frame.fill(0, n));
  }
  return hashes;
}

static Request chat_request(const RequestShape& shape, std::uint32_t chunks) {
  std::string body = R"({"model":")" + shape.model + R"(",)";
  if (shape.stream) body += R"("stream":true,)";
  if (shape.include_usage) body += R"("stream_options":{"include_usage":true},)";
  body += R"("max_tokens":)" + std::to_string(chunks) + R"(,"messages":[{"role":"user","content":")";
  constexpr std::string_view kEnd = R"("}]})";
  constexpr std::string_view kWords = "Tell me of rivers, and of how they find the sea. ";
  while (body.size() + kEnd.size() < shape.body_bytes) {
    body += kWords.substr(0, std::min(kWords.size(), shape.body_bytes - kEnd.size() - body.size()));
  }
  body += kEnd;
  std::string head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(shape.port) +
                     "\r\nAuthorization: Bearer " + shape.key + "\r\n" + shape.headers +
                     "Content-Type: application/json\r\nAccept: */*\r\nUser-Agent: bench_load/1\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n";
  return {head + body, head.size()};
}

const Request& RequestBook::asking_for(std::uint32_t chunks) {
  if (requests_.size() <= chunks) requests_.resize(chunks + 1);
  Request& request = requests_[chunks];
  if (request.text.empty()) request = chat_request(shape_, chunks);
  return request;
}

}  // namespace bench
