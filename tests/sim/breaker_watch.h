// Looks at the breakers and the health of all deployments at every turn: breakers move along their table alone, one
// probe at a time, and nothing is in flight when everything is over. Owned by the world.
#pragma once

#include <vector>

#include "telling.h"
#include "weir/base/time.h"
#include "weir/routing/breaker.h"
#include "weir/shared/health_table.h"

namespace weir::sim {

class BreakerWatch {
 public:
  BreakerWatch(const shared::HealthTable& table, Telling& telling) : table_(table), telling_(telling) {
    words_.resize(table.size());
    ended_.resize(table.size());
  }

  /// At every turn.
  void look(Instant now);
  /// When the last exchange is over.
  void check_rest(Instant now) const;

 private:
  void judge(std::uint32_t cell, const routing::Breaker& before, const routing::Breaker& after, Instant now);
  std::uint64_t ended(std::uint32_t cell, Instant now) const;

  const shared::HealthTable& table_;
  Telling& telling_;
  std::vector<std::uint64_t> words_;  // by cell, as they were
  std::vector<std::uint64_t> ended_;  // attempts of a half-open cell's group that had ended
  Instant looked_at_{};
};

}  // namespace weir::sim
