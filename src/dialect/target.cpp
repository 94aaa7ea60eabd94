#include "weir/dialect/target.h"

#include "weir/dialect/request.h"

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

Bytes effort_told(const Reasoning& reasoning, const ModelTraits& traits, const ReasoningBudgets& budgets) {
  Bytes effort = reasoning.effort;
  if (effort.empty()) {
    if (!reasoning.budget_tokens || reasoning.mode == Reasoning::Mode::off) return {};
    effort = budgets.effort_of(*reasoning.budget_tokens);
    // The client named no word, so it gets one that is known everywhere.
    if (effort == "xhigh" || effort == "max") effort = traits.takes_xhigh_effort ? "xhigh" : "high";
  }
  if (!traits.is_reasoning) return effort;
  if (effort == "minimal" && !traits.takes_minimal_thinking) return "low";
  if ((effort == "xhigh" || effort == "max") && !traits.takes_xhigh_effort) return "high";
  return effort;
}

}  // namespace weir::dialect
