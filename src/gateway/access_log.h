// One JSON line per exchange. No prompt, no answer, no credential ever appears in it.
#pragma once

#include <array>

#include "weir/gateway/record.h"

namespace weir::gateway {

/// The time as the log writes it: RFC 3339 in UTC with milliseconds, "2026-11-21T01:02:03.456Z". Keeps what it wrote
/// for the present second. One for each shard.
class LogTime {
 public:
  static constexpr std::size_t kSize = 24;
  /// A view into this, valid until the next call.
  Bytes text(WallTime time);

 private:
  void write_second(std::int64_t seconds);
  std::int64_t second_ = -1;
  std::array<char, kSize> text_;
};

/// Built in place, without its line end. Bounded: model and deployment are short texts, numbers have 20 digits, a key's
/// name is cut off; a byte that must be escaped takes six.
class AccessLine {
 public:
  /// `time` as LogTime writes it.
  AccessLine(const Record& record, Bytes time);
  Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  class Pen;
  static constexpr std::size_t kMaxKeyName = 128;
  static constexpr std::size_t kMaxText = 192;  // of any other
  static constexpr std::size_t kMaxTexts = 9;   // key, model, deployment, two dialects, trail, fault, detail, finish
  static constexpr std::size_t kMaxRest = 1024;
  std::array<char, kMaxTexts * (6 * kMaxText + 2) + kMaxRest> bytes_;
  std::size_t size_ = 0;
};

}  // namespace weir::gateway
