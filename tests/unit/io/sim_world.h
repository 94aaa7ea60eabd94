// A loop on the simulated ring, and the world around it: what unit tests of the ring's rooms stand on.
#pragma once

#include <functional>
#include <string>

#include "weir/io/loop.h"
#include "weir/io/sim_network.h"

namespace weir::io::test {

struct SimWorld {
  explicit SimWorld(const SimOptions& options = {}, const BufferOptions& buffers = {})
      : network(options), ring(network), loop(ring, buffers) {}

  void step() {
    loop.turn();
    network.step();
  }
  /// Steps until the condition holds; false when it does not within `limit`.
  bool until(const std::function<bool()>& condition, Duration limit = 1000s) {
    const Instant end = network.now() + limit;
    while (!condition()) {
      if (network.now() >= end) return false;
      step();
    }
    return true;
  }
  void run_for(Duration time) {
    bool over = false;
    network.schedule(time, [&over] { over = true; });
    while (!over) step();
  }
  /// A chunk of its own buffer that holds `text`, as a receive or a writer makes it.
  Chunk chunk(Bytes text) {
    Chunk result = loop.buffers().take();
    text.copy(result.writable().data(), text.size());
    result.truncate(text.size());
    return result;
  }

  SimNetwork network;
  SimRing ring;
  Loop loop;
};

/// Bytes in which every place can be told from every other.
inline std::string pattern(std::size_t size) {
  std::string text(size, 0);
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761U) >> 13);
  return text;
}

}  // namespace weir::io::test
