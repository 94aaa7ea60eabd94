#include "escaped_text.h"

#include <algorithm>

#include "weir/base/bytes.h"

namespace weir::dialect {

namespace {

/// Characters of text without escapes.
std::uint64_t count_plain(Bytes text) {
  std::uint64_t count = 0;
  while (!text.empty()) {
    const Bytes block = text.substr(0, 255);  // what an octet can count: the compiler makes vectors of it
    std::uint8_t in_block = 0;
    for (const char c : block)  // all but the bytes that continue one, 0x80 to 0xBF
      in_block = static_cast<std::uint8_t>(in_block + (static_cast<signed char>(c) > -65));
    count += in_block;
    text.remove_prefix(block.size());
  }
  return count;
}

/// Walks over the character at `at`; true when it is white space.
bool skip_space(Bytes escaped, std::size_t& at) {
  const bool is_escape = escaped[at] == '\\' && at + 1 < escaped.size();
  const char c = escaped[is_escape ? at + 1 : at];
  at += is_escape ? 2 : 1;
  return is_escape ? c == 'n' || c == 't' || c == 'r' : c == ' ';
}

}  // namespace

Bytes trim_end(Bytes escaped) {
  std::size_t end = 0;  // behind the last character that is no white space
  for (std::size_t at = 0; at < escaped.size();)
    if (!skip_space(escaped, at)) end = at;
  return escaped.substr(0, end);
}

bool is_blank(Bytes escaped) {
  for (std::size_t at = 0; at < escaped.size();)
    if (!skip_space(escaped, at)) return false;
  return true;
}

std::uint64_t count_characters(Bytes escaped) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < escaped.size();) {
    if (escaped[at] != '\\') {
      const std::size_t end = std::min(escaped.find('\\', at), escaped.size());
      count += count_plain(escaped.substr(at, end - at));
      at = end;
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
