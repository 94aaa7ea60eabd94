#include "admin.h"

#include <algorithm>

#include "explanation.h"
#include "metrics_page.h"
#include "weir/codec/url.h"
#include "weir/net/body.h"

namespace weir::control {

namespace {
constexpr Duration kLookAgain = 1ms;
constexpr Duration kWaitForShards = 500ms;

/// The value of a parameter, as it is written: what is asked for here needs no encoding. Empty: it is not there.
Bytes parameter(Bytes query, Bytes name) {
  while (!query.empty()) {
    const Bytes one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (one.starts_with(name) && one.substr(name.size()).starts_with('=')) return one.substr(name.size() + 1);
  }
  return {};
}
}  // namespace

io::Task<> Admin::handle(net::Downstream& downstream, codec::RequestHead& head) {
  const Bytes path = codec::split_target(head.target).path;
  if (path == "/explain") co_return co_await explain(downstream, head);
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
    downstream.answer(404, "text/plain", "There is /health/live, /health/ready, /metrics and /explain.\n");
  }
}

void Admin::refuse(net::Downstream& downstream, Fault fault) {
  downstream.answer(row(fault).status, "text/plain", row(fault).sentence);
}

/// Planning takes turns, which are not to be taken by who only asks.
routing::Router Admin::make_onlooker() const {
  gateway::Gateway& gateway = shards_[0]->gateway();
  return routing::Router(gateway.catalog(), &gateway.router().table(), 0, gateway.router().options());
}

io::Task<> Admin::explain(net::Downstream& downstream, codec::RequestHead& head) {
  if (head.method != codec::Method::post)
    co_return downstream.answer(405, "text/plain", "POST the body of a request here.\n");
  if (!downstream.admit()) co_return refuse(downstream, Fault::shed);
  const Bytes query = codec::split_target(head.target).query;
  const Bytes model = parameter(query, "model");
  const bool as_json = parameter(query, "format") == "json";
  const Bytes written = parameter(query, "dialect");
  const auto dialect = written.empty() ? dialect::Dialect::openai_chat : dialect::dialect_named(written);
  if (!dialect) co_return downstream.answer(400, "text/plain", "There is no such dialect.\n");
  net::Body body;
  if (const auto read = co_await downstream.read_body(body); !read) co_return refuse(downstream, read.error());
  routing::Router onlooker = make_onlooker();
  const auto explanation = control::explain({.dialect = *dialect,
                                             .body = body.contiguous(downstream.context().scratch),
                                             .model = model,
                                             .fields = &head.field_list,
                                             .as_json = as_json},
                                            onlooker.catalog(), onlooker, downstream.loop().now());
  if (!explanation)
    co_return downstream.answer(400, "text/plain",
                                explanation.error().problem + " " + explanation.error().advice + "\n");
  downstream.answer(200, as_json ? "application/json" : "text/plain", explanation->text);
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
  routing::Router onlooker = make_onlooker();
  co_return metrics_page(total, static_cast<std::uint32_t>(shards_.size()), onlooker, loop.now());
}

}  // namespace weir::control
