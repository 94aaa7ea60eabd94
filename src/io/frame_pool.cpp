#include "weir/io/frame_pool.h"

#include <new>
#include <vector>

namespace weir::io {

constinit thread_local FramePool::Pool FramePool::pool_{};

/// The blocks that frames are cut from, one class each; given back when their thread ends. Without blocks every frame
/// would be rounded up once more by the allocator.
struct FramePool::Blocks {
  static constexpr std::size_t kBytes = 16 * 1024;
  ~Blocks() {
    for (void* block : all) ::operator delete(block);
    pool_ = {};
  }
  std::vector<void*> all;
};

void* FramePool::allocate_fresh(std::size_t index) {
  thread_local Blocks blocks;
  if (index >= kClasses) return ::operator new(index * kClass);
  const std::size_t size = index * kClass;
  auto* const block = static_cast<char*>(::operator new(Blocks::kBytes));
  blocks.all.push_back(block);
  pool_.reserved_bytes += Blocks::kBytes;
  for (std::size_t at = size; at + size <= Blocks::kBytes; at += size) {
    auto* const frame = reinterpret_cast<Free*>(block + at);
    frame->next = pool_.free[index];
    pool_.free[index] = frame;
  }
  return block;
}

void FramePool::release_large(void* frame) { ::operator delete(frame); }

}  // namespace weir::io
