// A small, strict HTTP/1.1 reader of the test's own: what weir writes must be understood by somebody who shares no line
// of code with it. Reads the requests that reach a provider, and the answers that reach a client.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::sim {

struct HttpMessage {
  std::string method;  ///< of the request (for an answer: of the request it answers)
  std::string target;
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  ///< names in lower case
  std::string body;                                         ///< without its framing
  bool head_complete = false;
  bool complete = false;
  bool until_close = false;
  bool chunked = false;

  const std::string* find(Bytes name) const;
  bool closes() const;
};

class HttpReader {
 public:
  enum class Side : std::uint8_t { requests, answers };
  explicit HttpReader(Side side) : side_(side) {}

  /// An answer to a request of this method, made in this version, is to come. Answers follow each other in order.
  void expect(std::string method, bool http_1_1, bool wants_continue);
  void feed(Bytes bytes);
  /// The sender has finished: ends a body that lasts until the close.
  void end();

  /// In order; the last one may be incomplete. Interim answers are not among them.
  const std::deque<HttpMessage>& messages() const { return messages_; }
  std::size_t interims() const { return interims_; }
  std::size_t completed() const { return completed_; }
  /// What is illegal about the bytes so far; empty: nothing.
  const std::string& error() const { return error_; }
  const std::string& raw() const { return raw_; }

 private:
  enum class State : std::uint8_t { head, sized, chunk_line, chunk_data, chunk_end, trailer, until_close, closed };
  struct Expected {
    std::string method;
    bool http_1_1;
    bool wants_continue;
  };
  void parse();
  bool parse_head(Bytes head);
  void finish_message();
  void broken(std::string what);

  Side side_;
  State state_ = State::head;
  std::string raw_;
  std::size_t at_ = 0;
  std::size_t left_ = 0;
  std::deque<HttpMessage> messages_;
  std::deque<Expected> expected_;
  std::size_t interims_ = 0;
  std::size_t completed_ = 0;
  std::string error_;
};

/// The data of the frames of an SSE body, in order; comments and frames without data are left out.
struct SsePayloads {
  std::vector<std::string> whole;  ///< of frames that ended in a blank line
  std::string tail;                ///< data of a last frame without its end
  bool has_tail = false;
};
SsePayloads read_sse(Bytes body);

}  // namespace weir::sim
