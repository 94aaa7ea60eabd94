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
  Bytes payload(begin, static_cast<std::size_t>(end - begin));
  size_ += payload.size();
  // A client that sends a byte at a time must not make us hold a buffer per byte: what is free behind the last piece is
  // used first, and what then remains is copied unless it fills its own buffer nearly.
  if (!chunks_.empty()) {
    const Bytes first = payload.substr(0, buffers.room_behind(chunks_.back()));
    buffers.append(chunks_.back(), first);
    payload.remove_prefix(first.size());
    if (payload.empty()) return;
  }
  const bool fills = payload.size() >= buffers.buffer_bytes() / 8 * 7;
  if (!fills && !chunks_.empty() && !part.last) {
    if (io::Chunk fresh = buffers.take()) {
      std::memcpy(fresh.writable().data(), payload.data(), payload.size());
      fresh.truncate(payload.size());
      return chunks_.push_back(std::move(fresh));
    }
  }
  chunks_.push_back(whole.slice(payload));
}

bool Body::assign(io::BufferPool& buffers, Bytes text) {
  clear();
  while (!text.empty()) {
    io::Chunk chunk = buffers.take();
    if (!chunk) {
      clear();
      return false;
    }
    chunk.truncate(text.copy(chunk.writable().data(), chunk.size()));
    text.remove_prefix(chunk.size());
    size_ += chunk.size();
    chunks_.push_back(std::move(chunk));
  }
  return true;
}

Bytes Body::contiguous(std::string& scratch) const {
  if (chunks_.empty()) return {};
  if (chunks_.size() == 1) return chunks_.all().front().bytes();
  scratch.clear();
  scratch.reserve(size_);
  for (const io::Chunk& chunk : chunks_.all()) scratch.append(chunk.bytes());
  return scratch;
}

}  // namespace weir::net
