// The words of the mock conversation: what bench_load asks, what bench_upstream answers, and how both know that not
// one byte changed on the way. Shapes are OpenAI's chat completions (chat.completion, chat.completion.chunk over SSE);
// the same stream in Anthropic's (Messages) is for gateways that translate it into OpenAI's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// The whole answer to a request without streaming, about 1 KB of JSON.
const std::string& completion_document();

/// Whether this document, which a gateway may have written anew, says what completion_document() says.
bool means_the_same(std::string_view document);

/// One content frame `data: {...}\n\n` whose text carries the sender's clock and a sequence number at fixed places.
class ContentFrame {
 public:
  /// `bytes` is the length of the whole frame; raised to the shortest possible one.
  explicit ContentFrame(std::size_t bytes);
  /// The same text as such a frame's in a frame of Anthropic's.
  static ContentFrame anthropic(std::size_t bytes);

  /// The frame with these values; valid until the next call.
  std::string_view fill(std::int64_t clock_ns, std::uint32_t sequence);

  std::size_t size() const { return text_.size(); }
  /// Where the clock's digits are; they are left out of the hash.
  std::size_t clock_at() const { return clock_at_; }
  /// The clock inside a received frame of this size, ns.
  std::int64_t clock_of(std::string_view frame) const;
  /// The same of a frame that may have been written anew but holds the text of number `sequence`; -1 when it does not.
  std::int64_t clock_in(std::string_view frame, std::uint32_t sequence);

  static constexpr std::size_t kClockDigits = 20;
  static constexpr std::size_t kSequenceDigits = 8;

 private:
  std::string text_;
  std::size_t clock_at_;
  std::size_t sequence_at_;
};

/// The other frames of a stream, in the order they are sent: role, content..., finish, [usage], done.
std::string_view role_frame();
std::string_view finish_frame();
std::string usage_frame(std::uint32_t chunks);
std::string_view done_frame();
/// The same of Anthropic's: what comes before the contents, and behind them.
std::string_view anthropic_begin();
std::string anthropic_end(std::uint32_t chunks);

/// 64-bit running hash over the frames of a stream; a detector of change, not of malice.
std::uint64_t hash_bytes(std::uint64_t state, std::string_view bytes);
/// The same over one content frame of the expected size, its clock left out.
std::uint64_t hash_content(std::uint64_t state, const ContentFrame& frame, std::string_view bytes);
inline constexpr std::uint64_t kHashStart = 0x9E3779B97F4A7C15;

/// hashes[n] is the hash of a whole stream of n content frames, clocks left out.
std::vector<std::uint64_t> stream_hashes(ContentFrame frame, std::uint32_t up_to, bool usage);

struct RequestShape {
  std::uint16_t port = 0;
  std::string key;
  std::string headers{};  // further lines of the head
  std::string model = "gpt-4o-mini";
  std::size_t body_bytes = 1024;
  bool stream = false;
  bool include_usage = false;
};

struct Request {
  std::string text;            // head and body
  std::size_t head_bytes = 0;  // where the body begins
};

/// The requests of one load, one per stream length, made when first asked for and kept: references stay valid.
class RequestBook {
 public:
  explicit RequestBook(RequestShape shape) : shape_(std::move(shape)) {}

  /// `chunks` travels as max_tokens, which is how the upstream knows the stream's length.
  const Request& asking_for(std::uint32_t chunks);

 private:
  RequestShape shape_;
  std::deque<Request> requests_;
};

}  // namespace bench
