// The gateway of one shard: what every exchange needs, and the door through which requests come in.
// Catalog and keys are immutable and outlive the gateway; everything else here belongs to the shard.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/admission/key_memo.h"
#include "weir/base/recycler.h"
#include "weir/catalog/catalog.h"
#include "weir/gateway/metrics.h"
#include "weir/gateway/provider_start.h"
#include "weir/io/log_sink.h"
#include "weir/net/server.h"
#include "weir/net/upstream.h"
#include "weir/routing/router.h"
#include "weir/shared/owner_table.h"

namespace weir::gateway {

class LogTime;
class Race;
struct Beginning;

class Gateway final : public net::Handler {
 public:
  Gateway(net::Context& context, const catalog::Catalog& catalog, const admission::KeyTable& keys,
          const io::NameOptions& names, io::LogSink& log, shared::OwnerTable* owners = nullptr,
          shared::HealthTable* health = nullptr, std::uint32_t shard = 0, const routing::RouterOptions& router = {});
  ~Gateway();

  io::Task<> handle(net::Downstream& downstream, codec::RequestHead& head) override;
  void refuse(net::Downstream& downstream, Fault fault) override;

  net::Context& context() { return context_; }
  const catalog::Catalog& catalog() const { return catalog_; }
  admission::KeyMemo& keys() { return keys_; }
  /// What requests to this provider begin with, by the credential that is used: 0 is its first.
  const ProviderStart& start_of(std::size_t provider, std::size_t credential = 0) const {
    return starts_[first_starts_[provider] + credential];
  }
  /// For bytes that are written and sent within one turn: one string for all exchanges of the shard.
  std::string& staging() { return staging_; }
  net::UpstreamPool& pool(std::size_t provider) { return *pools_[provider]; }
  Metrics& metrics() { return metrics_; }
  /// Everybody who could have answered for this name has failed.
  void count_exhausted(const catalog::Resolution& resolution);
  routing::Router& router() { return router_; }
  Recycler<Race>& races() { return *races_; }
  Recycler<Beginning>& beginnings() { return *beginnings_; }

  /// The provider that keeps an answer, by its index, if that is known.
  std::optional<std::uint32_t> owner_of(Bytes answer_id) const {
    return owners_ ? owners_->find(answer_id) : std::nullopt;
  }
  void remember_owner(Bytes answer_id, std::size_t provider) {
    if (owners_ && !answer_id.empty()) owners_->remember(answer_id, static_cast<std::uint32_t>(provider));
  }

  /// Ends the exchange's account: exactly once per exchange. Counts it and writes its log line.
  void settle(Record& record);

  /// Resolves the host names of all providers and their proxies, and calls back for each that does not resolve (yet):
  /// with the provider's name, the host and the fault. For a start, which does not depend on it.
  io::Task<> check_names(std::function<void(Bytes provider, Bytes host, Fault fault)> on_failure);

  /// A copy of the counters with the gauges filled in.
  Metrics measure() const;
  /// Open connections to providers, used and idle.
  std::size_t provider_connections() const;
  /// Now and then: gives back what is not needed.
  void tidy();
  /// Closes idle provider connections and what is asked of name servers; after the last exchange has ended.
  io::Task<> close();

 private:
  net::Context& context_;
  const catalog::Catalog& catalog_;
  admission::KeyMemo keys_;
  net::Resolver resolver_;
  std::vector<std::unique_ptr<net::UpstreamPool>> pools_;  // of the catalog's providers, in their order
  std::vector<ProviderStart> starts_;                      // likewise, one for each credential...
  std::vector<std::size_t> first_starts_;                  // ...from here on
  std::string staging_;
  io::LogSink& log_;
  shared::OwnerTable* owners_;  // of all shards; null: none is kept
  std::unique_ptr<LogTime> log_time_;
  routing::Router router_;
  std::unique_ptr<Recycler<Race>> races_;
  std::unique_ptr<Recycler<Beginning>> beginnings_;
  Metrics metrics_;
};

}  // namespace weir::gateway
