// Everything one core owns: a loop, the connections it serves, its gateway, its log. Shards share nothing but
// immutable configuration; they talk through mailboxes.
//
// Shard 0 is the front: it accepts, hands each connection to the least loaded shard, serves the admin address and
// listens for signals (control). In `weir` every shard runs on a thread of its own; in `weir_sim` one thread steps
// them.
#pragma once

#include <functional>
#include <memory>

#include "weir/gateway/gateway.h"
#include "weir/io/log_sink.h"
#include "weir/io/loop.h"
#include "weir/io/scope.h"
#include "weir/net/server.h"
#include "weir/shared/load_board.h"
#include "weir/shared/mailbox.h"

namespace weir::gateway {

/// By index of the listener: what TLS is spoken with there, null for none. Replaced as a whole when certificates are
/// read again; one shard's copy.
using ListenerTls = std::vector<std::shared_ptr<const tls::ServerContext>>;

struct ShardOptions {
  io::BufferOptions buffers;
  net::Options net;
  io::NameOptions names;
  Duration drain_timeout = 30s;
  ListenerTls tls;                         ///< what is spoken on each listener
  io::Fd log;                              ///< where access lines go; invalid: nowhere
  shared::ClientTable* clients = nullptr;  ///< of all shards; none: connections come without tickets
  shared::HealthTable* health = nullptr;   ///< of all shards; none: each knows only what it has seen itself
  routing::RouterOptions router;           ///< breakers and the like
  shared::OwnerTable* owners = nullptr;    ///< of all shards; none: who keeps an answer is found out by asking
};

/// What the front shard asks of another one, and the answers.
struct ShardMessage {
  enum class Kind : std::uint8_t { serve, certificates, drain, cut, measure, measured, drained };
  Kind kind = Kind::serve;
  io::Fd connection{};                                      ///< serve
  Metrics* metrics = nullptr;                               ///< measure: filled in; belongs to the front
  std::uint32_t cut = 0;                                    ///< drained: exchanges that had to be cut
  std::uint32_t listener = 0;                               ///< serve: where the connection came in
  net::Server::Ticket ticket = shared::ClientTable::kNone;  ///< serve: what the connection was counted in with
  const ListenerTls* tls = nullptr;  ///< certificates: to be copied; the front's, which keeps it to its end
};

class Shard {
 public:
  using Mailbox = shared::Mailbox<ShardMessage, 1024>;

  Shard(std::size_t index, io::Ring& ring, const ShardOptions& options, const catalog::Catalog& catalog,
        const admission::KeyTable& keys, shared::LoadBoard& loads);
  ~Shard();

  std::size_t index() const { return index_; }
  io::Loop& loop() { return loop_; }
  net::Context& context() { return context_; }
  net::Server& server() { return server_; }
  Gateway& gateway() { return gateway_; }
  io::LogSink& log() { return log_; }

  /// Takes over a connection that came in on a listener, on this shard's own thread.
  void serve(io::Fd connection, std::uint32_t listener, net::Server::Ticket ticket = shared::ClientTable::kNone);
  /// Refuses one instead.
  void refuse(io::Fd connection, std::uint32_t listener, Fault fault);
  /// From now on listeners speak TLS with these.
  void use_certificates(const ListenerTls& tls) { tls_ = tls; }
  /// Counters and gauges of this shard.
  Metrics measure() const;
  /// Open connections to clients and to providers; cheap.
  struct Connections {
    std::size_t clients = 0;
    std::size_t providers = 0;
  };
  Connections connections() const;

  // ---- Between the front and the others.

  /// From the front's thread: asks this shard for something. False when its mailbox is full.
  bool ask(const ShardMessage& message);
  /// On shard 0: how answers of the others are taken. `answer` is called on the front's thread.
  void on_answer(std::function<void(const ShardMessage&)> answer) { on_answer_ = std::move(answer); }
  /// Wires the others to the front, before any of them runs.
  void report_to(Shard& front);

  /// Takes nothing new, lets running exchanges finish, cuts what is left after the drain time-out, closes the
  /// connections to providers. Returns how many exchanges were cut.
  io::Task<std::uint32_t> drain();
  /// While draining: the time-out is over.
  void cut_now();
  /// After drain(): writes the last log lines and stops the loop.
  io::Task<> finish();
  bool draining() const { return draining_; }
  io::Scope& scope() { return scope_; }

 private:
  struct WakeOp : io::Op {
    explicit WakeOp(Shard& s) : io::Op(&Shard::on_wake), shard(s) {}
    Shard& shard;
  };
  struct ShardTimer : io::Timer {
    ShardTimer(Shard& s, Handler handler) : io::Timer(handler), shard(s) {}
    Shard& shard;
  };
  static void on_wake(io::Op& op, const io::Completion& completion);
  static void on_tidy(io::Timer& timer);
  static void on_cut(io::Timer& timer);
  void take_messages();
  void take(const ShardMessage& message);
  io::Task<> drain_and_report();
  void answer(const ShardMessage& message);

  std::size_t index_;
  ShardOptions options_;
  ListenerTls tls_;
  io::Loop loop_;
  net::Context context_;
  io::LogSink log_;
  Gateway gateway_;
  net::Server server_;
  shared::LoadBoard& loads_;

  Mailbox inbox_;    // written by the front
  Mailbox answers_;  // written by this shard, read by the front
  Shard* front_ = nullptr;
  std::vector<Shard*> reporters_;  // on the front: whose answers to read
  std::function<void(const ShardMessage&)> on_answer_;

  WakeOp wake_;
  ShardTimer tidy_;
  ShardTimer cut_;
  io::Scope scope_;
  std::uint32_t were_cut_ = 0;
  bool draining_ = false;
  bool finishing_ = false;
};

}  // namespace weir::gateway
