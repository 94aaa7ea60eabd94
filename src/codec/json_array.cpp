#include "weir/codec/json_array.h"

namespace weir::codec {

namespace {

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::size_t JsonArrayScanner::find_end(Bytes input) {
  for (std::size_t at = 0; at < input.size(); ++at) {
    const char c = input[at];
    switch (state_) {
      case State::before:
        if (c == '[') {
          state_ = State::between;
          opening_ = true;
        } else if (!is_white(c)) {
          state_ = State::malformed;
        }
        break;
      case State::between:
      case State::after_comma:
        if (is_white(c)) break;
        if (c == ',') {
          state_ = any_ && state_ == State::between ? State::after_comma : State::malformed;
        } else if (c == ']') {
          state_ = state_ == State::between ? State::closed : State::malformed;
        } else if (any_ && state_ == State::between) {  // two elements without a comma
          state_ = State::malformed;
        } else {
          any_ = true;
          if (c == '{' || c == '[') {
            depth_ = 1;
            state_ = State::inside;
          } else {
            depth_ = 0;
            state_ = c == '"' ? State::string : State::scalar;
          }
        }
        break;
      case State::inside:
        if (c == '"') {
          state_ = State::string;
        } else if (c == '{' || c == '[') {
          if (++depth_ > kMaxDepth) state_ = State::malformed;
        } else if (c == '}' || c == ']') {
          if (--depth_ == 0) return found(at + 1);
        }
        break;
      case State::string:
        if (c == '\\') {
          state_ = State::escape;
        } else if (c == '"') {
          if (depth_ == 0) return found(at + 1);
          state_ = State::inside;
        }
        break;
      case State::escape:
        state_ = State::string;
        break;
      case State::scalar:
        if (c != ',' && c != ']' && !is_white(c)) break;
        return found(at);  // what ends it is looked at again
      case State::closed:
        if (!is_white(c)) state_ = State::malformed;
        break;
      case State::malformed:
        return npos;
    }
  }
  return npos;
}

Bytes JsonArrayScanner::element(Bytes piece) const {
  const auto skip = [&](char mark) {
    while (!piece.empty() && is_white(piece[0])) piece.remove_prefix(1);
    if (piece.starts_with(mark)) piece.remove_prefix(1);
  };
  skip(opened_ ? '[' : ',');
  while (!piece.empty() && is_white(piece[0])) piece.remove_prefix(1);
  return piece;
}

}  // namespace weir::codec
