// What does it cost to cut streams into frames, as they arrive in pieces of a packet's size? Reference: lines into
// strings, of whole streams.
#include <benchmark/benchmark.h>

#include "inputs.h"
#include "weir/base/assert.h"
#include "weir/codec/sse.h"

namespace weir::micro {
namespace {

constexpr std::size_t kPiece = 1400;

/// Calls back with the data of every frame; a cut frame is put together in `held`, as the relay does it.
template <class Function>
void split(const std::string& stream, std::string& held, std::string& scratch, Function&& function) {
  codec::SseScanner scanner;
  held.clear();
  const auto tell = [&](Bytes frame) {
    const codec::SseFrame parsed = codec::parse_sse_frame(frame, scratch);
    if (parsed.has_data) function(parsed.data);
  };
  for (std::size_t at = 0; at < stream.size(); at += kPiece) {
    Bytes piece = Bytes(stream).substr(at, kPiece);
    for (;;) {
      const std::size_t size = scanner.find_end(piece);
      if (size == codec::SseScanner::npos) break;
      if (held.empty()) {
        tell(piece.substr(0, size));
      } else {
        held.append(piece.substr(0, size));
        tell(held);
        held.clear();
      }
      piece.remove_prefix(size);
    }
    held.append(piece);
  }
  if (!held.empty()) tell(held);
}

std::int64_t bytes_of_all() {
  std::size_t bytes = 0;
  for (const std::string& stream : inputs().streams) bytes += stream.size();
  return static_cast<std::int64_t>(bytes);
}

void sse_split_weir(benchmark::State& state) {
  std::string held;
  std::string scratch;
  std::int64_t frames = 0;
  for (const std::string& stream : inputs().streams) {
    std::vector<std::string> ours;
    split(stream, held, scratch, [&](Bytes data) { ours.emplace_back(data); });
    WEIR_ASSERT(ours == payloads(stream), "both find the same payloads");
    frames += static_cast<std::int64_t>(ours.size());
  }
  for (auto _ : state)
    for (const std::string& stream : inputs().streams)
      split(stream, held, scratch, [](Bytes data) { benchmark::DoNotOptimize(data); });
  state.SetBytesProcessed(state.iterations() * bytes_of_all());
  state.SetItemsProcessed(state.iterations() * frames);
}
BENCHMARK(sse_split_weir);

void sse_split_reference(benchmark::State& state) {
  std::int64_t frames = 0;
  for (const std::string& stream : inputs().streams) frames += static_cast<std::int64_t>(payloads(stream).size());
  for (auto _ : state)
    for (const std::string& stream : inputs().streams) benchmark::DoNotOptimize(payloads(stream));
  state.SetBytesProcessed(state.iterations() * bytes_of_all());
  state.SetItemsProcessed(state.iterations() * frames);
}
BENCHMARK(sse_split_reference);

}  // namespace
}  // namespace weir::micro
