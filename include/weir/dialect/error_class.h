// What went wrong at a provider, in the words that decide what a client is told and what is done next. One table for
// all dialects: rows are what their own SDKs make of such an error.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::dialect {

enum class ErrorClass : std::uint8_t {
  auth,             ///< the provider does not know our credential
  permission,       ///< ... knows it and forbids this
  not_found,        ///< no such model (or stored object)
  invalid_request,  ///< the client's doing
  context_length,   ///< the prompt is too long for this model
  content_filter,   ///< the prompt was blocked
  too_large,
  rate_limit,       ///< later, the same request will do
  quota_exhausted,  ///< not before somebody pays
  overloaded,
  server,
  timeout,
};

inline constexpr std::size_t kErrorClassCount = 12;

Bytes to_string(ErrorClass error_class);

}  // namespace weir::dialect
