// Who sent the bytes a parser reads. The grammar is the same in both directions; the fault is not: a client's broken
// framing is its own doing, a provider's broken framing is a bad gateway.
#pragma once

#include <cstdint>

#include "weir/base/fault.h"

namespace weir::codec {

enum class Sender : std::uint8_t { client, provider };

constexpr Fault head_malformed(Sender sender) {
  return sender == Sender::client ? Fault::head_malformed : Fault::upstream_malformed;
}
constexpr Fault head_too_large(Sender sender) {
  return sender == Sender::client ? Fault::head_too_large : Fault::upstream_head_too_large;
}
constexpr Fault head_ambiguous(Sender sender) {
  return sender == Sender::client ? Fault::head_ambiguous : Fault::upstream_malformed;
}
constexpr Fault version_unsupported(Sender sender) {
  return sender == Sender::client ? Fault::version_unsupported : Fault::upstream_malformed;
}
constexpr Fault coding_unsupported(Sender sender) {
  return sender == Sender::client ? Fault::coding_unsupported : Fault::upstream_malformed;
}
constexpr Fault chunk_malformed(Sender sender) {
  return sender == Sender::client ? Fault::chunk_malformed : Fault::upstream_malformed;
}

}  // namespace weir::codec
