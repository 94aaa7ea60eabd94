// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012; the longer output is in the authors' reference
// code): a keyed hash that nobody without the key can predict or collide, and far cheaper than a cryptographic hash of
// a short text.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "weir/base/bytes.h"

namespace weir {

using SipKey = std::array<std::uint64_t, 2>;
using SipTag = std::array<std::uint64_t, 2>;

inline SipTag siphash128(const SipKey& key, Bytes text) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575;
  std::uint64_t v1 = key[1] ^ 0x646f72616e646f6d ^ 0xee;
  std::uint64_t v2 = key[0] ^ 0x6c7967656e657261;
  std::uint64_t v3 = key[1] ^ 0x7465646279746573;
  const auto rounds = [&](int count) {
    while (count-- > 0) {
      v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
      v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
    }
  };
  static_assert(std::endian::native == std::endian::little, "words are read as they lie in memory");
  const auto absorb = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  const std::size_t whole = text.size() & ~std::size_t{7};
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < whole; at += 8) {
    std::memcpy(&word, text.data() + at, 8);
    absorb(word);
  }
  word = static_cast<std::uint64_t>(text.size()) << 56;
  for (std::size_t at = whole; at < text.size(); ++at)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[at])) << 8 * (at - whole);
  absorb(word);
  v2 ^= 0xee;
  rounds(4);
  const std::uint64_t first = v0 ^ v1 ^ v2 ^ v3;
  v1 ^= 0xdd;
  rounds(4);
  return {first, v0 ^ v1 ^ v2 ^ v3};
}

}  // namespace weir
