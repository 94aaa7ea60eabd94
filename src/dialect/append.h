// Appending a frame to what goes to a client: its parts are known, so room is made once and they are copied.
#pragma once

#include <charconv>
#include <cstring>
#include <string>

#include "weir/base/bytes.h"

namespace weir::dialect {

template <class... Parts>
inline void append_parts(std::string& out, const Parts&... parts) {
  const std::size_t before = out.size();
  const std::size_t size = before + (Bytes(parts).size() + ...);
  out.resize_and_overwrite(size, [&](char* memory, std::size_t) {
    char* at = memory + before;
    const auto copy = [&](Bytes part) {
      if (part.empty()) return;  // it may be nowhere
      std::memcpy(at, part.data(), part.size());
      at += part.size();
    };
    (copy(Bytes(parts)), ...);
    return size;
  });
}

/// A number's digits, for as long as this lives.
class Digits {
 public:
  explicit Digits(std::uint64_t number) : end_(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr) {}
  explicit operator Bytes() const { return {digits_, static_cast<std::size_t>(end_ - digits_)}; }

 private:
  char digits_[20];
  const char* end_;
};

}  // namespace weir::dialect
