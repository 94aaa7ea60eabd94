// One try at one deployment: a connection, the request as this provider wants it, the answer's head.
#pragma once

#include "weir/catalog/catalog.h"
#include "weir/codec/http1.h"
#include "weir/codec/json_edit.h"
#include "weir/gateway/gateway.h"
#include "weir/gateway/provider_start.h"
#include "weir/gateway/record.h"
#include "weir/net/body.h"
#include "weir/net/upstream.h"
#include "weir/routing/router.h"

namespace weir::gateway {

/// What is sent.
struct AttemptRequest {
  const Call& call;
  const codec::RequestHead& head;  ///< the client's; its fields travel where they may
  const net::Body& body;           ///< stays as it came
  bool translated = false;         ///< another dialect than the client's: its fields mean nothing there
};

class Attempt {
 public:
  Attempt(Gateway& gateway, Record& record, const catalog::Target& target)
      : gateway_(gateway),
        record_(record),
        provider_(*target.provider),
        provider_index_(target.provider_index),
        cell_(target.cell) {
    record_.price = target.price();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  /// Who has not been told how it ended is told that nobody waited for it.
  ~Attempt() { end({.blame = routing::Blame::gone}); }

  /// The router has let this attempt through and wants to hear of its end.
  void track(const routing::Pass& pass) {
    is_tracked_ = true;
    pass_ = pass;
  }
  /// The first content has come.
  void answered();
  /// Counts only the first time.
  void end(const routing::AttemptEnd& end);

  /// Sends the request with `edits` spliced into its body and waits for the answer's head, which is valid until the
  /// caller next suspends. A connection that turns out to be stale, with no byte answered, is replaced once.
  io::Task<Result<codec::ResponseHead*>> start(AttemptRequest request, const codec::EditList& edits, Instant deadline);

  /// Somebody was asked, or it was tried.
  bool asked() const { return asked_; }

  /// Gives up at once: whoever waits on this attempt goes on, behind start() with Fault::cancelled.
  void cancel();
  net::Upstream& upstream() { return *lease_; }
  std::size_t provider_index() const { return provider_index_; }
  /// The connection goes back to its pool, or is closed when the answer was not read to its end.
  void release() { lease_.reset(); }
  /// The same when everything of interest has been read, but perhaps not the end of the body.
  void release_at_end() { lease_.reset_at_end(); }

 private:
  Result<void> send(AttemptRequest request, const codec::EditList& edits);

  Gateway& gateway_;
  Record& record_;
  const catalog::Provider& provider_;
  const std::size_t provider_index_;
  const std::uint32_t cell_;
  net::UpstreamPool::Lease lease_;
  routing::Pass pass_;
  Instant began_{};
  std::int64_t ttft_ms_ = -1;  // from there to the first content; -1: none came
  bool is_tracked_ = false;
  bool has_ended_ = false;
  bool asked_ = false;
  bool cancelled_ = false;
};

}  // namespace weir::gateway
