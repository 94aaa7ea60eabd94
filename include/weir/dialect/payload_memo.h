// Most payloads of a stream differ from the one before only in their text. A tap that has walked one remembers what
// stood around the text; when the next payload has the same surroundings, only the new text is left to validate.
//
// This is exact, not a guess: a JSON parser's state behind a prefix depends on that prefix alone, so equal bytes around
// one string mean equal facts, as long as the new string is a valid string. Anything else goes the ordinary way.
// Measured with callgrind on a 250-byte payload: about 220 instructions instead of 2,800.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"

namespace weir::dialect {

class PayloadMemo {
 public:
  static constexpr std::size_t kCapacity = 768;

  /// Remembers a valid payload whose only varying part is `text`: the inside of a string, a view into `payload`.
  void remember(Bytes payload, Bytes text) {
    before_size_ = static_cast<std::size_t>(text.data() - payload.data());
    Bytes behind = payload.substr(before_size_ + text.size());
    padded_ = false;
    // OpenAI ends its payloads with a random string of random length.
    constexpr Bytes kPadding = R"("obfuscation":)";
    if (behind.size() > 3 && behind.ends_with("\"}")) {
      const Bytes head = behind.substr(0, behind.rfind('"', behind.size() - 3));
      if (head.ends_with(kPadding)) {
        behind = head;
        padded_ = true;
      }
    }
    behind_size_ = behind.size();
    known_ = before_size_ + behind_size_ <= kCapacity;
    if (!known_) return;
    payload.copy(bytes_.data(), before_size_);
    behind.copy(bytes_.data() + before_size_, behind_size_);
  }

  /// True when `payload` is the remembered one with another text, which is valid and not empty.
  bool matches(Bytes payload) const {
    if (!known_ || payload.size() < before_size_ + behind_size_) return false;
    if (std::memcmp(payload.data(), bytes_.data(), before_size_) != 0) return false;
    codec::JsonReader json(payload.substr(before_size_ - 1));  // at the quote
    codec::JsonString text;
    if (!json.read_string(text) || text.empty()) return false;
    // The closing quote belongs to what stands behind the text.
    const Bytes behind = payload.substr(before_size_ + text.raw.size());
    if (behind.size() < behind_size_) return false;
    if (std::memcmp(behind.data(), bytes_.data() + before_size_, behind_size_) != 0) return false;
    if (!padded_) return behind.size() == behind_size_;
    codec::JsonReader padding(behind.substr(behind_size_));
    return padding.read_string(text) && behind.substr(behind_size_ + padding.offset()) == "}";
  }

  void forget() { known_ = false; }

 private:
  bool known_ = false;
  bool padded_ = false;
  std::size_t before_size_ = 0;
  std::size_t behind_size_ = 0;
  std::array<char, kCapacity> bytes_;
};

}  // namespace weir::dialect
