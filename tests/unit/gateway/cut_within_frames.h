// A stream cut in the middle of every frame: none comes whole, so each is read in the ordinary way.
#pragma once

#include <vector>

#include "weir/codec/sse.h"

namespace weir::gateway::test {

inline std::vector<Bytes> cut_within_frames(Bytes body) {
  std::vector<Bytes> pieces;
  codec::SseScanner scanner;
  std::size_t last = 0;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t found = scanner.find_end(body.substr(at));
    const std::size_t size = found == codec::SseScanner::npos ? body.size() - at : found;
    const std::size_t middle = at + (size + 1) / 2;
    pieces.push_back(body.substr(last, middle - last));
    last = middle;
    at += size;
  }
  pieces.push_back(body.substr(last));
  return pieces;
}

}  // namespace weir::gateway::test
