// The buffers of one shard: receive memory lent to the ring, and staging memory for what weir itself writes.
//
// One range of address space is reserved at start; buffer i lies at i * size and becomes real memory when it is first
// used. Free buffers are reused last-in first-out, so the memory in use stays hot and small; what has not been needed
// for a while is given back by trim(). A window of free buffers is lent to the ring; every receive takes one, every
// returned buffer refills the window. When nothing is free, receives end with -ENOBUFS and their sockets wait here on
// the starved list until a buffer comes home. The last `reserve` buffers are kept for staging (heads, errors), so
// that a shard full of bodies can still answer.
//
// Single-threaded, owned by the Loop. Invariant: every buffer is exactly one of free, lent, or held (count > 0).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "weir/base/intrusive_list.h"
#include "weir/io/buffer_source.h"
#include "weir/io/chunk.h"
#include "weir/io/ring.h"

namespace weir::io {

struct BufferOptions {
  std::uint32_t buffer_bytes = 16 * 1024;
  std::uint32_t buffers = 8192;  ///< at most 65,535; the bound of everything this shard can hold
  std::uint32_t window = 64;     ///< lent to the ring at a time; at most the ring's buffer entries
  std::uint32_t reserve = 64;    ///< never lent: for heads and errors
  std::uint32_t own = 65'535;    ///< usable without a lease; all of them without a source
  BufferSource* source = nullptr;
};

/// Something that waits for a buffer; on_buffer() is called once, from the loop, when there is one.
class Starved : public ListHook<> {
 public:
  using Handler = void (*)(Starved&);
  explicit Starved(Handler handler) : handler_(handler) {}
  void on_buffer() { handler_(*this); }

 private:
  Handler handler_;
};

class BufferPool {
 public:
  BufferPool(Ring& ring, const BufferOptions& options);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// A whole buffer to write into, or an empty chunk when even the reserve is used up.
  Chunk take();
  /// The chunk for a receive completion: `size` bytes in the buffer that the ring gave back.
  Chunk received(std::int32_t id, std::size_t size);
  /// Copies `bytes` behind the end of `chunk` if its buffer has room there and no other chunk holds the buffer. How
  /// small pieces are kept without pinning a buffer each.
  bool append(Chunk& chunk, Bytes bytes);
  /// How many bytes append() would take; 0 if another chunk holds the buffer.
  std::size_t room_behind(const Chunk& chunk) const;
  /// For a completion that carries a buffer nobody wants.
  void give_back(std::int32_t id);

  /// Refills the ring's window and serves starved sockets. Once per turn, before the ring is entered.
  void refill();
  void wait_for_buffer(Starved& starved) { starved_.push_back(starved); }
  /// Returns memory of buffers that were not needed lately to the system, and leased buffers to their source as long as
  /// `reserved_bytes` stay usable. Now and then, from a timer.
  void trim(std::size_t reserved_bytes = 0);
  /// Leases one step more. False when there is nothing to be had.
  bool grow();

  std::size_t buffer_bytes() const { return options_.buffer_bytes; }
  std::size_t held_bytes() const { return std::size_t{held_} * options_.buffer_bytes; }
  std::size_t capacity_bytes() const { return std::size_t{options_.buffers} * options_.buffer_bytes; }
  /// What may be in use at present.
  std::size_t limit_bytes() const { return std::size_t{limit_} * options_.buffer_bytes; }
  /// What can be promised to somebody: the limit without the reserve. (What is lent at the moment is what a promised
  /// receive will use.)
  std::size_t usable_bytes() const { return usable(limit_) * options_.buffer_bytes; }
  std::uint32_t held() const { return held_; }

 private:
  friend class Chunk;
  static constexpr std::uint32_t kStep = 64;
  std::size_t usable(std::uint32_t limit) const { return limit - options_.reserve; }
  char* address(std::uint32_t id) const { return memory_ + std::size_t{id} * options_.buffer_bytes; }
  std::uint16_t pop_free();
  void release(std::uint16_t id);

  Ring& ring_;
  BufferOptions options_;
  char* memory_ = nullptr;
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint16_t> free_;
  std::uint32_t touched_ = 0;  // buffers below this id have been used at least once
  std::uint32_t limit_ = 0;
  std::uint32_t lent_ = 0;
  std::uint32_t held_ = 0;
  std::size_t idle_ = 0;     // lowest height of the free stack since the last trim
  std::size_t trimmed_ = 0;  // the free buffers below have no memory
  IntrusiveList<Starved> starved_;
};

inline void Chunk::hold() {
  if (pool_) ++pool_->counts_[id_];
}
inline void Chunk::release() {
  if (--pool_->counts_[id_] == 0) pool_->release(id_);
}
inline bool Chunk::append(Bytes bytes) { return pool_ && pool_->append(*this, bytes); }
inline Chunk Chunk::slice(Bytes part) const {
  WEIR_ASSERT(part.data() >= data_ && part.data() + part.size() <= data_ + size_, "a slice lies inside its chunk");
  Chunk result(*this);
  result.data_ = const_cast<char*>(part.data());
  result.size_ = static_cast<std::uint32_t>(part.size());
  return result;
}

}  // namespace weir::io
