// What the simulated kernel remembers: open descriptors, and operations in flight.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sim_connection.h"
#include "weir/io/sim_ring.h"

namespace weir::io {

/// An open descriptor of the simulated process. Owned by the network's table; events on their way hold weak pointers.
class SimDescriptor final : public SimStreamUser {
 public:
  enum class Type : std::uint8_t { stream, listener, file };

  /// A connection that waits to be accepted; the server's side is 1.
  struct Waiting {
    std::shared_ptr<SimConnection> connection;
    Address from;
  };

  void stir() override;

  Fd fd;
  Type type = Type::stream;
  Address local;
  Address peer;
  int in_flight = 0;
  SimRing::Flight* connecting = nullptr;
  SimRing::Flight* receiving = nullptr;
  SimRing::Flight* sending = nullptr;
  SimRing::Flight* accepting = nullptr;
  // A stream's:
  std::shared_ptr<SimConnection> connection;
  int side = 0;
  bool shut = false;
  // A listener's:
  std::size_t backlog = 0;
  bool listening = false;
  std::deque<Waiting> waiting;
  // A file's:
  std::size_t file = 0;
};

/// An operation from its start to its last completion. Owned by its ring.
struct SimRing::Flight {
  enum class State : std::uint8_t { queued, armed, decided };

  Kind kind;
  Op* op;
  SimRing* ring;
  std::shared_ptr<SimDescriptor> target;  // null for signals and wakes
  std::uint64_t serial;
  State state = State::queued;
  Address peer;               // connect
  std::vector<Piece> pieces;  // send, write
  std::vector<Space> spaces;  // receive_into
  std::size_t size = 0;       // of all pieces
  std::uint64_t hash = 0;     // of all pieces' bytes when the operation started
  Instant last_due{};
};

}  // namespace weir::io
