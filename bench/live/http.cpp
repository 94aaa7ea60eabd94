#include "http.h"

#include <strings.h>
#include <charconv>

namespace bench {

namespace {

constexpr std::size_t kHeadMax = 65536;
constexpr std::size_t kLineMax = 256;

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool read_number(std::string_view text, std::size_t& value, int base) {
  return std::from_chars(text.data(), text.data() + text.size(), value, base).ec == std::errc{};
}

}  // namespace

std::string_view header_value(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && same_word(line.substr(0, colon), name)) {
      const std::size_t at = line.find_first_not_of(" \t", colon + 1);
      return at == std::string_view::npos ? std::string_view{} : line.substr(at);
    }
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  }
  return {};
}

void AnswerReader::begin() {
  step_ = Step::head;
  head_.clear();
  line_.clear();
  left_ = 0;
  status_ = 0;
}

std::size_t AnswerReader::take_line(std::string_view bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t took = newline == std::string_view::npos ? bytes.size() : newline + 1;
  std::string& into = step_ == Step::head ? head_ : line_;
  into.append(bytes.substr(0, took));
  if (into.size() > (step_ == Step::head ? kHeadMax : kLineMax)) step_ = Step::broken;
  if (newline == std::string_view::npos || step_ == Step::broken) return took;
  switch (step_) {
    case Step::head:
      if (head_.ends_with("\r\n\r\n")) read_head();
      return took;
    case Step::chunk_size:
      if (!read_number(line_, left_, 16)) {
        step_ = Step::broken;
      } else {
        step_ = left_ == 0 ? Step::trailer : Step::chunk_data;
      }
      break;
    case Step::chunk_end:
      step_ = line_ == "\r\n" ? Step::chunk_size : Step::broken;
      break;
    case Step::trailer:
      if (line_ == "\r\n") step_ = Step::complete;
      break;
    default:
      step_ = Step::broken;
  }
  line_.clear();
  return took;
}

void AnswerReader::took(std::size_t body_bytes) {
  left_ -= body_bytes;
  if (left_ == 0) step_ = step_ == Step::length ? Step::complete : Step::chunk_end;
}

void AnswerReader::read_head() {
  const std::string_view head = head_;
  std::size_t status = 0;
  if (!head.starts_with("HTTP/1.1 ") || !read_number(head.substr(9, 3), status, 10)) {
    step_ = Step::broken;
    return;
  }
  status_ = static_cast<int>(status);
  const std::string_view length = header_value(head, "content-length");
  if (same_word(header_value(head, "transfer-encoding"), "chunked")) {
    step_ = Step::chunk_size;
  } else if (!length.empty() && read_number(length, left_, 10)) {
    step_ = left_ == 0 ? Step::complete : Step::length;
  } else {
    step_ = Step::broken;
  }
}

}  // namespace bench
