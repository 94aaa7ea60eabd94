// A provider's error, read from any dialect and written in any: what a failed request is answered with.
#pragma once

#include <string>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/error_class.h"

namespace weir::dialect {

/// Views into the body that was read, or literals. Texts are still JSON-escaped.
struct ErrorReport {
  ErrorClass error_class = ErrorClass::server;
  int status = 500;                  ///< the provider's
  Bytes message;                     ///< empty: none could be read
  Bytes code;                        ///< the provider's own
  Bytes type;                        ///< the provider's own
  Bytes param;                       ///< the field at fault, in the provider's words
  std::int64_t retry_after_ms = -1;  ///< said in the body (Gemini's RetryInfo); -1: not there
};

/// Reads an error answer: `status` (300 and above, or what an error inside a 200 amounts to, or 0 when only the body
/// can tell) and its body, which may be JSON of any of the dialects' shapes, another provider's, a page of some proxy,
/// or nothing. `scratch` holds what had to be escaped and must outlive the report.
ErrorReport read_error(int status, Bytes body, std::string& scratch);

/// The class of an error of which code, type and message are known (any may be empty, all escaped).
ErrorClass classify_error(int status, Bytes code, Bytes type, Bytes message);

/// What a client of this dialect is told: the status for its head...
int status_for(Dialect client, const ErrorReport& report);
/// ...and the body, appended. The message is the provider's, code and type are the client dialect's own words.
void write_error(std::string& out, Dialect client, const ErrorReport& report);

/// What goes with a fault of weir's own into its error.
struct FaultDetail {
  Bytes text;   ///< appended to the fault's sentence; empty: none. Not escaped
  Bytes param;  ///< the field at fault; empty: none. Not escaped
};

/// The body of an error that weir itself answers with, appended: status row(fault).status.
void write_fault(std::string& out, Dialect client, Fault fault, const FaultDetail& detail = {});
/// The same as an event of a stream that has begun: it ends the stream, nothing may follow.
void write_fault_event(std::string& out, Dialect client, Fault fault, const FaultDetail& detail = {});

}  // namespace weir::dialect
