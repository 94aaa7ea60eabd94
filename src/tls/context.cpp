#include "weir/tls/context.h"

#include <wolfssl/options.h>  // must come before every other header of wolfSSL

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/random.h>

#include <array>

#include "weir/base/assert.h"
#include "weir/io/address.h"

namespace weir::tls {
namespace {

#if defined(WOLFSSL_AESNI) || defined(WOLFSSL_ARMASM)
constexpr bool kFastAes = true;
#else
constexpr bool kFastAes = false;
#endif

constexpr const char* kAesFirst =
    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kChachaFirst =
    "TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

std::unexpected<ContextError> refuse(std::string sentence) { return std::unexpected(std::move(sentence)); }

std::string because(int code) {
  return std::string(" (") + wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code)) + ").";
}

const unsigned char* bytes_of(Bytes text) { return reinterpret_cast<const unsigned char*>(text.data()); }

/// wolfSSL counts its users; one that is never given back keeps it for the life of the process.
void set_up_library() {
  static const int result = wolfSSL_Init();
  WEIR_ASSERT(result == WOLFSSL_SUCCESS, "wolfSSL can be set up");
}

void set_common(WOLFSSL_CTX* context, Version min_version) {
  wolfSSL_CTX_SetMinVersion(context, min_version == Version::tls_1_3 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2);
  wolfSSL_CTX_set_cipher_list(context, kFastAes ? kAesFirst : kChachaFirst);
  std::array<int, 3> groups = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
  wolfSSL_CTX_set_groups(context, groups.data(), static_cast<int>(groups.size()));
  // Sessions live in tickets and in our own hands; wolfSSL's cache is one for the whole process, behind locks.
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
}

std::expected<void, ContextError> show(WOLFSSL_CTX* context, const Identity& identity) {
  const auto size = static_cast<long>(identity.chain.size());
  int result = wolfSSL_CTX_use_certificate_chain_buffer(context, bytes_of(identity.chain), size);
  if (result != WOLFSSL_SUCCESS) return refuse("the certificate cannot be read" + because(result));
  const Bytes key = identity.key.reveal();
  result =
      wolfSSL_CTX_use_PrivateKey_buffer(context, bytes_of(key), static_cast<long>(key.size()), WOLFSSL_FILETYPE_PEM);
  if (result != WOLFSSL_SUCCESS) return refuse("the private key cannot be read" + because(result));
  if (wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS)
    return refuse("the private key is not that of the certificate.");
  return {};
}

/// Certificates of a PEM text, one by one: a bundle with one that cannot be read is still good for the others.
template <class Visit>
void for_each_certificate(Bytes pem, Visit&& visit) {
  constexpr Bytes kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr Bytes kEnd = "-----END CERTIFICATE-----";
  for (;;) {
    const std::size_t begin = pem.find(kBegin);
    if (begin == Bytes::npos) return;
    const std::size_t end = pem.find(kEnd, begin);
    if (end == Bytes::npos) return;
    visit(pem.substr(begin, end + kEnd.size() - begin));
    pem.remove_prefix(end + kEnd.size());
  }
}

int trust(WOLFSSL_CTX* context, Bytes roots) {
  int trusted = 0;
  for_each_certificate(roots, [&](Bytes certificate) {
    // A root that has run out is kept: it says nothing about whom it signs today, and verification judges each chain.
    const int result =
        wolfSSL_CTX_load_verify_buffer_ex(context, bytes_of(certificate), static_cast<long>(certificate.size()),
                                          WOLFSSL_FILETYPE_PEM, 0, WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY);
    trusted += result == WOLFSSL_SUCCESS;
  });
  return trusted;
}

constexpr unsigned char kAlpnStyle = WOLFSSL_ALPN_CONTINUE_ON_MISMATCH;

void offer_http(WOLFSSL* ssl) {
  char protocols[] = "http/1.1";
  wolfSSL_UseALPN(ssl, protocols, sizeof protocols - 1, kAlpnStyle);
}

/// An IP address in the form in which wolfSSL writes those of a certificate; nothing for a name.
std::string address_text(const std::string& host) {
  const auto address = io::Address::from_literal(host, 0);
  if (!address) return {};
  if (!address->v6) return host;
  std::string text;
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (std::size_t i = 0; i < address->ip.size(); ++i) {
    if (i > 0 && i % 2 == 0) text += ':';
    text += kDigits[address->ip[i] >> 4];
    text += kDigits[address->ip[i] & 15];
  }
  return text;
}

}  // namespace

bool has_fast_aes() { return kFastAes; }

void set_seed_source(int (*fill)(void*, unsigned char*, unsigned int)) {
  set_up_library();
#ifdef WC_RNG_SEED_CB
  // The two function types differ only in a pointer's type, which is never looked into.
  static int (*chosen)(void*, unsigned char*, unsigned int) = nullptr;
  chosen = fill;
  if (fill)
    wc_SetSeed_Cb([](OS_Seed*, byte* seed, word32 size) { return chosen(nullptr, seed, size); });
  else
    wc_SetSeed_Cb(wc_GenerateSeed);
#else
  WEIR_ASSERT(!fill, "this build of wolfSSL takes no seeds");
#endif
}

bool takes_seeds() {
#ifdef WC_RNG_SEED_CB
  return true;
#else
  return false;
#endif
}

// ---- ServerContext

void ServerContext::Free::operator()(WOLFSSL_CTX* context) const { wolfSSL_CTX_free(context); }

int ServerContext::give_ocsp_response(void* self, const char*, int, unsigned char*, int, unsigned char** response) {
  auto& text = static_cast<ServerContext*>(self)->ocsp_response_;
  *response = reinterpret_cast<unsigned char*>(text.data());
  return static_cast<int>(text.size());
}

std::expected<std::shared_ptr<const ServerContext>, ContextError> ServerContext::make(const ServerOptions& options) {
  set_up_library();
  std::shared_ptr<ServerContext> made(new ServerContext);
  made->context_.reset(wolfSSL_CTX_new(wolfTLS_server_method()));
  WOLFSSL_CTX* context = made->context_.get();
  if (!context) return refuse("there is no memory for it.");
  set_common(context, options.min_version);
  if (const auto shown = show(context, options.identity); !shown) return refuse(shown.error());
  wolfSSL_CTX_UseSessionTicket(context);
  if (!options.client_roots.empty()) {
    if (trust(context, options.client_roots) == 0)
      return refuse("there is no certificate of a client's authority that can be read.");
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  } else {
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_NONE, nullptr);
  }
  if (!options.ocsp_response.empty() && options.client_roots.empty()) {
    // wolfSSL verifies what it shows, so it has to know who issued the certificate.
    made->ocsp_response_ = options.ocsp_response;
    trust(context, options.identity.chain);
    wolfSSL_CTX_EnableOCSPStapling(context);
    char anywhere[] = "http://stapled.invalid/";  // never asked: the answer is given by our own callback
    wolfSSL_CTX_SetOCSP_OverrideURL(context, anywhere);
    wolfSSL_CTX_EnableOCSP(context, WOLFSSL_OCSP_URL_OVERRIDE | WOLFSSL_OCSP_NO_NONCE);
    wolfSSL_CTX_SetOCSP_Cb(context, &give_ocsp_response, &keep_ocsp_response, made.get());
  }
  return made;
}

std::unique_ptr<Engine> ServerContext::accept() const {
  WOLFSSL* ssl = wolfSSL_new(context_.get());
  if (!ssl) return nullptr;
  offer_http(ssl);
  return std::make_unique<Engine>(ssl);
}

// ---- ClientContext

void ClientContext::Free::operator()(WOLFSSL_CTX* context) const { wolfSSL_CTX_free(context); }

std::expected<std::shared_ptr<const ClientContext>, ContextError> ClientContext::make(const ClientOptions& options) {
  set_up_library();
  std::shared_ptr<ClientContext> made(new ClientContext);
  made->context_.reset(wolfSSL_CTX_new(wolfTLS_client_method()));
  WOLFSSL_CTX* context = made->context_.get();
  if (!context) return refuse("there is no memory for it.");
  set_common(context, options.min_version);
  made->roots_ = trust(context, options.roots);
  if (made->roots_ == 0) return refuse("there is no certificate of an authority that can be read.");
  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, nullptr);
  if (!options.identity.chain.empty())
    if (const auto shown = show(context, options.identity); !shown) return refuse(shown.error());
  wolfSSL_CTX_UseSessionTicket(context);
  return made;
}

std::unique_ptr<Engine> ClientContext::connect(const std::string& host, const Session& session) const {
  WOLFSSL* ssl = wolfSSL_new(context_.get());
  if (!ssl) return nullptr;
  offer_http(ssl);
  const std::string address = address_text(host);
  if (address.empty())
    wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, host.data(), static_cast<unsigned short>(host.size()));
  wolfSSL_check_domain_name(ssl, address.empty() ? host.c_str() : address.c_str());
  if (session) wolfSSL_set_session(ssl, session.get());  // one that has run out is ignored
  return std::make_unique<Engine>(ssl);
}

}  // namespace weir::tls
