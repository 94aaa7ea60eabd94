#include "weir/gateway/gateway.h"

#include "access_log.h"
#include "exchange.h"
#include "refuse.h"

namespace weir::gateway {

Gateway::Gateway(net::Context& context, const catalog::Catalog& catalog, const admission::KeyTable& keys,
                 std::span<const io::Address> endpoints, io::LogSink& log)
    : context_(context), catalog_(catalog), keys_(keys), log_(log) {
  WEIR_ASSERT(endpoints.size() == catalog.providers().size(), "every provider has an endpoint");
  for (const io::Address& address : endpoints) pools_.push_back(std::make_unique<net::UpstreamPool>(context, address));
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
  gateway::refuse(downstream, fault);
  settle(record);
}

void Gateway::settle(const Record& record) {
  metrics_.count(record);
  const AccessLine line(record, context_.loop.ring().wall());
  log_.line(line.bytes());
}

Metrics Gateway::measure() const {
  Metrics copy = metrics_;
  for (const auto& pool : pools_) {
    copy.upstream_open += pool->open();
    copy.upstream_idle += pool->idle();
    copy.upstream_connects += pool->connects();
  }
  copy.buffer_bytes_held = context_.loop.buffers().held_bytes();
  copy.buffer_bytes_own = context_.loop.buffers().limit_bytes();
  const auto& memory = context_.loop.memory();
  for (std::size_t i = 0; i < io::MemoryLedger::kUses; ++i) {
    const auto use = static_cast<io::MemoryLedger::Use>(i);
    copy.memory_used[i] = memory.used(use);
    copy.memory_limit[i] = memory.limit(use);
    copy.memory_refused[i] = memory.refused(use);
  }
  copy.log_lines_dropped = log_.dropped();
  return copy;
}

void Gateway::tidy() {
  for (auto& pool : pools_) pool->expire();
  context_.loop.buffers().trim(context_.loop.memory().used());
  if (context_.scratch.capacity() > (1 << 20)) context_.scratch = {};
}

io::Task<> Gateway::close() {
  for (auto& pool : pools_) co_await pool->close();
}

}  // namespace weir::gateway
