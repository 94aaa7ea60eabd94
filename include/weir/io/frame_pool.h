// Memory for coroutine frames, and for what lives as long as one of them: size classes of 32 bytes, last-in first-out,
// kept until the thread ends. After warm-up starting a coroutine allocates nothing: a frame is the first of its class's
// list, which runs through the free frames themselves. One pool per thread (a shard is a thread; a simulation runs all
// its shards in one), so no locks; the only thread_local of the program, because a frame's allocation happens before
// any of its arguments could name a pool.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::io {

class FramePool {
 public:
  static void* allocate(std::size_t size) {
    ++pool_.live;
    const std::size_t index = (size + kClass - 1) / kClass;
    if (index < kClasses && pool_.free[index]) {
      Free* const frame = pool_.free[index];
      pool_.free[index] = frame->next;
      return frame;
    }
    return allocate_fresh(index);
  }
  static void release(void* frame, std::size_t size) {
    --pool_.live;
    const std::size_t index = (size + kClass - 1) / kClass;
    if (index >= kClasses) return release_large(frame);
    auto* const free = static_cast<Free*>(frame);
    free->next = pool_.free[index];
    pool_.free[index] = free;
  }

  /// Of this thread: frames in use (zero at the end of a simulated world), and memory taken for frames of all classes.
  static std::size_t live() { return pool_.live; }
  static std::size_t reserved_bytes() { return pool_.reserved_bytes; }

 private:
  static constexpr std::size_t kClass = 32;
  static constexpr std::size_t kClasses = 128;  // frames below 4 KiB are pooled
  struct Free {
    Free* next;
  };
  struct Pool {
    Free* free[kClasses];
    std::size_t live;
    std::size_t reserved_bytes;
  };
  struct Blocks;

  static void* allocate_fresh(std::size_t index);
  static void release_large(void* frame);

  static constinit thread_local Pool pool_;  // trivial to destroy, so that it is reached without a look at its state
};

}  // namespace weir::io
