#include "weir/dialect/target.h"

namespace weir::dialect {

namespace {

constexpr std::array<Bytes, 6> kThinking = {"minimal", "low", "medium", "high", "xhigh", "max"};

}  // namespace

std::uint32_t ReasoningBudgets::of(Bytes effort) const {
  for (std::size_t i = 0; i < kThinking.size(); ++i)
    if (kThinking[i] == effort) return tokens[i];
  return 0;
}

Bytes ReasoningBudgets::effort_of(std::uint64_t budget) const {
  for (std::size_t i = 1; i < kThinking.size(); ++i)  // `minimal` is not known everywhere
    if (budget <= tokens[i]) return kThinking[i];
  return kThinking.back();
}

}  // namespace weir::dialect
