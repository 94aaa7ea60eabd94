// bench_l4: the bare TCP forwarder, the physical limit of a proxy on this machine. One thread, one ring, one upstream
// connection per client connection, no byte is looked at. A receive is re-armed in the same submit as the send of what
// it brought, so an exchange costs two receives, two sends and as few enters as the load allows.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <vector>

#include "arguments.h"
#include "ring.h"

namespace {

using bench::Completion;
using bench::Tag;

enum Op : std::uint8_t { kAccept, kConnect, kReceive, kSend };

/// One direction: what was received from one socket and waits to be sent to the other.
struct Lane {
  struct Piece {
    std::uint16_t buffer;
    std::uint32_t at;
    std::uint32_t bytes;
  };
  static constexpr unsigned kHeldMax = 4;  // pieces; a slow reader stops its own sender there

  std::array<Piece, kHeldMax> held{};
  unsigned first = 0;
  unsigned count = 0;
  bool receiving = false;
  bool sending = false;
  bool ended = false;  // end of stream was received

  Piece& front() { return held[first % kHeldMax]; }
  void push(Piece p) { held[(first + count++) % kHeldMax] = p; }
  void pop() { ++first, --count; }
};

/// A client connection (side 0) and its upstream connection (side 1). Freed when no operation is outstanding.
struct Pair {
  std::array<int, 2> fd{-1, -1};
  std::array<Lane, 2> lane;  // lane[s]: received from fd[s], sent to fd[1 - s]
  unsigned outstanding = 0;
  bool dying = false;
};

class Forwarder {
 public:
  Forwarder(std::uint16_t port, std::uint16_t upstream_port, unsigned buffers, unsigned buffer_bytes)
      : ring_(8192, 65536), buffers_(ring_, buffers, buffer_bytes), listener_(bench::listen_on(port)) {
    upstream_.sin_family = AF_INET;
    upstream_.sin_port = htons(upstream_port);
    upstream_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    arm_accept();
  }

  [[noreturn]] void run() {
    for (;;) {
      ring_.turn();
      ring_.drain([this](const Completion& c) { handle(c); });
    }
  }

 private:
  // A slot names a pair and a side: pair * 2 + side.
  static std::uint32_t slot_of(std::uint32_t pair, unsigned side) { return pair * 2 + side; }

  void handle(const Completion& c) {
    if (c.tag.op == kAccept) return on_accept(c);
    const std::uint32_t index = c.tag.slot / 2;
    const unsigned side = c.tag.slot % 2;
    Pair& pair = pairs_[index];
    --pair.outstanding;
    if (c.tag.op == kReceive) on_receive(pair, index, side, c);
    if (c.tag.op == kSend) on_send(pair, index, side, c.result);
    if (c.tag.op == kConnect) on_connect(pair, index, c.result);
    if (finished(pair)) retire(pair, index);
  }

  void on_accept(const Completion& c) {
    if (!c.more) arm_accept();
    if (c.result < 0) return;
    bench::set_nodelay(c.result);
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(pairs_.size());
      pairs_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Pair& pair = pairs_[index];
    pair = Pair{};
    pair.fd = {c.result, bench::new_socket()};
    io_uring_sqe* const sqe = ring_.next(Tag{kConnect, slot_of(index, 1)});
    io_uring_prep_connect(sqe, pair.fd[1], reinterpret_cast<const sockaddr*>(&upstream_), sizeof upstream_);
    ++pair.outstanding;
  }

  void on_connect(Pair& pair, std::uint32_t index, int result) {
    if (result < 0) return die(pair);
    arm_receive(pair, index, 0, false);
    arm_receive(pair, index, 1, true);
  }

  void on_receive(Pair& pair, std::uint32_t index, unsigned side, const Completion& c) {
    Lane& lane = pair.lane[side];
    lane.receiving = false;
    if (pair.dying) {
      if (c.has_buffer) give_back(c.buffer);
      return;
    }
    if (c.result == -ENOBUFS) {  // normal: wait for a buffer to come home
      starved_.push_back(Tag{kReceive, slot_of(index, side)});
      lane.receiving = true;
      ++pair.outstanding;
      return;
    }
    if (c.result <= 0) {
      if (c.has_buffer) give_back(c.buffer);
      if (c.result < 0) return die(pair);
      lane.ended = true;
      if (lane.count == 0) shutdown(pair.fd[1 - side], SHUT_WR);
      return;
    }
    lane.push({c.buffer, 0, static_cast<std::uint32_t>(c.result)});
    if (!lane.sending) send_front(pair, index, side);
    if (lane.count < Lane::kHeldMax) arm_receive(pair, index, side, !c.nonempty);
  }

  void on_send(Pair& pair, std::uint32_t index, unsigned side, int result) {
    Lane& lane = pair.lane[side];
    lane.sending = false;
    Lane::Piece& piece = lane.front();
    if (result < 0) die(pair);
    if (!pair.dying && static_cast<std::uint32_t>(result) < piece.bytes) {
      piece.at += static_cast<std::uint32_t>(result);
      piece.bytes -= static_cast<std::uint32_t>(result);
      return send_front(pair, index, side);
    }
    give_back(piece.buffer);
    lane.pop();
    if (pair.dying) return;
    if (lane.count > 0) send_front(pair, index, side);
    if (!lane.receiving && !lane.ended) arm_receive(pair, index, side, false);
    if (lane.ended && lane.count == 0) shutdown(pair.fd[1 - side], SHUT_WR);
  }

  void send_front(Pair& pair, std::uint32_t index, unsigned side) {
    const Lane::Piece& piece = pair.lane[side].front();
    io_uring_sqe* const sqe = ring_.next(Tag{kSend, slot_of(index, side)});
    io_uring_prep_send(sqe, pair.fd[1 - side], buffers_.data(piece.buffer) + piece.at, piece.bytes,
                       MSG_NOSIGNAL | MSG_WAITALL);
    pair.lane[side].sending = true;
    ++pair.outstanding;
  }

  void arm_receive(Pair& pair, std::uint32_t index, unsigned side, bool probably_empty) {
    io_uring_sqe* const sqe = ring_.next(Tag{kReceive, slot_of(index, side)});
    bench::BufferGroup::prepare_receive(sqe, pair.fd[side], false, probably_empty);
    pair.lane[side].receiving = true;
    ++pair.outstanding;
  }

  void arm_accept() {
    io_uring_prep_multishot_accept(ring_.next(Tag{kAccept, 0}), listener_, nullptr, nullptr, SOCK_CLOEXEC);
  }

  /// A buffer came home: one starved receive may try again.
  void give_back(std::uint16_t buffer) {
    buffers_.give_back(buffer);
    if (starved_.empty()) return;
    const Tag tag = starved_.front();
    starved_.pop_front();
    bench::BufferGroup::prepare_receive(ring_.next(tag), pairs_[tag.slot / 2].fd[tag.slot % 2], false, false);
  }

  /// After an error: both sockets are shut down so that every operation on them completes.
  static void die(Pair& pair) {
    if (pair.dying) return;
    pair.dying = true;
    for (const int fd : pair.fd) shutdown(fd, SHUT_RDWR);
  }

  static bool finished(const Pair& pair) {
    if (pair.outstanding > 0) return false;
    return pair.dying || (pair.lane[0].ended && pair.lane[1].ended);
  }

  void retire(Pair& pair, std::uint32_t index) {
    for (unsigned side = 0; side < 2; ++side) {
      Lane& lane = pair.lane[side];
      for (; lane.count > 0; lane.pop()) give_back(lane.front().buffer);
      close(pair.fd[side]);
    }
    free_.push_back(index);
  }

  bench::Ring ring_;
  bench::BufferGroup buffers_;
  int listener_;
  sockaddr_in upstream_{};
  std::deque<Pair> pairs_;  // stable addresses
  std::vector<std::uint32_t> free_;
  std::deque<Tag> starved_;
};

}  // namespace

int main(int argc, char** argv) {
  std::int64_t port = 0;
  std::int64_t upstream = 0;
  std::int64_t buffers = 256;
  std::int64_t buffer_bytes = 262144;  // 300 KB bodies cost 2.3 times as much with 16 KiB
  bench::read_arguments(argc, argv, "bench_l4: bare io_uring TCP forwarder on 127.0.0.1",
                        {{"port", &port, "where to listen"},
                         {"upstream", &upstream, "port to forward to"},
                         {"buffers", &buffers, "receive buffers, a power of two (256)"},
                         {"buffer-bytes", &buffer_bytes, "size of each (262144)"}});
  bench::allow_many_descriptors();
  Forwarder forwarder(static_cast<std::uint16_t>(port), static_cast<std::uint16_t>(upstream),
                      static_cast<unsigned>(buffers), static_cast<unsigned>(buffer_bytes));
  forwarder.run();
}
