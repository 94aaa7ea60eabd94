#include "weir/routing/attempt_end.h"

namespace weir::routing {

using dialect::ErrorClass;

Bytes to_string(Blame blame) {
  switch (blame) {
    case Blame::none:
      return "none";
    case Blame::request:
      return "request";
    case Blame::credential:
      return "credential";
    case Blame::quota:
      return "quota";
    case Blame::overload:
      return "overload";
    case Blame::transport:
      return "transport";
    case Blame::policy:
      return "policy";
    case Blame::misfit:
      return "misfit";
    case Blame::gone:
      return "gone";
  }
  return {};
}

Blame blame_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::auth:
    case ErrorClass::permission:
    case ErrorClass::not_found:
      return Blame::credential;
    case ErrorClass::invalid_request:
    case ErrorClass::context_length:
    case ErrorClass::too_large:
      return Blame::request;
    case ErrorClass::content_filter:
      return Blame::policy;
    case ErrorClass::rate_limit:
    case ErrorClass::quota_exhausted:
      return Blame::quota;
    case ErrorClass::overloaded:
    case ErrorClass::server:
    case ErrorClass::timeout:
      return Blame::overload;
  }
  return Blame::overload;
}

Blame blame_of(Fault fault) {
  switch (row(fault).source) {
    case FaultSource::request:
      return Blame::request;
    case FaultSource::weir:
    case FaultSource::gone:
      return Blame::gone;
    case FaultSource::upstream:
      break;
  }
  // The time that the client was promised is over: whoever was asked last need not be the one to blame.
  if (fault == Fault::total_timeout) return Blame::gone;
  return Blame::transport;
}

}  // namespace weir::routing
