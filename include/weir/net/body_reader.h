// One side's message body, taken out of its HTTP/1 framing receive by receive. Pure: chunks in, parts out.
#pragma once

#include <array>
#include <cstdint>

#include "weir/base/fault.h"
#include "weir/codec/chunked.h"
#include "weir/codec/http1.h"
#include "weir/io/buffer_pool.h"

namespace weir::net {

/// What one receive brought of a body.
struct BodyPart {
  static constexpr std::size_t kMaxPayloads = 4;

  BodyPart() {}  // leaves the payloads alone: most parts have one

  io::Chunk chunk;  ///< the bytes as they were received
  union {
    std::array<Bytes, kMaxPayloads> payloads;  ///< `count` views into `chunk`: the body without its framing
  };
  std::size_t count = 0;
  bool framed = false;  ///< `chunk`, as it is, consists of whole HTTP/1 chunks that carry exactly `payloads` (and, if
                        ///< `last`, the end of the body): it can be sent on without being touched
  bool last = false;    ///< the body ends here

  std::size_t size() const {
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) total += payloads[i].size();
    return total;
  }
};

class BodyReader {
 public:
  explicit BodyReader(codec::Sender sender) : chunked_(sender) {}

  /// A new body. With Framing::none it is done at once.
  void begin(codec::Framing framing, std::uint64_t content_length);

  /// Takes the body's share of a received chunk. Bytes behind the end of the body, or more pieces than a part has room
  /// for, are left in `rest`. Fault: malformed chunked framing.
  Result<BodyPart> take(io::Chunk chunk, io::Chunk& rest);

  /// The sender has finished the connection. True when that ends the body properly (Framing::until_close).
  bool end();

  bool done() const { return done_; }
  codec::Framing framing() const { return framing_; }
  std::uint64_t received() const { return received_; }

 private:
  codec::Framing framing_ = codec::Framing::none;
  codec::ChunkedDecoder chunked_;
  std::uint64_t left_ = 0;
  std::uint64_t received_ = 0;  // payload bytes so far
  bool done_ = true;
};

}  // namespace weir::net
