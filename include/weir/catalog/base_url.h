// The base URL of a provider, taken apart once at configuration time so that a request only joins strings: what
// codec::BaseUrl views, owned, and with words for the operator when it cannot be read. No name resolution here.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "weir/base/bytes.h"

namespace weir::catalog {

struct BaseUrl {
  bool needs_tls = false;  ///< https
  std::string host;        ///< a DNS name in lower case, or an IP address, IPv6 without brackets; empty = not placed
  std::uint16_t port = 0;  ///< the scheme's own if the URL has none
  std::string path;        ///< "" or "/v1": starts with a slash, does not end in one
  std::string authority;   ///< value of the Host header: host and port as written

  /// True for localhost, 127.0.0.0/8 and ::1.
  bool is_loopback() const;
};

/// Reads `http://host[:port][/path]` or https. The error is one sentence for the operator; it never repeats the
/// text, which may hold a password. User names, queries and fragments are refused. At most 2,048 bytes.
std::expected<BaseUrl, Bytes> parse_base_url(Bytes text);

/// True for "localhost", 127.0.0.0/8 and ::1 (without brackets).
bool is_loopback_host(Bytes host);

}  // namespace weir::catalog
