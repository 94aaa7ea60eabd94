// Where a provider is reached: a host and a port, perhaps through a proxy. Values of the catalog, which outlives this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weir/catalog/proxy.h"
#include "weir/tls/context.h"

namespace weir::net {

struct Endpoint {
  std::string host;  ///< a name, or an IP address without brackets
  std::uint16_t port = 0;
  std::shared_ptr<const catalog::Proxy> proxy;    ///< null: directly
  std::shared_ptr<const tls::ClientContext> tls;  ///< null: plain HTTP
  std::string tls_host;                           ///< whom the certificate has to name
};

}  // namespace weir::net
