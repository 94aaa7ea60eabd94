#include "authenticate.h"

namespace weir::gateway {
namespace {

/// What no field can hold, so that it is nobody's key, and not that of a client without one either.
constexpr Bytes kNoKey = "\r\n";

/// OpenAI SDKs send `Authorization: Bearer`, Anthropic's x-api-key, Azure's api-key, Google's x-goog-api-key.
/// A field that comes twice holds no key: whoever stands before us may have checked the other one.
Bytes presented_key(const codec::RequestHead& head) {
  using codec::HeaderId;
  constexpr HeaderId kPlaces[] = {HeaderId::x_api_key, HeaderId::api_key, HeaderId::x_goog_api_key};
  if (head.field_list.is_repeated(HeaderId::authorization)) return kNoKey;
  if (const auto* field = head.find(HeaderId::authorization)) {
    const Bytes value = field->value;
    constexpr std::size_t kScheme = 7;
    if (value.size() > kScheme && equals_ignore_case(value.substr(0, kScheme), "bearer "))
      return trim(value.substr(kScheme));
  }
  for (const HeaderId id : kPlaces) {
    if (head.field_list.is_repeated(id)) return kNoKey;
    if (const auto* field = head.find(id)) return field->value;
  }
  return {};
}

}  // namespace

Result<const admission::VirtualKey*> authenticate(const codec::RequestHead& head, admission::KeyMemo& keys) {
  const auto* key = keys.find(presented_key(head));
  if (!key) return fail(Fault::unauthorized);
  return key;
}

}  // namespace weir::gateway
