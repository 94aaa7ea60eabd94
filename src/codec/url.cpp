#include "weir/codec/url.h"

#include <algorithm>

#include "byte_class.h"

namespace weir::codec {
namespace {
constexpr std::size_t kMaxHostBytes = 255;
}

Result<Authority> parse_authority(Bytes text) {
  Authority out;
  Bytes rest;
  if (!text.empty() && text[0] == '[') {
    // The shape only; whether the digits make an address is for who connects to it. No zones: they mean nothing here.
    const std::size_t close = text.find(']');
    if (close == Bytes::npos) return fail(Fault::field_invalid);
    out.ipv6 = true;
    out.host = text.substr(1, close - 1);
    if (!all(out.host, kIpv6) || std::ranges::count(out.host, ':') < 2) return fail(Fault::field_invalid);
    rest = text.substr(close + 1);
  } else {
    out.host = text.substr(0, text.find(':'));  // after it only a port may come
    if (out.host.empty() || !(is_plain_name(out.host) || all(out.host, kHost))) return fail(Fault::field_invalid);
    rest = text.substr(out.host.size());
  }
  if (out.host.size() > kMaxHostBytes) return fail(Fault::field_invalid);
  if (rest.empty()) return out;
  if (rest[0] != ':' || rest.size() > 6) return fail(Fault::field_invalid);
  const auto port = parse_decimal(rest.substr(1));
  if (!port || *port > 65535) return fail(Fault::field_invalid);
  out.has_port = true;
  out.port = static_cast<std::uint16_t>(*port);
  return out;
}

Result<BaseUrl> parse_base_url(Bytes text) {
  BaseUrl out;
  const std::size_t mark = text.find("://");
  if (mark == Bytes::npos) return fail(Fault::field_invalid);
  const Bytes scheme = text.substr(0, mark);
  out.tls = equals_ignore_case(scheme, "https");
  if (!out.tls && !equals_ignore_case(scheme, "http")) return fail(Fault::field_invalid);
  const Bytes rest = text.substr(mark + 3);
  // The target class holds neither spaces nor '#', the host class no '@': what is left to refuse by hand is a query.
  if (!all(rest, kTarget) || rest.find('?') != Bytes::npos) return fail(Fault::field_invalid);
  const std::size_t path = std::min(rest.find('/'), rest.size());
  out.authority = rest.substr(0, path);
  const auto authority = parse_authority(out.authority);
  if (!authority || (authority->has_port && authority->port == 0)) return fail(Fault::field_invalid);
  out.host = authority->host;
  out.ipv6 = authority->ipv6;
  out.port = authority->has_port ? authority->port : static_cast<std::uint16_t>(out.tls ? 443 : 80);
  out.path = rest.substr(path);
  while (out.path.ends_with('/')) out.path.remove_suffix(1);
  return out;
}

Target split_target(Bytes target) {
  const std::size_t mark = target.find('?');
  if (mark == Bytes::npos) return {target, {}, false};
  return {target.substr(0, mark), target.substr(mark + 1), true};
}

}  // namespace weir::codec
