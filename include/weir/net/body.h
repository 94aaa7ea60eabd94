// A request body held in the chunks it arrived in: it is read once, edited around and, after a failed attempt, sent
// again. Nothing is copied as long as it comes in nearly full buffers; smaller pieces are packed, so that no way of
// cutting a body makes it pin more memory than most_memory() says.
#pragma once

#include <string>

#include "weir/base/small_vector.h"
#include "weir/io/buffer_pool.h"
#include "weir/net/body_reader.h"

namespace weir::net {

class Body {
 public:
  std::size_t size() const { return size_; }
  std::span<const io::Chunk> chunks() const { return chunks_.all(); }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }

  /// Takes the payloads of a part. Its bytes are moved within their buffer: the part is not to be used afterwards.
  void append(io::BufferPool& buffers, const BodyPart& part);

  /// Becomes a copy of a text of our own. False when no buffers are left for it; then it is empty.
  bool assign(io::BufferPool& buffers, Bytes text);

  /// The most that a body of `size` bytes can pin, however it arrives: all its buffers are 7/8 full but the last, and
  /// the first one, which the head may share (the caller counts that one with the head).
  static constexpr std::size_t most_memory(std::size_t size, std::size_t buffer_bytes) {
    const std::size_t least = buffer_bytes / 8 * 7;
    return ((size + least - 1) / least + 1) * buffer_bytes;
  }

  /// The whole body in one view: the chunk itself when there is one, else a copy in `scratch`.
  Bytes contiguous(std::string& scratch) const;

  /// Calls visit(Chunk) for the slices that make up [offset, offset + size).
  template <class Visitor>
  void for_each_slice(std::size_t offset, std::size_t size, Visitor&& visit) const {
    for (const io::Chunk& chunk : chunks_.all()) {
      if (size == 0) return;
      if (offset >= chunk.size()) {
        offset -= chunk.size();
        continue;
      }
      const Bytes part = chunk.bytes().substr(offset, size);
      visit(chunk.slice(part));
      offset = 0;
      size -= part.size();
    }
  }

 private:
  SmallVector<io::Chunk, 2> chunks_;
  std::size_t size_ = 0;
};

}  // namespace weir::net
