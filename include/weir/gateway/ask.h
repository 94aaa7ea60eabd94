// What routing has to know of a request: read from it as far as a choice among several deployments may depend on it.
#pragma once

#include "weir/codec/http1.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/request.h"
#include "weir/routing/plan.h"

namespace weir::gateway {

/// Requests with the same value of this field go to the same deployment, as long as it is well.
inline constexpr Bytes kSessionField = "x-weir-session";

/// `tenant`: whose requests may share a prefix. The body is read whole, whatever of it another dialect could not say.
routing::Ask ask_of(dialect::Dialect client, Bytes body, Bytes tenant, Bytes model, const codec::RequestHead& head);

/// What a request needs of a model.
routing::Needs needs_of(const dialect::Request& request);

}  // namespace weir::gateway
