#include "media_type.h"

#include <algorithm>

#include "weir/codec/json_reader.h"

namespace weir::dialect {

bool is_plain_type(Bytes type) {
  return std::ranges::all_of(type, [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || Bytes("/.+-_").contains(c);
  });
}

std::optional<Bytes> read_media_type(Bytes escaped, Request& request) {
  Bytes type = escaped;
  if (type.contains('\\')) {
    std::string plain;
    codec::decode_json_string(
        escaped,
        [](void* receiver, Bytes part) {
          static_cast<std::string*>(receiver)->append(part);
          return true;
        },
        &plain);
    type = request.keep(std::move(plain));
  }
  const std::size_t end = std::min(type.find(';'), type.size());
  const auto ends_something = [](char c) { return c < ' ' || c > '~' || c == ',' || c == '"' || c == '\\'; };
  if (!is_plain_type(type.substr(0, end)) || std::ranges::any_of(type.substr(end), ends_something)) return {};
  return type;
}

}  // namespace weir::dialect
