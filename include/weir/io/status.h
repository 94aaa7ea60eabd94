// How an operation on a stream ended, without the operating system's numbers.
#pragma once

#include <cstdint>

namespace weir::io {

enum class Status : std::uint8_t {
  ok,
  end,        ///< the peer finished sending (FIN; with a layer: said so in its own way)
  truncated,  ///< the connection ended although the layer's own end had not come
  reset,      ///< the peer or the network broke the connection
  refused,    ///< nobody listens there, or the way is blocked
  timed_out,  ///< our own deadline passed
  cancelled,  ///< we gave up on purpose
  insecure,   ///< the layer failed: the handshake, a certificate, a record
  failed,     ///< anything else
};

/// From a completion's negative result.
Status status_from(int negated_errno);

}  // namespace weir::io
