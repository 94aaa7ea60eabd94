#include "weir/gateway/shard.h"

namespace weir::gateway {
namespace {
constexpr Duration kTidyEvery = 1s;
constexpr Duration kAskAgain = 1ms;
}  // namespace

Shard::Shard(std::size_t index, io::Ring& ring, const ShardOptions& options, const catalog::Catalog& catalog,
             const admission::KeyTable& keys, shared::LoadBoard& loads)
    : index_(index),
      options_(options),
      tls_(options.tls),
      loop_(ring, options.buffers),
      context_(loop_, options.net, options.clients),
      log_(loop_, options.log),
      gateway_(context_, catalog, keys, options.names, log_, options.owners, options.health,
               static_cast<std::uint32_t>(index), options.router),
      server_(context_, gateway_),
      loads_(loads),
      wake_(*this),
      tidy_(*this, &on_tidy),
      cut_(*this, &on_cut) {
  loop_.ring().watch_wakes(wake_);
  loop_.timers().set(tidy_, loop_.now());  // at once: the first user shall find warm connections
}

Shard::~Shard() { WEIR_ASSERT(!wake_.in_flight(), "a shard is drained before it dies"); }

void Shard::report_to(Shard& front) {
  front_ = &front;
  front.reporters_.push_back(this);
}

void Shard::serve(io::Fd connection, std::uint32_t listener, net::Server::Ticket ticket) {
  server_.serve(connection, ticket, listener < tls_.size() ? tls_[listener] : nullptr);
  loads_.report(index_, server_.ended());
}

void Shard::refuse(io::Fd connection, std::uint32_t listener, Fault fault) {
  server_.refuse(connection, fault, listener < tls_.size() && tls_[listener]);
  loads_.report(index_, server_.ended());
}

Metrics Shard::measure() const {
  Metrics metrics = gateway_.measure();
  metrics.connections = server_.connections();
  metrics.connections_limit = options_.net.max_connections;
  metrics.connections_refusing = server_.refusing();
  metrics.refusals_limit = options_.net.max_refusals;
  metrics.connections_reset = server_.reset();
  return metrics;
}

Shard::Connections Shard::connections() const { return {server_.connections(), gateway_.provider_connections()}; }

// ---- Messages.

bool Shard::ask(const ShardMessage& message) {
  if (!inbox_.push(message)) return false;
  loop_.ring().wake();
  return true;
}

void Shard::on_wake(io::Op& op, const io::Completion& completion) {
  Shard& self = static_cast<WakeOp&>(op).shard;
  if (completion.result < 0) return;  // cancelled by finish()
  // A wake may win against the cancel of finish(): then it was the last one.
  if (!self.finishing_) self.loop_.ring().watch_wakes(op);
  self.take_messages();
}

void Shard::take_messages() {
  while (const auto message = inbox_.pop()) take(*message);
  for (Shard* reporter : reporters_)
    while (const auto message = reporter->answers_.pop())
      if (on_answer_) on_answer_(*message);
}

void Shard::take(const ShardMessage& message) {
  switch (message.kind) {
    case ShardMessage::Kind::serve:
      return serve(message.connection, message.listener, message.ticket);
    case ShardMessage::Kind::certificates:
      return use_certificates(*message.tls);
    case ShardMessage::Kind::drain:
      return scope_.spawn(drain_and_report());
    case ShardMessage::Kind::cut:
      return cut_now();
    case ShardMessage::Kind::measure:
      *message.metrics = measure();
      return answer({.kind = ShardMessage::Kind::measured, .metrics = message.metrics});
    case ShardMessage::Kind::measured:
    case ShardMessage::Kind::drained:
      return;  // answers; they never come in this direction
  }
}

void Shard::answer(const ShardMessage& message) {
  // The front asks for a few things at a time, far fewer than the mailbox holds.
  const bool fits = answers_.push(message);
  WEIR_ASSERT(fits, "an answer fits into the mailbox");
  front_->loop_.ring().wake();
}

// ---- Time.

void Shard::on_tidy(io::Timer& timer) {
  Shard& self = static_cast<ShardTimer&>(timer).shard;
  self.gateway_.tidy();
  self.loads_.report(self.index_, self.server_.ended());
  self.loop_.timers().set(timer, self.loop_.now() + kTidyEvery);
}

void Shard::on_cut(io::Timer& timer) {
  Shard& self = static_cast<ShardTimer&>(timer).shard;
  self.were_cut_ += self.server_.cut();
}

io::Task<> Shard::drain_and_report() {
  const std::uint32_t cut = co_await drain();
  answer({.kind = ShardMessage::Kind::drained, .cut = cut});
  co_await finish();
}

io::Task<std::uint32_t> Shard::drain() {
  draining_ = true;
  server_.stop();
  loop_.timers().set(cut_, loop_.now() + options_.drain_timeout);
  co_await server_.drained();
  loop_.timers().cancel(cut_);
  co_await gateway_.close();
  co_return were_cut_;
}

void Shard::cut_now() {
  if (draining_ && cut_.armed()) loop_.timers().set(cut_, loop_.now());
}

io::Task<> Shard::finish() {
  loop_.timers().cancel(tidy_);
  co_await log_.close();
  finishing_ = true;
  loop_.ring().cancel(wake_);
  while (wake_.in_flight()) co_await loop_.sleep_until(loop_.now() + kAskAgain);
  loop_.stop();
}

}  // namespace weir::gateway
