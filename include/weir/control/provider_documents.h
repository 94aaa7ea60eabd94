// What is written about the providers is made from their rows, so it cannot be out of date. tools/schema writes it into
// docs/providers.md, and a test compares them.
#pragma once

#include <string>

namespace weir::control {

/// The generated part of docs/providers.md.
std::string providers_reference();

}  // namespace weir::control
