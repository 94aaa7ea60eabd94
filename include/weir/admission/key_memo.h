// Which presented keys were found lately: SHA-256 was a sixteenth of a short request's instructions, and most requests
// bring a key that came a moment ago.
//
// What is remembered of a key is its SipHash under a secret of this process, 128 bits, so neither the key nor its
// SHA-256 lies here, and nobody outside can aim at another's entry. Only keys that were found are remembered: whoever
// presents an unknown one is told no in the time that KeyTable::find() takes, however wrong it is.
//
// Owned by one shard. The table must outlive it and stay as it is.
#pragma once

#include <array>

#include "weir/admission/virtual_key.h"
#include "weir/base/siphash.h"

namespace weir::admission {

class KeyMemo {
 public:
  /// `secret`: 128 bits of the kernel's random source.
  KeyMemo(const KeyTable& table, const SipKey& secret) : table_(table), secret_(secret) {}

  /// What KeyTable::find() says.
  const VirtualKey* find(Bytes presented) {
    if (presented.empty() || presented.size() > kLongest) return table_.find(presented);
    const SipTag tag = siphash128(secret_, presented);
    Entry& entry = entries_[tag[0] % kEntries];
    if (entry.key && entry.tag == tag) return entry.key;
    const VirtualKey* const key = table_.find(presented);
    if (key) entry = {tag, key};
    return key;
  }

 private:
  static constexpr std::size_t kEntries = 512;
  static constexpr std::size_t kLongest = 256;
  struct Entry {
    SipTag tag{};
    const VirtualKey* key = nullptr;
  };

  const KeyTable& table_;
  SipKey secret_;
  std::array<Entry, kEntries> entries_{};
};

}  // namespace weir::admission
