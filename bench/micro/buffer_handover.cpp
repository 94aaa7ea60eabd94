// What does it cost to hand received bytes on: a buffer, two slices of it, given away and let go? Reference: a copy
// into a string of its own for each owner.
#include <benchmark/benchmark.h>

#include <vector>

#include "../../tests/unit/io/sim_world.h"

namespace weir::micro {
namespace {

void hand_over(io::BufferPool& pool, Bytes received, std::vector<io::Chunk>& outbox) {
  io::Chunk chunk = pool.take();
  chunk.truncate(received.size());  // as if received
  outbox.push_back(chunk.slice(chunk.bytes().substr(0, received.size() / 2)));
  outbox.push_back(chunk.slice(chunk.bytes().substr(received.size() / 2)));
}

void copy(Bytes received, std::vector<std::string>& outbox) {
  outbox.emplace_back(received.substr(0, received.size() / 2));
  outbox.emplace_back(received.substr(received.size() / 2));
}

void buffer_handover_weir(benchmark::State& state) {
  const std::string received = io::test::pattern(static_cast<std::size_t>(state.range(0)));
  io::test::SimWorld world;
  io::BufferPool& pool = world.loop.buffers();
  std::vector<io::Chunk> ours;
  std::vector<std::string> copies;
  {
    io::Chunk first = pool.take();
    received.copy(first.writable().data(), received.size());
  }  // the next one is the same buffer: last in, first out
  hand_over(pool, received, ours);
  copy(received, copies);
  for (std::size_t i = 0; i < 2; ++i) WEIR_ASSERT(ours[i].bytes() == copies[i], "both hand on the same bytes");
  ours.clear();
  WEIR_ASSERT(pool.held() == 0, "the buffer is home");
  for (auto _ : state) {
    hand_over(pool, received, ours);
    benchmark::DoNotOptimize(ours.data());
    ours.clear();
  }
}
BENCHMARK(buffer_handover_weir)->Arg(220)->Arg(16 * 1024);

void buffer_handover_reference(benchmark::State& state) {
  const std::string received = io::test::pattern(static_cast<std::size_t>(state.range(0)));
  std::vector<std::string> copies;
  for (auto _ : state) {
    copy(received, copies);
    benchmark::DoNotOptimize(copies.data());
    copies.clear();
  }
}
BENCHMARK(buffer_handover_reference)->Arg(220)->Arg(16 * 1024);

}  // namespace
}  // namespace weir::micro
