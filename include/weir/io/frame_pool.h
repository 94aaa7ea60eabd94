// Memory for coroutine frames: size classes of 64 bytes, last-in first-out, never returned until the thread ends.
// After warm-up starting a coroutine allocates nothing. One pool per thread (a shard is a thread; a simulation runs
// all its shards in one), so no locks; the only thread_local of the program, because a frame's allocation happens
// before any of its arguments could name a pool.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace weir::io {

class FramePool {
 public:
  static FramePool& of_this_thread();
  ~FramePool();

  void* allocate(std::size_t size);
  void release(void* frame, std::size_t size);

  std::size_t live() const { return live_; }  ///< frames in use; zero at the end of a simulated world
  std::size_t reserved_bytes() const { return reserved_bytes_; }

 private:
  static constexpr std::size_t kClass = 64;
  static constexpr std::size_t kClasses = 64;  // frames up to 4 KiB are pooled
  std::array<std::vector<void*>, kClasses> free_;
  std::size_t live_ = 0;
  std::size_t reserved_bytes_ = 0;
};

}  // namespace weir::io
