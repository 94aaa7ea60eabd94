#include "tls_side.h"

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "weir/base/assert.h"

namespace weir::sim {
namespace {

TlsSide* present = nullptr;  // wolfSSL takes its seeds through a function without an object

const std::string& text_of(const std::string& name) {
  static std::map<std::string, std::string> texts;
  auto [place, is_new] = texts.try_emplace(name);
  if (is_new) {
    std::ifstream file(std::string(WEIR_TEST_CERTIFICATES) + "/" + name);
    WEIR_ASSERT(file, "a certificate of tests/certificates");
    std::ostringstream text;
    text << file.rdbuf();
    place->second = text.str();
  }
  return place->second;
}

std::shared_ptr<const tls::ServerContext> server(TlsPlan::Certificate certificate) {
  using Certificate = TlsPlan::Certificate;
  const char* chain = certificate == Certificate::expired    ? "expired.pem"
                      : certificate == Certificate::stranger ? "stranger.pem"
                      : certificate == Certificate::other    ? "other.pem"
                      : certificate == Certificate::rsa      ? "rsa.pem"
                                                             : "server.pem";
  const char* key = certificate == Certificate::rsa ? "rsa.key" : "server.key";
  auto made = tls::ServerContext::make({.identity = {.chain = text_of(chain), .key = Secret(text_of(key))},
                                        .client_roots = {},
                                        .ocsp_response = {},
                                        .min_version = tls::Version::tls_1_2});
  WEIR_ASSERT(made, "a server's certificate can be used");
  return *made;
}

std::shared_ptr<const tls::ClientContext> client_context() {
  auto made =
      tls::ClientContext::make({.roots = text_of("root.pem"), .identity = {}, .min_version = tls::Version::tls_1_2});
  WEIR_ASSERT(made, "a root certificate can be used");
  return *made;
}

}  // namespace

TlsSide::TlsSide(const TlsPlan& plan, const io::SimNetwork& network, std::uint64_t cuts) : seeds_(cuts ^ 0x746c73) {
  present = this;
  set_virtual_clock(&network);
  tls::set_seed_source(&fill);
  if (plan.clients) {
    listener = server(plan.listener);
    if (plan.renews_at > Duration{})
      renewed =
          server(plan.listener == TlsPlan::Certificate::rsa ? TlsPlan::Certificate::good : TlsPlan::Certificate::rsa);
    client = client_context();
  }
  if (plan.provider) {
    provider = server(plan.certificate);
    gateway = client_context();
  }
}

TlsSide::~TlsSide() {
  if (present != this) return;
  tls::set_seed_source(nullptr);
  set_virtual_clock(nullptr);
  present = nullptr;
}

int TlsSide::fill(void*, unsigned char* into, unsigned int size) {
  for (unsigned int i = 0; i < size; ++i) into[i] = static_cast<unsigned char>(present->seeds_.next() >> 56);
  return 0;
}

}  // namespace weir::sim
