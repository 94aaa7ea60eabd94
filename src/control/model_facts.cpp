#include "model_facts.h"

#include <type_traits>

namespace weir::control {

namespace {

constexpr std::int64_t kMillion = 1'000'000;

void take(const Written<std::uint64_t>& written, auto& into) {
  if (written.value) into = static_cast<std::remove_reference_t<decltype(into)>>(*written.value);
}

catalog::Price price_of(const WrittenPrice& written) {
  catalog::Price price;
  take(written.input, price.rates.input);
  take(written.cache_read, price.rates.cache_read);
  take(written.cache_write, price.rates.cache_write);
  take(written.cache_write_1h, price.rates.cache_write_1h);
  take(written.audio_input, price.rates.audio_input);
  take(written.audio_cache_read, price.rates.audio_cache_read);
  take(written.image_input, price.rates.image_input);
  take(written.output, price.rates.output);
  take(written.reasoning, price.rates.reasoning);
  take(written.audio_output, price.rates.audio_output);
  take(written.image_output, price.rates.image_output);
  // Written for a million, kept for one.
  take(written.request, price.request);
  price.request /= kMillion;
  take(written.web_search, price.web_search);
  if (price.web_search > 0) price.web_search /= kMillion;
  return price;
}

}  // namespace

catalog::ModelRow with_written(const WrittenModelFacts& written, catalog::ModelRow row) {
  take(written.context, row.context);
  take(written.most_output, row.most_output);
  take(written.quality, row.quality);
  for (const auto& [ability, at] : written.can) {
    row.can.add(*ability);
    row.cannot.remove(*ability);
  }
  for (const auto& [ability, at] : written.cannot) {
    row.cannot.add(*ability);
    row.can.remove(*ability);
  }
  const bool has_facts = written.context.value || written.most_output.value || written.quality.value ||
                         !written.can.empty() || !written.cannot.empty();
  if (has_facts) row.facts_from = catalog::Registry::configuration;
  if (written.price.at.line != 0) {
    row.price = price_of(written.price);
    row.price_from = catalog::Registry::configuration;
    row.price_also_from = catalog::Registry::none;
  }
  return row;
}

}  // namespace weir::control
