// One JSON line per exchange. No prompt, no answer, no credential ever appears in it.
#pragma once

#include <string>

#include "weir/gateway/record.h"

namespace weir::gateway {

/// The line, without its line end, built in `scratch`.
Bytes access_line(const Record& record, WallTime now, std::string& scratch);

}  // namespace weir::gateway
