#include "weir/io/memory_ledger.h"

#include <algorithm>

namespace weir::io {

bool MemoryLedger::fits(Use use, std::size_t more, std::size_t whole) const {
  const std::size_t all = limit();
  // Records of TLS that are on their way are held without a reservation; they count where they are more than the
  // reservations that nobody has made use of yet.
  const std::size_t taken = std::max(used_, buffers_.held_bytes());
  if (taken > all || more > all - taken) return false;
  if (whole <= kSmall && (use == Use::request || use == Use::answer)) return true;
  const std::size_t share = limit(use);
  const std::size_t own = used(use);
  if (own > share || more > share - own) return false;
  // The fuller the share, the less for one exchange: many slow clients divide it, and no number of them shuts out the
  // next one (dynamic thresholds, as switches divide their buffers: Choudhury and Hahne, 1998).
  return use != Use::held || whole <= kSmall / 4 || whole <= (share - own) / 4;
}

bool MemoryLedger::reserve(Use use, std::size_t more, std::size_t whole) {
  while (!fits(use, more, whole)) {
    if (buffers_.grow()) continue;
    ++refused_[static_cast<std::size_t>(use)];
    return false;
  }
  used_ += more;
  by_use_[static_cast<std::size_t>(use)] += more;
  return true;
}

}  // namespace weir::io
