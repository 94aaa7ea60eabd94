// Who answers at an address outside of the rings, and one attempt to get there.
#pragma once

#include "weir/io/sim_network.h"

namespace weir::io {

struct SimNetwork::Site {
  Address address;
  SimLink link;
  bool black_hole = false;
  Acceptor acceptor;
};

/// Made by a peer, or by a descriptor (then `peer` is null).
struct SimNetwork::Attempt {
  Address from;
  Address to;
  SimLink link;
  SimPeer* peer = nullptr;
  std::weak_ptr<SimDescriptor> descriptor;
  std::shared_ptr<SimConnection> connection;
  int tries = 0;
};

}  // namespace weir::io
