#include "weir/catalog/price.h"

#include <array>

namespace weir::catalog {

namespace {

constexpr std::array kClasses = {
    RateClass{"input", &Rates::input},
    RateClass{"cache_read", &Rates::cache_read},
    RateClass{"cache_write", &Rates::cache_write},
    RateClass{"cache_write_1h", &Rates::cache_write_1h},
    RateClass{"audio_input", &Rates::audio_input},
    RateClass{"audio_cache_read", &Rates::audio_cache_read},
    RateClass{"image_input", &Rates::image_input},
    RateClass{"output", &Rates::output},
    RateClass{"reasoning", &Rates::reasoning},
    RateClass{"audio_output", &Rates::audio_output},
    RateClass{"image_output", &Rates::image_output},
};

}  // namespace

std::span<const RateClass> rate_classes() { return kClasses; }

const Rates& rates_for(const Price& price, dialect::ServiceTier service, std::uint64_t input_tokens) {
  const auto best = [&](dialect::ServiceTier level) {
    const PriceTier* found = nullptr;
    for (const PriceTier& tier : price.tiers)
      if (tier.service == level && (tier.above_input == 0 || input_tokens > tier.above_input) &&
          (!found || tier.above_input > found->above_input))
        found = &tier;
    return found;
  };
  const PriceTier* tier = best(service);
  if (!tier && service != dialect::ServiceTier::standard) tier = best(dialect::ServiceTier::standard);
  return tier ? tier->rates : price.rates;
}

}  // namespace weir::catalog
