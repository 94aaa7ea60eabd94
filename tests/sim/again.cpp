// Who may be asked after an attempt that failed: what the gateway's retries are held to.
#include "answer_plan.h"

namespace weir::sim {

using dialect::ErrorClass;

Again again_after(ErrorClass error_class, bool waits) {
  switch (error_class) {
    case ErrorClass::invalid_request:
    case ErrorClass::context_length:
    case ErrorClass::too_large:
    case ErrorClass::content_filter:
      return Again::nobody;  // anybody would say the same
    case ErrorClass::auth:
    case ErrorClass::permission:
    case ErrorClass::not_found:
    case ErrorClass::quota_exhausted:
      return Again::others;  // no time changes that
    case ErrorClass::rate_limit:
      return waits ? Again::others : Again::anybody;
    case ErrorClass::overloaded:
    case ErrorClass::server:
    case ErrorClass::timeout:
      return Again::anybody;
  }
  return Again::nobody;
}

}  // namespace weir::sim
