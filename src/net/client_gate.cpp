#include "weir/net/client_gate.h"

#include <algorithm>
#include <cstring>

namespace weir::net {
namespace {

shared::ClientTable::Key key_of(const io::Address& peer) {
  const io::Address address = io::plain(peer);
  // A /64 and an IPv4 address can never be the same key: the second word tells them apart.
  shared::ClientTable::Key key{0, address.v6 ? 6U : 4U};
  std::memcpy(key.data(), address.ip.data(), 8);
  return key;
}

}  // namespace

std::optional<ClientGate::Ticket> ClientGate::enter(const io::Address& peer) {
  const auto covers = [&peer](const io::AddressRange& range) { return range.contains(peer); };
  if (!counts() || std::ranges::any_of(limits_.exempt, covers)) return shared::ClientTable::kNone;
  const auto ticket = table_.enter(key_of(peer), limits_.max_connections);
  refused_ += !ticket;
  return ticket;
}

}  // namespace weir::net
