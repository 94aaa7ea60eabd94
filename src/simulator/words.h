// Cuts text into words, the simulated provider's idea of a token. All text here is the inside of a JSON string, still
// escaped, and stays so: a word never begins or ends within an escape or a UTF-8 sequence.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"

namespace weir::simulator {

/// Longest word in bytes, up to one character more; text without spaces is cut there.
inline constexpr std::size_t kMaxWordBytes = 32;

/// Bytes of the first character of `text` (not empty): an escape, a surrogate pair of escapes, a UTF-8 sequence.
std::size_t character_size(Bytes text);

/// Takes the next word off the front of `text` (not empty), white space before it included.
Bytes take_word(Bytes& text);

std::uint64_t count_words(Bytes text);

/// The words of a text, exactly `count` of them: its beginning, or the text over and over.
class Words {
 public:
  Words() = default;
  /// `text` must outlive this object, and hold something if `count` is not 0.
  Words(Bytes text, std::uint32_t count) : text_(text), rest_(text), left_(count) {}

  std::uint32_t left() const { return left_; }
  /// The next word; left() must not be 0. Valid until the next call.
  Bytes next();

 private:
  Bytes text_;
  Bytes rest_;
  std::uint32_t left_ = 0;
  std::string again_;  // the first word of a repetition, with the space that parts it from the last
};

}  // namespace weir::simulator
