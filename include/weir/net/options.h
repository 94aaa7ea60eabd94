// What the operator can set about connections. Filled by control; the figures are per process unless said otherwise.
#pragma once

#include <cstdint>

#include "weir/base/time.h"

namespace weir::net {

struct Options {
  std::size_t max_head_bytes = 64 * 1024;
  std::size_t max_body_bytes = 32 * 1024 * 1024;
  std::uint32_t max_connections = 8192;  ///< client connections, per shard
  std::uint32_t max_refusals = 64;       ///< connections beyond it that are told why at a time; others are reset
  std::uint32_t max_handshakes = 512;    ///< TLS handshakes with clients under way, per shard
  std::size_t credit_bytes = 64 * 1024;  ///< of an answer, waiting for a slow client, in the buffers it came in

  std::uint64_t min_body_rate = 4096;  ///< bytes per second
  Duration handshake_timeout = 10s;    ///< a client's TLS handshake
  Duration head_timeout = 30s;         ///< from the first byte of a head to its last
  Duration body_timeout = 30s;   ///< for a body, and a second more for every min_body_rate bytes of it that have come
  Duration idle_timeout = 75s;   ///< a kept-alive client connection without a request
  Duration write_timeout = 30s;  ///< a client that takes nothing of its answer
  Duration linger_timeout = 1s;  ///< reading on after an early refusal, so that the client sees the answer

  Duration connect_timeout = 5s;
  Duration first_byte_timeout = 60s;
  Duration stream_idle_timeout = 60s;  ///< between two receives of a provider's answer
  Duration total_timeout = 600s;
  Duration pool_idle_timeout = 60s;  ///< an unused connection to a provider
};

}  // namespace weir::net
