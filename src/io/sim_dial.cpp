// How simulated connections come about: who answers at an address, and what the caller gets to see.
#include <algorithm>
#include <cerrno>

#include "sim_flight.h"
#include "sim_site.h"

namespace weir::io {
namespace {
/// What Linux does by default: six more tries of the first packet, 127 s in all.
constexpr Duration kGiveUp = 127s;
constexpr int kTries = 7;

Address loopback_address() { return {.ip = {127, 0, 0, 1}, .port = 0, .v6 = false}; }
}  // namespace

SimNetwork::Site* SimNetwork::find_site(const Address& address) {
  for (const auto& site : sites_)
    if (site->address == address) return site.get();
  return nullptr;
}

void SimNetwork::listen(const Address& address, Acceptor acceptor) { listen(address, link_, std::move(acceptor)); }

void SimNetwork::listen(const Address& address, const SimLink& link, Acceptor acceptor) {
  refuse(address);
  sites_.push_back(std::make_unique<Site>(Site{address, link, false, std::move(acceptor)}));
}

void SimNetwork::refuse(const Address& address) {
  std::erase_if(sites_, [&](const auto& site) { return site->address == address; });
}

void SimNetwork::black_hole(const Address& address) {
  refuse(address);
  sites_.push_back(std::make_unique<Site>(Site{address, link_, true, {}}));
}

std::shared_ptr<SimDescriptor> SimNetwork::find_listener(const Address& address) const {
  for (const auto& descriptor : descriptors_) {
    if (!descriptor || !descriptor->listening || descriptor->local.port != address.port) continue;
    if (descriptor->local == address || descriptor->local.ip == Address{}.ip) return descriptor;
  }
  return nullptr;
}

Address SimNetwork::ephemeral(const Address& wish, const Address& to) {
  Address address = wish;
  if (address.ip == Address{}.ip) {
    address = loopback_address();
    if (to.v6) address = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, .port = 0, .v6 = true};
    address.port = wish.port;
  }
  if (address.port == 0) {
    if (++next_port_ < 32'768) next_port_ = 32'768;
    address.port = next_port_;
  }
  return address;
}

SimPeer& SimNetwork::new_peer() {
  peers_.push_back(std::make_unique<SimPeer>(*this));
  return *peers_.back();
}

SimPeer& SimNetwork::connect(const Address& to, const Address& from) { return connect(to, from, link_); }

SimPeer& SimNetwork::connect(const Address& to, const Address& from, const SimLink& link) {
  SimPeer& peer = new_peer();
  peer.local_ = ephemeral(from, to);
  peer.remote_ = to;
  start_attempt(std::make_shared<Attempt>(Attempt{peer.local_, to, link, &peer, {}, nullptr, 0}));
  return peer;
}

void SimNetwork::start_attempt(std::shared_ptr<Attempt> attempt) {
  const bool ours = !attempt->peer;  // faults belong to the gateway's way out
  Site* site = find_site(attempt->to);
  if (site && ours) attempt->link = site->link;
  if ((site && site->black_hole) || (ours && happens(SimEvent::connect_black_holed, faults_.connect_black_holed)))
    return fail_attempt(std::move(attempt), kGiveUp, ETIMEDOUT);
  if (ours && happens(SimEvent::connect_timed_out, faults_.connect_timed_out))
    return fail_attempt(std::move(attempt), Duration(static_cast<std::int64_t>(random_.below(5'000'000'000))),
                        ETIMEDOUT);
  if (ours && happens(SimEvent::connect_refused, faults_.connect_refused))
    return fail_attempt(std::move(attempt), 2 * travel(link_), ECONNREFUSED);
  const Duration way = travel(attempt->link);
  at(now_ + way, [this, attempt = std::move(attempt)]() mutable { reach(std::move(attempt)); });
}

void SimNetwork::fail_attempt(std::shared_ptr<Attempt> attempt, Duration after, int error) {
  at(now_ + after, [attempt = std::move(attempt), error] {
    if (attempt->peer) return attempt->peer->refused();
    const auto descriptor = attempt->descriptor.lock();
    if (descriptor && descriptor->connecting) SimRing::end_connect(*descriptor, error);
  });
}

void SimNetwork::reach(std::shared_ptr<Attempt> attempt) {
  Site* site = find_site(attempt->to);
  if (site && site->black_hole) return fail_attempt(std::move(attempt), kGiveUp, ETIMEDOUT);  // since a moment ago
  const auto listener = find_listener(attempt->to);
  const Duration way_back = travel(attempt->link);
  if (!site && !listener) return fail_attempt(std::move(attempt), way_back, ECONNREFUSED);
  if (!site && listener->waiting.size() >= listener->backlog) {
    count(SimEvent::backlog_full);
    if (++attempt->tries == kTries) return fail_attempt(std::move(attempt), 64s, ETIMEDOUT);
    const Duration pause = 1s * (1 << (attempt->tries - 1));
    return at(now_ + pause, [this, attempt = std::move(attempt)]() mutable { reach(std::move(attempt)); });
  }
  if (has_story()) tell(attempt->from.to_string() + " connects to " + attempt->to.to_string());
  auto connection = std::make_shared<SimConnection>(*this, attempt->link);
  attempt->connection = connection;
  connection->hold_until(1, now_ + way_back);
  at(now_ + way_back, [this, attempt] { establish(*attempt); });
  if (site) {
    SimPeer& peer = new_peer();
    peer.local_ = attempt->to;
    peer.remote_ = attempt->from;
    peer.attach(connection, 1);
    const Acceptor acceptor = site->acceptor;  // it may listen elsewhere, or stop listening
    acceptor(peer);
  } else {
    listener->waiting.push_back({connection, attempt->from});
    if (listener->accepting) SimRing::stir_accept(*listener);
  }
}

void SimNetwork::establish(const Attempt& attempt) {
  if (attempt.peer) {
    if (attempt.peer->state_ != SimPeer::State::connecting) return attempt.connection->reset(0);
    attempt.peer->attach(attempt.connection, 0);
    attempt.peer->established();
    return attempt.connection->stir(0);  // a reset may already be there
  }
  const auto descriptor = attempt.descriptor.lock();
  if (!descriptor || descriptor->shut) return attempt.connection->reset(0);
  descriptor->connection = attempt.connection;
  descriptor->side = 0;
  attempt.connection->attach(0, *descriptor);
  if (descriptor->connecting) SimRing::end_connect(*descriptor, 0);
}

}  // namespace weir::io
