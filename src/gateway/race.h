// What is kept of a request as long as its answer has not begun: the request itself, who may answer it, and how the
// last attempt failed. While there is a race, another deployment can be asked and the client has seen nothing; commit()
// ends it, and what begins an answer asks for the proof.
//
// An answer that stitches has a race behind its beginning, too: leave_rest_open() gives the same proof, but keeps the
// request. Then the client can be refused nothing any more; whoever is asked is asked for the rest, and only the lane
// that has begun can give it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pause.h"
#include "weir/base/assert.h"
#include "weir/base/recycler.h"
#include "weir/catalog/catalog.h"
#include "weir/codec/json_edit.h"
#include "weir/dialect/envelope.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"
#include "weir/gateway/provider_start.h"
#include "weir/gateway/record.h"
#include "weir/net/body.h"
#include "weir/net/downstream.h"
#include "weir/routing/attempts.h"
#include "weir/routing/plan.h"

namespace weir::gateway {

/// An attempt that gave the client nothing: what it is told when nobody else answers.
struct Failure {
  routing::AttemptEnd end;
  std::optional<Fault> fault;                     ///< weir's word for it; none: the provider's status says it
  int status = 0;                                 ///< what the client is told; 0: of the fault
  std::string text;                               ///< an error in the client's dialect, or...
  std::string fields;                             ///< (field lines that go with it)
  std::optional<net::Downstream::Answer> answer;  ///< ...the provider's own: its head...
  net::Body body;                                 ///< ...and its body, untouched
};

/// What is sent to the deployment that is being tried.
struct Asking {
  catalog::Target target;
  Call call;
  codec::EditList edits;
  std::string scratch;   ///< what the edits insert
  net::Body translated;  ///< of another dialect than the client's; empty: the client's own body with edits
  io::MemoryLedger::Hold memory;
};

/// The body as the neutral request: views into it.
struct Reading {
  dialect::Request request;
  dialect::Loss loss;
};

/// Proof that the race is over: what begins an answer takes it.
class Committed {
  friend class Race;
  Committed() = default;
};

class Race {
 public:
  using Home = Recycler<Race>;

  net::Body body;  ///< as it came
  Bytes text;      ///< all of it in one view, as long as the turn lasts in which it was planned; then empty
  std::optional<Reading> reading;  ///< of `text`, where it was needed for the plan; not longer than that
  dialect::Envelope envelope;
  ShortText<dialect::Envelope::kMaxModelSize> model;  ///< as the client meant it; targets may view into it
  std::optional<catalog::Resolution> resolution;
  routing::Plan plan;
  std::optional<routing::Attempts> attempts;
  Asking asking;
  std::optional<Failure> failure;  ///< of the last attempt
  std::string dropped;             ///< names of the parameters that the provider was not given
  std::uint64_t estimate = 0;      ///< of the tokens of a request that are to be counted
  std::optional<Pause> pause;      ///< before the next attempt; over as soon as nobody waits for the answer
  bool is_for_rest = false;        ///< the client has the beginning of an answer

  /// The client gets an answer: nobody else is asked, nothing of the request is needed any more. Without a race nobody
  /// else could have been asked from the beginning.
  static Committed commit(Home::Lease race) {
    if (race) race->clear();
    return {};
  }
  /// The client gets an answer that somebody else may go on with. Once.
  static Committed leave_rest_open(Race& race) {
    WEIR_ASSERT(!race.is_for_rest, "an answer begins once");
    race.is_for_rest = true;
    race.forget_asking();
    return {};
  }
  void clear() {
    is_for_rest = false;
    body.clear();
    text = {};
    reading.reset();
    resolution.reset();
    plan.clear();
    attempts.reset();
    forget_asking();
    failure.reset();
    dropped.clear();
    pause.reset();
  }
  void forget_asking() {
    asking.edits.clear();
    asking.translated.clear();
    asking.memory.shrink_to(0);
  }
};

}  // namespace weir::gateway
