#include "weir/routing/candidate_facts.h"

#include <algorithm>

namespace weir::routing {
namespace {

using catalog::Ability;

constexpr bool is_same(Need need, Ability ability) {
  return static_cast<std::size_t>(need) == static_cast<std::size_t>(ability);
}
static_assert(is_same(Need::tools, Ability::tools) && is_same(Need::images, Ability::images) &&
                  is_same(Need::audio, Ability::audio) && is_same(Need::files, Ability::files) &&
                  is_same(Need::json_schema, Ability::json_schema) && is_same(Need::reasoning, Ability::reasoning),
              "needs are the first of the abilities");

Needs needs_of(catalog::Abilities abilities) {
  Needs needs;
  for (std::size_t i = 0; i < kNeedCount; ++i)
    if (abilities.has(static_cast<Ability>(i))) needs.add(static_cast<Need>(i));
  return needs;
}

/// Nano-USD per million tokens times tokens, to nano-USD.
std::int64_t per_million(__int128 sum) {
  constexpr std::int64_t kMillion = 1'000'000;
  // Nearly always; a division of 128 bits is a function of its own.
  if (sum >= 0 && sum <= INT64_MAX) return static_cast<std::int64_t>(sum) / kMillion;
  return static_cast<std::int64_t>(std::min<__int128>(sum / kMillion, INT64_MAX));
}

}  // namespace

CandidateFacts candidate_facts(const catalog::ModelRow* row) {
  if (!row) return {};
  return {.context_tokens = row->context,
          .most_output_tokens = row->most_output,
          .can = needs_of(row->can),
          .cannot = needs_of(row->cannot),
          .quality = row->quality,
          .price = row->price.known() ? &row->price : nullptr};
}

std::int64_t estimated_cost(const CandidateFacts& facts, std::uint64_t input_tokens, std::uint64_t output_tokens) {
  if (!facts.price) return -1;
  const catalog::Rates& rates = rates_for(*facts.price, dialect::ServiceTier::standard, input_tokens);
  if (!rates.whole()) return -1;
  return per_million(static_cast<__int128>(input_tokens) * rates.input +
                     static_cast<__int128>(output_tokens) * rates.output +
                     static_cast<__int128>(facts.price->request) * 1'000'000 + 999'999);
}

std::int64_t warm_saving(const CandidateFacts& facts, std::uint64_t input_tokens) {
  if (!facts.price) return 0;
  const catalog::Rates& rates = rates_for(*facts.price, dialect::ServiceTier::standard, input_tokens);
  if (rates.cache_read < 0 || rates.cache_read >= rates.input) return 0;
  return per_million(static_cast<__int128>(input_tokens) * (rates.input - rates.cache_read));
}

}  // namespace weir::routing
