// The keys clients present to weir. weir stores only their SHA-256: a stolen configuration opens nothing.
// A virtual key carries 256 random bits, so a fast hash without salt is right; there is nothing to guess.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::admission {

using KeyHash = std::array<std::uint8_t, 32>;

struct VirtualKey {
  std::string name;  ///< for logs and metrics; unique
  KeyHash hash{};    ///< SHA-256 of the key as the client sends it
};

/// Reads `sha256:` and 64 hexadecimal digits of either case.
std::optional<KeyHash> parse_key_hash(Bytes text);
/// The inverse, in lower case.
std::string format_key_hash(const KeyHash& hash);
/// The hash under which `key` is found.
KeyHash hash_key(Bytes key);

/// Makes the text of a key, `wk_` and 43 characters of unpadded base64url (RFC 4648 section 5), from 32 bytes of the
/// kernel's random source. The caller prints it once and forgets it.
std::string format_key(std::span<const std::uint8_t, 32> random_bytes);

/// Who may call. Immutable, read by all shards without locks; a pointer it returns lives as long as the table.
class KeyTable {
 public:
  /// Nobody may call.
  KeyTable() : KeyTable({}, false) {}
  /// Names and hashes must be unique (the configuration reader reports it, here it is asserted).
  KeyTable(std::vector<VirtualKey> keys, bool allow_anonymous);
  KeyTable(KeyTable&&) noexcept = default;
  KeyTable& operator=(KeyTable&&) noexcept = default;

  /// The key that was presented, or nullptr: answer 401. `presented` is empty when the client sent no credential.
  /// Unknown, malformed and missing keys take the same path as a known one: one hash, then comparisons of 32 bytes in
  /// constant time (usually one; how many depends only on the SHA-256 of what was presented). With allow_anonymous a
  /// client without a credential is the anonymous key; so is one with any credential when the table is empty, because
  /// SDKs insist on sending some. A wrong key is still refused when there are keys. No allocation.
  const VirtualKey* find(Bytes presented) const;

  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }
  bool allows_anonymous() const { return allow_anonymous_; }
  /// The key object of clients without a key; its name is "anonymous".
  const VirtualKey& anonymous() const { return anonymous_; }

 private:
  std::vector<VirtualKey> keys_;
  std::vector<std::uint32_t> slots_;  ///< open addressing by the first bytes of the hash: index into keys_, plus one
  VirtualKey anonymous_{.name = "anonymous"};
  bool allow_anonymous_ = false;
};

}  // namespace weir::admission
