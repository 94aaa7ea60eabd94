#include "weir/routing/router.h"

namespace weir::routing {

void Router::plan(const catalog::Resolution& resolution, const Ask&, Instant, Random&, Plan& plan) {
  plan.clear();
  for (std::size_t i = 0; i < resolution.size() && i < Plan::kMost; ++i) {
    plan.candidates_[i] = {.place = static_cast<std::uint32_t>(i), .cell = resolution[i].cell};
    ++plan.size_;
  }
  plan.fit_ = plan.size_;
}

bool Router::begin(std::uint32_t, Instant) { return true; }

void Router::end(std::uint32_t, const AttemptEnd&, Instant) {}

}  // namespace weir::routing
