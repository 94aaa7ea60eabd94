// What the simulated kernel does with operations: start, submission, result, cancellation.
//
// queued --(turn: submit)--> armed --(the world: decide)--> decided --(turn: deliver)--> gone. An accept is decided
// several times before its last.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sim_flight.h"
#include "sim_site.h"
#include "weir/io/sim_ring.h"

namespace weir::io {

// Start.

SimMeter::Work SimRing::work_of(Kind kind) {
  switch (kind) {
    case Kind::accept:
      return SimMeter::Work::accept;
    case Kind::connect:
      return SimMeter::Work::connect;
    case Kind::receive:
      return SimMeter::Work::receive;
    case Kind::send:
      return SimMeter::Work::send;
    case Kind::write:
      return SimMeter::Work::write;
    case Kind::signals:
    case Kind::wakes:
      return SimMeter::Work::watch;
  }
}

SimRing::Flight& SimRing::begin(Kind kind, Op& op, Fd fd) {
  op.start();
  count(work_of(kind));
  auto flight = std::make_unique<Flight>(Flight{.kind = kind, .op = &op, .ring = this, .serial = next_serial_++});
  if (kind != Kind::signals && kind != Kind::wakes) {
    flight->target = network_.shared_descriptor(fd);
    ++flight->target->in_flight;
  }
  Flight& place = *flight;
  flights_[&op] = std::move(flight);
  submissions_.push_back({&place, nullptr, place.serial});
  return place;
}

void SimRing::maybe_submit() {
  if (network_.happens(SimEvent::early_submit, network_.faults().early_submit)) submit_all();
}

void SimRing::detach(Flight& flight) {
  SimDescriptor& target = *flight.target;
  --target.in_flight;
  for (Flight** place : {&target.accepting, &target.connecting, &target.receiving, &target.sending})
    if (*place == &flight) *place = nullptr;
}

void SimRing::accept(Op& op, Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& listener = network_.descriptor(fd);
  WEIR_ASSERT(listener.type == SimDescriptor::Type::listener, "connections are accepted on a listener");
  WEIR_ASSERT(!listener.accepting, "two accepts on one listener");
  listener.accepting = &begin(Kind::accept, op, fd);
  maybe_submit();
}

void SimRing::connect(Op& op, Fd fd, const Address& peer) {
  const SimSeam seam = below();
  SimDescriptor& stream = network_.descriptor(fd);
  WEIR_ASSERT(stream.type == SimDescriptor::Type::stream, "a stream is connected");
  WEIR_ASSERT(!stream.connecting && !stream.connection, "a stream is connected once");
  Flight& flight = begin(Kind::connect, op, fd);
  flight.peer = peer;
  stream.connecting = &flight;
  maybe_submit();
}

void SimRing::receive(Op& op, Fd fd) {
  const SimSeam seam = below();
  SimDescriptor& stream = network_.descriptor(fd);
  WEIR_ASSERT(stream.type == SimDescriptor::Type::stream, "a stream is received from");
  WEIR_ASSERT(!stream.receiving, "two receives on one descriptor");
  stream.receiving = &begin(Kind::receive, op, fd);
  maybe_submit();
}

void SimRing::receive_into(Op& op, Fd fd, std::span<const Space> spaces) {
  const SimSeam seam = below();
  WEIR_ASSERT(!spaces.empty() && spaces.size() <= kMaxPieces, "a receive has 1 to kMaxPieces spaces");
  SimDescriptor& stream = network_.descriptor(fd);
  WEIR_ASSERT(stream.type == SimDescriptor::Type::stream, "a stream is received from");
  WEIR_ASSERT(!stream.receiving, "two receives on one descriptor");
  Flight& flight = begin(Kind::receive, op, fd);
  flight.spaces.assign(spaces.begin(), spaces.end());
  for (const Space& space : spaces) poison({space.data, space.size});
  stream.receiving = &flight;
  maybe_submit();
}

void SimRing::send(Op& op, Fd fd, std::span<const Piece> pieces) {
  const SimSeam seam = below();
  WEIR_ASSERT(!pieces.empty() && pieces.size() <= kMaxPieces, "a send has 1 to kMaxPieces pieces");
  SimDescriptor& stream = network_.descriptor(fd);
  WEIR_ASSERT(stream.type == SimDescriptor::Type::stream, "a stream is sent to");
  WEIR_ASSERT(!stream.sending, "two sends on one descriptor");
  Flight& flight = begin(Kind::send, op, fd);
  take_pieces(flight, pieces);
  stream.sending = &flight;
  maybe_submit();
}

void SimRing::write(Op& op, Fd fd, std::span<const Piece> pieces) {
  const SimSeam seam = below();
  WEIR_ASSERT(pieces.size() == 1, "a write has one piece");
  WEIR_ASSERT(network_.descriptor(fd).type == SimDescriptor::Type::file, "a file is written to");
  take_pieces(begin(Kind::write, op, fd), pieces);
  maybe_submit();
}

void SimRing::take_pieces(Flight& flight, std::span<const Piece> pieces) {
  flight.pieces.assign(pieces.begin(), pieces.end());
  for (const Piece& piece : pieces) flight.size += piece.size;
  flight.hash = hash_pieces(flight);
}

std::uint64_t SimRing::hash_pieces(const Flight& flight) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto mix = [&](std::uint64_t word) { hash = (hash ^ word ^ (hash >> 29)) * 0x9fb21c651e98df25U; };
  for (const Piece& piece : flight.pieces) {
    std::size_t i = 0;
    for (std::uint64_t word = 0; i + 8 <= piece.size; i += 8) {
      std::memcpy(&word, piece.data + i, 8);
      mix(word);
    }
    for (; i < piece.size; ++i) mix(static_cast<unsigned char>(piece.data[i]));
  }
  return hash;
}

void SimRing::watch_signals(Op& op) {
  const SimSeam seam = below();
  WEIR_ASSERT(!signals_, "two watches for signals");
  signals_ = &begin(Kind::signals, op, Fd{});
}

void SimRing::watch_wakes(Op& op) {
  const SimSeam seam = below();
  WEIR_ASSERT(!wakes_, "two watches for wakes");
  wakes_ = &begin(Kind::wakes, op, Fd{});
}

void SimRing::wake() {
  const SimSeam seam = below();
  woken_ = true;
  try_wakes();
}

void SimRing::cancel(Op& op) {
  const SimSeam seam = below();
  if (!op.in_flight()) return;
  const auto found = flights_.find(&op);
  WEIR_ASSERT(found != flights_.end(), "an operation is cancelled on the ring that has it");
  count(SimMeter::Work::cancel);
  submissions_.push_back({nullptr, &op, found->second->serial});
  maybe_submit();
}

// Submission.

void SimRing::submit_all() {
  for (const Submission& submission : std::exchange(submissions_, {})) {
    if (submission.flight)
      submit(*submission.flight);
    else
      cancel_now(submission.cancelled, submission.serial, true);
  }
}

void SimRing::submit(Flight& flight) {
  flight.state = Flight::State::armed;
  switch (flight.kind) {
    case Kind::accept:
      return try_accept(flight);
    case Kind::connect: {
      SimDescriptor& stream = *flight.target;
      stream.local = network_.ephemeral({}, flight.peer);
      stream.peer = flight.peer;
      return network_.start_attempt(std::make_shared<SimNetwork::Attempt>(
          SimNetwork::Attempt{stream.local, flight.peer, network_.link_, nullptr, flight.target, nullptr, 0}));
    }
    case Kind::receive:
      // The kernel picks the buffer before it looks at the socket: with none there, nothing is even waited for.
      if (flight.spaces.empty() && lent_.empty()) return no_buffer(flight);
      return try_receive(flight);
    case Kind::send:
      return try_send(flight);
    case Kind::write:
      return try_write(flight);
    case Kind::signals:
      return network_.offer_signals();
    case Kind::wakes:
      return try_wakes();
  }
}

void SimRing::cancel_now(Op* op, std::uint64_t serial, bool may_be_late) {
  const auto found = flights_.find(op);
  if (found == flights_.end() || found->second->serial != serial)  // it completed meanwhile
    return network_.count(SimEvent::cancel_too_late);
  Flight& flight = *found->second;
  if (flight.state == Flight::State::decided) return network_.count(SimEvent::cancel_lost);
  if (may_be_late && network_.happens(SimEvent::late_cancel, network_.faults().late_cancel)) {
    const Duration delay(static_cast<std::int64_t>(network_.random().below(2'000'000)));
    return network_.schedule(delay, [this, &network = network_, op, serial] {
      if (network.knows(this)) cancel_now(op, serial, false);
    });
  }
  network_.count(SimEvent::cancelled);
  decide(flight, -ECANCELED);
}

// Results.

void SimDescriptor::stir() {
  using State = SimRing::Flight::State;
  if (type == Type::listener) {
    if (accepting) SimRing::stir_accept(*this);
    return;
  }
  if (shut && connecting && connecting->state == State::armed) SimRing::end_connect(*this, ECONNABORTED);
  if (receiving && receiving->state == State::armed) receiving->ring->try_receive(*receiving);
  if (sending && sending->state == State::armed) sending->ring->try_send(*sending);
}

void SimRing::decide(Flight& flight, std::int32_t result, std::int32_t buffer, bool more) {
  WEIR_ASSERT(flight.state == Flight::State::armed, "an operation is decided once");
  Instant due = network_.now();
  if (network_.happens(SimEvent::late_completion, network_.faults().late_completion))
    due += Duration(static_cast<std::int64_t>(network_.random().below(2'000'000)));
  due = flight.last_due = std::max(due, flight.last_due);
  if (!more) flight.state = Flight::State::decided;
  if (queue_full()) network_.count(SimEvent::completion_overflow);
  ready_.push_back({due, &flight, {.op = flight.op, .result = result, .buffer = buffer, .more = more}});
}

void SimRing::stir_accept(SimDescriptor& listener) {
  Flight& flight = *listener.accepting;
  if (flight.state == Flight::State::armed) flight.ring->try_accept(flight);
}

void SimRing::try_accept(Flight& flight) {
  SimDescriptor& listener = *flight.target;
  const SimFaults& faults = network_.faults();
  if (!listener.listening) return decide(flight, -EINVAL);
  while (!listener.waiting.empty()) {
    if (network_.happens(SimEvent::accept_aborted, faults.accept_aborted)) {
      listener.waiting.front().connection->reset(1);
      listener.waiting.pop_front();
      return decide(flight, -ECONNABORTED);
    }
    if (!network_.descriptors_left() || network_.happens(SimEvent::accept_no_descriptor, faults.accept_no_descriptor))
      return decide(flight, -EMFILE);
    auto waiting = std::move(listener.waiting.front());
    listener.waiting.pop_front();
    const auto stream = network_.open_descriptor();
    stream->local = listener.local;
    stream->peer = waiting.from;
    stream->side = 1;
    stream->connection = std::move(waiting.connection);
    stream->connection->attach(1, *stream);
    bool more = !network_.happens(SimEvent::accept_ended, faults.accept_ended);
    if (more && queue_full()) {
      network_.count(SimEvent::accept_overflow);
      more = false;
    }
    decide(flight, stream->fd.value, -1, more);
    if (!more) return;
  }
}

void SimRing::end_connect(SimDescriptor& descriptor, int error) {
  Flight& flight = *descriptor.connecting;
  if (flight.state == Flight::State::armed) flight.ring->decide(flight, -error);
}

void SimRing::no_buffer(Flight& flight) {
  network_.count(SimEvent::no_buffer);
  decide(flight, -ENOBUFS);
}

void SimRing::try_receive(Flight& flight) {
  const SimDescriptor& stream = *flight.target;
  if (!stream.connection) return decide(flight, stream.shut ? 0 : -ENOTCONN);
  SimConnection& connection = *stream.connection;
  const Bytes arrived = connection.arrived(stream.side);
  const bool ended = connection.end_arrived(stream.side) || connection.read_shut(stream.side);
  if (arrived.empty() && !ended && !connection.broken(stream.side)) return;  // the world will stir
  const bool picks = flight.spaces.empty();
  if (picks && lent_.empty()) return no_buffer(flight);
  if (picks && network_.happens(SimEvent::spurious_no_buffer, network_.faults().spurious_no_buffer))
    return decide(flight, -ENOBUFS);
  if (arrived.empty()) {
    if (connection.end_arrived(stream.side)) return decide(flight, 0);
    return decide(flight, -connection.take_error(stream.side));  // told once; then 0
  }
  Space picked{};
  std::int32_t id = -1;
  std::span<const Space> spaces(flight.spaces);
  if (picks) {
    const Lent lent = take_buffer();
    picked = {lent.memory.data(), lent.memory.size()};
    id = lent.id;
    spaces = {&picked, 1};
  }
  std::size_t n = 0;
  for (const Space& space : flight.spaces) expect_untouched({space.data, space.size});
  for (const Space& space : spaces) n += space.size;
  n = std::min(arrived.size(), n);
  if (n > 1 && network_.happens(SimEvent::small_receive, network_.faults().small_receive))
    n = network_.random().between(1, n - 1);
  for (std::size_t done = 0; const Space& space : spaces) {
    const std::size_t part = std::min(space.size, n - done);
    std::memcpy(space.data, arrived.data() + done, part);
    done += part;
  }
  connection.consume(stream.side, n);
  decide(flight, static_cast<std::int32_t>(n), id);
}

void SimRing::try_send(Flight& flight) {
  const SimDescriptor& stream = *flight.target;
  if (!stream.connection) return decide(flight, -EPIPE);
  SimConnection& connection = *stream.connection;
  if (connection.broken(stream.side) || connection.finished(stream.side)) {
    const int error = connection.take_error(stream.side);
    return decide(flight, error != 0 ? -error : -EPIPE);
  }
  std::size_t n = std::min(flight.size, connection.room(stream.side));
  if (n == 0 && flight.size > 0) {
    network_.count(SimEvent::window_full);
    return connection.want_room(stream.side);
  }
  if (n > 1 && network_.happens(SimEvent::short_send, network_.faults().short_send))
    n = network_.random().between(1, n - 1);
  std::size_t left = n;
  for (const Piece& piece : flight.pieces) {
    const Bytes part(piece.data, std::min(piece.size, left));
    left -= part.size();
    network_.mix(part);
    connection.send(stream.side, part);
  }
  decide(flight, static_cast<std::int32_t>(n));
}

void SimRing::try_write(Flight& flight) {
  if (network_.happens(SimEvent::write_failed, network_.faults().write_failed)) return decide(flight, -ENOSPC);
  const Piece& piece = flight.pieces.front();
  std::size_t n = piece.size;
  if (n > 1 && network_.happens(SimEvent::short_write, network_.faults().short_write))
    n = network_.random().between(1, n - 1);
  network_.mix(Bytes(piece.data, n));
  network_.files_[flight.target->file].content.append(piece.data, n);
  decide(flight, static_cast<std::int32_t>(n));
}

void SimRing::try_wakes() {
  if (!woken_ || !wakes_ || wakes_->state != Flight::State::armed) return;
  woken_ = false;
  decide(*wakes_, sizeof(std::uint64_t));  // as many bytes as an eventfd gives
}

}  // namespace weir::io
