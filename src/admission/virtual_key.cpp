#include "weir/admission/virtual_key.h"

#include <bit>

#include "weir/base/assert.h"
#include "weir/tls/digest.h"

namespace weir::admission {

namespace {

constexpr Bytes kHashPrefix = "sha256:";

Bytes as_bytes(const KeyHash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

/// Where the search for a hash begins. A SHA-256 is uniform, so its first bytes are hash enough.
std::size_t first_slot(const KeyHash& hash, std::size_t mask) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | hash[i];
  return value & mask;
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (is_digit(c)) return static_cast<std::uint8_t>(c - '0');
  c = to_lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<KeyHash> parse_key_hash(Bytes text) {
  if (!text.starts_with(kHashPrefix)) return std::nullopt;
  text.remove_prefix(kHashPrefix.size());
  KeyHash hash;
  if (text.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = hex_digit(text[2 * i]);
    const auto low = hex_digit(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return hash;
}

std::string format_key_hash(const KeyHash& hash) {
  constexpr Bytes kDigits = "0123456789abcdef";
  std::string text(kHashPrefix);
  for (std::uint8_t byte : hash) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

KeyHash hash_key(Bytes key) { return tls::sha256(key); }

std::string format_key(std::span<const std::uint8_t, 32> random_bytes) {
  constexpr Bytes kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text = "wk_";
  std::uint32_t pending = 0;
  int pending_bits = 0;
  for (std::uint8_t byte : random_bytes) {
    pending = pending << 8 | byte;
    for (pending_bits += 8; pending_bits >= 6;) {
      pending_bits -= 6;
      text.push_back(kAlphabet[pending >> pending_bits & 63]);
    }
  }
  text.push_back(kAlphabet[pending << (6 - pending_bits) & 63]);  // 256 bits leave 4
  return text;
}

KeyTable::KeyTable(std::vector<VirtualKey> keys, bool allow_anonymous)
    : keys_(std::move(keys)),
      slots_(std::bit_ceil(8 * keys_.size() + 2)),  // at most an eighth full: nearly every search is one comparison
      allow_anonymous_(allow_anonymous) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    std::size_t slot = first_slot(keys_[i].hash, mask);
    for (; slots_[slot] != 0; slot = (slot + 1) & mask)
      WEIR_ASSERT(keys_[slots_[slot] - 1].hash != keys_[i].hash, "key hashes in a table are unique");
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

// Why this tells nothing of a key, in bytes or in time: what is compared are SHA-256 hashes, so that knowing how far
// two of them agree would help only who can choose inputs by their hash; even so each comparison reads all 32 bytes.
// Which slot a search begins in, and how many it passes, depends on the hash of what was presented alone; known,
// unknown, malformed and missing keys go the same way, and tests/constant_work counts that they do.
const VirtualKey* KeyTable::find(Bytes presented) const {
  const KeyHash hash = hash_key(presented);
  const std::size_t mask = slots_.size() - 1;
  const VirtualKey* found = nullptr;
  for (std::size_t slot = first_slot(hash, mask);; slot = (slot + 1) & mask) {
    // An empty slot is compared as well, with a hash nothing has, so that a miss costs what a hit costs.
    const bool is_empty = slots_[slot] == 0;
    const VirtualKey& key = is_empty ? anonymous_ : keys_[slots_[slot] - 1];
    const bool is_equal = equals_constant_time(as_bytes(key.hash), as_bytes(hash));
    if (is_equal && !is_empty) found = &key;
    if (is_equal || is_empty) break;
  }
  if (found) return found;
  return allow_anonymous_ && (keys_.empty() || presented.empty()) ? &anonymous_ : nullptr;
}

}  // namespace weir::admission
