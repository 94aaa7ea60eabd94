// Connections to providers, pooled per endpoint.
//
// A lease gives one exchange a connection of its own. Idle connections are reused last-in first-out (the warmest first)
// and each keeps one receive armed, so that an end from the provider is noticed while nobody uses it. A connection
// returns to the pool only when the answer was read to its proper end and both sides keep it alive; otherwise it is
// closed in the background.
//
// A pool may keep a few connections warm: made before anybody asks, and again when they have grown old or ended, so
// that the first user after a start or a pause waits for no handshake. A provider that cannot be connected, or closes
// such a connection at once, is left alone for longer and longer.
//
// A pool belongs to one shard.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "weir/base/intrusive_list.h"
#include "weir/io/scope.h"
#include "weir/io/socket.h"
#include "weir/net/body_reader.h"
#include "weir/net/context.h"
#include "weir/net/dialer.h"
#include "weir/net/endpoint.h"
#include "weir/tls/context.h"

namespace weir::net {

class UpstreamPool;

class Upstream : public ListHook<>, private io::Socket::Watcher {
 public:
  explicit Upstream(UpstreamPool& pool);
  static void* operator new(std::size_t size) { return io::FramePool::allocate(size); }
  static void operator delete(void* memory, std::size_t size) { io::FramePool::release(memory, size); }

  io::Socket& socket() { return socket_; }
  /// True when it has carried an exchange before: the provider may have closed it in the meantime.
  bool reused() const { return reused_; }

  /// Marks the start of a request; everything sent from now on belongs to it.
  void begin_request(codec::Method method);
  void send(io::Chunk chunk) { socket_.send(std::move(chunk)); }

  /// Waits for the answer's head, skipping interim ones (1xx). The head lives in the shard's context and its views in
  /// this connection: both are valid until the caller next suspends.
  io::Task<Result<codec::ResponseHead*>> read_head(Instant deadline);

  /// Waits for the next part of the body. Faults: idle_timeout at the deadline, upstream_reset, upstream_closed,
  /// upstream_malformed, cancelled.
  class ReadBody;
  ReadBody read_body(Instant deadline);
  bool body_done() const { return reader_.done(); }
  /// Bytes of the answer were received, so a failure is not that of a stale connection.
  bool answer_begun() const { return answer_begun_; }

  /// Why TLS failed, in the library's words; empty when it did not.
  std::string tls_reason() const;

  /// Whoever waits on this connection goes on with Fault::cancelled.
  void cancel() {
    socket_.interrupt(io::Status::cancelled);
    if (dial_) dial_->cancel();
  }
  bool reusable() const;

 private:
  friend class UpstreamPool;
  static void on_input(io::Socket::Watcher& watcher);
  Result<BodyPart> on_body(io::Received received);
  Fault fault_of(io::Status status, Fault at_deadline) const;

  UpstreamPool& pool_;
  io::Socket socket_;
  BodyReader reader_{codec::Sender::provider};
  io::Chunk head_chunk_;
  std::string gathered_;
  Dial* dial_ = nullptr;  // while it is being connected
  Instant idle_since_{};
  codec::Method method_ = codec::Method::post;
  bool reused_ = false;
  bool idle_ = false;
  bool keep_alive_ = false;
  bool answer_begun_ = false;
};

class UpstreamPool {
 public:
  /// A connection for one exchange; goes home (or is closed) when it dies.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(Upstream* upstream) : upstream_(upstream) {}
    Lease(Lease&& other) noexcept : upstream_(std::exchange(other.upstream_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
      std::swap(upstream_, other.upstream_);
      return *this;
    }
    ~Lease() { reset(); }
    void reset();
    /// Goes home as soon as the rest of the answer, which nobody wants, has come; is closed if that takes long.
    void reset_at_end();
    Upstream* operator->() const { return upstream_; }
    Upstream& operator*() const { return *upstream_; }
    explicit operator bool() const { return upstream_ != nullptr; }
    /// The connection is somebody else's from now on.
    void release() { upstream_ = nullptr; }

   private:
    Upstream* upstream_ = nullptr;
  };

  /// `warm` connections are kept ready.
  UpstreamPool(Context& context, Resolver& resolver, Endpoint endpoint, std::uint32_t warm);
  ~UpstreamPool();

  /// An idle connection, if there is one.
  Lease reuse();
  /// A connection not yet connected; the caller connects it, so that it can be cancelled meanwhile.
  Lease fresh();
  /// Connects, and shakes hands where TLS is spoken. Faults: name_not_found, name_unresolved, connect_failed,
  /// connect_timeout, proxy_failed, proxy_refused, system_limit, cancelled, tls_*.
  io::Task<Result<void>> connect(Upstream& upstream);

  /// Closes connections that nobody has used for the pool's idle time-out. Called now and then.
  void expire();
  /// Starts to connect what is missing of the warm connections. Called at the start, and now and then.
  void warm_up();
  /// Closes all idle connections; returns when every connection of this pool is gone. No lease may be out.
  io::Task<> close();

  std::uint32_t idle() const { return idle_count_; }
  std::uint32_t open() const { return open_; }
  std::uint64_t connects() const { return connects_; }
  /// Connections that could not be made, by reason.
  const std::array<std::uint64_t, kFaultCount>& connect_faults() const { return connect_faults_; }
  /// Connections made before anybody asked for them.
  std::uint64_t warmed() const { return warmed_; }

 private:
  friend class Upstream;
  io::Task<Result<void>> shake_hands(Upstream& upstream, Instant deadline);
  void give_back(Upstream* upstream);
  void remove_idle(Upstream& upstream);
  io::Task<> discard(Upstream* upstream);
  io::Task<> await_end(Upstream* upstream);
  io::Task<Result<void>> reach(Upstream& upstream, Instant deadline);
  io::Task<> warm_one();
  void put_idle(Upstream& upstream);
  void keep_session(const Upstream& upstream);  ///< for the next handshake
  void leave_alone();
  std::uint32_t young();

  Context& context_;
  Endpoint endpoint_;
  Place place_;  // of the provider, or of its proxy
  std::uint32_t warm_;
  tls::Session session_;  // of the connection that came home or was ended last
  io::Scope closing_;
  IntrusiveList<Upstream> warming_;
  IntrusiveList<Upstream> idle_;  // the most recently used last
  std::uint32_t idle_count_ = 0;
  std::uint32_t open_ = 0;
  std::uint64_t connects_ = 0;
  std::array<std::uint64_t, kFaultCount> connect_faults_{};
  std::uint32_t warming_count_ = 0;
  std::uint64_t warmed_ = 0;
  Duration pause_{};  // before the next try to warm up, after one that failed
  Instant warm_again_{};
  bool ending_ = false;
};

class Upstream::ReadBody : public io::Socket::Receive {
 public:
  ReadBody(Upstream& upstream, Instant deadline) : Receive(upstream.socket_, deadline), upstream_(upstream) {}
  Result<BodyPart> await_resume() { return upstream_.on_body(Receive::await_resume()); }

 private:
  Upstream& upstream_;
};

inline Upstream::ReadBody Upstream::read_body(Instant deadline) { return ReadBody(*this, deadline); }

}  // namespace weir::net
