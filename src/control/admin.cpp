#include "admin.h"

#include "metrics_page.h"
#include "weir/codec/url.h"

namespace weir::control {

namespace {
constexpr Duration kLookAgain = 1ms;
constexpr Duration kWaitForShards = 500ms;
}  // namespace

io::Task<> Admin::handle(net::Downstream& downstream, codec::RequestHead& head) {
  const Bytes path = codec::split_target(head.target).path;
  if (head.method != codec::Method::get && head.method != codec::Method::head)
    co_return downstream.answer(405, "text/plain", "Only GET and HEAD here.\n");
  if (path == "/health/live") {
    downstream.answer(200, "text/plain", "live\n");
  } else if (path == "/health/ready") {
    // A load balancer takes this node out as soon as it drains.
    shards_[0]->draining() ? downstream.answer(503, "text/plain", "draining\n")
                           : downstream.answer(200, "text/plain", "ready\n");
  } else if (path == "/metrics") {
    const std::string page = co_await metrics();
    downstream.answer(200, "text/plain; version=0.0.4", page);
  } else {
    downstream.answer(404, "text/plain", "There is /health/live, /health/ready and /metrics.\n");
  }
}

void Admin::refuse(net::Downstream& downstream, Fault fault) {
  downstream.answer(row(fault).status, "text/plain", row(fault).sentence);
}

io::Task<std::string> Admin::metrics() {
  io::Loop& loop = shards_[0]->loop();
  while (measuring_) co_await loop.sleep_until(loop.now() + kLookAgain);
  measuring_ = true;
  if (outstanding_ == 0) {
    copies_.assign(shards_.size(), {});
    for (std::size_t i = 1; i < shards_.size(); ++i)
      outstanding_ += shards_[i]->ask({.kind = gateway::ShardMessage::Kind::measure, .metrics = &copies_[i]});
  }
  // A shard answers within a turn, unless it has drained and stopped: then the others' figures must do, and its copy
  // is not touched again.
  const Instant deadline = loop.now() + kWaitForShards;
  while (outstanding_ > 0 && loop.now() < deadline) co_await loop.sleep_until(loop.now() + kLookAgain);
  gateway::Metrics total = shards_[0]->measure();
  if (outstanding_ == 0)
    for (std::size_t i = 1; i < copies_.size(); ++i) total.merge(copies_[i]);
  total.client_connections_limit = gate_.limit();
  total.client_limit_refused = gate_.refused();
  measuring_ = false;
  co_return metrics_page(total, static_cast<std::uint32_t>(shards_.size()));
}

}  // namespace weir::control
