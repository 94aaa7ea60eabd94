#include <algorithm>
#include <utility>

#include "filter.h"
#include "strategy.h"
#include "weir/routing/router.h"

// Who is asked for an answer, in which order.

namespace weir::routing {

namespace {

/// Left out only while somebody else is there.
bool is_last_resort(const Candidate& candidate) {
  return candidate.unfit == Unfit::headroom || candidate.unfit == Unfit::latency || candidate.unfit == Unfit::breaker;
}

}  // namespace

/// One plan in the making: the request, and what is known of those who could answer it.
class Router::Planning {
 public:
  Planning(Router& router, const catalog::Resolution& resolution, const Ask& ask, Instant now)
      : router_(router),
        resolution_(resolution),
        ask_(ask),
        now_(now),
        model_(resolution.model()),
        policy_(model_ ? model_->route : router.direct_) {
    Route route;
    if (model_) route = router.routes_[static_cast<std::size_t>(model_ - router.catalog_.models().data())];
    first_place_ = route.first_place;
    const bool needs_price = router.catalog_.unknown_price() == catalog::UnknownPrice::block;
    demands_ = demands_of(ask, policy_, route.require_tags, route.forbid_tags, needs_price);
    if (!model_) direct_facts_ = candidate_facts(resolution[0].facts);
  }

  /// Whether the one there is may be asked: there is nothing to choose.
  void take_only(Plan& plan) const {
    Candidate& only = plan.candidates_[0];
    consider(0, only);
    plan.size_ = 1;
    plan.fit_ = only.unfit == Unfit::none ? 1 : 0;
    plan.last_ = only.unfit == Unfit::breaker ? 1 : 0;
  }

  void order(Plan& plan, Random& random) const {
    std::array<Candidate, Plan::kMost> all;
    const std::size_t size = std::min(resolution_.size(), Plan::kMost);
    for (std::size_t i = 0; i < size; ++i) consider(i, all[i]);
    apply_wishes({all.data(), size});

    std::array<Contender, Plan::kMost> contenders;
    std::size_t count = 0;
    for (std::size_t i = 0; i < size; ++i)
      if (all[i].unfit == Unfit::none) contenders[count++] = contender(all[i]);
    const std::span<std::int64_t> smooth =
        model_ ? std::span(router_.smooth_).subspan(first_place_, resolution_.size()) : std::span<std::int64_t>();
    arrange({contenders.data(), count}, policy_, ask_.affinity, smooth, random);

    for (std::size_t i = 0; i < count; ++i) {
      Candidate& candidate = plan.candidates_[i] = all[contenders[i].place];
      candidate.is_warm = contenders[i].is_warm;
      candidate.score = contenders[i].score;
    }
    plan.fit_ = plan.size_ = count;
    router_.add_last_resort({all.data(), size}, plan);
    for (std::size_t i = 0; i < size; ++i)
      if (all[i].unfit != Unfit::none && !is_last_resort(all[i])) plan.candidates_[plan.size_++] = all[i];
  }

 private:
  /// Of a model that is addressed directly nothing is kept at the router.
  const CandidateFacts& facts_of(std::uint32_t cell) const {
    return model_ ? router_.cells_[cell].facts : direct_facts_;
  }
  const Place& place_of(std::size_t i) const {
    return model_ ? router_.places_[first_place_ + i] : router_.direct_place_;
  }
  static std::uint8_t quality_of(const Place& place, const CandidateFacts& facts) {
    return place.quality > 0 ? place.quality : facts.quality;
  }
  bool is_slow(const Look& look) const {
    return policy_.most_ttft_ms > 0 && look.ttft_ms > static_cast<float>(policy_.most_ttft_ms);
  }

  void consider(std::size_t i, Candidate& candidate) const {
    candidate = {.place = static_cast<std::uint32_t>(i),
                 .cell = model_ ? model_->deployments[i].cell : resolution_[i].cell};
    const CandidateFacts& facts = facts_of(candidate.cell);
    const Place& place = place_of(i);
    candidate.cost_nano_usd = cost_of(demands_, facts);
    judge(demands_, router_.cells_[candidate.cell].provider, facts, place.tags, quality_of(place, facts), candidate);
    if (candidate.unfit == Unfit::none && admission_of(router_.look(candidate.cell, now_)) == Admission::refused)
      candidate.unfit = Unfit::breaker;
  }
  Admission admission_of(const Look& look) const { return routing::look(look.breaker, router_.options_.breaker, now_); }

  /// Two wishes: they leave somebody out only while somebody else is left.
  void apply_wishes(std::span<Candidate> all) const {
    bool has_headroom = false, has_fast = false;
    for (const Candidate& candidate : all) {
      if (candidate.unfit != Unfit::none) continue;
      const Look& look = router_.looks_[candidate.cell];
      has_headroom |= look.short_until <= now_;
      has_fast |= !is_slow(look);
    }
    for (Candidate& candidate : all) {
      if (candidate.unfit != Unfit::none) continue;
      const Look& look = router_.looks_[candidate.cell];
      if (has_headroom && look.short_until > now_) {
        candidate.unfit = Unfit::headroom;
      } else if (has_fast && is_slow(look)) {
        candidate.unfit = Unfit::latency;
      }
    }
  }

  Contender contender(const Candidate& candidate) const {
    const Look& look = router_.looks_[candidate.cell];
    const Place& place = place_of(candidate.place);
    const CandidateFacts& facts = facts_of(candidate.cell);
    const Admission admission = admission_of(look);
    return {
        .place = candidate.place,
        .cell = candidate.cell,
        .weight = place.weight,
        .in_flight = look.in_flight(),
        .ttft_ms = look.ttft_ms,
        .success = look.success,
        .cost = candidate.cost_nano_usd,
        .saving = warm_saving(facts, ask_.input_tokens),
        .quality = quality_of(place, facts),
        .is_steady = admission == Admission::admitted,
        .wants_probe = admission == Admission::probe,
        .is_full = place.most_in_flight > 0 && look.in_flight() >= place.most_in_flight,
    };
  }

  Router& router_;
  const catalog::Resolution& resolution_;
  const Ask& ask_;
  const Instant now_;
  const catalog::Model* const model_;
  const catalog::RoutePolicy& policy_;
  std::uint32_t first_place_ = 0;
  Demands demands_;
  CandidateFacts direct_facts_;
};

void Router::plan(const catalog::Resolution& resolution, const Ask& ask, Instant now, Random& random, Plan& plan) {
  plan.clear();
  const Planning planning(*this, resolution, ask, now);
  if (resolution.size() == 1) return planning.take_only(plan);
  planning.order(plan, random);
}

/// Wishes and breakers choose among several, they do not refuse: when all others have failed, a provider that is slow,
/// short of its limits, or fails half of the time is better than none.
void Router::add_last_resort(std::span<const Candidate> all, Plan& plan) const {
  for (const Candidate& candidate : all)
    if (is_last_resort(candidate) && candidate.unfit != Unfit::breaker) plan.candidates_[plan.size_++] = candidate;
  const std::size_t wished = plan.size_;
  for (const Candidate& candidate : all)
    if (candidate.unfit == Unfit::breaker) plan.candidates_[plan.size_++] = candidate;
  plan.last_ = plan.size_ - plan.fit_;
  const auto shut = std::span(plan.candidates_).subspan(wished, plan.size_ - wished);
  std::ranges::sort(shut, {}, [this](const Candidate& candidate) {
    return std::pair(Breaker::unpack(table_->breaker(candidate.cell)).at, candidate.place);
  });
}

}  // namespace weir::routing
