// GET /metrics in the text format of Prometheus (exposition format 0.0.4).
#pragma once

#include <string>

#include "weir/gateway/metrics.h"
#include "weir/routing/router.h"

namespace weir::control {

/// `onlooker`: a router of the same catalog with everybody's health.
std::string metrics_page(const gateway::Metrics& metrics, std::uint32_t shards, routing::Router& onlooker, Instant now);

}  // namespace weir::control
