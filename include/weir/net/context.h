// What all connections of one shard share.
#pragma once

#include "weir/base/recycler.h"
#include "weir/codec/http1.h"
#include "weir/io/loop.h"
#include "weir/net/options.h"
#include "weir/shared/client_table.h"

namespace weir::net {

struct Context {
  Context(io::Loop& l, const Options& o, shared::ClientTable* c = nullptr) : loop(l), options(o), clients(c) {}

  io::Loop& loop;
  const Options options;
  shared::ClientTable* const clients;  ///< where connections with a ticket are counted out
  Recycler<codec::RequestHead> request_heads;
  codec::ResponseHead response_head;  ///< parsed and used up within one turn
  std::string scratch;                ///< for bodies in several chunks; valid within one turn
};

}  // namespace weir::net
