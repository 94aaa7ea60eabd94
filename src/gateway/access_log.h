// One JSON line per exchange. No prompt, no answer, no credential ever appears in it.
#pragma once

#include <array>

#include "weir/gateway/record.h"

namespace weir::gateway {

/// Built in place, without its line end. Bounded: model and deployment are short texts, numbers have 20 digits, a key's
/// name is cut off; a byte that must be escaped takes six.
class AccessLine {
 public:
  AccessLine(const Record& record, WallTime now);
  Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  class Pen;
  static constexpr std::size_t kMaxKeyName = 128;
  static constexpr std::size_t kMaxText = 160;  // of any other
  static constexpr std::size_t kMaxTexts = 6;   // key, model, deployment, fault, detail, finish
  static constexpr std::size_t kMaxRest = 1024;
  std::array<char, kMaxTexts * (6 * kMaxText + 2) + kMaxRest> bytes_;
  std::size_t size_ = 0;
};

}  // namespace weir::gateway
