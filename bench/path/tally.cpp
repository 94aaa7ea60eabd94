#include "tally.h"

#include <valgrind/callgrind.h>

#include <utility>

namespace weir::path {

void Tally::on_pass(Side side) {
  Allocations::count(side == Side::above);  // from the beginning on, to know what lives
  if (!on_) return;
  CALLGRIND_TOGGLE_COLLECT;  // run.py starts callgrind without collecting
}

void Tally::count(Work work) {
  if (on_) ++work_[static_cast<std::size_t>(work)];
}

Counts Tally::take(const char* name) {
  const HeapUse now = Allocations::so_far();
  Counts counts{{now.allocations - before_.allocations, now.bytes - before_.bytes},
                Allocations::take_peak(),
                std::exchange(work_, {})};
  before_ = now;
  CALLGRIND_DUMP_STATS_AT(name);
  return counts;
}

}  // namespace weir::path
