// What the operator says of a model, written over what the registries say. Pure.
#pragma once

#include "weir/catalog/model_row.h"
#include "written_config.h"

namespace weir::control {

/// The row with what is written in place of what is known. A price replaces the whole known one, its tiers included,
/// because a tier of somebody else's price would be worth nothing.
catalog::ModelRow with_written(const WrittenModelFacts& written, catalog::ModelRow row);

}  // namespace weir::control
