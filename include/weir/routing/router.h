// The routing of one shard: plans from what is configured and what all shards have measured, and takes down how
// attempts end. Owned by the shard's gateway; the health table is everybody's. Nothing is allocated after construction.
//
// What other shards have measured is looked at again when it is older than `refresh`; a shard's own requests in flight
// are exact at any time. The breaker's word is read anew whenever an attempt begins, so a plan that is a moment old
// cannot get past it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/catalog/catalog.h"
#include "weir/codec/http1.h"
#include "weir/routing/attempt_end.h"
#include "weir/routing/breaker.h"
#include "weir/routing/candidate_facts.h"
#include "weir/routing/plan.h"
#include "weir/routing/retry.h"
#include "weir/shared/health_table.h"

namespace weir::routing {

struct RouterOptions {
  BreakerOptions breaker;
  Duration refresh = 20ms;
  std::uint16_t least_headroom_per_mille = 10;  ///< with less left, others are asked while there are any
  Duration listen_every = 50ms;                 ///< how often limits are read from the heads of answers
  Duration credential_bar = 60s;                ///< how long a refused credential rests while there are others

  /// Empty, or what is wrong, as a sentence.
  Bytes validate() const;
};

/// Permission for one attempt, and what the router wants to hear with its end.
struct Pass {
  bool admitted = false;
  bool is_probe = false;
  bool has_answered = false;    ///< answered() has been told
  std::uint8_t credential = 0;  ///< to be used: 0 is Provider::credential, then other_credentials
  std::uint32_t probe = 0;      ///< its number
  explicit operator bool() const { return admitted; }
};

/// What a shard knows of a deployment without asking anybody: a cache line.
struct alignas(64) Look {
  Instant read_at{-1h};
  std::uint64_t breaker = 0;
  Instant short_until{-1h};  ///< until then little is left of a limit
  std::uint32_t others_in_flight = 0;
  std::uint32_t own_in_flight = 0;
  float ttft_ms = -1;  ///< -1: not measured lately
  float success = 1;
  Instant heard_at{-1h};  ///< limits, from the head of an answer
  float credit = 0;       ///< slow start: what has gathered of the share

  std::uint32_t in_flight() const { return others_in_flight + own_in_flight; }
};
static_assert(sizeof(Look) == 64);

class Router {
 public:
  /// Without a table it keeps one of its own. `catalog` and `table` outlive it.
  explicit Router(const catalog::Catalog& catalog, shared::HealthTable* table = nullptr, std::uint32_t shard = 0,
                  const RouterOptions& options = {});

  /// Orders who can answer. No allocation.
  void plan(const catalog::Resolution& resolution, const Ask& ask, Instant now, Random& random, Plan& plan);
  /// The tag's bit for Ask::require_tags and forbid_tags; nothing: no deployment has it.
  std::optional<std::uint64_t> tag(Bytes name) const;

  /// Right before an attempt. A pass that is admitted is in flight until end(). In slow start only a part of those who
  /// ask is let through, unless they `insist`, because there is nobody else.
  /// `force`: whatever the breaker says.
  Pass admit(std::uint32_t cell, Instant now, bool insist = false, bool force = false);
  /// The first content came: what is known by then is not kept until a long stream has ended.
  void answered(std::uint32_t cell, Pass& pass, std::int64_t ttft_ms, Instant now);
  /// Exactly once for each admitted pass.
  void end(std::uint32_t cell, const AttemptEnd& end, Instant now, const Pass& pass);
  /// The fields of an answer's head, for what they say about the provider's limits. Read at most every `listen_every`
  /// for a deployment, because providers tell the same again and again.
  void hear(std::uint32_t cell, const codec::FieldList& fields, Instant now, WallTime wall);

  /// Whether another credential than this one could be used now.
  bool has_other_credential(std::uint32_t cell, std::uint8_t credential, Instant now) const;
  /// The credential that an attempt would be given now: the first that is not barred, or whose bar ends first.
  std::uint8_t credential_for(std::uint32_t cell, Instant now) const { return choose_credential(cells_[cell], now); }
  /// Attempts beyond the first that a request makes at a provider.
  RetryBudget& budget(std::uint32_t cell) { return budgets_[cells_[cell].provider]; }
  /// How often that was not granted, since the start.
  std::uint64_t retries_refused(std::size_t provider) const { return budgets_[provider].refused(); }
  std::uint32_t provider_of(std::uint32_t cell) const { return cells_[cell].provider; }

  /// At most `refresh` old.
  const Look& look(std::uint32_t cell, Instant now) {
    const Look& look = looks_[cell];
    if (now - look.read_at > options_.refresh) [[unlikely]]
      refresh(cell, now);
    return look;
  }
  const catalog::Catalog& catalog() const { return catalog_; }
  const RouterOptions& options() const { return options_; }
  const shared::HealthTable& table() const { return *table_; }
  shared::HealthTable& table() { return *table_; }
  /// Nothing for the cells of providers that are addressed directly: their facts are the model's.
  const CandidateFacts& facts(std::uint32_t cell) const { return cells_[cell].facts; }
  /// For tests and benches, in place of the catalogue's.
  void set_facts(std::uint32_t cell, const CandidateFacts& facts) { cells_[cell].facts = facts; }

 private:
  struct Cell {
    CandidateFacts facts;
    std::uint32_t provider = 0;
    std::uint32_t first_credential = 0;
    std::uint32_t credentials = 1;
  };
  struct Place {
    std::uint64_t tags = 0;
    std::uint32_t weight = 1;
    std::uint32_t most_in_flight = 0;
    std::uint8_t quality = 0;
  };
  struct Route {
    std::uint32_t first_place = 0;
    std::uint64_t require_tags = 0;
    std::uint64_t forbid_tags = 0;
  };

  class Planning;

  void refresh(std::uint32_t cell, Instant now);
  void add_last_resort(std::span<const Candidate> all, Plan& plan) const;
  std::uint64_t tag_bit(const std::string& name);
  std::uint64_t tag_bits(const std::vector<std::string>& names);
  std::uint8_t choose_credential(const Cell& cell, Instant now) const;
  void bar_credential(const Cell& cell, const AttemptEnd& end, std::uint8_t credential, Instant now);
  void tell_breaker(std::uint32_t cell, BreakerInput input, const Pass& pass, Instant now);
  BreakerEvent event_of(const AttemptEnd& end, std::uint32_t cell, const Pass& pass, Instant now);

  const catalog::Catalog& catalog_;
  const catalog::RoutePolicy direct_;  // of a provider that is addressed directly
  const Place direct_place_;           // likewise
  const RouterOptions options_;
  std::unique_ptr<shared::HealthTable> own_table_;
  shared::HealthTable* table_;
  const std::uint32_t shard_;
  std::vector<Look> looks_;
  std::vector<Cell> cells_;
  std::vector<Route> routes_;         // by model
  std::vector<Place> places_;         // of all models
  std::vector<std::int64_t> smooth_;  // beside places_
  std::vector<RetryBudget> budgets_;  // by provider
  std::vector<std::string> tags_;
};

}  // namespace weir::routing
