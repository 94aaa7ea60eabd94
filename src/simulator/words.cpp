#include "words.h"

#include <algorithm>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"

namespace weir::simulator {
namespace {

bool is_space(Bytes character) {
  return character == " " || character == "\\n" || character == "\\r" || character == "\\t";
}

/// A UTF-16 surrogate as an escape; `halves` are the digits that tell which half it is ("89ab" or "cdef").
bool is_surrogate(Bytes escape, Bytes halves) {
  return escape.size() >= 6 && escape[0] == '\\' && escape[1] == 'u' && to_lower(escape[2]) == 'd' &&
         halves.find(to_lower(escape[3])) != Bytes::npos;
}

}  // namespace

std::size_t character_size(Bytes text) {
  std::size_t size = 1;
  if (text[0] == '\\') {
    size = text.size() > 1 && text[1] == 'u' ? 6 : 2;
    if (is_surrogate(text, "89ab") && is_surrogate(text.substr(6), "cdef")) size = 12;
  } else if (text[0] < 0) {
    size = std::max<std::size_t>(codec::utf8_sequence_length(text), 1);
  }
  return std::min(size, text.size());
}

Bytes take_word(Bytes& text) {
  std::size_t size = 0;
  bool begun = false;  // something that is no space was there
  while (size < text.size() && size < kMaxWordBytes) {
    const Bytes character = text.substr(size, character_size(text.substr(size)));
    const bool space = is_space(character);
    if (space && begun) break;
    begun |= !space;
    size += character.size();
  }
  const Bytes word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

std::uint64_t count_words(Bytes text) {
  std::uint64_t count = 0;
  for (; !text.empty(); ++count) take_word(text);
  return count;
}

Bytes Words::next() {
  WEIR_ASSERT(left_ > 0 && !text_.empty(), "words are taken while there are some");
  --left_;
  if (!rest_.empty()) return take_word(rest_);
  rest_ = text_;
  again_.assign(" ").append(take_word(rest_));
  return again_;
}

}  // namespace weir::simulator
