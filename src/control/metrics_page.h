// GET /metrics in the text format of Prometheus (exposition format 0.0.4).
#pragma once

#include <string>

#include "weir/catalog/catalog.h"
#include "weir/gateway/metrics.h"

namespace weir::control {

std::string metrics_page(const gateway::Metrics& metrics, std::uint32_t shards, const catalog::Catalog& catalog);

}  // namespace weir::control
