#include "weir/net/server.h"

namespace weir::net {

Server::~Server() { WEIR_ASSERT(scope_.running() == 0, "a server dies while it has connections"); }

void Server::serve(io::Fd fd, Ticket ticket, Tls tls) {
  if (!stopping_ && scope_.running() - refusing_ < context_.options.max_connections) {
    ++served_;
    return scope_.spawn(run(fd, ticket, std::move(tls)));
  }
  if (context_.clients) context_.clients->leave(ticket);
  refuse(fd, stopping_ ? Fault::draining : Fault::shed, tls != nullptr);
}

void Server::refuse(io::Fd fd, Fault fault, bool expect_tls) {
  ++served_;
  if (refusing_ < context_.options.max_refusals && !expect_tls) {
    ++refusing_;
    return scope_.spawn(run_refusal(fd, fault));
  }
  ++reset_;
  context_.loop.ring().abandon(fd);
}

io::Task<> Server::run(io::Fd fd, Ticket ticket, Tls tls) {
  Connection connection(context_, fd);
  Downstream& downstream = connection.downstream;
  connections_.push_back(connection);
  bool secure = true;
  if (tls) secure = co_await downstream.secure(*tls);
  tls.reset();  // a context that has been replaced need not live as long as its connections
  if (secure) co_await serve_requests(connection);
  co_await downstream.close();
  if (context_.clients) context_.clients->leave(ticket);
}

io::Task<> Server::run_refusal(io::Fd fd, Fault fault) {
  Connection connection(context_, fd);
  Downstream& downstream = connection.downstream;
  connections_.push_back(connection);
  // Answered without reading: whoever sent a request gets to know why, and it costs us one send.
  downstream.stop_after_this();
  handler_.refuse(downstream, fault);
  co_await downstream.next_request();
  co_await downstream.close();
  --refusing_;
}

io::Task<> Server::serve_requests(Connection& connection) {
  Downstream& downstream = connection.downstream;
  for (;;) {
    const auto head = co_await downstream.read_head();
    if (!head && head.error() == Fault::client_gone) break;
    connection.in_exchange = true;
    if (head) {
      co_await handler_.handle(downstream, **head);
    } else {
      downstream.stop_after_this();
      handler_.refuse(downstream, head.error());
    }
    const bool more = co_await downstream.next_request();
    connection.in_exchange = false;
    if (!more) break;
  }
}

void Server::stop() {
  stopping_ = true;
  connections_.for_each([](Connection& connection) { connection.downstream.stop_after_this(); });
}

std::uint32_t Server::cut() {
  std::uint32_t under_way = 0;
  connections_.for_each([&](Connection& connection) {
    under_way += connection.in_exchange;
    connection.downstream.cut();
  });
  context_.handshakes.open();
  return under_way;
}

// ---- Listener

namespace {
constexpr Duration kPauseAfterError = 20ms;
}

Listener::Listener(io::Loop& loop, io::Fd fd, Place place)
    : loop_(loop), fd_(fd), place_(std::move(place)), accept_(*this), pause_(*this) {
  loop_.ring().accept(accept_, fd_);
}

Listener::~Listener() { WEIR_ASSERT(!fd_.valid(), "a listener is closed before it dies"); }

void Listener::on_accept(io::Op& op, const io::Completion& completion) {
  Listener& self = static_cast<AcceptOp&>(op).listener;
  if (completion.result >= 0) {
    if (self.closing_) {
      self.loop_.ring().close(io::Fd{completion.result});
    } else {
      self.place_(io::Fd{completion.result});
    }
  }
  if (completion.more) return;
  if (self.closing_) {
    if (self.closer_) std::exchange(self.closer_, {}).resume();
  } else if (completion.result >= 0) {
    self.loop_.ring().accept(op, self.fd_);
  } else {
    // Out of descriptors or memory: trying again at once would only burn the core.
    self.loop_.timers().set(self.pause_, self.loop_.now() + kPauseAfterError);
  }
}

void Listener::on_pause(io::Timer& timer) {
  Listener& self = static_cast<Pause&>(timer).listener;
  self.loop_.ring().accept(self.accept_, self.fd_);
}

io::Task<> Listener::close() {
  closing_ = true;
  loop_.timers().cancel(pause_);
  loop_.ring().cancel(accept_);
  struct Awaiter {
    Listener& listener;
    bool await_ready() { return !listener.accept_.in_flight(); }
    void await_suspend(std::coroutine_handle<> handle) { listener.closer_ = handle; }
    void await_resume() {}
  };
  Awaiter quiet{*this};
  co_await quiet;
  loop_.ring().close(std::exchange(fd_, io::Fd{}));
}

}  // namespace weir::net
