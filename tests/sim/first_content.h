// How late the pools' members were to begin, by the clocks of the test. Weir measures from the beginning of an attempt
// to its first content: that is no more than what the attempt's client waited for its first words, and no less than the
// pause that a slow member makes before every answer. Made when a world is over.
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
  /// It never begins sooner than this, and every shard had heard of it: its average was more throughout.
  bool was_late(std::size_t member, Duration bound, const Life& life) const;
  /// It was never asked, or every time it was is known to have taken less: its average was less throughout, or there
  /// was none.
  bool was_in_time(std::size_t member, Duration bound, const Life& life) const;

 private:
  struct Attempt {
    Instant begun;              ///< or later
    Instant arrived;            ///< at the member
    Instant content = kNever;   ///< its client had the first words, of this member; kNever: it never had
    Instant no_later = kNever;  ///< what weir measured, if it did, it had measured then
  };

  const Plan& plan_;
  std::vector<std::vector<Attempt>> attempts_;  // by member
};

}  // namespace weir::sim
