// Whole numbers as decimal digits, two at a time: what heads, log lines and amounts are full of.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir {

/// Digits of the largest number.
inline constexpr std::size_t kMaxDecimalSize = 20;

namespace detail {

inline constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline constexpr std::array<std::uint64_t, kMaxDecimalSize> kPowersOfTen = [] {
  std::array<std::uint64_t, kMaxDecimalSize> powers{};
  std::uint64_t power = 1;
  for (std::uint64_t& at : powers) {
    at = power;
    power *= 10;
  }
  return powers;
}();

}  // namespace detail

/// Digits of `value`; 1 of 0.
inline std::size_t decimal_size(std::uint64_t value) {
  value |= 1;  // no number has another size because of it
  // 1233 / 4096 is a little less than log10(2): one digit too few at most.
  const std::size_t size = static_cast<std::size_t>(std::bit_width(value)) * 1233 >> 12;
  return size + (value >= detail::kPowersOfTen[size] ? 1 : 0);
}

/// Writes the last `count` digits of `value`, with zeros in front where it has fewer.
inline void put_digits(char* out, std::size_t count, std::uint64_t value) {
  for (; count >= 2; value /= 100) std::memcpy(out + (count -= 2), &detail::kDigitPairs[2 * (value % 100)], 2);
  if (count > 0) *out = static_cast<char>('0' + value % 10);
}

/// Writes `value` and returns the end. `out` has room for kMaxDecimalSize bytes, or for as many as there are digits.
inline char* put_decimal(char* out, std::uint64_t value) {
  if (value < 10) return *out = static_cast<char>('0' + value), out + 1;
  const std::size_t size = decimal_size(value);
  put_digits(out, size, value);
  return out + size;
}

}  // namespace weir
