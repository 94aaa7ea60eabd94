#include "load_options.h"

#include <cstdio>
#include <cstdlib>

#include "arguments.h"

namespace bench {

LoadOptions read_load_options(int argc, char** argv) {
  LoadOptions o;
  std::string mode = "closed";
  read_arguments(argc, argv, "bench_load: client of the bench, to 127.0.0.1",
                 {{"mode", &mode, "closed, open or stream (closed)"},
                  {"port", &o.port, "whom to ask"},
                  {"key", &o.key, "sent as Authorization: Bearer"},
                  {"connections", &o.connections, "connections, in stream mode streams held (32)"},
                  {"requests", &o.requests, "closed: measured requests (20000)"},
                  {"warm-requests", &o.warm_requests, "closed: requests before (2000)"},
                  {"rate", &o.rate, "open: requests per second (1000)"},
                  {"window-ms", &o.window_ms, "open, stream: measured time (5000)"},
                  {"ramp-ms", &o.ramp_ms, "stream: time over which streams start (1000)"},
                  {"body-bytes", &o.body_bytes, "size of the request body (1024)"},
                  {"chunks", &o.chunks, "content frames per stream (100)"},
                  {"chunk-bytes", &o.chunk_bytes, "bytes of a content frame, as the upstream has it (220)"},
                  {"sse", &o.sse, "closed, open: ask for streams"},
                  {"include-usage", &o.include_usage, "ask for the usage frame"},
                  {"two-writes", &o.two_writes, "head and body in two sends"},
                  {"nagle", &o.nagle, "without NODELAY"},
                  {"no-wait", &o.no_wait, "start measuring without a line on stdin"},
                  {"stalled", &o.stalled, "stream: nothing is read before the window is over"},
                  {"meaning", &o.meaning, "answers need only mean the same: they may have been written anew"},
                  {"headers", &o.headers, "further header lines of the request, each with its CR LF"},
                  {"tls-root", &o.tls_root, "speak TLS and trust this certificate (PEM)"},
                  {"tls-name", &o.tls_name, "whom the certificate shown has to name"},
                  {"model", &o.model, "which model to ask for (gpt-4o-mini)"}});
  if (mode == "stream") {
    o.mode = LoadMode::stream;
  } else if (mode == "open") {
    o.mode = LoadMode::open;
  } else if (mode != "closed") {
    std::fprintf(stderr, "bench_load: --mode is closed, open or stream, not %s\n", mode.c_str());
    std::exit(2);
  }
  return o;
}

}  // namespace bench
