// Private to the readers: media types as clients write them. What is read is written into JSON and into data URLs as it
// is, and its beginning tells what kind of part it is, so it must be a type, and plain.
#pragma once

#include <optional>

#include "weir/base/bytes.h"
#include "weir/dialect/request.h"

namespace weir::dialect {

/// True for nothing but letters, digits and `/ . + - _`: `image/svg+xml`.
bool is_plain_type(Bytes type);

/// A type (`escaped`, the inside of a JSON string) with its parameters (`audio/L16;rate=24000`), without escapes, which
/// some clients write before every slash. Nothing when it is none, or would end something in a data URL. The view is
/// into `escaped` or kept by the request.
std::optional<Bytes> read_media_type(Bytes escaped, Request& request);

}  // namespace weir::dialect
