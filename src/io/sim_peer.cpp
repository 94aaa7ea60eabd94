#include "weir/io/sim_peer.h"

#include <algorithm>

#include "sim_connection.h"

namespace weir::io {
namespace {
/// Calls a copy, so that the callback may replace or clear itself.
template <class Function, class... Arguments>
void call(const Function& function, Arguments&&... arguments) {
  if (!function) return;
  const Function copy = function;
  copy(arguments...);
}
}  // namespace

SimPeer::~SimPeer() = default;

bool SimPeer::broken_by_network() const { return connection_ && connection_->broken_by_network(); }

bool SimPeer::finished_by_other() const { return connection_ && connection_->finished(1 - side_); }

void SimPeer::attach(std::shared_ptr<SimConnection> connection, int side) {
  connection_ = std::move(connection);
  side_ = side;
  connection_->attach(side_, *this);
  state_ = State::connected;
}

void SimPeer::established() { call(on_connect, *this); }

void SimPeer::refused() {
  if (state_ != State::connecting) return;
  state_ = State::closed;
  call(on_refused, *this);
}

std::size_t SimPeer::write(Bytes bytes) {
  if (state_ != State::connected || connection_->finished(side_) || connection_->broken(side_)) return 0;
  const std::size_t taken = std::min(bytes.size(), connection_->room(side_));
  connection_->send(side_, bytes.substr(0, taken));
  if (taken < bytes.size()) {
    network_.count(SimEvent::window_full);
    wants_room_ = true;
    connection_->want_room(side_);
  }
  return taken;
}

void SimPeer::finish() {
  if (state_ == State::connected) connection_->finish(side_);
}

void SimPeer::reset() {
  if (state_ == State::connected) connection_->reset(side_);
  state_ = State::closed;
}

void SimPeer::close() {
  if (state_ == State::connected) connection_->close(side_);
  state_ = State::closed;
}

void SimPeer::resume() {
  paused_ = false;
  if (state_ == State::connected) read_later(0);
}

void SimPeer::read_slowly(std::size_t bytes, std::int64_t gap_ns) {
  portion_ = bytes;
  gap_ns_ = gap_ns;
}

void SimPeer::read_later(std::int64_t delay_ns) {
  if (std::exchange(read_planned_, true)) return;
  network_.schedule(Duration(delay_ns), [this] {
    read_planned_ = false;
    read();
  });
}

void SimPeer::stir() {
  if (!read_planned_) read();
  if (state_ == State::connected && wants_room_ && !connection_->broken(side_) && connection_->room(side_) > 0) {
    wants_room_ = false;
    call(on_writable, *this);
  }
}

void SimPeer::read() {
  while (state_ == State::connected && !paused_) {
    const Bytes arrived = connection_->arrived(side_);
    if (arrived.empty()) break;
    const std::size_t n = portion_ == 0 ? arrived.size() : std::min(portion_, arrived.size());
    const std::string bytes(arrived.substr(0, n));
    connection_->consume(side_, n);
    call(on_data, *this, Bytes(bytes));
    if (gap_ns_ > 0 && state_ == State::connected) return read_later(gap_ns_);
  }
  if (state_ != State::connected) return;
  if (connection_->broken(side_)) {
    // A stalled reader is told, too: whoever polls sees a hang-up without reading.
    state_ = State::closed;
    return call(on_reset, *this);
  }
  if (!paused_ && !end_told_ && connection_->end_arrived(side_)) {
    end_told_ = true;
    call(on_end, *this);
  }
}

}  // namespace weir::io
