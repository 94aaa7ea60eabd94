// What does it cost to hash a client's key, and to find it among a thousand? Reference: SHA-256 as FIPS 180-4 writes it
// down, and a std::map.
#include <benchmark/benchmark.h>

#include <array>
#include <bit>
#include <map>

#include "../path/conversation.h"
#include "weir/admission/virtual_key.h"
#include "weir/base/assert.h"

namespace weir::micro {
namespace {

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
constexpr std::array<std::uint32_t, 64> kRounds = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

admission::KeyHash plain_sha256(Bytes text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(std::uint64_t{text.size()} * 8 >> shift);
  std::array<std::uint32_t, 8> h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (std::size_t block = 0; block < padded.size(); block += 64) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 64; ++i) w[i / 4] = w[i / 4] << 8 | static_cast<unsigned char>(padded[block + i]);
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto v = h;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t s1 = std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
      const std::uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + kRounds[i] + w[i];
      const std::uint32_t s0 = std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
      const std::uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      v = {t1 + t2, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] += v[i];
  }
  admission::KeyHash out{};
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(h[i / 4] >> (24 - i % 4 * 8));
  return out;
}

void key_hash_weir(benchmark::State& state) {
  for (const Bytes text : {Bytes(), Bytes("abc"), path::kKey})
    WEIR_ASSERT(admission::hash_key(text) == plain_sha256(text), "both compute SHA-256");
  for (auto _ : state) benchmark::DoNotOptimize(admission::hash_key(path::kKey));
}
BENCHMARK(key_hash_weir);

void key_hash_reference(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(plain_sha256(path::kKey));
}
BENCHMARK(key_hash_reference);

std::vector<admission::VirtualKey> thousand_keys() {
  std::vector<admission::VirtualKey> keys;
  for (int i = 0; i < 999; ++i) keys.push_back({"team-" + std::to_string(i), admission::hash_key(std::to_string(i))});
  keys.push_back({"bench", admission::hash_key(path::kKey)});
  return keys;
}

void key_find_weir(benchmark::State& state) {
  const admission::KeyTable table(thousand_keys(), false);
  WEIR_ASSERT(table.find(path::kKey)->name == "bench", "the key is found");
  WEIR_ASSERT(!table.find(path::kWrongKey), "another one is not");
  for (auto _ : state) benchmark::DoNotOptimize(table.find(path::kKey));
}
BENCHMARK(key_find_weir);

void key_find_reference(benchmark::State& state) {
  std::map<admission::KeyHash, std::string> table;
  for (const auto& key : thousand_keys()) table[key.hash] = key.name;
  WEIR_ASSERT(table.find(plain_sha256(path::kKey))->second == "bench", "the key is found");
  for (auto _ : state) benchmark::DoNotOptimize(table.find(plain_sha256(path::kKey)));
}
BENCHMARK(key_find_reference);

}  // namespace
}  // namespace weir::micro
