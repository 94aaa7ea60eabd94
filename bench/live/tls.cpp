#include "tls.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

namespace bench {

namespace {

[[noreturn]] void refuse(const char* what) {
  char why[256] = "";
  ERR_error_string_n(ERR_get_error(), why, sizeof why);
  std::fprintf(stderr, "bench: %s: %s\n", what, why);
  std::exit(1);
}

}  // namespace

TlsContext::TlsContext(bool is_server)
    : context_(SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method())), is_server_(is_server) {
  if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context_.get(), "TLS_AES_128_GCM_SHA256") != 1) {
    refuse("TLS set-up");
  }
  SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
}

TlsContext TlsContext::server(const std::string& chain, const std::string& key) {
  TlsContext made(true);
  if (SSL_CTX_use_certificate_chain_file(made.context_.get(), chain.c_str()) != 1) refuse(chain.c_str());
  if (SSL_CTX_use_PrivateKey_file(made.context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) refuse(key.c_str());
  return made;
}

TlsContext TlsContext::client(const std::string& root, const std::string& name) {
  TlsContext made(false);
  if (SSL_CTX_load_verify_locations(made.context_.get(), root.c_str(), nullptr) != 1) refuse(root.c_str());
  SSL_CTX_set_verify(made.context_.get(), SSL_VERIFY_PEER, nullptr);
  made.name_ = name;
  return made;
}

TlsSession::TlsSession(const TlsContext& context) : session_(SSL_new(context.context_.get())) {
  if (!session_) refuse("TLS session");
  SSL_set_bio(session_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (context.is_server_) {
    SSL_set_accept_state(session_.get());
    return;
  }
  SSL_set_connect_state(session_.get());
  if (SSL_set1_host(session_.get(), context.name_.c_str()) != 1 ||
      SSL_set_tlsext_host_name(session_.get(), context.name_.c_str()) != 1) {
    refuse("TLS name");
  }
}

void TlsSession::put(std::string_view cipher) {
  BIO_write(SSL_get_rbio(session_.get()), cipher.data(), static_cast<int>(cipher.size()));
}

void TlsSession::collect() {
  char* bytes = nullptr;
  BIO* const written = SSL_get_wbio(session_.get());
  const long size = BIO_get_mem_data(written, &bytes);
  if (size <= 0) return;
  out_.append(bytes, static_cast<std::size_t>(size));
  BIO_reset(written);
}

void TlsSession::send(std::string_view plain) {
  if (SSL_write(session_.get(), plain.data(), static_cast<int>(plain.size())) <= 0) refuse("TLS write");
  collect();
}

void TlsSession::shake_hands(int fd) {
  std::array<char, 16384> bytes;
  for (;;) {
    const int result = SSL_do_handshake(session_.get());
    collect();
    if (!out_.empty() && ::send(fd, out_.data(), out_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out_.size())) {
      refuse("TLS handshake, sending");
    }
    out_.clear();
    if (result == 1) return;
    if (SSL_get_error(session_.get(), result) != SSL_ERROR_WANT_READ) refuse("TLS handshake");
    const ssize_t came = recv(fd, bytes.data(), bytes.size(), 0);
    if (came <= 0) refuse("TLS handshake, receiving");
    put({bytes.data(), static_cast<std::size_t>(came)});
  }
}

}  // namespace bench
