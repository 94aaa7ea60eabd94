// The HTTP proxy on the way to a provider, as a value.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "weir/base/bytes.h"
#include "weir/base/secret.h"

namespace weir::catalog {

struct Proxy {
  std::string host;  ///< a DNS name in lower case, or an IP address, IPv6 without brackets
  std::uint16_t port = 0;
  Secret authorization;  ///< value of Proxy-Authorization; empty: none is sent
};

/// Without a port in its URL, as curl has it.
inline constexpr std::uint16_t kDefaultProxyPort = 1080;

/// Reads `[http://][user[:password]@]host[:port][/]`; user and password may be percent-encoded. The error is one
/// sentence for the operator; it never repeats the text, which may hold a password. At most 2,048 bytes.
std::expected<std::shared_ptr<const Proxy>, Bytes> parse_proxy_url(Bytes text);

}  // namespace weir::catalog
