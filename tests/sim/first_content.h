// How late the pools' members were to begin, by the clocks of the test: what a client saw from its request to its
// answer is no less than what weir may have measured, and a slow member's own pause no more. Made when a world is over.
#pragma once

#include <deque>
#include <vector>

#include "client.h"
#include "health_history.h"
#include "provider.h"

namespace weir::sim {

class FirstContent {
 public:
  FirstContent(const Plan& plan, const std::deque<Client>& clients, const Provider::Visits& visits);

  using Life = HealthHistory::Life;
  /// It had answered so that every shard had heard of it, and never sooner than this: its average was more throughout.
  bool was_late(std::size_t member, Duration bound, const Life& life) const;
  /// It was never asked before, or every exchange in which it was is known to have taken less: throughout, its average
  /// was less, or there was none.
  bool was_in_time(std::size_t member, Duration bound, const Life& life) const;

 private:
  struct Exchange {
    Instant begun, arrived;
    Instant over = kNever;  ///< the client had all of the answer; kNever: it never had
    bool answered = false;  ///< by this member, with content
  };

  const Plan& plan_;
  std::vector<std::vector<Exchange>> exchanges_;  // by member
};

}  // namespace weir::sim
