#include "pool_laws.h"

#include <algorithm>

#include "attempt_laws.h"
#include "spoken_plan.h"

namespace weir::sim {

using catalog::Strategy;

namespace {

constexpr std::uint32_t kFew = 8;  // fewer in flight are never too many for a session's deployment

bool is_by_load(Strategy strategy) {
  return strategy == Strategy::latency || strategy == Strategy::least_inflight || strategy == Strategy::blend;
}

/// Whether it is asked before the other by what is configured, whatever is measured; both have room.
bool is_before(const Plan& plan, const RequestPlan& a, const RequestPlan& b) {
  const Pool& pool = plan.pools.pools[a.pool];
  const Member& one = plan.pools.members[a.member];
  const Member& other = plan.pools.members[b.member];
  const bool has_weight = pool.places[a.member].weight > 0 && pool.places[b.member].weight == 0;
  const bool both_priced = one.price > 0 && other.price > 0;
  const bool is_cheaper = both_priced && sim::is_cheaper(one, other, a.sizes);
  switch (pool.route.strategy) {
    case Strategy::priority:
      return a.member < b.member;
    case Strategy::weighted:
    case Strategy::least_inflight:
      return has_weight;
    case Strategy::cost:
      return one.price > 0 && (other.price == 0 || is_cheaper);
    case Strategy::blend: {
      const catalog::BlendWeights& weights = pool.route.blend;
      if (weights.latency + weights.in_flight + weights.failures > 0) return false;
      if (weights.quality == 0) return is_cheaper;
      return weights.cost == 0 && other.known_quality() > 0 && one.known_quality() > other.known_quality();
    }
    case Strategy::latency:
      return false;
  }
  return false;
}

Probe probe_of(Strategy strategy) {
  constexpr Probe kProbes[] = {Probe::by_priority, Probe::by_weight, Probe::by_latency,
                               Probe::by_cost,     Probe::by_load,   Probe::by_blend};
  static_assert(std::size(kProbes) == catalog::kStrategyCount);
  return kProbes[static_cast<std::size_t>(strategy)];
}

bool is_unreached(Bytes outcome) { return outcome == "connect_failed" || outcome == "connect_timeout"; }

}  // namespace

class PoolLaws::Judge {
 public:
  Judge(PoolLaws& laws, const RequestPlan& request, const HttpMessage& answer, const Provider::Visit& visit,
        const Life& life)
      : laws_(laws),
        plan_(laws.plan_),
        history_(laws.history_),
        telling_(laws.telling_),
        pool_(plan_.pools.pools[request.pool]),
        request_(request),
        answer_(answer),
        life_(life),
        trail_(read_trail(answer)) {
    for (const Step& step : trail_) ask(step.deployment);
    const auto* shown = answer.find("x-weir-deployment");
    if (trail_.empty() && shown) ask(*shown);
    if (trail_.empty() && !shown)
      for (const Provider::Arrival& arrival : visit.arrivals) ask(arrival.plan->spoken.deployment);
    // (Whom a request did not reach left no mark then.)
  }

  void judge() {
    for (const RequestPlan* asked : asked_)
      if (asked->misfit != Misfit::none) broken("was asked, and must not be", *asked);
    if (answer_.status == row(Fault::no_deployment).status && !answer_.find("x-weir-deployment"))
      telling_.broken(name() + "was refused, and somebody may be asked: " + answer_.body.substr(0, 300));
    check_returns();
    check_given_up();
    for (std::size_t i = 0; i < asked_.size(); ++i)
      for (std::size_t k = 0; k < request_.deployments(); ++k) check_turn(i, request_.deployment(k));
    if (laws_.is_decided(request_, life_)) {
      telling_.count(Probe::pool_decided);
      if (answer_.status != 200 || !answer_.complete)
        telling_.broken(name() + "somebody could have answered; status " + std::to_string(answer_.status));
    }
    judge_session();
    count();
  }

 private:
  std::string name() const {
    const auto* trail = answer_.find("x-weir-attempts");
    return "#" + std::to_string(request_.id) + " (" + request_.name + ", " +
           std::string(to_string(pool_.route.strategy)) + ", trail: " + (trail ? *trail : "none") + "): ";
  }
  void broken(const std::string& what, const RequestPlan& who) const {
    telling_.broken(name() + who.spoken.deployment + " " + what);
  }
  void count_if(bool condition, Probe probe) const {
    if (condition) telling_.count(probe);
  }

  void ask(Bytes deployment) {
    for (std::size_t i = 0; i < request_.deployments(); ++i) {
      const RequestPlan& one = request_.deployment(i);
      if (one.spoken.deployment == deployment && !is_asked(one, asked_.size())) asked_.push_back(&one);
    }
  }
  /// Among the first so many.
  bool is_asked(const RequestPlan& one, std::size_t places) const {
    return std::find(asked_.begin(), asked_.begin() + static_cast<std::ptrdiff_t>(places), &one) !=
           asked_.begin() + static_cast<std::ptrdiff_t>(places);
  }

  const Pool::Place& place(const RequestPlan& one) const { return pool_.places[one.member]; }
  bool was_well(const RequestPlan& one) const { return history_.was_well(one.member, life_); }
  /// Its time to first content was longer than the model wants, or surely was not; neither: nobody knows.
  bool was_late(const RequestPlan& one) const {
    return wants_quick() && laws_.first_content_.was_late(one.member, most_ttft(), life_);
  }
  bool was_in_time(const RequestPlan& one) const {
    return !wants_quick() || laws_.first_content_.was_in_time(one.member, most_ttft(), life_);
  }
  bool wants_quick() const { return pool_.route.most_ttft_ms > 0; }
  Duration most_ttft() const { return pool_.route.most_ttft_ms * 1ms; }
  bool was_full(const RequestPlan& one) const {
    const std::uint32_t limit = place(one).most_in_flight;
    return limit > 0 && history_.least_in_flight(one.member, life_) >= limit;
  }
  bool had_room(const RequestPlan& one) const {
    const std::uint32_t limit = place(one).most_in_flight;
    return limit == 0 || history_.most_in_flight(one.member, life_) < limit;
  }

  /// Whoever was well and comes first was asked before the i-th that was asked.
  void check_turn(std::size_t i, const RequestPlan& other) const {
    const RequestPlan& asked = *asked_[i];
    if (&other == &asked || is_asked(other, i) || other.misfit != Misfit::none || !was_well(other)) return;
    if (history_.was_shut(asked.member, life_))
      return broken("was asked although its breaker was open, and " + other.spoken.deployment + " was not", asked);
    if (was_late(asked) && was_in_time(other))
      return broken("was asked although it is late to begin, and " + other.spoken.deployment + " was not", asked);
    // (Those who are late stand behind, whatever else is true of them. So may the other.)
    if (!was_in_time(other)) return;
    // (Where load or chance decides, a probe comes before everybody.)
    if (is_by_load(pool_.route.strategy) && !was_well(asked)) return;
    if (was_full(asked) && had_room(other) && was_well(asked))
      return broken("was asked although it was full, and " + other.spoken.deployment + " was not", asked);
    if (!had_room(other) || !had_room(asked)) return;
    if (is_before(plan_, other, asked))
      return broken("was asked before " + other.spoken.deployment + ", whose turn it was", asked);
    if (is_before(plan_, asked, other)) telling_.count(Probe::order_kept);
  }

  /// Everybody who was well was asked before anybody twice. (Another credential is another asker.)
  void check_returns() const {
    for (std::size_t i = 1; i < trail_.size(); ++i) {
      const Bytes deployment = trail_[i].deployment;
      const auto before = trail_.begin() + static_cast<std::ptrdiff_t>(i);
      const auto came = [&](const Step& step) { return step.deployment == deployment; };
      if (std::none_of(trail_.begin(), before, came)) continue;
      const auto times = static_cast<std::size_t>(std::count_if(trail_.begin(), before, came));
      const auto who = std::ranges::find_if(
          asked_, [&](const RequestPlan* asked) { return asked->spoken.deployment == deployment; });
      if (came(trail_[i - 1]) && times < (*who)->doors.size()) continue;
      for (std::size_t k = 0; k < request_.deployments(); ++k) {
        const RequestPlan& other = request_.deployment(k);
        const bool waits = std::none_of(trail_.begin(), before,
                                        [&](const Step& step) { return step.deployment == other.spoken.deployment; });
        if (waits && other.misfit == Misfit::none && was_well(other))
          broken("was returned to before " + other.spoken.deployment + " was asked", **who);
      }
    }
  }

  /// Nobody is given up on while somebody may be asked, be it as the last resort.
  void check_given_up() const {
    if (!plan_.outage || answer_.status == 200 || asked_.empty() || trail_.size() >= kMostAttempts) return;
    const auto fails = [&](const RequestPlan* asked) {
      const std::vector<Door>& doors = plan_.pools.members[asked->member].doors;
      return std::ranges::count(doors, Door::open) == 0 || end_of(plan_, *asked) == End::fails;
    };
    if (!std::ranges::all_of(asked_, fails)) return;
    for (std::size_t k = 0; k < request_.deployments(); ++k) {
      const RequestPlan& other = request_.deployment(k);
      if (other.misfit == Misfit::none && !is_asked(other, asked_.size()))
        broken("was not asked before the request was given up; status " + std::to_string(answer_.status), other);
    }
  }

  /// Where nothing kept a session from its deployment, it is the same as ever.
  void judge_session() {
    const Strategy strategy = pool_.route.strategy;
    if (request_.session.empty() || !pool_.route.affinity || asked_.empty()) return;
    if (strategy != Strategy::weighted && strategy != Strategy::latency && strategy != Strategy::least_inflight) return;
    std::string key = pool_.name;
    key.append(" ").append(request_.session).append(request_.wire.contains(kKeys[0]) ? " alpha" : " beta");
    bool undisturbed = true;
    bool has_home = strategy == Strategy::latency;  // elsewhere it belongs to nobody without weight
    for (std::size_t i = 0; i < request_.deployments(); ++i) {
      const RequestPlan& one = request_.deployment(i);
      if (one.misfit != Misfit::none) continue;
      key += " " + std::to_string(one.member);
      has_home |= place(one).weight > 0;
      undisturbed &=
          was_well(one) && was_in_time(one) && had_room(one) && history_.most_in_flight(one.member, life_) < kFew;
    }
    const std::size_t first = asked_.front()->member;
    const auto home = laws_.homes_.find(key);
    if (home != laws_.homes_.end() && first != home->second.member)
      count_if(!history_.was_well(home->second.member, life_), Probe::affinity_broken);
    if (!undisturbed || !has_home) return;
    if (home == laws_.homes_.end()) return void(laws_.homes_[key] = {request_.id, first});
    if (first == home->second.member) return telling_.count(Probe::affinity_kept);
    broken("was asked first, and for #" + std::to_string(home->second.request) + " of the same session " +
               plan_.pools.members[home->second.member].name(),
           *asked_.front());
  }

  void count() const {
    std::size_t unreached = 0;
    for (std::size_t i = 0; i < trail_.size(); ++i) {
      const bool again = i > 0 && trail_[i].deployment == trail_[i - 1].deployment;
      unreached += is_unreached(trail_[i].outcome) && !again;
    }
    for (const RequestPlan* asked : asked_) {
      count_if(history_.was_shut(asked->member, life_), Probe::shut_asked);
      count_if(was_late(*asked), Probe::late_asked);
    }
    if (answer_.status != 200 || !answer_.complete || asked_.empty())
      return count_if(trail_.size() >= 3 && unreached >= 2 &&
                          std::ranges::all_of(trail_, [](const Step& step) { return is_unreached(step.outcome); }),
                      Probe::all_down);
    telling_.count(probe_of(pool_.route.strategy));
    count_if(unreached >= 2, Probe::region_survived);
    count_if(trail_.size() > 1 && trail_[trail_.size() - 2].deployment == trail_.back().deployment &&
                 asked_.back()->doors.size() > 1,
             Probe::credential_rotated);
    count_first();
    for (std::size_t i = 0; i < request_.deployments(); ++i) {
      const RequestPlan& other = request_.deployment(i);
      count_if(other.misfit == Misfit::tag, Probe::tag_respected);
      count_if(other.misfit == Misfit::ability, Probe::ability_respected);
      count_if(other.misfit == Misfit::context, Probe::context_respected);
      count_if(other.misfit == Misfit::quality, Probe::quality_respected);
      count_if(other.misfit == Misfit::unpriced, Probe::unpriced_respected);
      count_if(other.misfit == Misfit::cost, Probe::limit_respected);
      if (other.misfit != Misfit::none || is_asked(other, 1)) continue;
      count_if(was_full(other), Probe::full_passed_over);
      count_if(was_late(other) && was_in_time(*asked_.front()), Probe::late_passed_over);
      if (!history_.was_shut(other.member, life_)) continue;
      const Member& member = plan_.pools.members[other.member];
      const bool is_sound = !member.sick && std::ranges::all_of(member.doors, [](Door d) { return d == Door::open; });
      telling_.count(Probe::shut_passed_over);
      count_if(is_sound && !member.quota_group.empty(), Probe::group_shut);
    }
  }

  /// Who was asked first, though another one might have been but for a wish of the model's or the request's.
  void count_first() const {
    const RequestPlan& first = *asked_.front();
    const Member& member = plan_.pools.members[first.member];
    count_if(request_.limited && member.price == 0, Probe::unpriced_asked);
    count_if(pool_.route.least_quality > 0 && member.known_quality() == 0, Probe::unknown_quality_asked);
    if (pool_.route.strategy != Strategy::cost) return;
    bool passes_over = false, is_cheapest = true;
    for (std::size_t i = 0; i < request_.deployments(); ++i) {
      const RequestPlan& other = request_.deployment(i);
      const bool is_cheaper = is_before(plan_, other, first);
      passes_over |= other.misfit == Misfit::quality && is_cheaper;
      is_cheapest &= other.misfit != Misfit::none || !is_cheaper;
    }
    count_if(passes_over && is_cheapest, Probe::cheapest_good_asked);
  }

  PoolLaws& laws_;
  const Plan& plan_;
  const HealthHistory& history_;
  Telling& telling_;
  const Pool& pool_;
  const RequestPlan& request_;
  const HttpMessage& answer_;
  const Life& life_;
  const std::vector<Step> trail_;
  std::vector<const RequestPlan*> asked_;  // in the order of their first attempts
};

bool PoolLaws::is_decided(const RequestPlan& request, const Life& life) const {
  if (!plan_.outage || life.to == kNever) return false;
  std::size_t in_vain = 0, most_of_answers = 0;
  bool has_answer = false;
  for (std::size_t i = 0; i < request.deployments(); ++i) {
    const RequestPlan& one = request.deployment(i);
    if (one.misfit != Misfit::none) continue;
    const std::vector<Door>& doors = plan_.pools.members[one.member].doors;
    const auto open = static_cast<std::size_t>(std::ranges::count(doors, Door::open));
    switch (open == 0 ? End::fails : end_of(plan_, one)) {
      case End::open:
      case End::refuses:
        return false;
      case End::fails:
        in_vain += doors.size();
        break;
      case End::answers:
        most_of_answers = std::max(most_of_answers, doors.size() - open + 1);
        for (std::size_t door = 0; door < doors.size(); ++door)
          has_answer |= doors[door] == Door::open && history_.was_not_barred(one.member, door, life) &&
                        history_.was_well(one.member, life);
    }
  }
  return has_answer && in_vain + most_of_answers <= kMostAttempts;
}

void PoolLaws::judge(const RequestPlan& request, const HttpMessage& answer, const Provider::Visit& visit,
                     const Life& life) {
  if (answer.head_complete && life.to != kNever) Judge(*this, request, answer, visit, life).judge();
}

void PoolLaws::judge_credentials(const RequestPlan& request, const Provider::Visit& visit, Instant begun) {
  for (const Provider::Arrival& arrival : visit.arrivals) {
    const Life life{begun, arrival.at};
    for (std::size_t i = 0; i < request.deployments(); ++i) {
      const RequestPlan& one = request.deployment(i);
      const auto used = static_cast<std::size_t>(arrival.plan - one.doors.data());
      if (arrival.plan < one.doors.data() || used >= one.doors.size()) continue;
      for (std::size_t other = 0; other < one.doors.size(); ++other) {
        if (other == used || !history_.was_not_barred(one.member, other, life)) continue;
        if (history_.was_barred(one.member, used, life))
          telling_.broken("#" + std::to_string(request.id) + ": " + one.spoken.deployment +
                          " was asked with a barred credential, and another one was left");
      }
      for (std::size_t other = 0; other < used; ++other)
        if (history_.was_barred(one.member, other, life)) telling_.count(Probe::barred_passed_over);
    }
  }
}

}  // namespace weir::sim
