// What an operator should know of a configuration's failover, though nothing is wrong with it: `weir check` tells it.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "weir/catalog/catalog.h"

namespace weir::control {

/// Sentences about models with several deployments: those that may all fail together, because one company or cloud is
/// behind them, and those of which some cannot stand in for the others, because they are known to lack an ability; and
/// about models whose streams shall be stitched, where fewer than two deployments can go on with a text.
std::vector<std::string> notes_on_failover(const catalog::Catalog& catalog);

}  // namespace weir::control
