// What is kept of a stream as long as it has not begun for the client: its head, and what came before the first
// meaningful event. Lent by the gateway, so that streams that have begun need no room for it.
#pragma once

#include <cstdint>
#include <vector>

#include "weir/base/recycler.h"
#include "weir/net/downstream.h"

namespace weir::gateway {

struct Beginning {
  using Home = Recycler<Beginning>;

  net::Downstream::Answer answer{{}, codec::HeadWriter({})};
  Instant since{};
  std::vector<io::Chunk> chunks;
  std::uint32_t bytes = 0;  ///< of the chunks
  bool has_event = false;

  void clear() {
    answer = {{}, codec::HeadWriter({})};
    chunks.clear();
    bytes = 0;
    has_event = false;
  }
};

}  // namespace weir::gateway
