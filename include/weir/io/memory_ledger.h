// Who may hold how much memory in one shard: every exchange reserves what it is going to hold before it holds it, so
// that the pool of buffers cannot be filled with bodies none of which can become complete, or with answers of clients
// that do not read. Whoever gets no reservation is refused in time (503), or holds less.
//
// Buffers and the few texts on the heap that can grow large (a head or a frame in pieces, the copy of a document) are
// counted alike, in bytes. The invariant: used() <= limit() whenever reserve() has said yes; the limit follows the
// pool's, which may lease more from a total shared with other shards.
//
// Each use has a share of its own beyond which only the others grow, so that none of them can shut the others out.
// What is smaller than kSmall may use everything: a shard full of large bodies still answers small requests.
//
// Single-threaded, owned by the Loop.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "weir/io/buffer_pool.h"

namespace weir::io {

class MemoryLedger {
 public:
  enum class Use : std::uint8_t {
    request,  ///< head, body and what is written around them, until the provider has begun to answer
    answer,   ///< what an answer cannot do without: one part on its way in, one on its way out
    held,     ///< what is held of answers beyond that: documents, frames in pieces, what slow clients leave unread
    head,     ///< heads that come in pieces
  };
  static constexpr std::size_t kUses = 4;
  static constexpr std::size_t kSmall = 64 * 1024;  ///< reservations up to this size may use everything

  explicit MemoryLedger(BufferPool& buffers) : buffers_(buffers) {}

  /// A reservation; ends with its owner.
  class Hold {
   public:
    Hold() = default;
    Hold(MemoryLedger& ledger, Use use) : ledger_(&ledger), use_(use) {}
    Hold(Hold&& other) noexcept : ledger_(other.ledger_), use_(other.use_), bytes_(std::exchange(other.bytes_, 0)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(ledger_, other.ledger_);
      std::swap(use_, other.use_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Hold() { shrink_to(0); }

    /// At least `bytes` are reserved afterwards; false, and nothing changed, when that cannot be.
    bool grow_to(std::size_t bytes) {
      if (bytes <= bytes_) return true;
      if (!ledger_->reserve(use_, bytes - bytes_, bytes)) return false;
      bytes_ = bytes;
      return true;
    }
    void shrink_to(std::size_t bytes) {
      if (bytes >= bytes_) return;
      ledger_->release(use_, bytes_ - bytes);
      bytes_ = bytes;
    }
    std::size_t bytes() const { return bytes_; }

   private:
    MemoryLedger* ledger_ = nullptr;
    Use use_ = Use::request;
    std::size_t bytes_ = 0;
  };

  std::size_t used() const { return used_; }
  std::size_t used(Use use) const { return by_use_[static_cast<std::size_t>(use)]; }
  /// What can be reserved at present, all together.
  std::size_t limit() const { return buffers_.usable_bytes(); }
  std::size_t limit(Use use) const { return limit() / 8 * kEighths[static_cast<std::size_t>(use)]; }
  /// Reservations that could not be had since the start.
  std::uint64_t refused(Use use) const { return refused_[static_cast<std::size_t>(use)]; }

 private:
  static constexpr std::array<std::size_t, kUses> kEighths{6, 8, 4, 2};

  /// `more` for a reservation that is then `whole` bytes large.
  bool reserve(Use use, std::size_t more, std::size_t whole);
  void release(Use use, std::size_t bytes) {
    used_ -= bytes;
    by_use_[static_cast<std::size_t>(use)] -= bytes;
  }
  bool fits(Use use, std::size_t more, std::size_t whole) const;

  BufferPool& buffers_;
  std::size_t used_ = 0;
  std::array<std::size_t, kUses> by_use_{};
  std::array<std::uint64_t, kUses> refused_{};
};

}  // namespace weir::io
