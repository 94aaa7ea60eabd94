// The ring on the real kernel: one io_uring per shard, used by one thread only (except wake()).
//
// Set-up: SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN, SUBMIT_ALL and a registered ring descriptor, restricted to the
// operations in use; Linux 6.1 is the floor. One enter per turn submits everything and waits; one clock read follows
// it.
#pragma once

#include <liburing.h>

#include <array>
#include <expected>
#include <memory>
#include <string>

#include "weir/io/ring_contract.h"

namespace weir::io {

struct RingOptions {
  unsigned submission_entries = 1024;
  unsigned completion_entries = 16384;  ///< connections x armed operations; an overflow ends multishot accepts
  unsigned buffer_entries = 512;        ///< buffers lent to the kernel at a time; a power of two
  /// What the kernel may hold of an answer beyond what is on its way to the client (TCP_NOTSENT_LOWAT), and of a
  /// provider's that nobody has read (SO_RCVBUF, which it doubles); 0: as much as it likes.
  int unsent_bytes = 64 * 1024;
  int unread_bytes = 256 * 1024;
};

class UringRing {
 public:
  /// Must be called on the thread that will use the ring. The error is a sentence for the operator.
  static std::expected<std::unique_ptr<UringRing>, std::string> open(const RingOptions& options);
  ~UringRing();
  /// False when the kernel would let this ring do more than weir asks of it (an old one, or one that refused).
  bool restricted() const { return restricted_; }
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  Instant now() const { return now_; }
  Instant precise_now() const;
  WallTime wall() const;
  std::uint64_t random_seed();

  Result<Fd> listen(const Address& address, int backlog);
  Address local_address(Fd fd) const;
  Address peer_address(Fd fd) const;
  Result<Fd> open_stream(const Address& peer);
  void acknowledge(Fd fd);
  void finish(Fd fd);
  void shutdown(Fd fd);
  void close(Fd fd);
  void abandon(Fd fd);

  void accept(Op& op, Fd fd);
  void connect(Op& op, Fd fd, const Address& peer);
  void receive(Op& op, Fd fd);
  void receive_into(Op& op, Fd fd, std::span<const Space> spaces);
  void send(Op& op, Fd fd, std::span<const Piece> pieces);
  void write(Op& op, Fd fd, std::span<const Piece> pieces);
  /// Completes once with the events (as poll(2) has them) that are there, or -errno. Beyond the contract: for the
  /// sockets of a library that does its own reading.
  void poll(Op& op, Fd fd, unsigned events);
  void watch_signals(Op& op);
  void watch_wakes(Op& op);
  void cancel(Op& op);
  void wake();

  void provide(std::uint16_t id, MutableBytes memory);

  void turn(Instant deadline);
  std::uint64_t overflows() const { return overflows_; }

 private:
  explicit UringRing(const RingOptions& options);
  io_uring_sqe& next_entry(Op& op);
  io_uring_sqe& next_entry();
  void flush();
  /// A message of these pieces or spaces, for the submission that comes next; the kernel copies it then.
  template <class Part>
  msghdr* message_of(std::span<const Part> parts);

  const RingOptions options_;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  unsigned buffer_mask_ = 0;
  unsigned buffer_entries_ = 0;
  int provided_now_ = 0;  // handed to the buffer ring, not yet published
  bool restricted_ = false;
  int wake_fd_ = -1;
  int signal_fd_ = -1;
  Op* signal_op_ = nullptr;
  std::uint64_t wake_count_ = 0;
  std::uint64_t overflows_ = 0;
  std::array<char, 128> signal_record_{};
  Instant now_{};
  // The wall clock is read ten times a second and goes on with the monotonic one in between: a step of it is seen late.
  static constexpr Duration kWallEvery = 100ms;
  mutable Instant wall_again_{};
  mutable std::int64_t wall_offset_ns_ = 0;

  // Arguments that the kernel copies when it takes a submission; reused after every flush.
  static constexpr std::size_t kScratch = 256;
  struct Scratch;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace weir::io
