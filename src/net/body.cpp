#include "weir/net/body.h"

#include <cstring>

namespace weir::net {

void Body::append(io::BufferPool& buffers, const BodyPart& part) {
  if (part.count == 0) return;
  // Payloads of several HTTP chunks in one buffer move together over the framing between them: one slice per receive.
  io::Chunk whole = part.chunk;
  char* const begin = whole.writable().data() + (part.payloads[0].data() - whole.bytes().data());
  char* end = begin + part.payloads[0].size();
  for (std::size_t i = 1; i < part.count; ++i) {
    std::memmove(end, part.payloads[i].data(), part.payloads[i].size());
    end += part.payloads[i].size();
  }
  const Bytes payload(begin, static_cast<std::size_t>(end - begin));
  size_ += payload.size();
  // A client that sends a byte at a time must not make us hold a buffer per byte.
  const bool small = payload.size() < buffers.buffer_bytes() / 4;
  if (small && !chunks_.empty() && buffers.append(chunks_.back(), payload)) return;
  chunks_.push_back(whole.slice(payload));
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
