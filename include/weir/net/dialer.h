// One connection to a host: its name is resolved, its addresses are tried, all within one deadline. An IP address needs
// no name, and a name with one address no race: then the socket itself connects.
//
// Lives in the frame of whoever dials; pinned while run() is under way.
#pragma once

#include <optional>

#include "weir/net/happy_eyeballs.h"
#include "weir/net/resolver.h"

namespace weir::net {

/// A host and a port, with what is known of them.
struct Place {
  Name* name = nullptr;  ///< null: `address` is the place
  io::Address address;
  std::uint16_t port = 0;

  static Place of(Resolver& resolver, Bytes host, std::uint16_t port);
};

class Dial {
 public:
  Dial(const Place& place, io::Socket& socket, Instant deadline)
      : place_(place), socket_(socket), deadline_(deadline) {}
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;

  /// Connects the socket. Faults: name_not_found, name_unresolved, connect_failed, connect_timeout, system_limit,
  /// cancelled.
  io::Task<Result<void>> run();
  /// Beside interrupting the socket, which the caller does.
  void cancel();

 private:
  io::Task<Result<void>> race(const AddressList& list);

  const Place& place_;
  io::Socket& socket_;
  Instant deadline_;
  std::optional<NameWait> wait_;
  std::optional<HappyEyeballs> race_;
  bool cancelled_ = false;
};

}  // namespace weir::net
