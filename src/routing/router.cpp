#include "weir/routing/router.h"

#include <algorithm>

#include "weir/base/assert.h"
#include "weir/routing/health_shape.h"

namespace weir::routing {

using shared::HealthTable;

static_assert(shared::Health::kOutcomes == kBlameCount, "the health table counts ends by blame");

namespace {

std::uint32_t count_of(const std::array<std::uint32_t, kBlameCount>& outcomes, Blame blame) {
  return outcomes[static_cast<std::size_t>(blame)];
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

}  // namespace weir::routing
