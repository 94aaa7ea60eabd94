// What is written about the configuration is made from the table that reads it, so it cannot be out of date.
// tools/schema writes both documents into docs/, and a test compares them.
#pragma once

#include <string>

namespace weir::control {

/// JSON Schema (draft 2020-12) of the configuration file, for editors. Indented, ends in a line end.
std::string json_schema();

/// The reference part of docs/configuration.md.
std::string markdown_reference();

}  // namespace weir::control
