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

/// Four hexadecimal digits behind \u.
bool is_code_of_space(Bytes digits) {
  constexpr Bytes kSpaces[] = {"0020", "000a", "0009", "000d"};
  return std::ranges::any_of(kSpaces, [digits](Bytes space) { return equals_ignore_case(digits, space); });
}

/// Walks over the character at `at`; true when it is white space.
bool skip_space(Bytes escaped, std::size_t& at) {
  const Bytes rest = escaped.substr(at);
  if (rest[0] != '\\' || rest.size() == 1) return ++at, rest[0] == ' ';
  const char kind = rest[1];
  at += std::min<std::size_t>(kind == 'u' ? 6 : 2, rest.size());
  return kind == 'u' ? is_code_of_space(rest.substr(2, 4)) : kind == 'n' || kind == 't' || kind == 'r';
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
