// What the three bench programs share of io_uring: one ring with the flags of weir's own loop, and one group of
// provided buffers. They use liburing directly and nothing of src/, so that a ruler can never inherit a defect (or a
// trick) of what it measures. One thread owns everything here; a failing set-up ends the program with a sentence.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

/// Ends the program: `bench: <what>: <errno in words>`.
[[noreturn]] void die(std::string_view what, int error);

/// CLOCK_MONOTONIC in ns: the clock that the upstream writes into each chunk and the load subtracts.
std::int64_t now_ns();

/// What a completion belongs to: an operation (the program's own enum) on a slot of its connection table. Slots are
/// reused only when nothing is outstanding on them, so no generation is needed.
struct Tag {
  std::uint8_t op;
  std::uint32_t slot;
  std::uint64_t pack() const { return std::uint64_t{slot} << 8 | op; }
  static Tag unpack(std::uint64_t data) {
    return {static_cast<std::uint8_t>(data), static_cast<std::uint32_t>(data >> 8)};
  }
};

struct Completion {
  Tag tag;
  std::int32_t result;  // bytes or -errno
  bool more;            // a multishot operation stays armed
  bool nonempty;        // the socket held more bytes than this receive took
  bool has_buffer;
  std::uint16_t buffer;
};

class Ring {
 public:
  /// SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN, SUBMIT_ALL, registered ring descriptor.
  Ring(unsigned entries, unsigned completions);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// A free entry, never null: a full queue is submitted first.
  io_uring_sqe* next(Tag tag);

  /// Submit, wait for one completion and fetch: one enter. `wait_ns` < 0 waits without limit, 0 does not wait.
  void turn(std::int64_t wait_ns = -1);

  /// Hands out what has completed, each once.
  template <class Handler>
  void drain(Handler&& handle) {
    unsigned head = 0;
    unsigned seen = 0;
    io_uring_cqe* cqe = nullptr;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      handle(Completion{Tag::unpack(cqe->user_data), cqe->res, (cqe->flags & IORING_CQE_F_MORE) != 0,
                        (cqe->flags & IORING_CQE_F_SOCK_NONEMPTY) != 0, (cqe->flags & IORING_CQE_F_BUFFER) != 0,
                        static_cast<std::uint16_t>(cqe->flags >> IORING_CQE_BUFFER_SHIFT)});
      ++seen;
    }
    io_uring_cq_advance(&ring_, seen);
  }

  io_uring* raw() { return &ring_; }

 private:
  io_uring ring_{};
};

/// Receive buffers that the kernel picks from. `count` is a power of two.
class BufferGroup {
 public:
  BufferGroup(Ring& ring, unsigned count, unsigned bytes);
  ~BufferGroup();
  BufferGroup(const BufferGroup&) = delete;
  BufferGroup& operator=(const BufferGroup&) = delete;

  const char* data(std::uint16_t id) const { return memory_ + std::size_t{id} * bytes_; }
  void give_back(std::uint16_t id) {
    io_uring_buf_ring_add(ring_, memory_ + std::size_t{id} * bytes_, bytes_, id, mask_, 0);
    io_uring_buf_ring_advance(ring_, 1);
  }

  /// A receive into whichever buffer is free: multishot for the ends, single-shot for the forwarder. `poll_first`
  /// skips the first try on a socket known to be empty.
  static void prepare_receive(io_uring_sqe* sqe, int fd, bool multishot, bool poll_first);

 private:
  static constexpr int kGroup = 0;
  char* memory_;
  io_uring_buf_ring* ring_;
  unsigned count_;
  unsigned bytes_;
  int mask_;
};

/// Sockets on 127.0.0.1, NODELAY.
int listen_on(std::uint16_t port);
void set_nodelay(int fd, bool on = true);
int new_socket();
/// Connects at once (loopback); ends the program when refused. `receive_buffer`: SO_RCVBUF, 0 as the kernel likes.
int connect_to(std::uint16_t port, int receive_buffer = 0);
void set_receive_buffer(int fd, int bytes);
void set_send_buffer(int fd, int bytes);

/// Raises the limit of descriptors to what is allowed.
void allow_many_descriptors();

}  // namespace bench
