// What may stand between the bytes that a connection's owner means (content) and the bytes on its wire: TLS.
//
// A socket owns its layer and drives it: it feeds what it received, opens content when somebody reads, and seals what
// was queued just before it is sent. A layer never touches the ring. A socket without one pays one branch.
#pragma once

#include <vector>

#include "weir/base/fault.h"
#include "weir/io/buffer_pool.h"

namespace weir::io {

class Layer {
 public:
  enum class Opened : std::uint8_t {
    content,    ///< a chunk of it
    hungry,     ///< more bytes from the wire are needed
    no_buffer,  ///< a buffer is needed
    end,        ///< the peer said, properly, that nothing follows
    failed,     ///< the connection is of no use any more
  };

  virtual ~Layer() = default;

  /// Bytes from the wire; only after open() said `hungry`.
  virtual void feed(Chunk wire) = 0;
  /// Goes on with the handshake while there is one, then gives the next content.
  virtual Opened open(Chunk& content) = 0;
  /// The handshake is over: content flows.
  virtual bool established() const = 0;

  /// There is something to send, even without content.
  virtual bool has_output() const = 0;
  /// Turns the beginning of `content`, and whatever the layer has to say itself, into chunks for the wire. Returns how
  /// many bytes of content are covered; 0 with nothing added to `wire` where no buffer is left. As much as is worth one
  /// send; nothing of the content before the handshake is over.
  virtual std::size_t seal(std::span<const Chunk> content, std::vector<Chunk>& wire) = 0;
  /// A failed seal: nothing can be sent any more.
  virtual bool broken() const = 0;
  /// Says that nothing follows. To be sealed and sent like everything else.
  virtual void end() = 0;

  /// Why it failed.
  virtual Fault fault() const = 0;
};

}  // namespace weir::io
