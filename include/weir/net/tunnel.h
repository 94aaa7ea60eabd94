// A way through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6) on a connection to the proxy, after which its bytes are
// the provider's. The same for http:// and https:// providers, so that the proxy sees no request and no credential.
#pragma once

#include "weir/io/socket.h"
#include "weir/net/context.h"
#include "weir/net/endpoint.h"

namespace weir::net {

/// Asks for the way and waits for the answer. Faults: proxy_refused (any status but 2xx), proxy_failed (no proper
/// answer), connect_timeout, shed (no buffer), cancelled.
io::Task<Result<void>> open_tunnel(Context& context, io::Socket& socket, const Endpoint& endpoint, Instant deadline);

}  // namespace weir::net
