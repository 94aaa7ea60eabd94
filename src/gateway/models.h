// The models a client may ask for, in the shape that its SDK expects.
#pragma once

#include <string>

#include "weir/catalog/catalog.h"
#include "weir/dialect/dialect.h"

namespace weir::gateway {

std::string models_document(const catalog::Catalog& catalog, dialect::Dialect client);
std::string model_document(Bytes name, const catalog::Resolution& resolution, dialect::Dialect client);

}  // namespace weir::gateway
