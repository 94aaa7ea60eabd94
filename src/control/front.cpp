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
             net::ClientGate gate)
    : shards_(std::move(shards)),
      own_(*shards_[0]),
      loop_(own_.loop()),
      loads_(loads),
      placed_(shards_.size(), 0),
      gate_(std::move(gate)),
      admin_(shards_),
      signals_(loop_, [this](int signal) { on_signal(signal); }) {
  own_.on_answer([this](const gateway::ShardMessage& message) {
    if (message.kind == gateway::ShardMessage::Kind::measured) return admin_.on_measured();
    ++drained_;
    cut_ += message.cut;
  });
  for (const io::Fd fd : sockets.clients)
    listeners_.push_back(std::make_unique<net::Listener>(loop_, fd, [this](io::Fd connection) { place(connection); }));
  if (sockets.admin.valid()) admin_server_ = std::make_unique<SideServer>(loop_, admin_, sockets.admin);
  if (sockets.simulator.valid()) {
    simulator_context_.emplace(loop_, net::Options{});
    simulator_.emplace(*simulator_context_);
    simulator_server_ = std::make_unique<SideServer>(loop_, *simulator_, sockets.simulator);
  }
}

Front::~Front() = default;

void Front::place(io::Fd connection) {
  auto ticket = shared::ClientTable::kNone;
  if (gate_.counts()) {
    const auto entered = gate_.enter(loop_.ring().peer_address(connection));
    if (!entered) {
      ++placed_[0];
      return own_.server().refuse(connection, Fault::client_limit);
    }
    ticket = *entered;
  }
  std::size_t best = 0;
  std::uint64_t least = UINT64_MAX;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::uint64_t load = placed_[i] - loads_.ended(shards_[i]->index());
    if (load < least) {
      least = load;
      best = i;
    }
  }
  // A shard that does not read its mail is too busy for another connection: then the front serves it itself.
  if (best != 0 && !shards_[best]->ask({gateway::ShardMessage::Kind::serve, connection, nullptr, 0, ticket})) best = 0;
  if (best == 0) own_.serve(connection, ticket);
  ++placed_[best];
}

void Front::on_signal(int signal) {
  constexpr int kHangUp = 1;
  if (signal == kHangUp) {
    std::fprintf(stderr, "weir: SIGHUP: this version reads its configuration only at start; restart it to reload.\n");
    return;
  }
  if (!signalled_) {
    signalled_ = true;
    if (waiter_) loop_.make_ready(std::exchange(waiter_, {}));
    return;
  }
  std::fprintf(stderr, "weir: second signal: cutting what is left.\n");
  for (gateway::Shard* shard : shards_)
    shard == &own_ ? shard->cut_now() : void(shard->ask({gateway::ShardMessage::Kind::cut, {}, nullptr, 0}));
}

io::Task<> Front::run() {
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
  std::uint64_t running = 0;
  for (std::size_t i = 0; i < shards_.size(); ++i) running += placed_[i] - loads_.ended(shards_[i]->index());
  std::fprintf(stderr, "weir: draining: nothing new is taken, %llu connections finish what they have.\n",
               static_cast<unsigned long long>(running));
  for (auto& listener : listeners_) co_await listener->close();
  for (gateway::Shard* shard : shards_) {
    if (shard == &own_) continue;
    while (!shard->ask({gateway::ShardMessage::Kind::drain, {}, nullptr, 0}))
      co_await loop_.sleep_until(loop_.now() + kLookAgain);
  }
  cut_ += co_await own_.drain();
  while (drained_ + 1 < shards_.size()) co_await loop_.sleep_until(loop_.now() + kLookAgain);
  if (simulator_server_) co_await simulator_server_->close();
  if (admin_server_) co_await admin_server_->close();
}

}  // namespace weir::control
