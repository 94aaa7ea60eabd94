// The resolver of a simulated world: keeps names_contract.h with the table of its SimNetwork, in virtual time, decided
// by the seed. Answers come from timers of the loop, so within a turn. Owned by a shard; must be closed before it dies.
#pragma once

#include "weir/base/intrusive_list.h"
#include "weir/io/loop.h"
#include "weir/io/names_contract.h"

namespace weir::io {

class SimNames {
 public:
  SimNames(Loop& loop, const NameOptions& options);
  ~SimNames();
  SimNames(const SimNames&) = delete;
  SimNames& operator=(const SimNames&) = delete;

  void start(Lookup& lookup, Bytes host);
  void cancel(Lookup& lookup);
  Task<> close();

 private:
  struct Request;
  static void on_due(Timer& timer);
  void answer(Request& request);
  void deliver(Lookup& lookup, const NameAnswer& answer);

  Loop& loop_;
  Duration patience_;  // until the servers are given up
  Duration resolution_delay_;
  IntrusiveList<Request, SimNames> requests_;
  std::coroutine_handle<> closer_;
};

}  // namespace weir::io
