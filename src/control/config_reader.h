// Reads YAML along the table of keys: shape, names, types and bounds. What a reference points to is not its business.
#pragma once

#include <string>

#include "weir/control/config_error.h"
#include "written_config.h"

namespace weir::control {

/// A file in which nothing is written: every default of the table.
WrittenConfig default_config();

/// Reads a whole file. Appends every mistake to `errors`, each with its position and the file's name; what was read
/// despite them is returned, so that references can be checked in the same run.
WrittenConfig read_yaml(Bytes yaml, const std::string& file, ConfigErrors& errors);

}  // namespace weir::control
