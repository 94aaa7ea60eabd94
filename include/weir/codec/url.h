// Two small pieces of URLs (RFC 3986): the base URL of a provider, and the target of a request.
// Views into the text they were read from; nothing is decoded or normalised.
#pragma once

#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"

namespace weir::codec {

/// http://host[:port][/path] or https://...
struct BaseUrl {
  bool tls = false;
  Bytes host;         ///< without the brackets of an IPv6 literal
  bool ipv6 = false;  ///< the host is an IPv6 literal
  std::uint16_t port = 0;
  Bytes authority;  ///< host[:port] as written: the value of Host
  Bytes path;       ///< empty or "/...", without a trailing slash: "https://x/v1/" gives "/v1"
};

/// Refuses user information, a query, a fragment, port 0 and anything that is not http or https: Fault::field_invalid.
Result<BaseUrl> parse_base_url(Bytes text);

/// host[:port] as Host and the absolute form carry it.
struct Authority {
  Bytes host;  ///< without brackets
  bool ipv6 = false;
  bool has_port = false;
  std::uint16_t port = 0;
};

/// Faults: field_invalid.
Result<Authority> parse_authority(Bytes text);

struct Target {
  Bytes path;
  Bytes query;             ///< without the question mark
  bool has_query = false;  ///< "/x?" has an empty one
};

Target split_target(Bytes target);

}  // namespace weir::codec
