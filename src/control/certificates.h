// From files to TLS contexts. Read when the configuration is, so that a mistake is told before anything starts, and
// again when certificates are renewed.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "value_parser.h"
#include "weir/control/config.h"
#include "weir/tls/context.h"

namespace weir::control {

std::expected<std::shared_ptr<const tls::ServerContext>, ValueProblem> load_server_tls(const ListenerTlsFiles& files);

/// Which files a provider's TLS is made of; all may be empty.
struct ProviderTlsFiles {
  std::string ca;  ///< empty: the system's store
  std::string certificate;
  std::string key;
  tls::Version min_version = tls::Version::tls_1_2;
};
std::expected<std::shared_ptr<const tls::ClientContext>, ValueProblem> load_client_tls(const ProviderTlsFiles& files,
                                                                                       const Environment& environment);

}  // namespace weir::control
