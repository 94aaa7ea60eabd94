// What `weir models` prints: models with their limits, abilities and prices, and who says so. Pure.
#pragma once

#include <string>
#include <vector>

#include "weir/catalog/catalog.h"

namespace weir::control {

struct ListedModel {
  std::string name;                        ///< kind/id, or provider/id of a configuration
  const catalog::ModelRow* row = nullptr;  ///< null: nothing is known
  std::vector<std::string> aliases;        ///< the configured models that it answers
};

/// All shipped rows.
std::vector<ListedModel> shipped_models();
/// The deployments of a configuration, each once, by name, and what is written in model_facts beside them.
std::vector<ListedModel> configured_models(const catalog::Catalog& catalog);

/// A line for each; prices in dollars per million tokens.
std::string models_table(const std::vector<ListedModel>& models);
/// An array; prices in nano-dollars per million tokens.
std::string models_json(const std::vector<ListedModel>& models);

}  // namespace weir::control
