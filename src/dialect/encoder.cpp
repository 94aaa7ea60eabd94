#include "weir/dialect/encoder.h"

namespace weir::dialect {

void append_id(std::string& out, Bytes prefix, std::uint64_t seed, std::uint64_t number) {
  constexpr Bytes kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  out += prefix;
  // splitmix64 (Steele, Lea, Flood 2014): every pair of seed and number has a sequence of its own.
  std::uint64_t state = seed + 0x9e3779b97f4a7c15U * (number + 1);
  for (int word = 0; word < 3; ++word) {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = state;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31;
    for (int i = 0; i < 8; ++i, bits /= kDigits.size()) out += kDigits[bits % kDigits.size()];
  }
}

}  // namespace weir::dialect
