// What a request asks of a model beyond text.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::routing {

/// Something a request needs, that not every model can.
enum class Need : std::uint8_t { tools, images, audio, files, json_schema, reasoning };

inline constexpr std::size_t kNeedCount = 6;

Bytes to_string(Need need);

class Needs {
 public:
  constexpr void add(Need need) { bits_ |= bit(need); }
  constexpr bool has(Need need) const { return bits_ & bit(need); }
  constexpr std::uint32_t bits() const { return bits_; }
  friend bool operator==(const Needs&, const Needs&) = default;

 private:
  static constexpr std::uint32_t bit(Need need) { return 1U << static_cast<unsigned>(need); }
  std::uint32_t bits_ = 0;
};

}  // namespace weir::routing
