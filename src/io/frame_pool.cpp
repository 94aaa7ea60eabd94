#include "weir/io/frame_pool.h"

#include <new>

namespace weir::io {

constinit thread_local FramePool::Pool FramePool::pool_{};

/// Gives the free frames back when their thread ends.
struct FramePool::Ending {
  ~Ending() {
    for (Free*& first : pool_.free)
      while (Free* const frame = first) {
        first = frame->next;
        ::operator delete(frame);
      }
  }
};

void* FramePool::allocate_fresh(std::size_t index) {
  thread_local Ending ending;  // from here on
  static_cast<void>(ending);
  if (index >= kClasses) return ::operator new(index * kClass);
  pool_.reserved_bytes += index * kClass;
  return ::operator new(index * kClass);
}

void FramePool::release_large(void* frame) { ::operator delete(frame); }

}  // namespace weir::io
