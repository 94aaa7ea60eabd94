// A simulated TCP connection: two directions, each with latency, segments, a bounded window and an end.
//
// Follows Linux where a gateway can see it: data that arrived before a reset stays readable; after a FIN a read gives 0
// even when a reset follows; an error is told once, after which reads give 0 and sends -EPIPE; closing with unread
// bytes, and bytes that arrive after both directions were shut down, cause a reset.
// Shared by its two users and by the events on their way; a user detaches by close().
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "weir/io/sim_network.h"

namespace weir::io {

class SimConnection : public std::enable_shared_from_this<SimConnection> {
 public:
  SimConnection(SimNetwork& network, const SimLink& link) : network_(network), link_(link) {}

  void attach(int side, SimStreamUser& user) { end(side).user = &user; }
  /// Nothing sent by `side` arrives before this moment (the handshake must come first).
  void hold_until(int side, Instant moment) { end(side).last_arrival = moment; }

  /// Bytes that `side` may send now.
  std::size_t room(int side) const;
  /// Sends bytes.size() <= room(side) bytes; they are copied.
  void send(int side, Bytes bytes);
  /// Asks for a stir when there is room again.
  void want_room(int side) { end(side).wants_room = true; }

  /// What has arrived for `side` and was not consumed; valid until the next call.
  Bytes arrived(int side) const;
  void consume(int side, std::size_t n);

  void finish(int side);
  void shut_reading(int side) { end(side).read_shut = true; }
  void reset(int side);
  void close(int side);

  bool finished(int side) const { return end(side).finished; }
  bool end_arrived(int side) const { return end(side).end_arrived; }
  bool read_shut(int side) const { return end(side).read_shut; }
  bool broken(int side) const { return end(side).broken; }
  bool broken_by_network() const { return broken_by_network_; }
  /// The pending error (positive errno) or 0; told once.
  int take_error(int side) { return std::exchange(end(side).error, 0); }

  void stir(int side) {
    if (auto* user = end(side).user) user->stir();
  }

 private:
  struct End {
    SimStreamUser* user = nullptr;
    std::string input;
    std::size_t consumed = 0;     // of input
    std::size_t outstanding = 0;  // sent by this end, not yet consumed at the other
    Instant last_arrival{};       // at the other end, of what this end sent
    int error = 0;
    bool wants_room = false;
    bool finished = false;  // sent its FIN
    bool end_arrived = false;
    bool read_shut = false;
    bool broken = false;
    bool gone = false;  // closed by its user
  };

  End& end(int side) { return ends_[static_cast<std::size_t>(side)]; }
  const End& end(int side) const { return ends_[static_cast<std::size_t>(side)]; }
  Instant arrival(int side);
  void arrive(int side, Bytes segment);
  void arrive_end(int side);
  void arrive_reset(int side);
  void send_reset(int side);
  void break_both();

  SimNetwork& network_;
  SimLink link_;
  std::array<End, 2> ends_;
  bool broken_by_network_ = false;
};

}  // namespace weir::io
