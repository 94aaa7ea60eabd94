#include "certificates.h"

#include "secret_reference.h"

namespace weir::control {
namespace {

constexpr std::size_t kMaxPemBytes = 4 << 20;

std::unexpected<ValueProblem> cannot_read(const std::string& path, const std::string& why) {
  return std::unexpected(
      ValueProblem{"the file " + path + " cannot be read: " + why + ".", "Correct the path or its permissions."});
}

/// The chain and its key, where `certificate` is set. A key that is not named lies in the same file.
std::expected<tls::Identity, ValueProblem> load_identity(const std::string& certificate, const std::string& key) {
  tls::Identity identity;
  if (certificate.empty()) return identity;
  auto chain = read_file(certificate, kMaxPemBytes);
  if (!chain) return cannot_read(certificate, chain.error());
  identity.chain = *std::move(chain);
  const std::string& key_path = key.empty() ? certificate : key;
  auto text = read_file(key_path, kMaxPemBytes);
  if (!text) return cannot_read(key_path, text.error());
  identity.key = Secret(*std::move(text));
  return identity;
}

/// The bundle of trusted roots, where the usual systems keep it; SSL_CERT_FILE, if set, says where.
std::expected<std::string, ValueProblem> system_roots(const Environment& environment) {
  if (const auto path = environment("SSL_CERT_FILE"); path && !path->empty()) {
    auto text = read_file(*path, kMaxPemBytes);
    if (!text) return cannot_read(*path, text.error());
    return *std::move(text);
  }
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
    if (auto text = read_file(path, kMaxPemBytes)) return *std::move(text);
  return std::unexpected(ValueProblem{"this machine has no store of trusted certificates.",
                                      "Install ca-certificates, set SSL_CERT_FILE, or write tls: {ca: FILE}."});
}

constexpr const char* kAdvice = "It needs PEM: the certificate first, then those it was issued by, and its key.";

}  // namespace

std::expected<std::shared_ptr<const tls::ServerContext>, ValueProblem> load_server_tls(const ListenerTlsFiles& files) {
  tls::ServerOptions options;
  auto identity = load_identity(files.certificate, files.key);
  if (!identity) return std::unexpected(identity.error());
  options.identity = *std::move(identity);
  options.min_version = files.min_version;
  if (!files.client_ca.empty()) {
    auto roots = read_file(files.client_ca, kMaxPemBytes);
    if (!roots) return cannot_read(files.client_ca, roots.error());
    options.client_roots = *std::move(roots);
  }
  if (auto response = read_file(files.certificate + ".ocsp", kMaxPemBytes))
    options.ocsp_response = *std::move(response);
  auto made = tls::ServerContext::make(options);
  if (!made) return std::unexpected(ValueProblem{files.certificate + ": " + made.error(), kAdvice});
  return *std::move(made);
}

std::expected<std::shared_ptr<const tls::ClientContext>, ValueProblem> load_client_tls(const ProviderTlsFiles& files,
                                                                                       const Environment& environment) {
  tls::ClientOptions options;
  auto identity = load_identity(files.certificate, files.key);
  if (!identity) return std::unexpected(identity.error());
  options.identity = *std::move(identity);
  options.min_version = files.min_version;
  if (files.ca.empty()) {
    auto roots = system_roots(environment);
    if (!roots) return std::unexpected(roots.error());
    options.roots = *std::move(roots);
  } else {
    auto roots = read_file(files.ca, kMaxPemBytes);
    if (!roots) return cannot_read(files.ca, roots.error());
    options.roots = *std::move(roots);
  }
  auto made = tls::ClientContext::make(options);
  const std::string& named = files.certificate.empty() ? files.ca : files.certificate;
  if (!made) return std::unexpected(ValueProblem{(named.empty() ? "" : named + ": ") + made.error(), kAdvice});
  return *std::move(made);
}

}  // namespace weir::control
