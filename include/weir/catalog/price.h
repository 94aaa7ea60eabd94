// What tokens cost: a price as a value. The unit is nano-dollars per million tokens, because nano-dollars per token
// would not be whole: $0.0375 per million is 37'500'000. Integers only. Constant, or owned by the catalog.
#pragma once

#include <cstdint>
#include <span>

#include "weir/base/bytes.h"
#include "weir/dialect/usage.h"

namespace weir::catalog {

/// Nano-dollars per million tokens of each class; kUnknown: no price of its own, so the class costs what the class
/// named behind it costs. Input and output have none: without them nothing can be charged for.
struct Rates {
  static constexpr std::int64_t kUnknown = -1;

  std::int64_t input = kUnknown;
  std::int64_t cache_read = kUnknown;        ///< else input
  std::int64_t cache_write = kUnknown;       ///< kept for five minutes, or as long as the provider keeps it; else input
  std::int64_t cache_write_1h = kUnknown;    ///< else cache_write
  std::int64_t audio_input = kUnknown;       ///< else input
  std::int64_t audio_cache_read = kUnknown;  ///< else cache_read
  std::int64_t image_input = kUnknown;       ///< else input
  std::int64_t output = kUnknown;
  std::int64_t reasoning = kUnknown;     ///< else output
  std::int64_t audio_output = kUnknown;  ///< else output
  std::int64_t image_output = kUnknown;  ///< else output

  constexpr bool whole() const { return input >= 0 && output >= 0; }
  friend bool operator==(const Rates&, const Rates&) = default;
};

/// The classes by their names in configurations and lists, with where each stands.
struct RateClass {
  Bytes name;
  std::int64_t Rates::* rate;
};
std::span<const RateClass> rate_classes();

/// Rates that hold in place of the usual ones.
struct PriceTier {
  dialect::ServiceTier service = dialect::ServiceTier::standard;
  std::uint64_t above_input = 0;  ///< they hold for the whole request when its input is more tokens than this
  Rates rates;
};

struct Price {
  Rates rates;
  std::span<const PriceTier> tiers;           ///< in any order
  std::int64_t request = 0;                   ///< nano-dollars for each request, whatever is in it
  std::int64_t web_search = Rates::kUnknown;  ///< nano-dollars for each search the provider made; unknown: nothing

  constexpr bool known() const { return rates.whole(); }
};

/// The rates of a request: among the tiers of its service level that its input exceeds, the one with the highest
/// threshold, else the usual rates. A service level without tiers costs what the usual one costs.
const Rates& rates_for(const Price& price, dialect::ServiceTier service, std::uint64_t input_tokens);

}  // namespace weir::catalog
