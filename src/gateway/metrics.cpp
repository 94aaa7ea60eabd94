#include "weir/gateway/metrics.h"

#include <algorithm>

namespace weir::gateway {
namespace {

void add(std::vector<std::uint64_t>& sums, const std::vector<std::uint64_t>& others) {
  sums.resize(std::max(sums.size(), others.size()));
  for (std::size_t i = 0; i < others.size(); ++i) sums[i] += others[i];
}

}  // namespace

void DeploymentCounts::merge(const DeploymentCounts& other) {
  for (std::size_t i = 0; i < attempts.size(); ++i) attempts[i] += other.attempts[i];
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  cost_nano_usd += other.cost_nano_usd;
  cost_unknown += other.cost_unknown;
}

void Metrics::count(const Record& record) {
  ++exchanges;
  ++by_status[static_cast<std::size_t>(std::clamp(record.status / 100, 0, 5))];
  if (record.fault) ++by_fault[static_cast<std::size_t>(*record.fault)];
  streams += record.stream;
  stitched += static_cast<std::uint64_t>(record.stitched);
  by_dialects[static_cast<std::size_t>(record.client_dialect)][static_cast<std::size_t>(record.provider_dialect)] +=
      static_cast<std::uint64_t>(record.attempts);
  dropped_parameters += record.dropped;
  count_part(record);
  request_bytes += record.request_bytes;
  answer_bytes += record.answer_bytes;
  if (record.attempts > 0 && record.status == 200 && !record.fault && !record.usage.reported) ++usage_unknown;
  duration.add(record.total_ns);
  if (record.ttft_ns >= 0) ttft.add(record.ttft_ns);
  if (record.attempts > 0) overhead.add(record.overhead_ns);
}

void Metrics::count_part(const Record& record) {
  if (record.cell >= deployments.size()) return;
  DeploymentCounts& deployment = deployments[record.cell];
  if (record.cost_known)
    deployment.cost_nano_usd += static_cast<std::uint64_t>(record.cost_nano_usd);
  else if (record.usage.reported && !record.model_id.empty())  // a stored answer was paid for when it was made
    ++deployment.cost_unknown;
  deployment.input_tokens += record.usage.input_total();
  deployment.output_tokens += record.usage.output_total();
}

void Metrics::merge(const Metrics& other) {
  for (std::size_t i = 0; i < by_status.size(); ++i) by_status[i] += other.by_status[i];
  for (std::size_t i = 0; i < connect_faults.size(); ++i) connect_faults[i] += other.connect_faults[i];
  for (std::size_t i = 0; i < name_lookups.size(); ++i) name_lookups[i] += other.name_lookups[i];
  for (std::size_t i = 0; i < by_fault.size(); ++i) by_fault[i] += other.by_fault[i];
  for (std::size_t i = 0; i < by_dialects.size(); ++i)
    for (std::size_t k = 0; k < by_dialects.size(); ++k) by_dialects[i][k] += other.by_dialects[i][k];
  deployments.resize(std::max(deployments.size(), other.deployments.size()));
  for (std::size_t i = 0; i < other.deployments.size(); ++i) deployments[i].merge(other.deployments[i]);
  add(retries_refused, other.retries_refused);
  add(chain_exhausted, other.chain_exhausted);
  for (auto member : {&Metrics::exchanges,
                      &Metrics::dropped_parameters,
                      &Metrics::streams,
                      &Metrics::stitched,
                      &Metrics::in_flight,
                      &Metrics::stale_connections,
                      &Metrics::usage_unknown,
                      &Metrics::request_bytes,
                      &Metrics::answer_bytes,
                      &Metrics::connections,
                      &Metrics::connections_limit,
                      &Metrics::connections_refusing,
                      &Metrics::refusals_limit,
                      &Metrics::connections_reset,
                      &Metrics::upstream_open,
                      &Metrics::upstream_idle,
                      &Metrics::upstream_connects,
                      &Metrics::upstream_warmed,
                      &Metrics::names_stale,
                      &Metrics::buffer_bytes_held,
                      &Metrics::frames,
                      &Metrics::frame_bytes,
                      &Metrics::request_heads,
                      &Metrics::log_buffer_bytes,
                      &Metrics::buffer_bytes_own,
                      &Metrics::log_lines_dropped,
                      &Metrics::ring_overflows,
                      &Metrics::handshakes_in_flight,
                      &Metrics::handshakes_limit})
    this->*member += other.*member;
  for (std::size_t i = 0; i < io::MemoryLedger::kUses; ++i) {
    memory_used[i] += other.memory_used[i];
    memory_limit[i] += other.memory_limit[i];
    memory_refused[i] += other.memory_refused[i];
  }
  client_tls.merge(other.client_tls);
  provider_tls.merge(other.provider_tls);
  duration.merge(other.duration);
  ttft.merge(other.ttft);
  overhead.merge(other.overhead);
}

}  // namespace weir::gateway
