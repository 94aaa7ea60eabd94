#include "first_content.h"

#include <algorithm>

namespace weir::sim {
namespace {

constexpr Duration kHeard = 25ms;     // a shard looks at the others every 20 ms
constexpr Duration kForgotten = 29s;  // what was measured half a minute ago is

/// Its first words can be read, by weir too.
bool has_content(const HttpMessage& answer) {
  return answer.status == 200 && answer.complete && answer.body.contains(kAnswerMark) &&
         !answer.find("content-encoding");
}

}  // namespace

FirstContent::FirstContent(const Plan& plan, const std::deque<Client>& clients, const Provider::Visits& visits)
    : plan_(plan), exchanges_(plan.pools.members.size()) {
  for (const Client& client : clients)
    for (std::size_t i = 0; i < client.plan().requests.size(); ++i) {
      const RequestPlan& request = client.plan().requests[i];
      const auto visit = visits.find(request.id);
      if (request.pool == kNoPool || visit == visits.end()) continue;
      const auto& answers = client.answers().messages();
      const auto* shown = i < answers.size() ? answers[i].find("x-weir-deployment") : nullptr;
      for (const Provider::Arrival& arrival : visit->second.arrivals) {
        const std::size_t member = arrival.plan->member;
        const bool answered = shown && *shown == plan.pools.members[member].name() && has_content(answers[i]);
        exchanges_[member].push_back(
            {.begun = client.begun_at(i), .arrived = arrival.at, .over = client.over_at(i), .answered = answered});
      }
    }
}

bool FirstContent::was_late(std::size_t member, Duration bound, const Life& life) const {
  if (plan_.pools.members[member].least_late <= bound) return false;
  return std::ranges::any_of(exchanges_[member], [&](const Exchange& exchange) {
    return exchange.answered && exchange.over != kNever && exchange.over + kHeard < life.from &&
           exchange.begun + kForgotten > life.to;
  });
}

bool FirstContent::was_in_time(std::size_t member, Duration bound, const Life& life) const {
  return std::ranges::all_of(exchanges_[member], [&](const Exchange& exchange) {
    return exchange.arrived > life.to || (exchange.over != kNever && exchange.over - exchange.begun < bound);
  });
}

}  // namespace weir::sim
