// GET /v1/models and /v1/models/{id}, in OpenAI's shape.
#pragma once

#include <string>

#include "weir/catalog/catalog.h"

namespace weir::gateway {

std::string models_document(const catalog::Catalog& catalog);
std::string model_document(Bytes name, const catalog::Resolution& resolution);

}  // namespace weir::gateway
