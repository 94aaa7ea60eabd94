#include "authenticate.h"

namespace weir::gateway {
namespace {

/// OpenAI SDKs send `Authorization: Bearer`, Anthropic's x-api-key, Azure's api-key, Google's x-goog-api-key.
Bytes presented_key(const codec::RequestHead& head) {
  using codec::HeaderId;
  if (const auto* field = head.find(HeaderId::authorization)) {
    const Bytes value = field->value;
    constexpr std::size_t kScheme = 7;
    if (value.size() > kScheme && equals_ignore_case(value.substr(0, kScheme), "bearer "))
      return trim(value.substr(kScheme));
  }
  for (const HeaderId id : {HeaderId::x_api_key, HeaderId::api_key, HeaderId::x_goog_api_key})
    if (const auto* field = head.find(id)) return field->value;
  return {};
}

}  // namespace

Result<const admission::VirtualKey*> authenticate(const codec::RequestHead& head, const admission::KeyTable& keys) {
  const auto* key = keys.find(presented_key(head));
  if (!key) return fail(Fault::unauthorized);
  return key;
}

}  // namespace weir::gateway
