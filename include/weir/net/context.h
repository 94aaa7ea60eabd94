// What all connections of one shard share.
#pragma once

#include "weir/base/recycler.h"
#include "weir/codec/http1.h"
#include "weir/io/loop.h"
#include "weir/net/handshake_gate.h"
#include "weir/net/options.h"
#include "weir/shared/client_table.h"

namespace weir::net {

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
  Context(io::Loop& l, const Options& o, shared::ClientTable* c = nullptr)
      : loop(l), options(o), clients(c), handshakes(l, o.max_handshakes) {}

  io::Loop& loop;
  const Options options;
  shared::ClientTable* const clients;  ///< where connections with a ticket are counted out
  HandshakeGate handshakes;            ///< with clients
  TlsCounts client_tls;
  TlsCounts provider_tls;
  Recycler<codec::RequestHead> request_heads;
  codec::ResponseHead response_head;  ///< parsed and used up within one turn
  std::string scratch;                ///< for bodies in several chunks; valid within one turn
};

}  // namespace weir::net
