// Where a decoder puts its events: a small fixed batch, handed to the receiver in one indirect call when it is full and
// at the end of every payload. Only events that were put into it are ever made: most payloads tell one.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "weir/dialect/event.h"

namespace weir::dialect {

class EventBatch {
 public:
  static constexpr std::size_t kCapacity = 16;
  /// Takes the events in order. They and their views are valid during the call only. Must not touch the batch.
  using Receive = void (*)(void* receiver, std::span<const Event> events);

  EventBatch(Receive receive, void* receiver) : receive_(receive), receiver_(receiver) {}
  /// With any object that has `void take(std::span<const Event>)` and outlives the batch.
  template <class Receiver>
  explicit EventBatch(Receiver& receiver)
      : EventBatch([](void* object, std::span<const Event> events) { static_cast<Receiver*>(object)->take(events); },
                   &receiver) {}
  EventBatch(const EventBatch&) = delete;
  EventBatch& operator=(const EventBatch&) = delete;

  /// An event, or one of its alternatives, which is then made in its place.
  template <class One>
  void push(const One& event) {
    if (size_ == kCapacity) drain();
    ::new (memory_ + size_++ * sizeof(Event)) Event(event);
  }
  /// Hands over what is there. Decoders call it before they return.
  void drain() {
    if (size_ == 0) return;
    receive_(receiver_, std::span<const Event>(std::launder(reinterpret_cast<const Event*>(memory_)), size_));
    size_ = 0;
  }

 private:
  static_assert(std::is_trivially_destructible_v<Event>, "events are left behind in their memory");

  Receive receive_;
  void* receiver_;
  std::size_t size_ = 0;
  alignas(Event) std::byte memory_[kCapacity * sizeof(Event)];
};

}  // namespace weir::dialect
