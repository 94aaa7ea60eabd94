// The second half of reading: what a configuration refers to. Resolves names, secrets and addresses, and checks what
// only the whole can show: nobody listens openly by accident, every deployment exists, limits fit each other.
#pragma once

#include <expected>
#include <string>

#include "weir/control/config.h"
#include "written_config.h"

namespace weir::control {

/// Makes the Config, or reports everything wrong: `errors` holds what the reader found already, and a Config comes out
/// only if nothing was and nothing is. `file` is the file's path; empty if there is none.
std::expected<Config, ConfigErrors> resolve(WrittenConfig written, const std::string& file,
                                            const Environment& environment, ConfigErrors errors);

}  // namespace weir::control
