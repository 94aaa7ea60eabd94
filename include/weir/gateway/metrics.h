// What one shard counts. Plain numbers, written by that shard only; copies are merged for /metrics.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "weir/base/fault.h"
#include "weir/base/histogram.h"
#include "weir/gateway/record.h"
#include "weir/io/memory_ledger.h"
#include "weir/io/names_contract.h"
#include "weir/net/context.h"
#include "weir/routing/attempt_end.h"

namespace weir::gateway {

/// What was asked of one deployment, and what came of it.
struct DeploymentCounts {
  /// Attempts that are over, by routing::Blame. Nothing was sent where that is misfit.
  std::array<std::uint64_t, routing::kBlameCount> attempts{};
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t cost_nano_usd = 0;
  std::uint64_t cost_unknown = 0;  ///< answers with usage, without a price

  void merge(const DeploymentCounts& other);
};

struct Metrics {
  std::array<std::uint64_t, 6> by_status{};  ///< index: status / 100; 0: no answer
  std::array<std::uint64_t, kFaultCount> by_fault{};
  /// Requests sent to providers, by the client's dialect and the provider's.
  std::array<std::array<std::uint64_t, dialect::kDialects.size()>, dialect::kDialects.size()> by_dialects{};
  /// By cell of the health table: configured deployments, then each provider where it is addressed directly.
  std::vector<DeploymentCounts> deployments;
  std::vector<std::uint64_t> retries_refused;  ///< by provider of the catalog; see routing::RetryBudget
  /// By model of the catalog; behind them all that are addressed directly, together.
  std::vector<std::uint64_t> chain_exhausted;
  std::uint64_t dropped_parameters = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t streams = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t stale_connections = 0;  ///< reused connections that turned out to be closed; asked again
  std::uint64_t usage_unknown = 0;      ///< complete answers without usage
  std::uint64_t stitched = 0;           ///< parts of answers behind their first
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  Histogram duration;
  Histogram ttft;
  Histogram overhead;

  // Gauges, filled in when a copy is taken.
  std::uint64_t connections = 0;
  std::uint64_t connections_limit = 0;
  std::uint64_t connections_refusing = 0;  ///< among them: being told why they are refused
  std::uint64_t refusals_limit = 0;
  std::uint64_t client_connections_limit = 0;  ///< of one address; these two are the front's
  std::uint64_t client_limit_refused = 0;
  std::uint64_t connections_reset = 0;  ///< refused without a word, since the start
  std::uint64_t upstream_open = 0;
  std::uint64_t upstream_idle = 0;
  std::uint64_t upstream_connects = 0;
  std::uint64_t upstream_warmed = 0;
  std::array<std::uint64_t, kFaultCount> connect_faults{};
  std::array<std::uint64_t, io::kNameStatusCount> name_lookups{};
  std::uint64_t names_stale = 0;
  std::uint64_t buffer_bytes_held = 0;
  std::uint64_t frames = 0;            ///< coroutine frames, and what lives beside them, in use
  std::uint64_t frame_bytes = 0;       ///< memory taken for frames, used or not
  std::uint64_t request_heads = 0;     ///< parsed heads held by requests that wait for their answer
  std::uint64_t log_buffer_bytes = 0;  ///< lines that wait to be written
  std::uint64_t buffer_bytes_own = 0;  ///< usable at present: own and leased
  std::array<std::uint64_t, io::MemoryLedger::kUses> memory_used{};  ///< index: MemoryLedger::Use
  std::array<std::uint64_t, io::MemoryLedger::kUses> memory_limit{};
  std::array<std::uint64_t, io::MemoryLedger::kUses> memory_refused{};
  std::uint64_t log_lines_dropped = 0;
  net::TlsCounts client_tls;
  net::TlsCounts provider_tls;
  std::uint64_t handshakes_in_flight = 0;  ///< with clients
  std::uint64_t handshakes_limit = 0;
  std::uint64_t ring_overflows = 0;

  void count(const Record& record);
  /// Of an answer of several parts, one that is over: at whose deployment, and what it took. count() does it for the
  /// last.
  void count_part(const Record& record);
  void merge(const Metrics& other);
};

}  // namespace weir::gateway
