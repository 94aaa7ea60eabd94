#include "http_reader.h"

#include <algorithm>

namespace weir::sim {
namespace {

constexpr std::size_t kMaxHead = 70 * 1024;

bool is_token(Bytes text) {
  constexpr Bytes kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.contains(c);
  });
}

bool is_value(Bytes text) {
  return std::ranges::all_of(text,
                             [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 32 && c != 127); });
}

std::string lower(Bytes text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

}  // namespace

const std::string* HttpMessage::find(Bytes name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return &value;
  return nullptr;
}

bool HttpMessage::closes() const {
  const auto* connection = find("connection");
  return until_close || (connection && *connection == "close");
}

void HttpReader::expect(std::string method, bool http_1_1, bool wants_continue) {
  expected_.push_back({std::move(method), http_1_1, wants_continue});
}

void HttpReader::broken(std::string what) {
  if (error_.empty()) error_ = std::move(what) + " at byte " + std::to_string(at_);
}

void HttpReader::feed(Bytes bytes) {
  raw_ += bytes;
  parse();
}

void HttpReader::end() {
  if (state_ == State::until_close) finish_message();
  state_ = State::closed;
}

void HttpReader::finish_message() {
  HttpMessage& message = messages_.back();
  message.complete = true;
  ++completed_;
  state_ = side_ == Side::answers && message.closes() ? State::closed : State::head;
}

void HttpReader::parse() {
  while (error_.empty() && at_ < raw_.size()) {
    const Bytes rest = Bytes(raw_).substr(at_);
    switch (state_) {
      case State::head: {
        const std::size_t end = rest.find("\r\n\r\n");
        if (end == Bytes::npos) {
          if (rest.size() > kMaxHead) broken("a head without an end");
          return;
        }
        if (!parse_head(rest.substr(0, end + 2))) return;
        at_ += end + 4;
        if (state_ == State::sized && left_ == 0) finish_message();
        break;
      }
      case State::sized:
      case State::chunk_data: {
        const std::size_t n = std::min(left_, rest.size());
        messages_.back().body += rest.substr(0, n);
        at_ += n;
        left_ -= n;
        if (left_ > 0) return;
        if (state_ == State::sized) {
          finish_message();
        } else {
          state_ = State::chunk_end;
        }
        break;
      }
      case State::chunk_line: {
        const std::size_t end = rest.find("\r\n");
        if (end == Bytes::npos && rest.size() < 20) return;
        if (end == 0 || end > 16) return broken("a chunk line of a wrong length");
        left_ = 0;
        for (const char c : rest.substr(0, end)) {
          const std::size_t digit = Bytes("0123456789abcdef").find(lower(Bytes(&c, 1)));
          if (digit == Bytes::npos) return broken("a chunk size that is no hexadecimal number");
          left_ = left_ * 16 + digit;
        }
        at_ += end + 2;
        state_ = left_ == 0 ? State::trailer : State::chunk_data;
        break;
      }
      case State::chunk_end:
      case State::trailer:
        if (rest.size() < 2) return;
        if (!rest.starts_with("\r\n")) return broken("a chunk without its end");
        at_ += 2;
        if (state_ == State::trailer) {
          finish_message();
        } else {
          state_ = State::chunk_line;
        }
        break;
      case State::until_close:
        messages_.back().body += rest;
        at_ = raw_.size();
        break;
      case State::closed:
        // Whoever refuses a request without having read its first line cannot know that it was a HEAD.
        if (!messages_.empty() && messages_.back().method == "HEAD" && messages_.back().status >= 400) {
          at_ = raw_.size();
          break;
        }
        return broken("bytes behind the end of the connection");
    }
  }
}

bool HttpReader::parse_head(Bytes head) {
  HttpMessage message;
  const auto refuse = [this](std::string what) {
    broken(std::move(what));
    return false;
  };
  const std::size_t line_end = head.find("\r\n");
  const Bytes start = head.substr(0, line_end);
  head.remove_prefix(line_end + 2);
  bool interim = false;
  if (side_ == Side::requests) {
    const std::size_t a = start.find(' ');
    const std::size_t b = start.rfind(' ');
    if (a == Bytes::npos || a == b || start.substr(b + 1) != "HTTP/1.1") return refuse("a malformed request line");
    message.method = start.substr(0, a);
    message.target = start.substr(a + 1, b - a - 1);
    if (!is_token(message.method) || !message.target.starts_with('/') || message.target.contains(' '))
      return refuse("a malformed request line");
  } else {
    if (start.size() < 13 || !start.starts_with("HTTP/1.1 ") || start[12] != ' ')
      return refuse("a malformed status line");
    for (const char c : start.substr(9, 3)) {
      if (c < '0' || c > '9') return refuse("a malformed status");
      message.status = message.status * 10 + (c - '0');
    }
    if (!is_value(start)) return refuse("a control byte in a status line");
    interim = message.status < 200;
  }
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const Bytes line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == Bytes::npos || !is_token(line.substr(0, colon))) return refuse("a malformed field line");
    Bytes value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    if (!is_value(value)) return refuse("a control byte in a field");
    message.fields.emplace_back(lower(line.substr(0, colon)), value);
  }
  const auto count = [&](Bytes name) {
    return std::ranges::count_if(message.fields, [&](const auto& field) { return field.first == name; });
  };
  const auto* length = message.find("content-length");
  const auto* coding = message.find("transfer-encoding");
  if (count("content-length") > 1 || count("transfer-encoding") > 1 || (length && coding))
    return refuse("a head with two lengths");
  if (count("connection") > 1 || count("host") > 1) return refuse("a field that occurs twice");
  if (coding && *coding != "chunked") return refuse("an unknown transfer coding");
  if (length &&
      (length->empty() || length->size() > 12 || length->find_first_not_of("0123456789") != std::string::npos))
    return refuse("a malformed length");

  if (interim) {
    if (expected_.empty() || !expected_.front().wants_continue) return refuse("an interim answer nobody waits for");
    if (message.status != 100 || length || coding) return refuse("a strange interim answer");
    expected_.front().wants_continue = false;
    ++interims_;
    return true;
  }
  bool no_body = side_ == Side::requests && !length && !coding;
  if (side_ == Side::answers) {
    Expected expected{"GET", true, false};
    if (!expected_.empty()) {
      expected = expected_.front();
      expected_.pop_front();
    } else if (message.status < 400) {
      return refuse("an answer to no request");  // a refusal may come before we could ask
    }
    message.method = expected.method;
    if (coding && !expected.http_1_1) return refuse("a chunked answer to an HTTP/1.0 client");
    if ((message.status == 204 || message.status == 304) && (length || coding))
      return refuse("a length without a body");
    no_body = message.method == "HEAD" || message.status == 204 || message.status == 304;
  } else if (count("host") != 1) {
    return refuse("a request without a host");
  }
  message.head_complete = true;
  message.chunked = coding != nullptr;
  message.until_close = side_ == Side::answers && !no_body && !length && !coding;
  left_ = no_body || !length ? 0 : std::stoul(*length);
  state_ = no_body ? State::sized : coding ? State::chunk_line : length ? State::sized : State::until_close;
  messages_.push_back(std::move(message));
  return true;
}

SsePayloads read_sse(Bytes body) {
  SsePayloads result;
  std::string data;
  bool has_data = false;
  bool inside = false;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find_first_of("\r\n", at), body.size());
    const Bytes line = body.substr(at, end - at);
    at = end + (body.substr(end).starts_with("\r\n") ? 2 : 1);
    if (line.empty()) {
      if (has_data) result.whole.push_back(std::exchange(data, {}));
      data.clear();
      has_data = inside = false;
      continue;
    }
    inside = true;
    if (!line.starts_with("data:")) continue;
    Bytes value = line.substr(5);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data) data += '\n';
    data += value;
    has_data = true;
  }
  result.has_tail = inside && has_data;
  if (result.has_tail) result.tail = data;
  return result;
}

}  // namespace weir::sim
