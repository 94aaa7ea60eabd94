// TLS for the two ends of the bench, when the gateway between them speaks it: OpenSSL over memory, bytes in and bytes
// out, so that the rings around it stay as they are. Not weir's library: a ruler must not share a defect with what it
// measures. TLS 1.3 with AES-128-GCM alone, on both sides, so that every gateway encrypts the same way.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

/// Certificates and settings; one per program, must outlive its sessions. A failing set-up ends the program.
class TlsContext {
 public:
  /// Shows this chain (PEM files).
  static TlsContext server(const std::string& chain, const std::string& key);
  /// Trusts this root only (PEM file), and expects this name in the certificate it is shown.
  static TlsContext client(const std::string& root, const std::string& name);

 private:
  friend class TlsSession;
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit TlsContext(bool is_server);

  std::unique_ptr<SSL_CTX, Free> context_;
  bool is_server_;
  std::string name_;  // whom a client expects
};

/// One connection. Bytes for the other side gather in `out()`, whose owner sends and clears them.
class TlsSession {
 public:
  explicit TlsSession(const TlsContext& context);

  /// Takes what came from the socket and hands out what it says: `plain(bytes)`. False when it is not TLS as agreed.
  template <class Plain>
  bool receive(std::string_view cipher, Plain&& plain) {
    put(cipher);
    std::array<char, 16384> record;
    for (;;) {
      const int bytes = SSL_read(session_.get(), record.data(), static_cast<int>(record.size()));
      if (bytes > 0) {
        plain(std::string_view(record.data(), static_cast<std::size_t>(bytes)));
      } else {
        collect();
        return SSL_get_error(session_.get(), bytes) == SSL_ERROR_WANT_READ;
      }
    }
  }

  /// Encrypts; the handshake must be over.
  void send(std::string_view plain);

  /// Client: the whole handshake over a blocking socket. Ends the program when it fails.
  void shake_hands(int fd);

  bool established() const { return SSL_is_init_finished(session_.get()) == 1; }
  std::string& out() { return out_; }

 private:
  void put(std::string_view cipher);
  void collect();

  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  std::unique_ptr<SSL, Free> session_;
  std::string out_;
};

}  // namespace bench
