#include "weir/gateway/gateway.h"

#include "access_log.h"
#include "beginning.h"
#include "cost.h"
#include "exchange.h"
#include "refuse.h"

namespace weir::gateway {

Gateway::Gateway(net::Context& context, const catalog::Catalog& catalog, const admission::KeyTable& keys,
                 const io::NameOptions& names, io::LogSink& log, shared::OwnerTable* owners,
                 shared::HealthTable* health, std::uint32_t shard, const routing::RouterOptions& router)
    : context_(context),
      catalog_(catalog),
      keys_(keys, {context.loop.ring().random_seed(), context.loop.ring().random_seed()}),
      resolver_(context.loop, names),
      log_(log),
      owners_(owners),
      log_time_(std::make_unique<LogTime>()),
      router_(catalog, health, shard, router),
      races_(std::make_unique<Recycler<Race>>()),
      beginnings_(std::make_unique<Recycler<Beginning>>()) {
  metrics_.deployments.resize(catalog.cells());
  metrics_.chain_exhausted.resize(catalog.models().size() + 1);
  for (const catalog::Provider& provider : catalog.providers()) {
    const auto& url = provider.base_url;
    net::Endpoint endpoint{url.host, url.port, provider.proxy, provider.tls, provider.tls_host};
    pools_.push_back(
        std::make_unique<net::UpstreamPool>(context, resolver_, std::move(endpoint), provider.warm_connections));
    first_starts_.push_back(starts_.size());
    starts_.emplace_back(provider, provider.credential);
    for (const Secret& credential : provider.other_credentials) starts_.emplace_back(provider, credential);
  }
}

Gateway::~Gateway() = default;

io::Task<> Gateway::handle(net::Downstream& downstream, codec::RequestHead& head) {
  Exchange exchange(*this, downstream, head);
  co_await exchange.run();
}

void Gateway::refuse(net::Downstream& downstream, Fault fault) {
  Record record;
  record.id = context_.loop.random().next();
  record.started = context_.loop.now();
  record.fault = fault;
  record.status = row(fault).status;
  gateway::refuse(downstream, dialect::Dialect::openai_chat, fault);  // not even its path is known
  settle(record);
}

void Gateway::settle(Record& record) {
  metrics_.count(record);
  if (record.before) add_parts_before(record);
  const AccessLine line(record, log_time_->text(context_.loop.ring().wall()));
  log_.line(line.bytes());
}

void Gateway::count_exhausted(const catalog::Resolution& resolution) {
  const catalog::Model* const model = resolution.model();
  const auto models = catalog_.models();
  ++metrics_.chain_exhausted[model ? static_cast<std::size_t>(model - models.data()) : models.size()];
}

io::Task<> Gateway::check_names(std::function<void(Bytes, Bytes, Fault)> on_failure) {
  for (const catalog::Provider& provider : catalog_.providers()) {
    const Bytes host = provider.proxy ? provider.proxy->host : provider.base_url.host;
    const auto place = net::Place::of(resolver_, host, 0);
    if (!place.name) continue;
    net::NameWait wait(*place.name, 0, context_.loop.now() + context_.options.connect_timeout);
    const auto found = co_await wait;
    if (resolver_.closing()) co_return;
    if (!found) on_failure(provider.name, host, found.error());
  }
}

Metrics Gateway::measure() const {
  Metrics copy = metrics_;
  for (const auto& pool : pools_) {
    copy.upstream_open += pool->open();
    copy.upstream_idle += pool->idle();
    copy.upstream_connects += pool->connects();
    copy.upstream_warmed += pool->warmed();
    for (std::size_t i = 0; i < kFaultCount; ++i) copy.connect_faults[i] += pool->connect_faults()[i];
  }
  for (std::size_t i = 0; i < pools_.size(); ++i) copy.retries_refused.push_back(router_.retries_refused(i));
  copy.name_lookups = resolver_.lookups();
  copy.names_stale = resolver_.stale_used();
  copy.buffer_bytes_held = context_.loop.buffers().held_bytes();
  copy.frames = io::FramePool::live();
  copy.frame_bytes = io::FramePool::reserved_bytes();
  copy.request_heads = context_.request_heads.lent();
  copy.log_buffer_bytes = log_.waiting_bytes();
  copy.buffer_bytes_own = context_.loop.buffers().limit_bytes();
  const auto& memory = context_.loop.memory();
  for (std::size_t i = 0; i < io::MemoryLedger::kUses; ++i) {
    const auto use = static_cast<io::MemoryLedger::Use>(i);
    copy.memory_used[i] = memory.used(use);
    copy.memory_limit[i] = memory.limit(use);
    copy.memory_refused[i] = memory.refused(use);
  }
  copy.log_lines_dropped = log_.dropped();
  copy.client_tls = context_.client_tls;
  copy.provider_tls = context_.provider_tls;
  copy.handshakes_in_flight = context_.handshakes.inside();
  copy.handshakes_limit = context_.handshakes.limit();
  copy.ring_overflows = context_.loop.ring().overflows();
  return copy;
}

std::size_t Gateway::provider_connections() const {
  std::size_t count = 0;
  for (const auto& pool : pools_) count += pool->open();
  return count;
}

void Gateway::tidy() {
  for (auto& pool : pools_) {
    pool->expire();
    pool->warm_up();
  }
  context_.loop.buffers().trim(context_.loop.memory().used());
  for (std::string* const text : {&context_.scratch, &staging_})
    if (text->capacity() > (1 << 20)) give_back(*text);
}

io::Task<> Gateway::close() {
  for (auto& pool : pools_) co_await pool->close();
  co_await resolver_.close();
}

}  // namespace weir::gateway
