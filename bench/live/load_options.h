// How bench_load asks, as its command line says it. Plain values; who reads them owns a copy.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

enum class LoadMode { closed, open, stream };

struct LoadOptions {
  LoadMode mode = LoadMode::closed;
  std::int64_t port = 0;
  std::int64_t connections = 32;
  std::int64_t requests = 20000;
  std::int64_t warm_requests = 2000;
  std::int64_t rate = 1000;
  std::int64_t window_ms = 5000;
  std::int64_t body_bytes = 1024;
  std::int64_t chunks = 100;
  std::int64_t chunk_bytes = 220;
  std::int64_t ramp_ms = 1000;
  std::string key = "bench";
  bool sse = false;
  bool include_usage = false;
  bool two_writes = false;
  bool nagle = false;
  bool no_wait = false;
  bool stalled = false;
  bool meaning = false;
  std::string model = "gpt-4o-mini";
  std::string headers;
  std::string tls_root;
  std::string tls_name;
};

/// Ends the program on anything it does not know.
LoadOptions read_load_options(int argc, char** argv);

}  // namespace bench
