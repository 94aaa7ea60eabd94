#include "front.h"

#include <cstdio>

namespace weir::control {
namespace {
constexpr Duration kLookAgain = 1ms;
}

Front::SideServer::SideServer(io::Loop& loop, net::Handler& handler, io::Fd fd)
    : context(loop, net::Options{}),
      server(context, handler),
      listener(loop, fd, [this](io::Fd connection) { server.serve(connection); }) {}

io::Task<> Front::SideServer::close() {
  co_await listener.close();
  server.stop();
  server.cut();
  co_await server.drained();
}

Front::Front(std::vector<gateway::Shard*> shards, shared::LoadBoard& loads, FrontSockets sockets,
             ReadCertificates read_certificates, net::ClientGate gate)
    : shards_(std::move(shards)),
      own_(*shards_[0]),
      loop_(own_.loop()),
      placement_(loads),
      gate_(std::move(gate)),
      admin_(shards_, gate_),
      signals_(loop_, [this](int signal) { on_signal(signal); }),
      read_certificates_(std::move(read_certificates)) {
  own_.on_answer([this](const gateway::ShardMessage& message) {
    if (message.kind == gateway::ShardMessage::Kind::measured) return admin_.on_measured();
    ++drained_;
    cut_ += message.cut;
  });
  for (std::uint32_t i = 0; i < sockets.clients.size(); ++i)
    listeners_.push_back(std::make_unique<net::Listener>(loop_, sockets.clients[i],
                                                         [this, i](io::Fd connection) { place(connection, i); }));
  if (sockets.admin.valid()) admin_server_ = std::make_unique<SideServer>(loop_, admin_, sockets.admin);
  if (sockets.simulator.valid()) {
    simulator_context_.emplace(loop_, net::Options{});
    simulator_.emplace(*simulator_context_);
    simulator_server_ = std::make_unique<SideServer>(loop_, *simulator_, sockets.simulator);
  }
}

Front::~Front() = default;

void Front::place(io::Fd connection, std::uint32_t listener) {
  auto ticket = shared::ClientTable::kNone;
  if (gate_.counts()) {
    const auto entered = gate_.enter(loop_.ring().peer_address(connection));
    if (!entered) {
      placement_.placed(0);
      return own_.refuse(connection, listener, Fault::client_limit);
    }
    ticket = *entered;
  }
  std::size_t best = placement_.choose();
  // A shard that does not read its mail is too busy for another connection: then the front serves it itself.
  const gateway::ShardMessage message{
      .kind = gateway::ShardMessage::Kind::serve, .connection = connection, .listener = listener, .ticket = ticket};
  if (best != 0 && !shards_[best]->ask(message)) best = 0;
  if (best == 0) own_.serve(connection, listener, ticket);
  placement_.placed(best);
}

void Front::on_signal(int signal) {
  constexpr int kHangUp = 1;
  if (signal == kHangUp) {
    return renew_certificates();
  }
  if (!signalled_) {
    signalled_ = true;
    if (waiter_) loop_.make_ready(std::exchange(waiter_, {}));
    return;
  }
  std::fprintf(stderr, "weir: second signal: cutting what is left.\n");
  for (gateway::Shard* shard : shards_)
    shard == &own_ ? shard->cut_now() : void(shard->ask({.kind = gateway::ShardMessage::Kind::cut}));
}

void Front::renew_certificates() {
  auto renewed = read_certificates_();
  if (!renewed) {
    std::fprintf(stderr, "weir: SIGHUP: the certificates in use stay.\n");
    return;
  }
  // Kept to the end: a shard may read its mail much later.
  certificates_.push_back(std::make_unique<const gateway::ListenerTls>(*std::move(renewed)));
  const gateway::ListenerTls& tls = *certificates_.back();
  own_.use_certificates(tls);
  for (gateway::Shard* shard : shards_) {
    const gateway::ShardMessage message{.kind = gateway::ShardMessage::Kind::certificates, .tls = &tls};
    if (shard != &own_ && !shard->ask(message)) {
      std::fprintf(stderr, "weir: SIGHUP: a shard is too busy to take the new certificates; send it again.\n");
      return;
    }
  }
  std::fprintf(stderr,
               "weir: SIGHUP: certificates were read again and hold for new connections. Other changes of the "
               "configuration need a restart.\n");
}

io::Task<> Front::check_names() {
  co_await own_.gateway().check_names([](Bytes provider, Bytes host, Fault fault) {
    std::fprintf(stderr, "weir: warning: provider %s cannot be reached: %s (%s)\n", std::string(provider).c_str(),
                 std::string(row(fault).sentence).c_str(), std::string(host).c_str());
  });
}

io::Task<> Front::run() {
  own_.scope().spawn(check_names());
  struct Awaiter {
    Front& front;
    bool await_ready() { return front.signalled_; }
    void await_suspend(std::coroutine_handle<> handle) { front.waiter_ = handle; }
    void await_resume() {}
  };
  Awaiter signal{*this};
  co_await signal;
  co_await drain();
  co_await signals_.close();
  co_await own_.finish();
}

io::Task<> Front::drain() {
  std::fprintf(stderr, "weir: draining: nothing new is taken, %llu connections finish what they have.\n",
               static_cast<unsigned long long>(placement_.running()));
  for (auto& listener : listeners_) co_await listener->close();
  for (gateway::Shard* shard : shards_) {
    if (shard == &own_) continue;
    while (!shard->ask({.kind = gateway::ShardMessage::Kind::drain}))
      co_await loop_.sleep_until(loop_.now() + kLookAgain);
  }
  cut_ += co_await own_.drain();
  while (drained_ + 1 < shards_.size()) co_await loop_.sleep_until(loop_.now() + kLookAgain);
  if (simulator_server_) co_await simulator_server_->close();
  if (admin_server_) co_await admin_server_->close();
}

}  // namespace weir::control
