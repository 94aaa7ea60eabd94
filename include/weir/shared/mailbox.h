// A bounded queue from one thread to another.
//
// Writer: exactly one thread calls push(). Reader: exactly one other thread calls pop(). Each end owns its index and
// publishes it with release; the other end reads it with acquire, so an item's bytes are seen whole. The two indices
// lie on cache lines of their own. push() never waits: a full mailbox says so and the sender decides what to do. (The
// single-producer single-consumer ring of Lamport, 1983.)
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <type_traits>

namespace weir::shared {

template <class Message, std::size_t kCapacity>
class Mailbox {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "the capacity is a power of two");
  static_assert(std::is_trivially_copyable_v<Message>);

 public:
  /// False when full. Sender's thread only.
  bool push(const Message& message) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return false;
    items_[tail % kCapacity] = message;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// The oldest message, if there is one. Receiver's thread only.
  std::optional<Message> pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
    Message message = items_[head % kCapacity];
    head_.store(head + 1, std::memory_order_release);
    return message;
  }

 private:
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::array<Message, kCapacity> items_;
};

}  // namespace weir::shared
