// Most frames of a stream differ from the one before only in their text. Who has read one remembers what stood around
// the text; when the next bytes begin with the same surroundings, only the new text is left to validate, and where the
// frame ends is known without a search.
//
// This is exact, not a guess: the state of a parser (of lines, of JSON) behind a prefix depends on that prefix alone,
// so equal bytes around one string mean equal facts, as long as the new string is a valid string. Anything else goes
// the ordinary way.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"

namespace weir::dialect {

class FrameMemo {
 public:
  static constexpr std::size_t kCapacity = 384;

  /// Remembers a whole valid frame whose only varying part is `text`: the inside of a JSON string, a view into `frame`.
  void remember(Bytes frame, Bytes text) {
    before_ = static_cast<std::size_t>(text.data() - frame.data());
    Bytes behind = frame.substr(before_ + text.size());
    padding_end_ = 0;
    // OpenAI ends its payloads with a random string of random length.
    constexpr Bytes kPadding = R"("obfuscation":)";
    if (const std::size_t key = behind.rfind(kPadding); key != Bytes::npos) {
      codec::JsonReader json(behind.substr(key + kPadding.size()));
      codec::JsonString padding;
      if (!json.read_string(padding)) return forget();
      const Bytes end = behind.substr(key + kPadding.size() + json.offset());
      behind = behind.substr(0, key + kPadding.size());
      padding_end_ = end.size();
      if (before_ + behind.size() + end.size() > kCapacity) return forget();
      end.copy(bytes_.data() + before_ + behind.size(), end.size());
    }
    behind_ = behind.size();
    if (before_ + behind_ + padding_end_ > kCapacity) return forget();
    frame.copy(bytes_.data(), before_);
    behind.copy(bytes_.data() + before_, behind_);
  }

  /// The size of the frame that `input` begins with, when it is the remembered one with another text, which is valid
  /// and not empty; else 0.
  std::size_t match(Bytes input) const {
    codec::JsonString text;
    return match(input, text);
  }
  /// The same, giving the text.
  std::size_t match(Bytes input, codec::JsonString& text) const {
    if (before_ == 0 || input.size() < before_ + behind_) return 0;
    if (std::memcmp(input.data(), bytes_.data(), before_) != 0) return 0;
    // A reader checks all the UTF-8 it is given, so it is given a little, not the frames that came behind this one.
    codec::JsonReader nearby(input.substr(before_ - 1, kNearby));  // at the quote
    if (!nearby.read_string(text)) {
      codec::JsonReader line(input.substr(before_ - 1, input.find('\n', before_) - (before_ - 1)));
      if (!line.read_string(text)) return 0;
    }
    if (text.empty()) return 0;
    std::size_t at = before_ + text.raw.size();  // the closing quote belongs to what stands behind the text
    const auto follows = [&](const char* known, std::size_t size) {
      if (input.size() - at < size || std::memcmp(input.data() + at, known, size) != 0) return false;
      at += size;
      return true;
    };
    const char* const behind = bytes_.data() + before_;
    if (!follows(behind, behind_)) return 0;
    if (padding_end_ == 0) return at;
    if (at == input.size() || input[at] != '"') return 0;  // white space in front of it may end the line
    codec::JsonReader padding(input.substr(at, kNearby));
    codec::JsonString ignored;
    if (!padding.read_string(ignored)) return 0;
    at += padding.offset();
    return follows(behind + behind_, padding_end_) ? at : 0;
  }

  void forget() { before_ = 0; }

 private:
  static constexpr std::size_t kNearby = 128;

  std::size_t before_ = 0;  // 0: nothing is remembered
  std::size_t behind_ = 0;
  std::size_t padding_end_ = 0;        // what follows the padding; 0: there is no padding
  std::array<char, kCapacity> bytes_;  // before, behind, and behind the padding
};

}  // namespace weir::dialect
