// The errors the simulated provider can answer with, in OpenAI's shape (type and code as its servers use them).
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "weir/simulator/scenario.h"

namespace weir::simulator {

struct ErrorClass {
  int status;
  Bytes type;
  Bytes code;  ///< empty: null
  Bytes message;
};

/// The error of a scenario; status 500 when it has only a place. Never fails: a status without a row of its own gets
/// the words of its hundred.
ErrorClass error_of(const Scenario& scenario);

/// Appends {"error":{...}}.
void write_error(std::string& out, const ErrorClass& error, Bytes param = {});

}  // namespace weir::simulator
