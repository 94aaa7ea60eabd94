#include "weir/tls/layer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace weir::tls {
namespace {

// One send carries at most so many sealed bytes: enough to fill a pipe, little enough that a slow reader's content is
// kept as content, where small pieces are packed, and not as records.
constexpr std::size_t kSealedAtOnce = 4;  // buffers
constexpr std::size_t kWorthARecord = 4 * Engine::kRecordOverhead;

using Outcome = Engine::Outcome;

/// Content as a row of bytes: small pieces become one record together, be it a frame of HTTP with its framing or all
/// that a turn has brought.
class Pieces {
 public:
  explicit Pieces(std::span<const io::Chunk> content) : content_(content) { settle(); }
  bool empty() const { return content_.empty(); }

  /// The next bytes, at most `most`: where they lie if they lie together, else copied into `scratch`.
  Bytes next(std::size_t most, MutableBytes scratch) {
    most = std::min(most, scratch.size());
    const Bytes first = take(most);
    if (content_.empty() || first.size() == most) return first;
    std::size_t size = first.copy(scratch.data(), most);
    while (!content_.empty() && size < most) size += take(most - size).copy(scratch.data() + size, most - size);
    return {scratch.data(), size};
  }

 private:
  Bytes take(std::size_t most) {
    const Bytes part = content_.front().bytes().substr(at_, most);
    at_ += part.size();
    settle();
    return part;
  }
  void settle() {
    while (!content_.empty() && at_ == content_.front().size()) {
      content_ = content_.subspan(1);
      at_ = 0;
    }
  }

  std::span<const io::Chunk> content_;
  std::size_t at_ = 0;  // in the first of them
};

}  // namespace

void Layer::feed(io::Chunk wire) {
  wire_ = std::move(wire);
  engine_->feed(wire_.bytes());
}

Layer::Opened Layer::open(io::Chunk& content) {
  if (!engine_->established()) {
    const Outcome outcome = engine_->handshake();
    if (engine_->hungry()) wire_ = {};
    if (outcome == Outcome::wants_input) return Opened::hungry;
    if (outcome != Outcome::done) return Opened::failed;
  }
  io::Chunk chunk = buffers_.take();
  if (!chunk) return Opened::no_buffer;
  const Engine::Read read = engine_->read(chunk.writable());
  if (engine_->hungry()) wire_ = {};
  switch (read.outcome) {
    case Outcome::done:
      chunk.truncate(read.size);
      content = std::move(chunk);
      return Opened::content;
    case Outcome::wants_input:
      return Opened::hungry;
    case Outcome::ended:
      return Opened::end;
    case Outcome::failed:
      break;
  }
  return Opened::failed;
}

bool Layer::send_pending(std::vector<io::Chunk>& wire) {
  Bytes pending = engine_->pending();
  if (pending.empty()) return true;
  const std::size_t before = wire.size();
  while (!pending.empty()) {
    io::Chunk chunk = buffers_.take();
    if (!chunk) {
      wire.resize(before);
      return false;
    }
    const std::size_t size = pending.copy(chunk.writable().data(), chunk.size());
    chunk.truncate(size);
    pending.remove_prefix(size);
    wire.push_back(std::move(chunk));
  }
  engine_->clear_pending();
  return true;
}

std::size_t Layer::seal(std::span<const io::Chunk> content, std::vector<io::Chunk>& wire) {
  if (!send_pending(wire) || !engine_->established() || broken_) return 0;
  Pieces pieces(content);
  std::array<char, Engine::kMaxRecord> scratch;
  std::size_t covered = 0;
  for (std::size_t buffer = 0; buffer < kSealedAtOnce && !pieces.empty(); ++buffer) {
    io::Chunk chunk = buffers_.take();
    if (!chunk) break;
    std::size_t used = 0;
    while (!pieces.empty() && chunk.size() - used > kWorthARecord) {
      const Bytes record = pieces.next(chunk.size() - used - Engine::kRecordOverhead, scratch);
      const std::size_t size = engine_->write(record, chunk.writable().subspan(used));
      if (size == 0) {
        broken_ = true;
        return covered;
      }
      used += size;
      covered += record.size();
    }
    chunk.truncate(used);
    wire.push_back(std::move(chunk));
  }
  return covered;
}

void Layer::end() {
  if (!engine_->established() || broken_ || std::exchange(ended_, true)) return;
  engine_->end();
}

}  // namespace weir::tls
