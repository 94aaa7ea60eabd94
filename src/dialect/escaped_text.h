// What can be said about text without taking its JSON escapes out.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::dialect {

/// Unicode characters of the inside of a valid JSON string; a surrogate pair is one.
std::uint64_t count_characters(Bytes escaped);

/// A text without the white space at its end.
Bytes trim_end(Bytes escaped);
/// True when a text is empty or nothing but white space.
bool is_blank(Bytes escaped);

}  // namespace weir::dialect
