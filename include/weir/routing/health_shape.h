// How large a health table a catalog needs, and what in it belongs together.
#pragma once

#include <vector>

#include "weir/catalog/catalog.h"
#include "weir/shared/health_table.h"

namespace weir::routing {

/// Deployments of one quota group share the words of the first of them.
shared::HealthTable::Shape health_shape(const catalog::Catalog& catalog, std::uint32_t shards);

/// Where the credentials of each provider begin in the table; behind them their number.
std::vector<std::uint32_t> first_credentials(const catalog::Catalog& catalog);

}  // namespace weir::routing
