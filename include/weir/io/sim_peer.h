// One end of a simulated connection, held by an actor outside of the gateway: a client, or a provider.
//
// Owned by the SimNetwork. Callbacks run from SimNetwork::step() only, never from inside a call of this class, so an
// actor may call anything from anywhere, and replace callbacks at any time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "weir/base/bytes.h"
#include "weir/io/address.h"

namespace weir::io {

class SimConnection;
class SimNetwork;

/// Whoever uses one end of a connection: a peer, or a descriptor of a ring.
class SimStreamUser {
 public:
  /// Bytes, an end, a reset or room may be there now.
  virtual void stir() = 0;

 protected:
  ~SimStreamUser() = default;
};

class SimPeer final : private SimStreamUser {
 public:
  explicit SimPeer(SimNetwork& network) : network_(network) {}
  ~SimPeer();
  SimPeer(const SimPeer&) = delete;
  SimPeer& operator=(const SimPeer&) = delete;

  std::function<void(SimPeer&)> on_connect;
  std::function<void(SimPeer&)> on_refused;  ///< refused, or timed out
  std::function<void(SimPeer&, Bytes)> on_data;
  std::function<void(SimPeer&)> on_end;  ///< the other side finished sending
  std::function<void(SimPeer&)> on_reset;
  std::function<void(SimPeer&)> on_writable;  ///< after a write() that was not taken whole

  /// Takes what fits into the window now and returns how much that was; nothing when not (or no longer) connected.
  std::size_t write(Bytes bytes);
  /// FIN behind everything written. Reading goes on.
  void finish();
  /// RST, at once; bytes still on their way may be lost.
  void reset();
  /// As close(2): no more callbacks; unread bytes, and bytes that arrive later, are answered with a reset.
  void close();
  /// A reader that stalls: bytes stay in the window until resume().
  void pause() { paused_ = true; }
  void resume();
  /// At most this many bytes per on_data; 0: all there are. With `gap` > 0, so long between two of them.
  void read_slowly(std::size_t bytes, std::int64_t gap_ns);

  bool connected() const { return state_ == State::connected; }
  bool paused() const { return paused_; }
  /// The network itself broke this connection: neither end did, and bytes of both may be lost.
  bool broken_by_network() const;
  /// The other end will send nothing any more, though its last bytes and its end may still be on their way.
  bool finished_by_other() const;
  const Address& local() const { return local_; }
  const Address& remote() const { return remote_; }

 private:
  friend class SimNetwork;
  enum class State : std::uint8_t { connecting, connected, closed };

  void stir() override;
  void attach(std::shared_ptr<SimConnection> connection, int side);
  void established();
  void refused();
  void read_later(std::int64_t delay_ns);
  void read();

  SimNetwork& network_;
  State state_ = State::connecting;
  Address local_;
  Address remote_;
  std::shared_ptr<SimConnection> connection_;
  int side_ = 0;
  bool paused_ = false;
  bool read_planned_ = false;
  bool end_told_ = false;
  bool wants_room_ = false;
  std::size_t portion_ = 0;
  std::int64_t gap_ns_ = 0;
};

}  // namespace weir::io
