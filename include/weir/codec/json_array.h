// A JSON array that arrives in any cuts: where its elements end. What Gemini streams without `alt=sse`.
//
// Like SseScanner, the scanner keeps a few bits between calls and owns no bytes: whoever receives them collects what
// belongs to an element. It finds structure and does not validate: an element may still be no JSON.
//
// Invariant: the elements found do not depend on how the array was cut.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::codec {

class JsonArrayScanner {
 public:
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  /// Deepest nesting of objects and arrays, the outer array not counted.
  static constexpr std::uint32_t kMaxDepth = 128;

  /// Offset one past the first element that ends in `input`, or npos when none does. `input` is what follows the bytes
  /// of the previous call: after a find the rest of the same input, after npos new bytes. What was passed since the
  /// last find is a piece: element() takes off what stands before the element in it.
  std::size_t find_end(Bytes input);
  /// After a find: the element in its piece, without the bracket, comma and white space before it.
  Bytes element(Bytes piece) const;

  /// The closing bracket was seen: the array is complete.
  bool closed() const { return state_ == State::closed; }
  /// What came is no array, is nested too deeply, or goes on behind its end. Nothing more is found.
  bool malformed() const { return state_ == State::malformed; }

  void reset() { *this = JsonArrayScanner(); }

 private:
  enum class State : std::uint8_t { before, between, after_comma, inside, string, escape, scalar, closed, malformed };

  std::size_t found(std::size_t end) {
    opened_ = opening_;
    opening_ = false;
    state_ = State::between;
    return end;
  }

  State state_ = State::before;
  bool any_ = false;      // an element has begun
  bool opening_ = false;  // the piece that is being passed begins with the array's bracket
  bool opened_ = false;   // the piece of the last find did
  std::uint32_t depth_ = 0;
};

}  // namespace weir::codec
