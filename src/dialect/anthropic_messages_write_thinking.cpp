#include <algorithm>

#include "anthropic_messages_writer.h"

// How much to think. Models up to 4.5 take a budget of tokens, which has to stay below max_tokens and tolerates neither
// a forced tool nor a tool loop that began without thoughts; later ones take an effort.

namespace weir::dialect::anthropic_messages {

namespace {

constexpr std::uint64_t kLeastBudget = 1024;
constexpr std::uint64_t kMostTokens = 1'000'000'000;

}  // namespace

/// A word that the model knows, and that asks for no less.
Bytes RequestWriter::effort_word(Bytes effort) const {
  if (effort == "minimal") return "low";
  if (effort == "xhigh") return target_.traits.takes_xhigh_effort ? "xhigh" : "max";
  for (const Bytes word : {"low", "medium", "high", "max"})
    if (effort == word) return word;
  return {};
}

/// True when the conversation ends with results for a turn of the model that has no thoughts of its own in front:
/// with a budget, that turn would have to begin with one.
bool RequestWriter::continues_without_thinking() const {
  const Turn* results = nullptr;
  for (auto turn = turns_.rbegin(); turn != turns_.rend(); ++turn) {
    if (turn->role == Role::system) continue;
    if (!results) {
      results = &*turn;
      const bool answers =
          std::ranges::any_of(turn->messages, [](const Message* message) { return message->role == Role::tool; });
      if (!answers) return false;
      continue;
    }
    for (const Message* const message : turn->messages)
      for (const Part& part : message->parts) {
        if (part.kind == PartKind::reasoning && is_own(part)) return false;
        if (part.kind == PartKind::tool_call) return true;
      }
    return false;
  }
  return false;
}

void RequestWriter::plan_thinking() {
  const Reasoning& reasoning = request_.reasoning;
  const ModelTraits& traits = target_.traits;
  const bool off = reasoning.mode == Reasoning::Mode::off || reasoning.effort == "none" ||
                   reasoning.budget_tokens == std::uint64_t{0};
  if (off) {
    if (!traits.takes_adaptive_thinking) return;
    if (!traits.takes_thinking_off) return loss_.drop("reasoning_effort");
    thinking_.kind = Thinking::Kind::off;
    return;
  }
  const bool wanted =
      reasoning.mode != Reasoning::Mode::unset || !reasoning.effort.empty() || reasoning.budget_tokens.has_value();
  if (!wanted) return;
  if (!traits.takes_thinking) return loss_.drop("reasoning_effort");
  if (traits.takes_adaptive_thinking) {
    thinking_.kind = emulates_schema_ ? Thinking::Kind::none : Thinking::Kind::adaptive;
    const Bytes effort = reasoning.effort.empty() && reasoning.budget_tokens
                             ? target_.budgets.effort_of(*reasoning.budget_tokens)
                             : reasoning.effort;
    thinking_.effort = effort_word(effort);
    if (!effort.empty() && thinking_.effort.empty()) loss_.drop("reasoning_effort");
    return;
  }
  if (forces_tool() || continues_without_thinking()) return loss_.drop("reasoning_effort");
  thinking_.kind = Thinking::Kind::budget;
  thinking_.budget = reasoning.budget_tokens.value_or(target_.budgets.of(reasoning.effort));
  if (thinking_.budget == 0) thinking_.budget = target_.budgets.of("medium");
  thinking_.budget = std::clamp(thinking_.budget, kLeastBudget, kMostTokens);
}

std::uint64_t RequestWriter::max_tokens() const {
  const std::uint64_t wanted = request_.max_tokens.value_or(target_.traits.default_max_tokens);
  if (thinking_.kind != Thinking::Kind::budget || wanted > thinking_.budget) return wanted;
  return thinking_.budget + std::max<std::uint64_t>(wanted, 1);
}

void RequestWriter::write_thinking() {
  switch (thinking_.kind) {
    case Thinking::Kind::none:
      return;
    case Thinking::Kind::off:
      json_.key("thinking").begin_object().member("type", "disabled").end_object();
      return;
    case Thinking::Kind::budget:
      json_.key("thinking").begin_object().member("type", "enabled");
      json_.key("budget_tokens").unsigned_integer(thinking_.budget);
      break;
    case Thinking::Kind::adaptive:
      json_.key("thinking").begin_object().member("type", "adaptive");
      // Without it the newest models give their thoughts as a signature alone.
      if (request_.reasoning.show.value_or(true)) json_.member("display", "summarized");
      break;
  }
  if (!request_.reasoning.show.value_or(true)) json_.member("display", "omitted");
  json_.end_object();
}

}  // namespace weir::dialect::anthropic_messages
