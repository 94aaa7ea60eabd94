// Who cannot or must not answer a request, whatever the strategy: what is known of the model and what the operator and
// the client want. What is not known leaves nobody out. Pure.
#pragma once

#include <cstdint>

#include "weir/catalog/route_policy.h"
#include "weir/routing/candidate_facts.h"
#include "weir/routing/plan.h"

namespace weir::routing {

/// What all deployments of a request are held against.
struct Demands {
  const Ask* ask = nullptr;
  const catalog::RoutePolicy* policy = nullptr;
  std::uint64_t require_tags = 0;  ///< the model's and the request's
  std::uint64_t forbid_tags = 0;
  std::uint64_t output_tokens = 0;  ///< for the estimate of cost
  std::int64_t most_cost_nano_usd = -1;
  bool needs_price = false;  ///< a deployment whose price is not known is not asked
};

inline std::int64_t lesser_limit(std::int64_t a, std::int64_t b) { return a < 0 ? b : b < 0 ? a : a < b ? a : b; }

inline Demands demands_of(const Ask& ask, const catalog::RoutePolicy& policy, std::uint64_t require_tags,
                          std::uint64_t forbid_tags, bool needs_price) {
  return {.ask = &ask,
          .policy = &policy,
          .require_tags = require_tags | ask.require_tags,
          .forbid_tags = forbid_tags | ask.forbid_tags,
          .output_tokens = ask.max_output_tokens > 0 ? ask.max_output_tokens : policy.assumed_output_tokens,
          .most_cost_nano_usd = lesser_limit(policy.most_cost_nano_usd, ask.most_cost_nano_usd),
          .needs_price = needs_price};
}

/// The estimate for one model: its own limit bounds what it can answer.
inline std::int64_t cost_of(const Demands& demands, const CandidateFacts& facts) {
  std::uint64_t output = demands.output_tokens;
  if (facts.most_output_tokens > 0 && output > facts.most_output_tokens) output = facts.most_output_tokens;
  return estimated_cost(facts, demands.ask->input_tokens, output);
}

/// Fills `candidate.unfit` and `lacking`; its cost is known by then.
inline void judge(const Demands& demands, std::uint32_t provider, const CandidateFacts& facts, std::uint64_t tags,
                  std::uint8_t quality, Candidate& candidate) {
  const Ask& ask = *demands.ask;
  if (ask.owner && *ask.owner != provider) {
    candidate.unfit = Unfit::owner;
    return;
  }
  if (ask.requires_unknown_tag || (demands.require_tags & ~tags) != 0 || (demands.forbid_tags & tags) != 0) {
    candidate.unfit = Unfit::tag;
    return;
  }
  if (const std::uint32_t lacking = ask.needs.bits() & facts.cannot.bits(); lacking != 0) {
    candidate.unfit = Unfit::capability;
    for (std::size_t i = kNeedCount; i > 0; --i)
      if ((lacking >> (i - 1)) & 1U) candidate.lacking = static_cast<Need>(i - 1);
    return;
  }
  if (facts.context_tokens > 0 && ask.input_tokens + ask.max_output_tokens > facts.context_tokens) {
    candidate.unfit = Unfit::context;
  } else if (quality > 0 && quality < demands.policy->least_quality) {
    candidate.unfit = Unfit::quality;
  } else if (candidate.cost_nano_usd < 0) {
    if (demands.needs_price) candidate.unfit = Unfit::unpriced;
  } else if (demands.most_cost_nano_usd >= 0 && candidate.cost_nano_usd > demands.most_cost_nano_usd) {
    candidate.unfit = Unfit::cost;
  }
}

}  // namespace weir::routing
