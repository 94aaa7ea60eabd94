// The two commands that run until a signal ends them. Both return the process's exit code: 0 after an orderly end, 1
// if they could not start or had to give up; why is printed to stderr for the operator.
#pragma once

#include "weir/base/bytes.h"
#include "weir/control/config.h"

namespace weir::control {

/// Runs the gateway.
int serve(Config config);
/// Runs the built-in simulated provider alone, listening on `address` ("127.0.0.1:9100").
int simulate(Bytes address);

}  // namespace weir::control
