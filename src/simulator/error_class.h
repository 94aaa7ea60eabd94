// The errors the simulated provider can answer with: a status and the class that decides its words in each dialect.
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "weir/dialect/error_report.h"
#include "weir/simulator/scenario.h"

namespace weir::simulator {

struct Failure {
  int status;
  dialect::ErrorClass error_class;
  Bytes message;  ///< escaped
};

/// The error of a scenario; status 500 when it has only a place. Never fails: a status without a row of its own gets
/// the class of its hundred.
Failure failure_of(const Scenario& scenario);

/// Appends the body of an error in this dialect.
void write_failure(std::string& out, dialect::Dialect dialect, const Failure& failure, Bytes param = {});

}  // namespace weir::simulator
