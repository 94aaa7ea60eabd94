#include "weir/io/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace weir::io {
namespace {
constexpr std::size_t kPageBytes = 4096;
}

BufferPool::BufferPool(Ring& ring, const BufferOptions& options) : ring_(ring), options_(options) {
  WEIR_ASSERT(options_.buffers <= 65'535, "buffer ids have 16 bits");
  WEIR_ASSERT(options_.buffer_bytes % kPageBytes == 0, "trim() gives back whole pages, so buffers share none");
  WEIR_ASSERT(options_.reserve < options_.buffers, "some buffers must be left for receiving");
  void* memory =
      ::mmap(nullptr, capacity_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  WEIR_ASSERT(memory != MAP_FAILED, "address space for the buffers of a shard");
  memory_ = static_cast<char*>(memory);
  counts_.assign(options_.buffers, 0);
  free_.reserve(options_.buffers);
}

BufferPool::~BufferPool() {
  WEIR_ASSERT(held_ == 0, "a chunk outlives its pool");
  ::munmap(memory_, capacity_bytes());
}

Chunk BufferPool::take() {
  std::uint16_t id = 0;
  if (!free_.empty()) {
    id = pop_free();
  } else if (touched_ < options_.buffers) {
    id = static_cast<std::uint16_t>(touched_++);
  } else {
    return {};
  }
  counts_[id] = 1;
  ++held_;
  return Chunk(this, id, address(id), options_.buffer_bytes);
}

Chunk BufferPool::received(std::int32_t id, std::size_t size) {
  WEIR_ASSERT(id >= 0 && counts_[static_cast<std::size_t>(id)] == 0, "the ring gives back a buffer that it was lent");
  --lent_;
  counts_[static_cast<std::size_t>(id)] = 1;
  ++held_;
  return Chunk(this, static_cast<std::uint16_t>(id), address(static_cast<std::uint32_t>(id)),
               static_cast<std::uint32_t>(size));
}

bool BufferPool::append(Chunk& chunk, Bytes bytes) {
  if (counts_[chunk.id_] != 1) return false;
  char* const end = chunk.data_ + chunk.size_;
  if (bytes.size() > static_cast<std::size_t>(address(chunk.id_) + options_.buffer_bytes - end)) return false;
  std::memcpy(end, bytes.data(), bytes.size());
  chunk.size_ += static_cast<std::uint32_t>(bytes.size());
  return true;
}

void BufferPool::give_back(std::int32_t id) { received(id, 0); }

std::uint16_t BufferPool::pop_free() {
  const std::uint16_t id = free_.back();
  free_.pop_back();
  idle_ = std::min(idle_, free_.size());
  return id;
}

void BufferPool::release(std::uint16_t id) {
  --held_;
  free_.push_back(id);
}

void BufferPool::refill() {
  const std::uint32_t lendable = options_.buffers - options_.reserve;
  while (lent_ < options_.window && held_ + lent_ < lendable) {
    std::uint16_t id = 0;
    if (!free_.empty()) {
      id = pop_free();
    } else {
      id = static_cast<std::uint16_t>(touched_++);
    }
    ring_.provide(id, {address(id), options_.buffer_bytes});
    ++lent_;
  }
  // One buffer for each waiter that is woken: whoever loses the race to another socket just waits again.
  for (std::uint32_t available = lent_; available > 0 && !starved_.empty(); --available)
    starved_.pop_front().on_buffer();
}

void BufferPool::trim() {
  // What lay below the lowest mark of the free stack since the last trim was not needed in that time.
  trimmed_ = std::min(trimmed_, idle_);
  for (; trimmed_ < idle_; ++trimmed_) ::madvise(address(free_[trimmed_]), options_.buffer_bytes, MADV_DONTNEED);
  idle_ = free_.size();
}

}  // namespace weir::io
