// Which provider keeps an answer that a client may come back for by its id (Responses). Of all shards.
//
// Writers: any shard that has seen such an answer. Readers: any shard. One word per slot, relaxed: a slot stands for
// itself. Bounded: a new answer takes the slot of another one whose id falls there; who is not found here is asked for
// at every provider that could have it, so that forgetting (or a restart) costs time and nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "weir/base/bytes.h"
#include "weir/base/siphash.h"

namespace weir::shared {

class OwnerTable {
 public:
  static constexpr std::size_t kSlots = 64 * 1024;

  explicit OwnerTable(const SipKey& key) : key_(key), slots_(std::make_unique<std::atomic<std::uint64_t>[]>(kSlots)) {}

  void remember(Bytes id, std::uint32_t provider) {
    const std::uint64_t tag = siphash128(key_, id)[0];
    slots_[tag % kSlots].store((tag & kTag) | (provider + 1), std::memory_order_relaxed);
  }
  std::optional<std::uint32_t> find(Bytes id) const {
    const std::uint64_t tag = siphash128(key_, id)[0];
    const std::uint64_t slot = slots_[tag % kSlots].load(std::memory_order_relaxed);
    if (slot == 0 || ((slot ^ tag) & kTag) != 0) return std::nullopt;
    return static_cast<std::uint32_t>(slot & ~kTag) - 1;
  }

 private:
  static constexpr std::uint64_t kTag = ~std::uint64_t{0xffff};  // the rest names the provider

  SipKey key_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> slots_;
};

}  // namespace weir::shared
