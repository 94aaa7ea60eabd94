// The part of /metrics that tells of models, deployments and providers: what was counted, and what is measured of them
// right now. Bounded by what is configured: models that are addressed as provider/model have one label a provider.
#pragma once

#include "prometheus_page.h"
#include "weir/gateway/metrics.h"
#include "weir/routing/router.h"

namespace weir::control {

/// `onlooker`: a router of the same catalog with everybody's health, whose turns nobody misses.
void write_routing_metrics(PrometheusPage& page, const gateway::Metrics& metrics, routing::Router& onlooker,
                           Instant now);

}  // namespace weir::control
