// Base64 (RFC 4648 section 4), the direction weir needs.
#pragma once

#include <string>

#include "weir/base/bytes.h"

namespace weir::codec {

/// With padding, without line breaks.
std::string base64(Bytes bytes);

}  // namespace weir::codec
