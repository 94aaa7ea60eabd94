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
  limit_ = options_.source ? std::min(options_.own, options_.buffers) : options_.buffers;
  WEIR_ASSERT(options_.reserve < limit_, "some buffers must be left for receiving");
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
  if (const std::uint32_t leased = limit_ - std::min(options_.own, limit_); options_.source && leased > 0)
    options_.source->give_back(leased);
}

bool BufferPool::grow() {
  const std::uint32_t step = std::min(kStep, options_.buffers - limit_);
  if (!options_.source || step == 0 || !options_.source->take(step)) return false;
  limit_ += step;
  return true;
}

Chunk BufferPool::take() {
  if (held_ + lent_ >= limit_ && !grow()) return {};
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

std::size_t BufferPool::room_behind(const Chunk& chunk) const {
  if (counts_[chunk.id_] != 1) return 0;
  return static_cast<std::size_t>(address(chunk.id_) + options_.buffer_bytes - (chunk.data_ + chunk.size_));
}

bool BufferPool::append(Chunk& chunk, Bytes bytes) {
  if (counts_[chunk.id_] != 1 || bytes.size() > room_behind(chunk)) return false;
  std::memcpy(chunk.data_ + chunk.size_, bytes.data(), bytes.size());
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
  while (lent_ < options_.window && (held_ + lent_ + options_.reserve < limit_ || grow())) {
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

void BufferPool::trim(std::size_t reserved_bytes) {
  if (options_.source) {
    const std::size_t needed =
        std::max((reserved_bytes + options_.buffer_bytes - 1) / options_.buffer_bytes, std::size_t{held_});
    // One step stays in hand, so that a shard at its edge does not lease and give back every second.
    while (limit_ >= options_.own + kStep && usable(limit_ - kStep) >= needed + kStep) {
      options_.source->give_back(kStep);
      limit_ -= kStep;
    }
  }
  // What lay below the lowest mark of the free stack since the last trim was not needed in that time.
  trimmed_ = std::min(trimmed_, idle_);
  for (; trimmed_ < idle_; ++trimmed_) ::madvise(address(free_[trimmed_]), options_.buffer_bytes, MADV_DONTNEED);
  idle_ = free_.size();
}

}  // namespace weir::io
