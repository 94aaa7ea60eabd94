// What was known of the pools' members at every moment: their breakers, what is left of their limits, requests in
// flight, barred credentials. Laws about who was asked ask here what the gateway could know. Owned by the world, which
// shows it the health table at every turn.
//
// Something changes between two looks, and nobody knows when: a span therefore reaches from the look before to the look
// after. "Throughout" is said only of what held at every moment of that.
#pragma once

#include <array>
#include <vector>

#include "plan.h"
#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/shared/health_table.h"

namespace weir::sim {

class HealthHistory {
 public:
  HealthHistory(const Plan& plan, const catalog::Catalog& catalog, const shared::HealthTable& table);

  /// At every turn.
  void look(Instant now);

  /// All of these are about the time from `from` to `to`, with a margin for what shards keep in mind.
  struct Life {
    Instant from{}, to{};
  };
  /// Its breaker was closed, nothing told that it wants to be left alone.
  bool was_well(std::size_t member, const Life& life) const;
  /// Its breaker would have let nobody through.
  bool was_shut(std::size_t member, const Life& life) const;
  /// Of each shard the least and the most, added up: no shard has counted less, or more.
  std::uint32_t least_in_flight(std::size_t member, const Life& life) const;
  std::uint32_t most_in_flight(std::size_t member, const Life& life) const;
  bool was_barred(std::size_t member, std::size_t credential, const Life& life) const;
  bool was_not_barred(std::size_t member, std::size_t credential, const Life& life) const;

 private:
  static constexpr std::size_t kMostShards = 3;
  struct State {
    bool well = true;
    bool shut = false;
    std::array<std::uint32_t, kMostShards> in_flight{};
    friend bool operator==(const State&, const State&) = default;
  };
  struct Bar {
    Instant until{-1h};
    friend bool operator==(const Bar&, const Bar&) = default;
  };
  /// Values of something that changes, each with the look before it was seen, and the look at which it was.
  template <class Value>
  class Track {
   public:
    void add(const Value& value, Instant before, Instant now) {
      if (spans_.empty() || spans_.back().value != value) spans_.push_back({value, before, now});
    }
    /// True when `is` holds of every value that it may have had.
    template <class Is>
    bool always(const Life& life, Is is) const {
      for (std::size_t i = 0; i < spans_.size(); ++i) {
        const bool was_over = i + 1 < spans_.size() && spans_[i + 1].seen < life.from;
        if (!was_over && spans_[i].before <= life.to && !is(spans_[i].value)) return false;
      }
      return true;
    }

   private:
    struct Span {
      Value value;
      Instant before, seen;
    };
    std::vector<Span> spans_;
  };

  static Life widened(const Life& life) { return {life.from - kMemory, life.to}; }
  static constexpr Duration kMemory = 25ms;  // a shard looks at the others every 20 ms

  const Plan& plan_;
  const shared::HealthTable& table_;
  std::vector<std::uint32_t> cells_;  // by member
  std::vector<std::size_t> first_credentials_;
  std::vector<Track<State>> states_;  // by member
  std::vector<Track<Bar>> bars_;      // by credential of the members
  Instant looked_at_{};
};

}  // namespace weir::sim
