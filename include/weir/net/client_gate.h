// Who may open one more connection: no client address more than its share. Asked by the accepting shard.
//
// An IPv6 client is a /64, because a customer is given at least that much. Addresses on the list of exempt ones
// (trusted proxies, behind which many clients stand) are not counted; that is loopback, unless the operator says
// otherwise.
#pragma once

#include <optional>
#include <vector>

#include "weir/io/address_range.h"
#include "weir/shared/client_table.h"

namespace weir::net {

struct ClientLimits {
  std::uint32_t max_connections = 0;     ///< of one client; 0: no limit
  std::vector<io::AddressRange> exempt;  ///< not counted
};

class ClientGate {
 public:
  using Ticket = shared::ClientTable::Ticket;

  ClientGate(ClientLimits limits, shared::ClientTable& table) : limits_(std::move(limits)), table_(table) {}

  bool counts() const { return limits_.max_connections > 0; }
  /// A ticket that goes to the connection and back to the table when it has ended; nothing when it must be refused.
  std::optional<Ticket> enter(const io::Address& peer);
  std::uint32_t limit() const { return limits_.max_connections; }
  std::uint64_t refused() const { return refused_; }

 private:
  ClientLimits limits_;
  shared::ClientTable& table_;
  std::uint64_t refused_ = 0;
};

}  // namespace weir::net
