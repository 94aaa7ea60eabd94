// A counted slice of one buffer of the pool.
//
//   buffer   |................................................................| 16 KiB, counted
//   chunks        [---- a ----][- b -]      [------ c ------]                   slices that hold it
//
// Bytes are received into a buffer, sliced, edited around and sent from where they are; nothing is copied. The
// buffer goes home by itself when its last chunk dies. Copying a chunk holds the buffer once more. A chunk belongs
// to the shard of its pool and must die before it.
#pragma once

#include <cstdint>
#include <utility>

#include "weir/base/bytes.h"

namespace weir::io {

class BufferPool;

class Chunk {
 public:
  Chunk() = default;
  Chunk(const Chunk& other) : pool_(other.pool_), data_(other.data_), size_(other.size_), id_(other.id_) { hold(); }
  Chunk(Chunk&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        data_(other.data_),
        size_(std::exchange(other.size_, 0)),
        id_(other.id_) {}
  Chunk& operator=(const Chunk& other) { return *this = Chunk(other); }
  Chunk& operator=(Chunk&& other) noexcept {
    if (this == &other) return *this;
    if (pool_) release();
    pool_ = std::exchange(other.pool_, nullptr);
    data_ = other.data_;
    size_ = std::exchange(other.size_, 0);
    id_ = other.id_;
    return *this;
  }
  ~Chunk() {
    if (pool_) release();
  }

  explicit operator bool() const { return pool_ != nullptr; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// Valid as long as any chunk holds the buffer.
  Bytes bytes() const { return {data_, size_}; }
  MutableBytes writable() { return {data_, size_}; }

  /// The part of this chunk that `part` (a view into it) covers; holds the buffer once more.
  inline Chunk slice(Bytes part) const;
  /// Copies `bytes` behind the end, if this is the only chunk of its buffer and there is room; else false.
  inline bool append(Bytes bytes);
  bool same_buffer(const Chunk& other) const { return pool_ && pool_ == other.pool_ && id_ == other.id_; }
  void remove_prefix(std::size_t n) {
    data_ += n;
    size_ -= static_cast<std::uint32_t>(n);
  }
  void truncate(std::size_t n) { size_ = static_cast<std::uint32_t>(n); }

 private:
  friend class BufferPool;
  Chunk(BufferPool* pool, std::uint16_t id, char* data, std::uint32_t size)
      : pool_(pool), data_(data), size_(size), id_(id) {}
  inline void hold();  // defined with the pool, in buffer_pool.h
  inline void release();

  BufferPool* pool_ = nullptr;
  char* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint16_t id_ = 0;
};

}  // namespace weir::io
