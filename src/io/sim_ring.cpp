// The immediate calls, and turns. What operations do is in sim_operations.cpp.
#include "weir/io/sim_ring.h"

#include <algorithm>

#include "sim_flight.h"
#include "sim_site.h"

namespace weir::io {
namespace {

constexpr char kPoison = '\xdb';

bool overlap(MutableBytes a, MutableBytes b) {
  return a.data() < b.data() + b.size() && b.data() < a.data() + a.size();
}

}  // namespace

SimRing::SimRing(SimNetwork& network) : network_(network), now_(network.now()), wall_(network.wall()) {
  network_.rings_.push_back(this);
}

SimRing::~SimRing() {
  for (auto& [op, flight] : flights_)
    if (flight->target) detach(*flight);
  std::erase(network_.rings_, this);
}

std::uint64_t SimRing::random_seed() {
  const SimSeam seam = below();
  return network_.random().next();
}

// Descriptors.

Result<Fd> SimRing::listen(const Address& address, int backlog) {
  const SimSeam seam = below();
  if (!network_.descriptors_left()) return fail(Fault::system_limit);
  if (network_.happens(SimEvent::listen_failed, network_.faults().listen_failed)) return fail(Fault::connect_failed);
  Address local = address;
  while (local.port == 0 || (address.port == 0 && network_.find_listener(local)))
    local.port = static_cast<std::uint16_t>(network_.random().between(20'000, 30'000));
  if (address.port != 0 && network_.find_listener(local)) return fail(Fault::connect_failed);
  const auto listener = network_.open_descriptor();
  listener->type = SimDescriptor::Type::listener;
  listener->local = local;
  listener->backlog = static_cast<std::size_t>(std::max(1, backlog));
  listener->listening = true;
  return listener->fd;
}

Address SimRing::local_address(Fd fd) const {
  const SimSeam seam = below();
  return network_.descriptor(fd).local;
}

Address SimRing::peer_address(Fd fd) const {
  const SimSeam seam = below();
  return network_.descriptor(fd).peer;
}

Result<Fd> SimRing::open_stream(const Address&) {
  const SimSeam seam = below();
  if (!network_.descriptors_left()) return fail(Fault::system_limit);
  if (network_.happens(SimEvent::open_failed, network_.faults().open_failed)) return fail(Fault::system_limit);
  return network_.open_descriptor()->fd;
}

void SimRing::finish(Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& stream = network_.descriptor(fd);
  WEIR_ASSERT(stream.type == SimDescriptor::Type::stream, "only a stream can be finished");
  if (stream.connection) stream.connection->finish(stream.side);
  stir_later(fd);
}

void SimRing::shutdown(Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& target = network_.descriptor(fd);
  WEIR_ASSERT(target.type != SimDescriptor::Type::file, "a file cannot be shut down");
  target.listening = false;
  target.shut = true;
  if (target.connection) {
    target.connection->shut_reading(target.side);
    target.connection->finish(target.side);
  }
  for (auto& waiting : target.waiting) waiting.connection->reset(1);
  target.waiting.clear();
  stir_later(fd);
}

void SimRing::stir_later(Fd fd) {
  // Never from inside the call; and whatever is armed by then has been submitted.
  network_.schedule(Duration::zero(), [target = std::weak_ptr(network_.shared_descriptor(fd))] {
    if (const auto descriptor = target.lock()) descriptor->stir();
  });
}

void SimRing::close(Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& target = network_.descriptor(fd);
  WEIR_ASSERT(target.in_flight == 0, "a descriptor is closed after the last completion of its operations");
  if (target.connection) target.connection->close(target.side);
  for (auto& waiting : target.waiting) waiting.connection->reset(1);
  network_.free_descriptor(fd);
}

void SimRing::abandon(Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& target = network_.descriptor(fd);
  if (target.connection) target.connection->reset(target.side);
  close(fd);
}

// Buffers.

void SimRing::provide(std::uint16_t id, MutableBytes memory) {
  const SimSeam seam = below();
  WEIR_ASSERT(!memory.empty(), "a buffer has room for a byte");
  for (const Lent& lent : lent_) {
    WEIR_ASSERT(lent.id != id, "a buffer is provided twice");
    WEIR_ASSERT(!overlap(lent.memory, memory), "two provided buffers overlap");
  }
  poison(memory);
  lent_.push_back({id, memory});
}

SimRing::Lent SimRing::take_buffer() {
  const std::size_t i = network_.random().below(lent_.size());
  const Lent lent = lent_[i];
  lent_[i] = lent_.back();
  lent_.pop_back();
  expect_untouched(lent.memory);
  return lent;
}

/// Memory that becomes the ring's: reading it later shows; writing it later is noticed when the ring uses it; and where
/// it is still being sent from, the send's hash changes.
void SimRing::poison(MutableBytes memory) const {
  if (network_.poison_) std::ranges::fill(memory, kPoison);
}

void SimRing::expect_untouched(MutableBytes memory) const {
  WEIR_ASSERT(!network_.poison_ || std::ranges::all_of(memory, [](char c) { return c == kPoison; }),
              "a buffer was written to while it was lent to the ring");
}

// Turns.

void SimRing::turn(Instant deadline) {
  const SimSeam seam = below();
  WEIR_ASSERT(!in_turn_, "a turn does not happen inside a turn");
  in_turn_ = true;
  now_ = network_.now();
  wall_ = network_.wall();
  submit_all();
  const bool delivered = deliver_due();
  count(delivered ? SimMeter::Work::turn : SimMeter::Work::idle_turn);
  deadline_ = deadline;
  restless_ = delivered || !submissions_.empty();
  in_turn_ = false;
}

Instant SimRing::next_turn() const {
  if (restless_ || !submissions_.empty()) return network_.now();
  Instant next = deadline_;
  for (const Ready& ready : ready_) next = std::min(next, ready.due);
  return next;
}

bool SimRing::queue_full() const { return ready_.size() >= network_.completion_entries_; }

bool SimRing::deliver_due() {
  // The oldest that the queue has room for; what was decided behind them waits for the next turn.
  std::vector<Ready> due;
  bool overflowed = false;
  std::erase_if(ready_, [&](Ready& ready) {
    if (ready.due > now_) return false;
    if (due.size() == network_.completion_entries_) {
      overflowed = true;
      return false;
    }
    due.push_back(ready);
    return true;
  });
  overflows_ += overflowed;
  const bool any = !due.empty();
  while (!due.empty()) {
    // Any order among operations, but one operation's completions in theirs.
    const Flight* chosen = due[network_.random().below(due.size())].flight;
    const auto first = std::ranges::find(due, chosen, &Ready::flight);
    const Ready ready = *first;
    due.erase(first);
    deliver(ready);
  }
  return any;
}

void SimRing::deliver(const Ready& ready) {
  Flight& flight = *ready.flight;
  Op& op = *flight.op;
  WEIR_ASSERT(flight.pieces.empty() || flight.hash == hash_pieces(flight), "bytes changed while they were being sent");
  network_.mix(static_cast<std::uint64_t>(flight.kind));
  network_.mix(static_cast<std::uint64_t>(flight.target ? flight.target->fd.value : -1));
  network_.mix(static_cast<std::uint64_t>(static_cast<std::uint32_t>(ready.completion.result)));
  network_.mix(static_cast<std::uint64_t>(to_ns(now_.time_since_epoch())));
  if (network_.has_story()) tell(ready);
  if (!ready.completion.more) {
    if (flight.target) detach(flight);
    if (signals_ == &flight) signals_ = nullptr;
    if (wakes_ == &flight) wakes_ = nullptr;
    flights_.erase(&op);
  }
  const SimSeam seam(network_.meter(), SimMeter::Side::above);
  op.deliver(ready.completion);
}

void SimRing::tell(const Ready& ready) {
  static constexpr const char* kNames[] = {"accept", "connect", "receive", "send", "write", "signals", "wakes"};
  const Flight& flight = *ready.flight;
  const auto index = std::ranges::find(network_.rings_, this) - network_.rings_.begin();
  std::string line = "ring " + std::to_string(index) + ": " + kNames[static_cast<std::size_t>(flight.kind)];
  if (flight.target) line += " on " + std::to_string(flight.target->fd.value);
  if (flight.size > 0) line += " of " + std::to_string(flight.size);
  line += " -> " + std::to_string(ready.completion.result);
  if (ready.completion.buffer >= 0) line += " in buffer " + std::to_string(ready.completion.buffer);
  if (ready.completion.more) line += ", more";
  network_.tell(line);
}

}  // namespace weir::io
