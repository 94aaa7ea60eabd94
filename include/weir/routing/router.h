// The routing of one shard: plans from what is configured and what all shards have measured, and takes down how
// attempts end. Owned by the shard's gateway; the health table is everybody's.
#pragma once

#include <cstdint>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/routing/attempt_end.h"
#include "weir/routing/plan.h"

namespace weir::routing {

class Router {
 public:
  explicit Router(const catalog::Catalog& catalog) : catalog_(catalog) {}

  /// Orders who can answer. No allocation.
  void plan(const catalog::Resolution& resolution, const Ask& ask, Instant now, Random& random, Plan& plan);
  /// Right before an attempt: false when the breaker does not let it through. Else it is in flight until end().
  bool begin(std::uint32_t cell, Instant now);
  /// Exactly once for each begin() that was true.
  void end(std::uint32_t cell, const AttemptEnd& end, Instant now);

 private:
  [[maybe_unused]] const catalog::Catalog& catalog_;
};

}  // namespace weir::routing
