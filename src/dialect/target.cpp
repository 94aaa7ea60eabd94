#include "weir/dialect/target.h"

namespace weir::dialect {

namespace {

constexpr std::array<Bytes, 6> kEfforts = {"minimal", "low", "medium", "high", "xhigh", "max"};

}  // namespace

std::uint32_t ReasoningBudgets::of(Bytes effort) const {
  for (std::size_t i = 0; i < kEfforts.size(); ++i)
    if (kEfforts[i] == effort) return tokens[i];
  return 0;
}

Bytes ReasoningBudgets::effort_of(std::uint64_t budget) const {
  for (std::size_t i = 1; i < kEfforts.size(); ++i)  // `minimal` is not known everywhere
    if (budget <= tokens[i]) return kEfforts[i];
  return kEfforts.back();
}

}  // namespace weir::dialect
