// The contract between weir and the kernel. Two rings keep it: UringRing (io_uring) in `weir`, SimRing (a seeded
// simulation in virtual time) in `weir_sim`. `Ring` is one alias chosen by the build; nothing above knows which.
//
// The seam speaks the language of completions, because that is where the bugs live: short sends, exhausted buffer
// groups, cancellation races, re-arming. Everything that can differ between two runs enters through it.
//
//   time         now() stands still within a turn; time passes only in turn(). wall() and random_seed() likewise.
//   descriptors  listen, open_stream, finish (FIN, reading goes on), shutdown (both directions), close, abandon (a
//   close
//                that resets the connection): immediate calls. close() and abandon() follow the last completion.
//   operations   start(Op) happens at the call; completions arrive in later turns, never from inside the call.
//                  accept   multishot; result = new descriptor (NODELAY set). Ends (more=false) on error or cancel,
//                           or with a descriptor when the completion queue was full: start it again.
//                  connect  result 0 or -errno.
//                  receive  single shot into a provided buffer: result n > 0 with a buffer, 0 = end of stream,
//                           -ENOBUFS = no buffer was provided (normal; re-arm when one comes back), else -errno.
//                  receive_into  the same into memory of the caller's, space after space, for what is known to be
//                           large; the array is read before the call returns, the memory is the ring's until
//                           completion.
//                  send     gathers the pieces; result = bytes taken (may be short), or -errno. The pieces' array is
//                           read before the call returns; the bytes they point to stay unchanged until completion.
//                  write    to a plain descriptor (log lines); as send.
//                  signals  multishot-like: completes once per signal with its number; start it again each time.
//                  wakes    completes when some thread called wake(); start it again each time.
//   cancel       a request; the operation still completes exactly once more (-ECANCELED, or its real result).
//   buffers      provide(id, memory) lends a buffer to the ring; a receive completion gives it back.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/base/time.h"
#include "weir/io/address.h"
#include "weir/io/fd.h"
#include "weir/io/op.h"

namespace weir::io {

/// One piece of a gathered send. Same layout as the kernel's iovec.
struct Piece {
  const char* data;
  std::size_t size;
};

/// Memory for a part of what is received. Same layout as the kernel's iovec.
struct Space {
  char* data;
  std::size_t size;
};

/// At most this many pieces go into one send, and as many spaces into one receive.
inline constexpr std::size_t kMaxPieces = 64;

template <class R>
concept RingContract =
    requires(R ring, const R& constant, Op& op, Fd fd, const Address& address, std::span<const Piece> pieces,
             std::span<const Space> spaces, MutableBytes memory, Instant deadline, void (*deliver)(const Completion&)) {
      { constant.now() } -> std::same_as<Instant>;          // start of this turn
      { constant.precise_now() } -> std::same_as<Instant>;  // a real clock read; for measuring only
      { constant.wall() } -> std::same_as<WallTime>;
      { ring.random_seed() } -> std::same_as<std::uint64_t>;

      { ring.listen(address, 0) } -> std::same_as<Result<Fd>>;
      { constant.local_address(fd) } -> std::same_as<Address>;
      { constant.peer_address(fd) } -> std::same_as<Address>;
      { ring.open_stream(address) } -> std::same_as<Result<Fd>>;
      { ring.acknowledge(fd) } -> std::same_as<void>;  // what has come, now and not with the next answer; a hint
      { ring.finish(fd) } -> std::same_as<void>;
      { ring.shutdown(fd) } -> std::same_as<void>;
      { ring.close(fd) } -> std::same_as<void>;
      { ring.abandon(fd) } -> std::same_as<void>;

      { ring.accept(op, fd) } -> std::same_as<void>;
      { ring.connect(op, fd, address) } -> std::same_as<void>;
      { ring.receive(op, fd) } -> std::same_as<void>;
      { ring.receive_into(op, fd, spaces) } -> std::same_as<void>;
      { ring.send(op, fd, pieces) } -> std::same_as<void>;
      { ring.write(op, fd, pieces) } -> std::same_as<void>;
      { ring.watch_signals(op) } -> std::same_as<void>;
      { ring.watch_wakes(op) } -> std::same_as<void>;
      { ring.cancel(op) } -> std::same_as<void>;
      { ring.wake() } -> std::same_as<void>;  // the one call that other threads may make

      { ring.provide(std::uint16_t{}, memory) } -> std::same_as<void>;

      /// Submits everything, waits for a completion or the deadline (a deadline in the past: do not wait), then
      /// delivers every completion that is there.
      { ring.turn(deadline) } -> std::same_as<void>;
      /// Turns that could not deliver everything, because the completion queue was full; the rest came in later turns.
      { constant.overflows() } -> std::same_as<std::uint64_t>;
    };

}  // namespace weir::io
