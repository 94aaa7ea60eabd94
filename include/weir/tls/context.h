// What all TLS connections of one kind share: certificates, whom to trust, what to offer. Made once from texts that
// control has read, then immutable; shards share one without locks of ours. Connections outlive it: a context that was
// replaced lives on in them.
//
// Ours either way: TLS 1.2 and 1.3, ciphers with authentication only (AEAD), X25519 before P-256 and P-384, no
// renegotiation, no compression, no early data.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/secret.h"
#include "weir/tls/engine.h"

struct WOLFSSL_CTX;

namespace weir::tls {

enum class Version : std::uint8_t { tls_1_2, tls_1_3 };

/// The certificate one side shows: PEM texts.
struct Identity {
  std::string chain;  ///< its own certificate first, then those that lead towards a root
  Secret key;         ///< unencrypted
};

struct ServerOptions {
  Identity identity;
  std::string client_roots;   ///< PEM; when there are any, a client must show a certificate that leads to one of them
  std::string ocsp_response;  ///< DER; shown to clients that ask for it. Not together with client_roots
  Version min_version = Version::tls_1_2;
};

struct ClientOptions {
  std::string roots;  ///< PEM: whom to trust
  Identity identity;  ///< for servers that ask for a certificate; may be empty
  Version min_version = Version::tls_1_2;
};

/// Why a context cannot be made: a sentence for the operator, without any secret.
using ContextError = std::string;

class ServerContext {
 public:
  static std::expected<std::shared_ptr<const ServerContext>, ContextError> make(const ServerOptions& options);
  /// The engine of an accepted connection. Null only when memory is short.
  std::unique_ptr<Engine> accept() const;

 private:
  struct Free {
    void operator()(WOLFSSL_CTX* context) const;
  };
  ServerContext() = default;
  static int give_ocsp_response(void* self, const char*, int, unsigned char*, int, unsigned char** response);
  static void keep_ocsp_response(void*, unsigned char*) {}

  std::string ocsp_response_;
  std::unique_ptr<WOLFSSL_CTX, Free> context_;
};

class ClientContext {
 public:
  static std::expected<std::shared_ptr<const ClientContext>, ContextError> make(const ClientOptions& options);
  /// The engine of a connection to `host`, a DNS name or an IP address (IPv6 without brackets): the certificate has to
  /// be valid for it. `session`, if there is one, shortens the handshake.
  std::unique_ptr<Engine> connect(const std::string& host, const Session& session) const;
  /// Roots that could be read of those that were given.
  int roots() const { return roots_; }

 private:
  struct Free {
    void operator()(WOLFSSL_CTX* context) const;
  };
  ClientContext() = default;

  int roots_ = 0;
  std::unique_ptr<WOLFSSL_CTX, Free> context_;
};

/// False when the cryptography in use has no assembly for AES on this machine's kind; ChaCha20 is preferred then.
bool has_fast_aes();

/// Takes the seeds of all random numbers in TLS from `fill`, for worlds that must be repeatable; nullptr: from the
/// system again. For tests only: affects the whole process.
void set_seed_source(int (*fill)(void*, unsigned char*, unsigned int));
/// False when wolfSSL was built without the means for it.
bool takes_seeds();

}  // namespace weir::tls
