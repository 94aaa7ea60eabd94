#include "weir/net/body.h"

namespace weir::net {

void Body::append(io::BufferPool& buffers, const BodyPart& part) {
  for (std::size_t i = 0; i < part.count; ++i) {
    const Bytes payload = part.payloads[i];
    size_ += payload.size();
    // A client that sends a byte at a time must not make us hold a buffer per byte.
    const bool small = payload.size() < buffers.buffer_bytes() / 4;
    if (small && !chunks_.empty() && buffers.append(chunks_.back(), payload)) continue;
    chunks_.push_back(part.chunk.slice(payload));
  }
}

Bytes Body::contiguous(std::string& scratch) const {
  if (chunks_.empty()) return {};
  if (chunks_.size() == 1) return chunks_.front().bytes();
  scratch.clear();
  scratch.reserve(size_);
  for (const io::Chunk& chunk : chunks_) scratch.append(chunk.bytes());
  return scratch;
}

}  // namespace weir::net
