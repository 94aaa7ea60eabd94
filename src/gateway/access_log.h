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
  std::array<char, 4096> bytes_;
  std::size_t size_ = 0;
};

}  // namespace weir::gateway
