// How many tokens a request is likely to be, where no provider counts them: for clients that ask, and for limits.
#pragma once

#include <cstdint>

#include "weir/dialect/request.h"

namespace weir::dialect {

/// A guess, from the sizes of texts: about four bytes of English or two of most other scripts make a token; a message
/// costs a few more, an image about a thousand.
std::uint64_t estimate_tokens(const Request& request);
/// Of a text alone.
std::uint64_t estimate_tokens(Bytes text);

}  // namespace weir::dialect
