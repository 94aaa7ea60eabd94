// Accepts client connections and serves them: one coroutine per connection, one Handler for all of them.
//
// The accepting shard hands a connection to the shard of its choice (place_connection); each shard's Server then owns
// the connections it was given. Drain: stop accepting, let running exchanges finish, cut what is left at the deadline.
#pragma once

#include <functional>

#include "weir/base/intrusive_list.h"
#include "weir/io/scope.h"
#include "weir/net/context.h"
#include "weir/net/downstream.h"

namespace weir::net {

/// Answers requests. handle() is called with the head of a request that was read; it must answer it, or abort.
class Handler {
 public:
  virtual io::Task<> handle(Downstream& downstream, codec::RequestHead& head) = 0;
  /// A request that could not even be read. `fault` has a row in the fault table; its status is what the client sees.
  virtual void refuse(Downstream& downstream, Fault fault) = 0;

 protected:
  ~Handler() = default;
};

class Server {
 public:
  Server(Context& context, Handler& handler) : context_(context), handler_(handler) {}
  ~Server();

  using Ticket = shared::ClientTable::Ticket;
  using Tls = std::shared_ptr<const tls::ServerContext>;

  /// Takes over an accepted connection, and the ticket it was counted in with; with `tls`, one on which the client
  /// speaks TLS. Beyond max_connections it is refused.
  void serve(io::Fd fd, Ticket ticket = shared::ClientTable::kNone, Tls tls = nullptr);
  /// Answers a connection with a fault and closes it. Only max_refusals of them at a time get an answer: the others are
  /// reset at once, so that a flood of them costs neither descriptors nor memory. So are those who `expect_tls`:
  /// telling them would cost a handshake, which is what there is no room for.
  void refuse(io::Fd fd, Fault fault, bool expect_tls = false);

  std::uint32_t connections() const { return scope_.running(); }
  std::uint32_t refusing() const { return refusing_; }
  /// Connections that were reset without an answer since the start.
  std::uint64_t reset() const { return reset_; }
  /// Connections that have come and gone since the start.
  std::uint64_t ended() const { return served_ - scope_.running(); }

  /// Ends idle connections at once; running exchanges finish.
  void stop();
  /// Cuts every connection that is left. Returns how many had an exchange under way.
  std::uint32_t cut();
  /// Resumes when no connection is left.
  auto drained() { return scope_.drained(); }

 private:
  struct Connection : ListHook<> {
    Connection(Context& context, io::Fd fd) : downstream(context, fd) {}
    Downstream downstream;
    bool in_exchange = false;
  };
  io::Task<> run(io::Fd fd, Ticket ticket, Tls tls);
  io::Task<> run_refusal(io::Fd fd, Fault fault);
  io::Task<> serve_requests(Connection& connection);

  Context& context_;
  Handler& handler_;
  io::Scope scope_;
  IntrusiveList<Connection> connections_;
  std::uint64_t served_ = 0;
  std::uint64_t reset_ = 0;
  std::uint32_t refusing_ = 0;
  bool stopping_ = false;
};

/// Accepts on one address and passes descriptors on. After an error (out of descriptors, say) it pauses briefly and
/// goes on.
class Listener {
 public:
  using Place = std::function<void(io::Fd)>;

  Listener(io::Loop& loop, io::Fd fd, Place place);
  ~Listener();
  io::Fd fd() const { return fd_; }
  /// Stops accepting and closes the socket; returns when nothing is outstanding.
  io::Task<> close();

 private:
  struct AcceptOp : io::Op {
    explicit AcceptOp(Listener& l) : io::Op(&Listener::on_accept), listener(l) {}
    Listener& listener;
  };
  struct Pause : io::Timer {
    explicit Pause(Listener& l) : io::Timer(&Listener::on_pause), listener(l) {}
    Listener& listener;
  };
  static void on_accept(io::Op& op, const io::Completion& completion);
  static void on_pause(io::Timer& timer);

  io::Loop& loop_;
  io::Fd fd_;
  Place place_;
  AcceptOp accept_;
  Pause pause_;
  std::coroutine_handle<> closer_;
  bool closing_ = false;
};

}  // namespace weir::net
