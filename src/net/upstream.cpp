#include "weir/net/upstream.h"

#include <algorithm>

#include "weir/net/tunnel.h"
#include "weir/tls/layer.h"

namespace weir::net {
namespace {
constexpr Duration kShortLife = 5s;  // a warm connection that ends sooner is not wanted by the provider
constexpr Duration kFirstPause = 1s;
constexpr Duration kLongestPause = 60s;

/// What it means that the proxy, not the provider, could not be connected.
Fault at_proxy(Fault fault) {
  switch (fault) {
    case Fault::name_not_found:
    case Fault::name_unresolved:
    case Fault::connect_failed:
      return Fault::proxy_failed;
    default:
      return fault;
  }
}

constexpr Duration kEndOfBody = 100ms;  // for the end of a body behind its end marker
}  // namespace

using io::Status;

Upstream::Upstream(UpstreamPool& pool) : io::Socket::Watcher(&on_input), pool_(pool), socket_(pool.context_.loop) {
  socket_.watch(this);
}

Fault Upstream::fault_of(Status status, Fault at_deadline) const {
  switch (status) {
    case Status::timed_out:
      return at_deadline;
    case Status::cancelled:
      return Fault::cancelled;
    case Status::end:
    case Status::truncated:
      return Fault::upstream_closed;
    case Status::insecure:
      return socket_.layer()->fault();
    default:
      return Fault::upstream_reset;
  }
}

void Upstream::begin_request(codec::Method method) {
  method_ = method;
  answer_begun_ = false;
  keep_alive_ = false;
  gathered_.clear();
}

io::Task<Result<codec::ResponseHead*>> Upstream::read_head(Instant deadline) {
  codec::ResponseHead& head = pool_.context_.response_head;
  codec::HeadScanner scanner(codec::Sender::provider);
  for (;;) {
    auto received = co_await socket_.receive(deadline);
    if (received.status != Status::ok) co_return fail(fault_of(received.status, Fault::first_byte_timeout));
    answer_begun_ = true;
    const bool first = gathered_.empty();
    const std::size_t before = gathered_.size();
    if (!first) gathered_.append(received.chunk.bytes());
    const Bytes bytes = first ? received.chunk.bytes() : Bytes(gathered_);
    const auto place = scanner.scan(bytes);
    if (!place) co_return fail(place.error());
    if (!*place) {
      if (first) gathered_.assign(bytes);
      continue;
    }
    const std::size_t end = (*place)->end;
    if (const auto parsed = codec::parse_response_head((*place)->of(bytes), method_, head); !parsed)
      co_return fail(parsed.error());
    socket_.unread(received.chunk.slice(received.chunk.bytes().substr(end - before)));
    head_chunk_ = std::move(received.chunk);
    if (!head.is_interim()) break;
    scanner.reset();
    gathered_.clear();
  }
  reader_.begin(head.framing, head.content_length);
  keep_alive_ = head.keep_alive;
  co_return &head;
}

Result<BodyPart> Upstream::on_body(io::Received received) {
  head_chunk_ = {};
  if (received.status == Status::end && reader_.end()) {
    BodyPart part;
    part.last = true;
    return part;
  }
  if (received.status != Status::ok) return fail(fault_of(received.status, Fault::idle_timeout));
  io::Chunk rest;
  auto part = reader_.take(std::move(received.chunk), rest);
  if (part) {
    // Bytes behind the end of the answer were not asked for: whatever they are, this connection is not used again.
    if (part->last && !rest.empty()) keep_alive_ = false;
    if (!part->last) socket_.unread(std::move(rest));
  }
  return part;
}

std::string Upstream::tls_reason() const {
  const auto* layer = static_cast<const tls::Layer*>(socket_.layer());
  return layer && socket_.input_status() == Status::insecure ? layer->engine().reason() : std::string();
}

bool Upstream::reusable() const {
  return keep_alive_ && reader_.done() && answer_begun_ && reader_.framing() != codec::Framing::until_close &&
         socket_.unsent_bytes() == 0 && socket_.broken() == Status::ok && !socket_.interrupted() &&
         !socket_.has_input();
}

void Upstream::on_input(io::Socket::Watcher& watcher) {
  auto& self = static_cast<Upstream&>(watcher);
  // An idle connection that says anything is over: an end, or bytes nobody asked for.
  if (self.idle_) self.pool_.remove_idle(self);
}

// ---- UpstreamPool

void UpstreamPool::Lease::reset() {
  if (upstream_) upstream_->pool_.give_back(std::exchange(upstream_, nullptr));
}

void UpstreamPool::Lease::reset_at_end() {
  if (!upstream_ || upstream_->body_done()) return reset();
  UpstreamPool& pool = upstream_->pool_;
  pool.closing_.spawn(pool.await_end(std::exchange(upstream_, nullptr)));
}

UpstreamPool::UpstreamPool(Context& context, Resolver& resolver, Endpoint endpoint, std::uint32_t warm)
    : context_(context),
      endpoint_(std::move(endpoint)),
      place_(endpoint_.proxy ? Place::of(resolver, endpoint_.proxy->host, endpoint_.proxy->port)
                             : Place::of(resolver, endpoint_.host, endpoint_.port)),
      warm_(warm) {}

UpstreamPool::~UpstreamPool() { WEIR_ASSERT(open_ == 0, "a pool is closed before it dies"); }

UpstreamPool::Lease UpstreamPool::reuse() {
  if (idle_.empty()) return {};
  Upstream& upstream = idle_.pop_back();
  --idle_count_;
  upstream.idle_ = false;
  upstream.reused_ = true;
  pause_ = {};
  return Lease(&upstream);
}

UpstreamPool::Lease UpstreamPool::fresh() {
  ++open_;
  return Lease(new Upstream(*this));
}

io::Task<Result<void>> UpstreamPool::connect(Upstream& upstream) {
  ++connects_;
  const Instant deadline = context_.loop.now() + context_.options.connect_timeout;
  const auto reached = co_await reach(upstream, deadline);
  if (!reached && reached.error() != Fault::cancelled) ++connect_faults_[static_cast<std::size_t>(reached.error())];
  co_return reached;
}

io::Task<Result<void>> UpstreamPool::reach(Upstream& upstream, Instant deadline) {
  {
    Dial dial(place_, upstream.socket_, deadline);
    upstream.dial_ = &dial;
    const auto dialled = co_await dial.run();
    upstream.dial_ = nullptr;
    if (!dialled) co_return fail(endpoint_.proxy ? at_proxy(dialled.error()) : dialled.error());
  }
  if (endpoint_.proxy) {
    const auto opened = co_await open_tunnel(context_, upstream.socket_, endpoint_, deadline);
    if (!opened) co_return fail(opened.error());
  }
  // From here on the socket's bytes are the provider's.
  if (!endpoint_.tls) co_return Result<void>{};
  const auto shaken = co_await shake_hands(upstream, deadline);
  co_return shaken;
}

io::Task<Result<void>> UpstreamPool::shake_hands(Upstream& upstream, Instant deadline) {
  TlsCounts& counts = context_.provider_tls;
  auto engine = endpoint_.tls->connect(endpoint_.tls_host, session_);
  if (!engine) co_return fail(Fault::system_limit);
  const tls::Engine& made = *engine;
  upstream.socket_.secure(std::make_unique<tls::Layer>(context_.loop.buffers(), std::move(engine)));
  const Status status = co_await upstream.socket_.handshake(deadline);
  if (status == Status::ok) {
    ++counts.done;
    counts.resumed += made.resumed();
    co_return Result<void>{};
  }
  ++counts.failed;
  session_ = {};  // should it be to blame, it is so only once
  if (status == Status::timed_out) co_return fail(Fault::connect_timeout);
  if (status == Status::cancelled) co_return fail(Fault::cancelled);
  co_return fail(made.fault());
}

io::Task<> UpstreamPool::await_end(Upstream* upstream) {
  const Instant deadline = context_.loop.now() + kEndOfBody;
  while (!upstream->body_done()) {
    const auto part = co_await upstream->read_body(deadline);
    if (!part) break;
  }
  give_back(upstream);
}

void UpstreamPool::give_back(Upstream* upstream) {
  upstream->head_chunk_ = {};
  if (upstream->reusable()) return put_idle(*upstream);
  // A provider that ends every connection is the one whose sessions are worth most.
  if (upstream->body_done()) keep_session(*upstream);
  closing_.spawn(discard(upstream));
}

void UpstreamPool::keep_session(const Upstream& upstream) {
  if (const auto* layer = static_cast<const tls::Layer*>(upstream.socket_.layer()))
    if (auto session = layer->engine().session()) session_ = std::move(session);
}

void UpstreamPool::put_idle(Upstream& upstream) {
  keep_session(upstream);
  upstream.idle_ = true;
  upstream.idle_since_ = context_.loop.now();
  idle_.push_back(upstream);
  ++idle_count_;
  upstream.socket_.arm();
  // Under TLS only now is it known whether more was said than was asked for.
  if (upstream.socket_.has_input()) remove_idle(upstream);
}

void UpstreamPool::remove_idle(Upstream& upstream) {
  upstream.unlink();
  upstream.idle_ = false;
  --idle_count_;
  const bool unused = !upstream.reused_ && !upstream.answer_begun_;
  if (unused && context_.loop.now() < upstream.idle_since_ + kShortLife) leave_alone();
  closing_.spawn(discard(&upstream));
}

io::Task<> UpstreamPool::discard(Upstream* upstream) {
  std::unique_ptr<Upstream> owned(upstream);
  co_await owned->socket_.close();
  owned.reset();
  --open_;
}

void UpstreamPool::expire() {
  const Instant limit = context_.loop.now() - context_.options.pool_idle_timeout;
  while (!idle_.empty() && idle_.front().idle_since_ <= limit) remove_idle(idle_.front());
}

// ---- Warm connections.

std::uint32_t UpstreamPool::young() {
  // Replaced before they are too old to be kept, so that there is one at every moment.
  const Instant limit = context_.loop.now() - context_.options.pool_idle_timeout * 3 / 4;
  std::uint32_t count = 0;
  idle_.for_each([&](const Upstream& upstream) { count += upstream.idle_since_ > limit; });
  return count;
}

void UpstreamPool::warm_up() {
  if (warm_ == 0 || ending_ || idle_count_ > 4 * warm_ || context_.loop.now() < warm_again_) return;
  for (std::uint32_t ready = young() + warming_count_; ready < warm_; ++ready) closing_.spawn(warm_one());
}

io::Task<> UpstreamPool::warm_one() {
  Lease lease = fresh();
  Upstream& upstream = *lease;
  warming_.push_back(upstream);
  ++warming_count_;
  const auto connected = co_await connect(upstream);
  upstream.unlink();
  --warming_count_;
  if (!connected) {
    leave_alone();
  } else if (!ending_) {
    ++warmed_;
    lease.release();
    put_idle(upstream);
  }
}

void UpstreamPool::leave_alone() {
  if (context_.loop.now() < warm_again_) return;  // several that failed together are one failure
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  warm_again_ = context_.loop.now() + pause_;
}

io::Task<> UpstreamPool::close() {
  ending_ = true;
  warming_.for_each([](Upstream& upstream) { upstream.cancel(); });
  do {
    while (!idle_.empty()) remove_idle(idle_.front());
    co_await closing_.drained();
  } while (!idle_.empty());  // one came home meanwhile
}

}  // namespace weir::net
