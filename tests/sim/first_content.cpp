#include "first_content.h"

#include <algorithm>
#include <utility>

namespace weir::sim {
namespace {

constexpr Duration kHeard = 25ms;       // a shard looks at the others every 20 ms
constexpr Duration kForgotten = 29s;    // what was measured half a minute ago is
constexpr std::uint32_t kEnough = 100;  // buffers: whatever has to be held can be

}  // namespace

FirstContent::FirstContent(const Plan& plan, const std::deque<Client>& clients, const Provider::Visits& visits)
    : plan_(plan), attempts_(plan.pools.members.size()) {
  for (const Client& client : clients)
    for (std::size_t i = 0; i < client.plan().requests.size(); ++i) {
      const RequestPlan& request = client.plan().requests[i];
      const auto visit = visits.find(request.id);
      if (request.pool == kNoPool || visit == visits.end()) continue;
      const auto& answers = client.answers().messages();
      const HttpMessage* const answer = i < answers.size() ? &answers[i] : nullptr;
      const auto* shown = answer ? answer->find("x-weir-deployment") : nullptr;
      Instant begun = client.begun_at(i);
      for (const Provider::Arrival& arrival : visit->second.arrivals) {
        const std::size_t member = arrival.plan->member;
        const Instant earliest = std::exchange(begun, arrival.at);  // the next one begins later
        // An error has no first content, nor has what did not come so far. (An answer that failed later may have.)
        const AnswerPlan& told = arrival.plan->answer;
        if (told.kind == AnswerPlan::Kind::error || arrival.written < told.meant_from()) continue;
        Attempt& attempt = attempts_[member].emplace_back(Attempt{.begun = earliest, .arrived = arrival.at});
        // Words that pass before weir has read them, or that it cannot read, tell nothing.
        const bool is_read = plan.options.buffers.buffers >= kEnough && !told.golden.giant && !told.coded;
        attempt.no_later = is_read ? std::min(client.content_at(i), client.over_at(i)) : client.over_at(i);
        if (is_read && shown && answer->status == 200 && *shown == plan.pools.members[member].name())
          attempt.content = client.content_at(i);
      }
    }
}

bool FirstContent::was_late(std::size_t member, Duration bound, const Life& life) const {
  if (plan_.pools.members[member].least_late <= bound) return false;
  return std::ranges::any_of(attempts_[member], [&](const Attempt& attempt) {
    return attempt.content != kNever && attempt.content + kHeard < life.from && attempt.begun + kForgotten > life.to;
  });
}

bool FirstContent::was_in_time(std::size_t member, Duration bound, const Life& life) const {
  return std::ranges::all_of(attempts_[member], [&](const Attempt& attempt) {
    return attempt.arrived > life.to || (attempt.no_later != kNever && attempt.no_later - attempt.begun < bound);
  });
}

}  // namespace weir::sim
