// Where a simulated kernel's decisions come from: a seed, or first a script of bytes and then the seed. With a script a
// fuzzer decides how things are cut, delayed and broken, and what it finds is the script.
//
// Same interface as Random. A script answers small questions with one byte, larger ones with two or eight, so that
// changing one byte changes one decision; its answers are as uniform as its bytes.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/random.h"

namespace weir::io {

class SimChance {
 public:
  /// The bytes of `script` must outlive this object.
  SimChance(std::uint64_t seed, Bytes script) : random_(seed), script_(script) {}

  std::uint64_t next() { return script_.empty() ? random_.next() : take(8); }
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    if (script_.empty()) return random_.below(bound);
    const unsigned bytes = bound <= 1U << 10 ? 1 : bound <= 1U << 18 ? 2 : 8;
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(take(bytes)) * bound) >> (8 * bytes));
  }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t take(unsigned bytes) {
    std::uint64_t value = 0;
    for (; bytes > 0; --bytes) {
      value = value << 8 | (script_.empty() ? 0 : static_cast<unsigned char>(script_.front()));
      if (!script_.empty()) script_.remove_prefix(1);
    }
    return value;
  }

  Random random_;
  Bytes script_;
};

}  // namespace weir::io
