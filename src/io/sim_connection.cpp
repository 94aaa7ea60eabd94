#include "sim_connection.h"

#include <algorithm>
#include <cerrno>

#include "weir/base/assert.h"

namespace weir::io {

std::size_t SimConnection::room(int side) const {
  const End& self = end(side);
  return self.outstanding < link_.window ? link_.window - self.outstanding : 0;
}

Instant SimConnection::arrival(int side) {
  Duration travel = network_.travel(link_);
  if (network_.happens(SimEvent::slow_segment, network_.faults().slow_segment))
    travel += link_.latency * static_cast<std::int64_t>(network_.random().between(1, 100));
  End& self = end(side);
  self.last_arrival = std::max(self.last_arrival, network_.now() + travel);
  return self.last_arrival;
}

void SimConnection::send(int side, Bytes bytes) {
  WEIR_ASSERT(bytes.size() <= room(side), "a send stays inside the window");
  end(side).outstanding += bytes.size();
  if (!bytes.empty() && network_.happens(SimEvent::reset_midway, network_.faults().reset_midway)) {
    network_.at(network_.now() + network_.travel(link_), [self = shared_from_this()] { self->break_both(); });
  }
  while (!bytes.empty()) {
    std::size_t n = std::min(bytes.size(), link_.segment);
    if (n > 1 && network_.happens(SimEvent::split_segment, network_.faults().split_segment))
      n = network_.random().between(1, n - 1);
    network_.at(arrival(side), [self = shared_from_this(), side, segment = std::string(bytes.substr(0, n))] {
      self->arrive(1 - side, segment);
    });
    bytes.remove_prefix(n);
  }
}

void SimConnection::arrive(int side, Bytes segment) {
  End& self = end(side);
  if (self.broken) return;
  if (self.gone || (self.read_shut && self.finished)) {  // nobody will ever read it
    self.broken = true;
    if (!self.gone) self.error = self.end_arrived ? EPIPE : ECONNRESET;
    send_reset(side);
    return stir(side);
  }
  if (self.consumed > 0 && self.consumed >= self.input.size() / 2) {
    self.input.erase(0, self.consumed);
    self.consumed = 0;
  }
  self.input.append(segment);
  stir(side);
}

Bytes SimConnection::arrived(int side) const { return Bytes(end(side).input).substr(end(side).consumed); }

void SimConnection::consume(int side, std::size_t n) {
  end(side).consumed += n;
  End& sender = end(1 - side);
  sender.outstanding -= n;
  if (!std::exchange(sender.wants_room, false)) return;
  network_.at(network_.now() + network_.travel(link_), [self = shared_from_this(), side] { self->stir(1 - side); });
}

void SimConnection::finish(int side) {
  End& self = end(side);
  if (self.finished || self.broken) return;
  self.finished = true;
  const bool breaks = network_.happens(SimEvent::reset_for_end, network_.faults().reset_for_end);
  network_.at(arrival(side), [connection = shared_from_this(), side, breaks] {
    breaks ? connection->break_both() : connection->arrive_end(1 - side);
  });
}

void SimConnection::arrive_end(int side) {
  if (end(side).broken) return;
  end(side).end_arrived = true;
  stir(side);
}

void SimConnection::send_reset(int side) {
  // A reset may overtake bytes on their way, which are lost then.
  const Instant direct = network_.now() + network_.travel(link_);
  const Instant when = network_.random().one_in(2) ? direct : std::max(direct, end(side).last_arrival);
  network_.at(when, [self = shared_from_this(), side] { self->arrive_reset(1 - side); });
}

void SimConnection::arrive_reset(int side) {
  End& self = end(side);
  if (self.broken) return;
  self.broken = true;
  if (!self.gone) self.error = self.end_arrived ? EPIPE : ECONNRESET;
  stir(side);
}

void SimConnection::break_both() {
  broken_by_network_ = true;
  arrive_reset(0);
  arrive_reset(1);
}

void SimConnection::reset(int side) {
  End& self = end(side);
  if (!self.broken) send_reset(side);
  self.broken = true;
  self.gone = true;
  self.user = nullptr;
  self.input.clear();
  self.consumed = 0;
}

void SimConnection::close(int side) {
  End& self = end(side);
  if (!self.broken && self.consumed < self.input.size()) {
    network_.count(SimEvent::reset_unread);
    return reset(side);
  }
  finish(side);
  self.gone = true;
  self.user = nullptr;
  self.input.clear();
  self.consumed = 0;
}

}  // namespace weir::io
