#include "weir/routing/router.h"

#include <algorithm>

#include "filter.h"
#include "strategy.h"
#include "weir/base/assert.h"
#include "weir/routing/health_shape.h"

namespace weir::routing {

using shared::HealthTable;

static_assert(shared::Health::kOutcomes == kBlameCount, "the health table counts ends by blame");

namespace {

std::uint32_t count_of(const std::array<std::uint32_t, kBlameCount>& outcomes, Blame blame) {
  return outcomes[static_cast<std::size_t>(blame)];
}

/// Left out only while somebody else is there.
bool is_last_resort(const Candidate& candidate) {
  return candidate.unfit == Unfit::headroom || candidate.unfit == Unfit::latency || candidate.unfit == Unfit::breaker;
}

}  // namespace

Bytes RouterOptions::validate() const {
  if (const Bytes wrong = breaker.validate(); !wrong.empty()) return wrong;
  if (refresh < Duration{} || refresh > 1s) return "health is read anew within a second";
  if (least_headroom_per_mille > 1000) return "the least headroom is 0 to 1000 per mille";
  if (listen_every < Duration{} || listen_every > 60s) return "limits are read at least once a minute";
  if (credential_bar <= Duration{} || credential_bar > 24h) return "a refused credential rests for up to a day";
  return {};
}

Router::Router(const catalog::Catalog& catalog, HealthTable* table, std::uint32_t shard, const RouterOptions& options)
    : catalog_(catalog),
      options_(options),
      own_table_(table ? nullptr : std::make_unique<HealthTable>(health_shape(catalog, 1))),
      table_(table ? table : own_table_.get()),
      shard_(table ? shard : 0),
      looks_(catalog.cells()),
      cells_(catalog.cells()),
      budgets_(catalog.providers().size()) {
  WEIR_ASSERT(table_->size() == catalog.cells() && shard_ < table_->shards(), "the health table fits the catalog");
  WEIR_ASSERT(options_.validate().empty(), "the options have been checked");
  const std::vector<std::uint32_t> credentials = first_credentials(catalog);
  const auto place_cell = [&](std::uint32_t cell, std::size_t provider) {
    cells_[cell].provider = static_cast<std::uint32_t>(provider);
    cells_[cell].first_credential = credentials[provider];
    cells_[cell].credentials = credentials[provider + 1] - credentials[provider];
  };
  for (std::size_t i = 0; i < catalog.providers().size(); ++i) place_cell(catalog.cell_of_provider(i), i);
  for (const catalog::Model& model : catalog.models()) {
    routes_.push_back({.first_place = static_cast<std::uint32_t>(places_.size()),
                       .require_tags = tag_bits(model.route.require_tags),
                       .forbid_tags = tag_bits(model.route.forbid_tags)});
    for (const catalog::Deployment& deployment : model.deployments) {
      place_cell(deployment.cell, deployment.provider);
      cells_[deployment.cell].facts = candidate_facts(deployment.facts);
      places_.push_back({.tags = tag_bits(deployment.route.tags),
                         .weight = deployment.route.weight,
                         .most_in_flight = deployment.route.most_in_flight,
                         .quality = deployment.route.quality});
    }
  }
  smooth_.resize(places_.size());
}

std::uint64_t Router::tag_bit(const std::string& name) {
  auto found = std::find(tags_.begin(), tags_.end(), name);
  if (found == tags_.end()) {
    WEIR_ASSERT(tags_.size() < catalog::RoutePolicy::kMostTags, "a catalog's tags fit a word");
    tags_.push_back(name);
    found = tags_.end() - 1;
  }
  return std::uint64_t{1} << (found - tags_.begin());
}

std::uint64_t Router::tag_bits(const std::vector<std::string>& names) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) bits |= tag_bit(name);
  return bits;
}

std::optional<std::uint64_t> Router::tag(Bytes name) const {
  const auto found = std::find(tags_.begin(), tags_.end(), name);
  if (found == tags_.end()) return std::nullopt;
  return std::uint64_t{1} << (found - tags_.begin());
}

void Router::refresh(std::uint32_t cell, Instant now) {
  Look& look = looks_[cell];
  const shared::Health health = table_->fold(cell, now);
  look.read_at = now;
  look.breaker = table_->breaker(cell);
  // Our own part of the table is what we wrote there ourselves.
  look.others_in_flight = health.in_flight - look.own_in_flight;
  look.ttft_ms = health.ttft_ms.weight > 0 ? health.ttft_ms.value : -1;
  const std::uint32_t answered = count_of(health.outcomes, Blame::none);
  const std::uint32_t failed = count_of(health.outcomes, Blame::overload) + count_of(health.outcomes, Blame::transport);
  look.success = (static_cast<float>(answered) + 1) / (static_cast<float>(answered) + static_cast<float>(failed) + 1);
  look.short_until = Instant(-1h);
  for (const auto limit : {HealthTable::Limit::requests, HealthTable::Limit::tokens}) {
    const shared::Headroom left = table_->headroom(cell, limit);
    if (left.per_mille < options_.least_headroom_per_mille) look.short_until = std::max(look.short_until, left.until);
  }
}

void Router::plan(const catalog::Resolution& resolution, const Ask& ask, Instant now, Random& random, Plan& plan) {
  plan.clear();
  const catalog::Model* const model = resolution.model();
  const Route route = model ? routes_[static_cast<std::size_t>(model - catalog_.models().data())] : Route{};
  const catalog::RoutePolicy& policy = model ? model->route : direct_;
  Demands demands = demands_of(ask, policy, route.require_tags, route.forbid_tags);
  demands.needs_price |= catalog_.unknown_price() == catalog::UnknownPrice::block;
  const std::size_t size = std::min(resolution.size(), Plan::kMost);
  // Of a model that is addressed directly nothing is kept here.
  const CandidateFacts direct_facts = model ? CandidateFacts{} : candidate_facts(resolution[0].facts);
  const auto facts_of = [&](std::uint32_t cell) -> const CandidateFacts& {
    return model ? cells_[cell].facts : direct_facts;
  };

  const auto is_slow = [&](const Look& look) {
    return policy.most_ttft_ms > 0 && look.ttft_ms > static_cast<float>(policy.most_ttft_ms);
  };
  const Place direct;
  const auto place_of = [&](std::size_t i) -> const Place& { return model ? places_[route.first_place + i] : direct; };
  const auto quality_of = [&](std::size_t i, const CandidateFacts& facts) {
    return place_of(i).quality > 0 ? place_of(i).quality : facts.quality;
  };
  const auto consider = [&](std::size_t i) {
    Candidate candidate{.place = static_cast<std::uint32_t>(i),
                        .cell = model ? model->deployments[i].cell : resolution[i].cell};
    const CandidateFacts& facts = facts_of(candidate.cell);
    candidate.cost_nano_usd = cost_of(demands, facts);
    judge(demands, cells_[candidate.cell].provider, facts, place_of(i).tags, quality_of(i, facts), candidate);
    if (candidate.unfit == Unfit::none &&
        routing::look(look(candidate.cell, now).breaker, options_.breaker, now) == Admission::refused)
      candidate.unfit = Unfit::breaker;
    return candidate;
  };
  if (size == 1) {  // no choice
    const Candidate only = plan.candidates_[0] = consider(0);
    plan.size_ = 1;
    plan.fit_ = only.unfit == Unfit::none ? 1 : 0;
    plan.last_ = only.unfit == Unfit::breaker ? 1 : 0;
    return;
  }

  std::array<Candidate, Plan::kMost> all;
  bool has_headroom = false, has_fast = false;
  for (std::size_t i = 0; i < size; ++i) {
    const Candidate& candidate = all[i] = consider(i);
    if (candidate.unfit != Unfit::none) continue;
    const Look& look = looks_[candidate.cell];
    has_headroom |= look.short_until <= now;
    has_fast |= !is_slow(look);
  }

  std::array<Contender, Plan::kMost> contenders;
  std::size_t count = 0;
  for (std::size_t i = 0; i < size; ++i) {
    Candidate& candidate = all[i];
    if (candidate.unfit != Unfit::none) continue;
    const Look& look = looks_[candidate.cell];
    // Two wishes: they leave somebody out only while somebody else is left.
    if (has_headroom && look.short_until > now) {
      candidate.unfit = Unfit::headroom;
      continue;
    }
    if (has_fast && is_slow(look)) {
      candidate.unfit = Unfit::latency;
      continue;
    }
    const Place& place = place_of(i);
    const CandidateFacts& facts = facts_of(candidate.cell);
    const Admission admission = routing::look(look.breaker, options_.breaker, now);
    contenders[count++] = {
        .place = candidate.place,
        .cell = candidate.cell,
        .weight = place.weight,
        .in_flight = look.in_flight(),
        .ttft_ms = look.ttft_ms,
        .success = look.success,
        .cost = candidate.cost_nano_usd,
        .saving = warm_saving(facts, ask.input_tokens),
        .quality = quality_of(i, facts),
        .is_steady = admission == Admission::admitted,
        .wants_probe = admission == Admission::probe,
        .is_full = place.most_in_flight > 0 && look.in_flight() >= place.most_in_flight,
    };
  }
  const std::span<std::int64_t> smooth =
      model ? std::span(smooth_).subspan(route.first_place, resolution.size()) : std::span<std::int64_t>();
  arrange({contenders.data(), count}, policy, ask.affinity, smooth, random);

  for (std::size_t i = 0; i < count; ++i) {
    Candidate& candidate = plan.candidates_[i] = all[contenders[i].place];
    candidate.is_warm = contenders[i].is_warm;
    candidate.score = contenders[i].score;
  }
  plan.fit_ = plan.size_ = count;
  add_last_resort({all.data(), size}, plan);
  for (std::size_t i = 0; i < size; ++i)
    if (all[i].unfit != Unfit::none && !is_last_resort(all[i])) plan.candidates_[plan.size_++] = all[i];
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
