// The certificates of tests/certificates, and contexts made of them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "weir/tls/context.h"

namespace weir::tls::test {

inline std::string text_of(const std::string& name) {
  std::ifstream file(std::string(WEIR_TEST_CERTIFICATES) + "/" + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline Identity identity(const std::string& chain, const std::string& key) {
  return {.chain = text_of(chain), .key = Secret(text_of(key))};
}

inline std::shared_ptr<const ServerContext> server_context(const std::string& chain = "server.pem",
                                                           const std::string& key = "server.key",
                                                           const std::string& client_roots = "",
                                                           Version min_version = Version::tls_1_2) {
  auto made = ServerContext::make({.identity = identity(chain, key),
                                   .client_roots = client_roots.empty() ? "" : text_of(client_roots),
                                   .ocsp_response = {},
                                   .min_version = min_version});
  EXPECT_TRUE(made) << made.error();
  return *made;
}

inline std::shared_ptr<const ClientContext> client_context(bool with_certificate = false) {
  ClientOptions options{.roots = text_of("root.pem"), .identity = {}, .min_version = Version::tls_1_2};
  if (with_certificate) options.identity = identity("client.pem", "client.key");
  auto made = ClientContext::make(options);
  EXPECT_TRUE(made) << made.error();
  return *made;
}

}  // namespace weir::tls::test
