// Most frames of a stream differ from the one before only in their text. Who has read one remembers what stood around
// the text; when the next bytes begin with the same surroundings, only the new text is left to validate, and where the
// frame ends is known without a search.
//
// This is exact, not a guess: the state of a parser (of lines, of JSON) behind a prefix depends on that prefix alone,
// so equal bytes around one string mean equal facts, as long as the new string is a valid string. The same holds for
// what vendors vary beside the text, each in one place: a string or blanks that hide the text's length (OpenAI,
// Anthropic), a number that counts frames (Responses), and counts of tokens (Gemini), which the decoder has to be told.
// Anything else goes the ordinary way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/varying.h"

namespace weir::dialect {

class FrameMemo {
 public:
  static constexpr std::size_t kCapacity = 384;

  /// What is new in a frame that was known. Views into it.
  struct New {
    codec::JsonString text;
    Bytes counts;  ///< see Varying; empty where the remembered frame had none
  };

  /// Remembers a whole valid frame. `varying` views into it; its text is not empty.
  void remember(Bytes frame, const Varying& varying);
  /// The size of the frame that `input` begins with, when it is the remembered one with another text, which is valid
  /// and not empty; else 0.
  [[gnu::always_inline]] std::size_t match(Bytes input, New& news) const {
    const std::size_t before = number_ == 0 ? match_before(input) : match_number(input);
    if (before == 0) return 0;
    // A reader checks all the UTF-8 it is given, so it is given a little, not the frames that came behind this one.
    codec::JsonReader nearby(input.substr(before - 1, kNearby));  // at the quote
    if (!nearby.read_string(news.text)) {
      codec::JsonReader line(input.substr(before - 1, input.find('\n', before) - (before - 1)));
      if (!line.read_string(news.text)) return 0;
    }
    if (news.text.empty()) return 0;
    std::size_t at = before + news.text.raw.size();  // the closing quote belongs to what stands behind the text
    if (!follows(input, at, before_, behind_)) return 0;
    if (gap_ == Gap::none) return at;
    const std::size_t gap = skip_gap(input.substr(at));
    if (gap == Bytes::npos) return 0;
    if (gap_ == Gap::counts) news.counts = input.substr(at, gap);
    at += gap;
    return follows(input, at, std::size_t{before_} + behind_ + counts_, end_) ? at : 0;
  }
  std::size_t match(Bytes input) const {
    New news;
    return match(input, news);
  }

  void forget() { before_ = 0; }

 private:
  static constexpr std::size_t kNearby = 128;

  /// What differs behind the text.
  enum class Gap : std::uint8_t { none, padding, blanks, counts };

  /// True when the remembered bytes from `from` on stand at `at`, which is moved behind them.
  bool follows(Bytes input, std::size_t& at, std::size_t from, std::size_t size) const {
    if (input.size() - at < size || std::memcmp(input.data() + at, bytes_.data() + from, size) != 0) return false;
    at += size;
    return true;
  }
  /// Where the text begins, or 0.
  std::size_t match_before(Bytes input) const {
    if (before_ == 0 || input.size() < std::size_t{before_} + behind_) return 0;
    return std::memcmp(input.data(), bytes_.data(), before_) == 0 ? before_ : 0;
  }
  std::size_t match_number(Bytes input) const;
  /// The length of what stands in the gap; npos when it is not what it should be.
  std::size_t skip_gap(Bytes input) const;
  std::size_t skip_padding(Bytes input) const;
  std::size_t skip_counts(Bytes input) const;

  std::uint16_t number_ = 0;  // where the number begins; 0: there is none
  std::uint16_t before_ = 0;  // bytes in front of the text, without the number; 0: nothing is remembered
  std::uint16_t behind_ = 0;  // between the text and the gap
  std::uint16_t counts_ = 0;  // the remembered counts
  std::uint16_t end_ = 0;     // behind the gap
  Gap gap_ = Gap::none;
  std::array<char, kCapacity> bytes_;  // before, behind, counts, end
};

}  // namespace weir::dialect
