// bench_path WORKLOAD [--sites]: runs a workload over the simulated ring and prints, as JSON, what weir did in each of
// its two phases. Instructions are not in it: callgrind counts them around this program (run.py).
//
// After a warm-up come two phases, the second twice as large. Their difference is what one unit costs: start, idling
// and end are the same in both.
#include <cstdio>
#include <cstring>

#include <dlfcn.h>

#include "stage.h"

namespace weir::path {
namespace {

constexpr const char* kWorkNames[] = {"accept", "connect", "receive", "send", "write",
                                      "watch",  "cancel",  "clock",   "turn", "idle_turn"};
static_assert(std::size(kWorkNames) == io::SimMeter::kWorks);

void print_phase(const char* name, std::size_t units, std::size_t connections, const Counts& counts) {
  std::printf("\"%s\":{\"units\":%zu,\"allocations\":%llu,\"bytes\":%llu", name, units,
              static_cast<unsigned long long>(counts.heap.allocations),
              static_cast<unsigned long long>(counts.heap.bytes));
  std::printf(",\"memory\":%zu", counts.peak / connections);
  for (std::size_t i = 0; i < counts.work.size(); ++i)
    std::printf(",\"%s\":%llu", kWorkNames[i], static_cast<unsigned long long>(counts.work[i]));
  std::printf("}");
}

/// Frames as "object+offset", which addr2line understands.
void print_sites() {
  std::printf(",\"sites\":[");
  const char* separator = "";
  Allocations::for_each_site([&](const Allocations::Site& site) {
    std::printf("%s{\"allocations\":%llu,\"bytes\":%llu,\"frames\":[", separator,
                static_cast<unsigned long long>(site.use.allocations), static_cast<unsigned long long>(site.use.bytes));
    separator = ",";
    for (int i = 0; i < site.depth; ++i) {
      Dl_info info{};
      if (dladdr(site.frames[i], &info) == 0) continue;
      std::printf("%s[\"%s\",%td]", i == 0 ? "" : ",", info.dli_fname,
                  static_cast<char*>(site.frames[i]) - static_cast<char*>(info.dli_fbase));
    }
    std::printf("]}");
  });
  std::printf("]");
}

int run(const Workload& workload, bool sites) {
  Tally tally;
  Stage stage(workload, tally);
  const std::size_t n = workload.exchanges;
  const std::size_t frames = workload.frames;
  stage.run(2 * n, frames);  // warm: pools, buffers and containers have the sizes that the second phase needs
  tally.begin();
  stage.run(n, frames);
  const Counts first = tally.take("first");
  if (sites) Allocations::keep_sites();
  workload.frames_count ? stage.run(n, 2 * frames) : stage.run(2 * n, frames);
  const Counts second = tally.take("second");
  tally.end();
  const std::vector<std::string> complaints = stage.complaints();
  for (const std::string& complaint : complaints) std::fprintf(stderr, "bench_path: %s\n", complaint.c_str());
  stage.drain();

  const std::size_t per_exchange = workload.frames_count ? frames : 1;
  std::printf("{\"workload\":\"%s\",\"unit\":\"%s\",", workload.name.data(), workload.unit.data());
  print_phase("first", n * per_exchange, workload.connections, first);
  std::printf(",");
  print_phase("second", 2 * n * per_exchange, workload.connections, second);
  if (sites) print_sites();
  std::printf("}\n");
  return complaints.empty() ? 0 : 1;
}

}  // namespace
}  // namespace weir::path

int main(int argc, char** argv) {
  const bool sites = argc > 2 && std::strcmp(argv[2], "--sites") == 0;
  for (const weir::path::Workload& workload : weir::path::workloads())
    if (argc > 1 && workload.name == argv[1]) return weir::path::run(workload, sites);
  std::fprintf(stderr, "usage: bench_path WORKLOAD [--sites]; workloads:");
  for (const weir::path::Workload& workload : weir::path::workloads())
    std::fprintf(stderr, " %s", workload.name.data());
  std::fprintf(stderr, "\n");
  return 2;
}
