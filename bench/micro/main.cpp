// bench_micro: Google Benchmark over the questions beside it. Every pair of "weir" and "reference" has compared its
// answers before anything is timed; a difference ends the program.
#include <benchmark/benchmark.h>

#include "inputs.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const weir::micro::Inputs& inputs = weir::micro::inputs();
  benchmark::AddCustomContext("inputs", inputs.origin + ": " + std::to_string(inputs.streams.size()) + " streams, " +
                                            std::to_string(inputs.requests.size()) + " requests");
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
