// What models can and want, by the names of their families: limits, and which parameters they take or refuse. A
// gateway is told nothing of it by a provider, and a request with a refused parameter is a 400.
#pragma once

#include "weir/base/bytes.h"
#include "weir/dialect/target.h"

namespace weir::catalog {

/// The traits of a model, by what its provider calls it. Vendors' prefixes and dates around the family's name do not
/// matter (`us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5`). A model of no known family
/// has the traits that ask least of it.
dialect::ModelTraits model_traits(Bytes model_id);

}  // namespace weir::catalog
