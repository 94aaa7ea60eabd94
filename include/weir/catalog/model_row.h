// The models that weir knows from public registries, as rows of data: limits, abilities, prices, and where each comes
// from. Made by tools/catalogue (docs/prices.md), constant, shared by all threads, loaded at no cost.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "weir/base/bytes.h"
#include "weir/catalog/price.h"
#include "weir/catalog/provider_kind.h"

namespace weir::catalog {

/// What a request may ask of a model.
enum class Ability : std::uint8_t {
  tools,
  images,       ///< in the prompt
  audio,        ///< in the prompt
  files,        ///< PDF and the like in the prompt
  json_schema,  ///< an answer after a given schema
  reasoning,
  streaming,
  audio_output,
  image_output,
};
inline constexpr std::size_t kAbilityCount = static_cast<std::size_t>(Ability::image_output) + 1;
Bytes to_string(Ability ability);

class Abilities {
 public:
  constexpr Abilities() = default;
  constexpr Abilities(std::initializer_list<Ability> list) {
    for (const Ability ability : list) add(ability);
  }
  constexpr void add(Ability ability) { bits_ = static_cast<std::uint16_t>(bits_ | bit(ability)); }
  constexpr void remove(Ability ability) { bits_ = static_cast<std::uint16_t>(bits_ & ~bit(ability)); }
  constexpr bool has(Ability ability) const { return bits_ & bit(ability); }
  constexpr bool none() const { return bits_ == 0; }
  constexpr std::uint16_t bits() const { return bits_; }
  friend constexpr bool operator==(Abilities, Abilities) = default;

 private:
  static constexpr unsigned bit(Ability ability) { return 1U << static_cast<unsigned>(ability); }
  std::uint16_t bits_ = 0;
};

/// Who says so.
enum class Registry : std::uint8_t {
  none,
  genai_prices,
  litellm_july,
  models_dev,
  portkey,
  litellm_march,
  openrouter,
  configuration,  ///< the operator
};
/// Its name for people, and the day of its copy (ISO 8601; empty for the operator's own words).
struct RegistryRow {
  Bytes name;
  Bytes date;
};
const RegistryRow& registry_row(Registry registry);

struct ModelRow {
  Bytes kind;                     ///< of the provider, as in ProviderKind::catalogue
  Bytes id;                       ///< what the provider calls the model
  std::uint32_t context = 0;      ///< most tokens of prompt and answer together; 0: not known
  std::uint32_t most_output = 0;  ///< most tokens of an answer; 0: not known
  Abilities can;
  Abilities cannot;          ///< what is in neither is not known
  std::uint8_t quality = 0;  ///< 1 to 5, a hint by price class (docs/prices.md); 0: not known
  Price price;
  Registry price_from = Registry::none;       ///< none: the price is not known
  Registry price_also_from = Registry::none;  ///< who told what the first did not; they agree on input and output
  Registry facts_from = Registry::none;
};

/// All rows, by kind and id.
std::span<const ModelRow> model_rows();

/// The row of what a provider of this kind calls `model_id`, or nullptr. The id itself comes first; then, in this
/// order: without `models/` in front, without a date behind (`-20250929`, `-2025-09-29`, `@20250929`), without
/// `-latest`, with `-latest`. No allocation; some ten string comparisons for each name tried.
const ModelRow* find_model(const ProviderKind& kind, Bytes model_id);

}  // namespace weir::catalog
