#include "metrics_page.h"

#include <iterator>

#include "prometheus_page.h"
#include "routing_metrics.h"

namespace weir::control {

std::string metrics_page(const gateway::Metrics& m, std::uint32_t shards, routing::Router& onlooker, Instant now) {
  PrometheusPage page;
  page.head("weir_build_info", "gauge", "Always 1; the version is in the label.");
  page.sample("weir_build_info", "{version=\"" WEIR_VERSION "\"}", 1);
  page.one("weir_shards", "gauge", "Shards, one per core.", shards);

  page.head("weir_exchanges_total", "counter",
            "Finished exchanges by class of status; none: the client got no answer.");
  constexpr Bytes kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < m.by_status.size(); ++i)
    page.sample("weir_exchanges_total", "{status=\"" + std::string(kClasses[i]) + "\"}", m.by_status[i]);
  page.head("weir_faults_total", "counter", "Exchanges that failed or were refused, by reason.");
  for (std::size_t i = 0; i < kFaultCount; ++i)
    if (m.by_fault[i] > 0)
      page.sample("weir_faults_total", "{fault=\"" + std::string(to_string(static_cast<Fault>(i))) + "\"}",
                  m.by_fault[i]);
  page.one("weir_exchanges_in_flight", "gauge", "Exchanges under way.", m.in_flight);
  page.one("weir_streams_total", "counter", "Exchanges that asked for a stream.", m.streams);
  page.head("weir_dialects_total", "counter",
            "Requests sent to providers, by the client's dialect and the one the provider was spoken to in.");
  for (const auto client : dialect::kDialects)
    for (const auto provider : dialect::kDialects) {
      const auto count = m.by_dialects[static_cast<std::size_t>(client)][static_cast<std::size_t>(provider)];
      if (count > 0)
        page.sample(
            "weir_dialects_total",
            "{client=\"" + std::string(to_string(client)) + "\",provider=\"" + std::string(to_string(provider)) + "\"}",
            count);
    }
  page.one("weir_dropped_parameters_total", "counter",
           "Parameters of requests that their providers do not take and were not given; the answers name them.",
           m.dropped_parameters);
  page.one("weir_stale_connections_total", "counter", "Pooled provider connections found closed and replaced.",
           m.stale_connections);
  page.one("weir_usage_unknown_total", "counter", "Complete answers in which the provider gave no usage.",
           m.usage_unknown);
  page.one("weir_stitched_total", "counter", "Streams that broke off and went on with another deployment.", m.stitched);
  page.one("weir_request_body_bytes_total", "counter", "Bytes of request bodies.", m.request_bytes);
  page.one("weir_answer_body_bytes_total", "counter", "Bytes of answer bodies.", m.answer_bytes);

  write_routing_metrics(page, m, onlooker, now);

  page.one("weir_client_connections", "gauge", "Open client connections.", m.connections);
  page.one("weir_client_connections_limit", "gauge", "Their bound.", m.connections_limit);
  page.one("weir_connections_per_client_limit", "gauge", "Connections that one client address may have; 0: any number.",
           m.client_connections_limit);
  page.one("weir_client_limit_refused_total", "counter", "Connections refused because their client had too many.",
           m.client_limit_refused);
  page.one("weir_refused_connections", "gauge", "Among them: being told that a limit is reached.",
           m.connections_refusing);
  page.one("weir_refused_connections_limit", "gauge", "Their bound; what comes beyond it is reset.", m.refusals_limit);
  page.one("weir_reset_connections_total", "counter", "Connections beyond a limit that were reset without an answer.",
           m.connections_reset);
  page.head("weir_provider_connections", "gauge", "Open provider connections by state.");
  page.sample("weir_provider_connections", "{state=\"idle\"}", m.upstream_idle);
  page.sample("weir_provider_connections", "{state=\"used\"}", m.upstream_open - m.upstream_idle);
  page.one("weir_provider_connects_total", "counter", "Connections made to providers.", m.upstream_connects);
  page.one("weir_provider_warm_connects_total", "counter", "Of these, connections made before anybody asked for them.",
           m.upstream_warmed);
  page.head("weir_provider_connect_failures_total", "counter",
            "Connections to providers that could not be made, by reason.");
  for (std::size_t i = 0; i < kFaultCount; ++i)
    if (m.connect_faults[i] > 0)
      page.sample("weir_provider_connect_failures_total",
                  "{fault=\"" + std::string(to_string(static_cast<Fault>(i))) + "\"}", m.connect_faults[i]);
  page.head("weir_name_lookups_total", "counter", "Host names asked for, by how that ended.");
  constexpr Bytes kEnds[] = {"found", "not_found", "failed", "timed_out", "cancelled"};
  static_assert(std::size(kEnds) == io::kNameStatusCount);
  for (std::size_t i = 0; i < io::kNameStatusCount; ++i)
    page.sample("weir_name_lookups_total", "{result=\"" + std::string(kEnds[i]) + "\"}", m.name_lookups[i]);
  page.one("weir_name_stale_answers_used_total", "counter",
           "Connections begun with addresses past their time, because no name server gave new ones.", m.names_stale);
  page.one("weir_buffer_bytes", "gauge", "Receive and staging buffers in use.", m.buffer_bytes_held);
  page.one("weir_buffer_limit_bytes", "gauge", "Their bound at present: the shards' own and what they have leased.",
           m.buffer_bytes_own);
  page.one("weir_frames", "gauge",
           "Coroutine frames and provider connections in use: several for each client connection.", m.frames);
  page.one("weir_frame_bytes", "gauge", "Memory taken for them; kept for the next ones.", m.frame_bytes);
  page.one("weir_request_heads", "gauge", "Parsed heads, 4 KiB each, of requests that wait for their answer to begin.",
           m.request_heads);
  page.one("weir_log_buffer_bytes", "gauge", "Log lines that wait to be written.", m.log_buffer_bytes);
  constexpr Bytes kUses[] = {"request", "answer", "held", "head"};
  static_assert(std::size(kUses) == io::MemoryLedger::kUses);
  const auto by_use = [&](Bytes name, const auto& values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      page.sample(name, "{use=\"" + std::string(kUses[i]) + "\"}", values[i]);
  };
  page.head("weir_memory_reserved_bytes", "gauge", "Memory reserved by exchanges, by what it is for.");
  by_use("weir_memory_reserved_bytes", m.memory_used);
  page.head("weir_memory_limit_bytes", "gauge", "What can be reserved for it at present.");
  by_use("weir_memory_limit_bytes", m.memory_limit);
  page.head("weir_memory_refused_total", "counter", "Reservations that were refused.");
  by_use("weir_memory_refused_total", m.memory_refused);
  page.one("weir_log_lines_dropped_total", "counter",
           "Access lines or writes lost because the log's target was slow or failed.", m.log_lines_dropped);
  page.one("weir_ring_overflows_total", "counter",
           "Turns in which more completions were there than the queue of a ring holds; they came a turn later.",
           m.ring_overflows);

  page.head("weir_tls_handshakes_total", "counter",
            "TLS handshakes by side and result; resumed: a short one, counted apart from full ones.");
  for (const auto& [side, counts] : {std::pair<Bytes, const net::TlsCounts&>("client", m.client_tls),
                                     std::pair<Bytes, const net::TlsCounts&>("provider", m.provider_tls)}) {
    const std::string label = "{side=\"" + std::string(side) + "\",result=\"";
    page.sample("weir_tls_handshakes_total", label + "full\"}", counts.done - counts.resumed);
    page.sample("weir_tls_handshakes_total", label + "resumed\"}", counts.resumed);
    page.sample("weir_tls_handshakes_total", label + "failed\"}", counts.failed);
  }
  page.one("weir_tls_handshakes_in_flight", "gauge", "TLS handshakes with clients under way.", m.handshakes_in_flight);
  page.one("weir_tls_handshakes_limit", "gauge", "Their bound.", m.handshakes_limit);

  page.histogram(
      "weir_exchange_duration_seconds", "From the first byte of a request to the end of its answer.", m.duration,
      {1'000, 5'000, 10'000, 50'000, 100'000, 500'000, 1'000'000, 5'000'000, 10'000'000, 60'000'000, 300'000'000});
  page.histogram("weir_ttft_seconds", "From the first byte of a request to the first content.", m.ttft,
                 {1'000, 5'000, 10'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000,
                  60'000'000});
  page.histogram("weir_overhead_seconds", "Time spent inside weir, waiting on neither side.", m.overhead,
                 {5, 10, 20, 50, 100, 200, 500, 1'000, 5'000, 10'000});
  return page.take();
}

}  // namespace weir::control
