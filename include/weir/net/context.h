// What all connections of one shard share.
#pragma once

#include "weir/base/recycler.h"
#include "weir/codec/http1.h"
#include "weir/io/loop.h"
#include "weir/net/handshake_gate.h"
#include "weir/net/options.h"

namespace weir::net {

/// Bytes of request bodies that may be held at the same time. Reserved before a body is read, so that the pool of
/// buffers can never be filled with bodies none of which can become complete.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}
  bool reserve(std::size_t bytes) {
    if (bytes > limit_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void release(std::size_t bytes) { used_ -= bytes; }
  std::size_t used() const { return used_; }
  std::size_t limit() const { return limit_; }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
};

/// TLS handshakes on one side, since the start.
struct TlsCounts {
  std::uint64_t done = 0;  ///< resumed ones among them
  std::uint64_t resumed = 0;
  std::uint64_t failed = 0;

  void merge(const TlsCounts& other) {
    done += other.done;
    resumed += other.resumed;
    failed += other.failed;
  }
};

struct Context {
  Context(io::Loop& l, const Options& o)
      : loop(l), options(o), body_bytes(o.max_buffered_bytes), handshakes(l, o.max_handshakes) {}

  io::Loop& loop;
  const Options options;
  ByteBudget body_bytes;
  HandshakeGate handshakes;  ///< with clients
  TlsCounts client_tls;
  TlsCounts provider_tls;
  Recycler<codec::RequestHead> request_heads;
  codec::ResponseHead response_head;  ///< parsed and used up within one turn
  std::string scratch;                ///< for bodies in several chunks; valid within one turn
};

}  // namespace weir::net
