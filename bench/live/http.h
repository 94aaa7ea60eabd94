// Just enough HTTP/1.1 for the two ends of the bench: requests with Content-Length, answers with Content-Length or
// chunked. They talk to each other and to proxies under test, never to the world; what they do not know is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

/// Value of a header in a head (request or status line included), empty when absent; names without regard to case.
std::string_view header_value(std::string_view head, std::string_view name);

/// One answer after the other, cut in any way. Body bytes are handed out as they come.
class AnswerReader {
 public:
  enum class Step { head, length, chunk_size, chunk_data, chunk_end, trailer, complete, broken };

  /// Ready for the next answer.
  void begin();

  /// Takes bytes up to the end of the answer and returns how many; `body(bytes)` gets its body without framing.
  template <class Body>
  std::size_t feed(std::string_view bytes, Body&& body) {
    const std::size_t all = bytes.size();
    while (!bytes.empty() && step_ != Step::complete && step_ != Step::broken) {
      if (step_ == Step::length || step_ == Step::chunk_data) {
        const std::string_view part = bytes.substr(0, left_);
        body(part);
        bytes.remove_prefix(part.size());
        took(part.size());
      } else {
        bytes.remove_prefix(take_line(bytes));
      }
    }
    return all - bytes.size();
  }

  Step step() const { return step_; }
  bool complete() const { return step_ == Step::complete; }
  bool broken() const { return step_ == Step::broken; }
  int status() const { return status_; }
  /// The first bytes of the answer's head, for error messages.
  const std::string& head() const { return head_; }

 private:
  std::size_t take_line(std::string_view bytes);
  void took(std::size_t body_bytes);
  void read_head();

  Step step_ = Step::head;
  std::string head_;
  std::string line_;
  std::size_t left_ = 0;
  int status_ = 0;
};

}  // namespace bench
