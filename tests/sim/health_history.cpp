#include "health_history.h"

#include <algorithm>

#include "weir/routing/breaker.h"

namespace weir::sim {

using routing::Breaker;
using routing::BreakerState;
using shared::HealthTable;

HealthHistory::HealthHistory(const Plan& plan, const catalog::Catalog& catalog, const HealthTable& table)
    : plan_(plan), table_(table) {
  const Pools& pools = plan.pools;
  if (!pools.any()) return;
  const auto resolution = catalog.find(pools.pools.front().name);
  std::size_t credential = 0;
  for (const catalog::Provider& provider : catalog.providers().first(pools.first_provider))
    credential += 1 + provider.other_credentials.size();
  first_credentials_.push_back(credential);
  for (std::size_t i = 0; i < pools.members.size(); ++i) {
    cells_.push_back((*resolution)[i].cell);
    first_credentials_.push_back(first_credentials_.back() + pools.members[i].doors.size());
  }
  states_.resize(pools.members.size());
  bars_.resize(first_credentials_.back() - credential);
}

void HealthHistory::look(Instant now) {
  const auto is_short = [&](std::uint32_t cell, HealthTable::Limit limit) {
    const shared::Headroom left = table_.headroom(cell, limit);
    return left.per_mille < 1000 && left.until > now;
  };
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    State state;
    // Members of one group share what is known of their quota, whatever the table makes of it.
    for (std::size_t other = 0; other < cells_.size(); ++other) {
      const std::string& group = plan_.pools.members[other].quota_group;
      if (other != i && (group.empty() || group != plan_.pools.members[i].quota_group)) continue;
      const Breaker breaker = Breaker::unpack(table_.breaker(cells_[other]));
      state.well &= breaker.state == BreakerState::closed && !is_short(cells_[other], HealthTable::Limit::requests) &&
                    !is_short(cells_[other], HealthTable::Limit::tokens);
      state.shut |= breaker.state == BreakerState::open && breaker.at > now;
    }
    for (std::uint32_t shard = 0; shard < table_.shards(); ++shard)
      state.in_flight[shard] = table_.in_flight(shard, cells_[i]);
    states_[i].add(state, looked_at_, now);
  }
  for (std::size_t i = 0; i < bars_.size(); ++i)
    bars_[i].add({table_.barred_until(static_cast<std::uint32_t>(first_credentials_[0] + i))}, looked_at_, now);
  looked_at_ = now;
}

bool HealthHistory::was_well(std::size_t member, const Life& life) const {
  return states_[member].always(widened(life), [](const State& state) { return state.well; });
}

bool HealthHistory::was_shut(std::size_t member, const Life& life) const {
  return states_[member].always(widened(life), [](const State& state) { return state.shut; });
}

std::uint32_t HealthHistory::least_in_flight(std::size_t member, const Life& life) const {
  std::uint32_t sum = 0;
  for (std::size_t shard = 0; shard < plan_.shards; ++shard) {
    std::uint32_t least = UINT32_MAX;
    states_[member].always(widened(life), [&](const State& state) {
      least = std::min(least, state.in_flight[shard]);
      return true;
    });
    sum += least;
  }
  return sum;
}

std::uint32_t HealthHistory::most_in_flight(std::size_t member, const Life& life) const {
  std::uint32_t sum = 0;
  for (std::size_t shard = 0; shard < plan_.shards; ++shard) {
    std::uint32_t most = 0;
    states_[member].always(widened(life), [&](const State& state) {
      most = std::max(most, state.in_flight[shard]);
      return true;
    });
    sum += most;
  }
  return sum;
}

bool HealthHistory::was_barred(std::size_t member, std::size_t credential, const Life& life) const {
  return bars_[first_credentials_[member] - first_credentials_[0] + credential].always(
      widened(life), [&](const Bar& bar) { return bar.until > life.to; });
}

bool HealthHistory::was_not_barred(std::size_t member, std::size_t credential, const Life& life) const {
  return bars_[first_credentials_[member] - first_credentials_[0] + credential].always(
      widened(life), [&](const Bar& bar) { return bar.until <= life.from; });
}

}  // namespace weir::sim
