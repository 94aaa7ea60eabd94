// How many connections each client has, over all shards. The front counts a connection in when it accepts it, before it
// hands it to a shard; the shard counts it out when it has ended.
//
// Writers: enter() the front's thread only; leave() any shard. A cell's key and the chains belong to the front; only
// the count is shared, with relaxed order: a cell is used for another client only after its count was seen at 0, and
// then nobody holds a ticket for it any more. Bounded: the table has as many cells as there can be connections, so it
// cannot be full while the limit of connections holds; were it full, a connection would go uncounted.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>

namespace weir::shared {

class ClientTable {
 public:
  using Key = std::array<std::uint64_t, 2>;
  using Ticket = std::uint32_t;
  static constexpr Ticket kNone = UINT32_MAX;  ///< a connection that is not counted

  /// `seed` keeps clients from choosing addresses that meet in one chain.
  ClientTable(std::uint32_t capacity, std::uint64_t seed)
      : capacity_(capacity),
        mask_(std::bit_ceil(std::uint64_t{capacity} + 1) - 1),
        seed_(seed),
        cells_(new Cell[capacity]),
        chains_(new std::uint32_t[mask_ + 1]) {
    for (std::uint64_t i = 0; i <= mask_; ++i) chains_[i] = kNone;
  }

  /// Counts a connection in. Nothing if the client has `most` already.
  std::optional<Ticket> enter(const Key& key, std::uint32_t most) {
    const std::uint64_t chain = hash(key) & mask_;
    sweep(chain);
    for (std::uint32_t i = chains_[chain]; i != kNone; i = cells_[i].next) {
      Cell& cell = cells_[i];
      if (cell.key != key) continue;
      if (cell.open.load(std::memory_order_relaxed) >= most) return std::nullopt;
      cell.open.fetch_add(1, std::memory_order_relaxed);
      return i;
    }
    const std::uint32_t i = free_cell();
    if (i == kNone) return kNone;
    cells_[i].key = key;
    cells_[i].open.store(1, std::memory_order_relaxed);
    cells_[i].next = chains_[chain];
    chains_[chain] = i;
    ++clients_;
    return i;
  }

  void leave(Ticket ticket) {
    if (ticket != kNone) cells_[ticket].open.fetch_sub(1, std::memory_order_relaxed);
  }

  /// Clients in the table; some of them may have left lately. Front only.
  std::uint32_t clients() const { return clients_; }
  /// Tickets up to this one have been given out.
  std::uint32_t touched() const { return touched_; }
  std::uint32_t open(Ticket ticket) const { return cells_[ticket].open.load(std::memory_order_relaxed); }

 private:
  struct Cell {
    Key key{};
    std::uint32_t next = kNone;
    std::atomic<std::uint32_t> open{0};
  };

  std::uint64_t hash(const Key& key) const {
    // The finisher of splitmix64 over both words; good enough where the seed is secret.
    std::uint64_t z = seed_;
    for (const std::uint64_t word : key) {
      z = (z ^ word) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
      z ^= z >> 31;
    }
    return z;
  }

  /// Takes the cells of clients without connections out of a chain.
  void sweep(std::uint64_t chain) {
    std::uint32_t* link = &chains_[chain];
    while (*link != kNone) {
      Cell& cell = cells_[*link];
      if (cell.open.load(std::memory_order_relaxed) > 0) {
        link = &cell.next;
        continue;
      }
      const std::uint32_t i = *link;
      *link = cell.next;
      cell.next = free_;
      free_ = i;
      --clients_;
    }
  }

  std::uint32_t free_cell() {
    if (free_ == kNone && touched_ == capacity_)
      for (std::uint64_t chain = 0; chain <= mask_; ++chain) sweep(chain);
    if (free_ == kNone) return touched_ < capacity_ ? touched_++ : kNone;
    const std::uint32_t i = free_;
    free_ = cells_[i].next;
    return i;
  }

  const std::uint32_t capacity_;
  const std::uint64_t mask_;
  const std::uint64_t seed_;
  std::unique_ptr<Cell[]> cells_;
  std::unique_ptr<std::uint32_t[]> chains_;
  std::uint32_t free_ = kNone;
  std::uint32_t touched_ = 0;  // cells below have been used
  std::uint32_t clients_ = 0;
};

}  // namespace weir::shared
