#include "weir/io/frame_pool.h"

#include <new>

namespace weir::io {

FramePool& FramePool::of_this_thread() {
  thread_local FramePool pool;
  return pool;
}

FramePool::~FramePool() {
  for (auto& frames : free_)
    for (void* frame : frames) ::operator delete(frame);
}

void* FramePool::allocate(std::size_t size) {
  ++live_;
  const std::size_t index = (size + kClass - 1) / kClass;
  if (index >= kClasses) return ::operator new(size);
  auto& frames = free_[index];
  if (frames.empty()) {
    reserved_bytes_ += index * kClass;
    return ::operator new(index * kClass);
  }
  void* frame = frames.back();
  frames.pop_back();
  return frame;
}

void FramePool::release(void* frame, std::size_t size) {
  --live_;
  const std::size_t index = (size + kClass - 1) / kClass;
  if (index >= kClasses) return ::operator delete(frame);
  free_[index].push_back(frame);
}

}  // namespace weir::io
