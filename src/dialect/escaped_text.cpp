#include "escaped_text.h"

#include "weir/base/bytes.h"

namespace weir::dialect {

std::uint64_t count_characters(Bytes escaped) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < escaped.size();) {
    if (escaped[at] != '\\') {
      count += (static_cast<unsigned char>(escaped[at++]) & 0xC0U) != 0x80U;  // not a byte that continues one
      continue;
    }
    if (at + 5 < escaped.size() && escaped[at + 1] == 'u') {
      const char kind = to_lower(escaped[at + 3]);
      const bool second_half = to_lower(escaped[at + 2]) == 'd' && kind >= 'c' && kind <= 'f';
      count += !second_half;
      at += 6;
    } else {
      ++count;
      at += 2;
    }
  }
  return count;
}

}  // namespace weir::dialect
