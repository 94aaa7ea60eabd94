#include "weir/tls/engine.h"

#include <wolfssl/options.h>  // must come before every other header of wolfSSL

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <array>
#include <cstring>
#include <utility>

#include "weir/base/assert.h"

namespace weir::tls {
namespace {

Fault fault_of(int error) {
  switch (error) {
    case ASN_NO_SIGNER_E:
    case ASN_SELF_SIGNED_E:
    case ASN_SIG_CONFIRM_E:
    case ASN_PATHLEN_SIZE_E:
    case ASN_PATHLEN_INV_E:
    case NOT_CA_ERROR:
      return Fault::tls_untrusted;
    case ASN_AFTER_DATE_E:
    case ASN_BEFORE_DATE_E:
      return Fault::tls_expired;
    case DOMAIN_NAME_MISMATCH:
    case IPADDR_MISMATCH:
      return Fault::tls_wrong_host;
    default:
      return Fault::tls_failed;
  }
}

/// RFC 8446, section 6.
Bytes alert_name(int code) {
  switch (code) {
    case 0:
      return "close_notify";
    case 10:
      return "unexpected_message";
    case 20:
      return "bad_record_mac";
    case 40:
      return "handshake_failure";
    case 42:
      return "bad_certificate";
    case 43:
      return "unsupported_certificate";
    case 44:
      return "certificate_revoked";
    case 45:
      return "certificate_expired";
    case 46:
      return "certificate_unknown";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 51:
      return "decrypt_error";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 112:
      return "unrecognized_name";
    case 116:
      return "certificate_required";
    case 120:
      return "no_application_protocol";
    default:
      return "another one";
  }
}

}  // namespace

void Session::Free::operator()(WOLFSSL_SESSION* session) const { wolfSSL_SESSION_free(session); }
void Engine::Free::operator()(WOLFSSL* ssl) const { wolfSSL_free(ssl); }

Engine::Engine(WOLFSSL* ssl) : ssl_(ssl) {
  wolfSSL_SSLSetIORecv(ssl, &on_receive);
  wolfSSL_SSLSetIOSend(ssl, &on_send);
  wolfSSL_SetIOReadCtx(ssl, this);
  wolfSSL_SetIOWriteCtx(ssl, this);
}

Engine::~Engine() = default;

// ---- wolfSSL's two ways to the wire.

int Engine::on_receive(WOLFSSL*, char* into, int size, void* object) {
  Engine& self = *static_cast<Engine*>(object);
  if (self.input_.empty()) return WOLFSSL_CBIO_ERR_WANT_READ;
  const std::size_t taken = self.input_.copy(into, static_cast<std::size_t>(size));
  self.input_.remove_prefix(taken);
  return static_cast<int>(taken);
}

int Engine::on_send(WOLFSSL*, char* bytes, int size, void* object) {
  Engine& self = *static_cast<Engine*>(object);
  const auto wanted = static_cast<std::size_t>(size);
  if (wanted <= self.record_.size() - self.written_) {
    std::memcpy(self.record_.data() + self.written_, bytes, wanted);
    self.written_ += wanted;
  } else {
    self.pending_.append(bytes, wanted);
  }
  return size;
}

// ---- The four outcomes.

Engine::Outcome Engine::outcome_of(int result) {
  error_ = wolfSSL_get_error(ssl_.get(), result);
  switch (error_) {
    case WOLFSSL_ERROR_WANT_READ:
      return Outcome::wants_input;
    case WOLFSSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return Outcome::ended;
    default:
      fault_ = fault_of(error_);
      return Outcome::failed;
  }
}

void Engine::feed(Bytes wire) {
  WEIR_ASSERT(hungry(), "bytes are fed when the last ones are used up");
  input_ = wire;
}

Engine::Outcome Engine::handshake() {
  if (established_) return Outcome::done;
  const int result = wolfSSL_negotiate(ssl_.get());
  if (result != WOLFSSL_SUCCESS) return outcome_of(result);
  established_ = true;
  ticket_at_start_ = ticket_mark();
  return Outcome::done;
}

Engine::Read Engine::read(MutableBytes into) {
  if (ended_) return {Outcome::ended, 0};
  std::size_t size = 0;
  while (size < into.size()) {
    const int result = wolfSSL_read(ssl_.get(), into.data() + size, static_cast<int>(into.size() - size));
    if (result > 0) {
      size += static_cast<std::size_t>(result);
      continue;
    }
    const Outcome outcome = outcome_of(result);
    // What came before an end or a failure is given out first; wolfSSL says the rest again at the next call.
    return size > 0 ? Read{Outcome::done, size} : Read{outcome, 0};
  }
  return {Outcome::done, size};
}

std::size_t Engine::write(Bytes plain, MutableBytes into) {
  WEIR_ASSERT(pending_.empty(), "what is pending goes first");
  WEIR_ASSERT(plain.size() <= kMaxRecord && into.size() >= plain.size() + kRecordOverhead, "a record has room");
  record_ = into;
  written_ = 0;
  const int result = wolfSSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  record_ = {};
  const std::size_t size = std::exchange(written_, 0);
  if (result == static_cast<int>(plain.size()) && pending_.empty()) return size;
  outcome_of(result);
  return 0;
}

void Engine::end() { wolfSSL_shutdown(ssl_.get()); }

// ---- What is known of the connection.

std::string Engine::reason() const {
  WOLFSSL_ALERT_HISTORY alerts{};
  std::string text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(error_));
  if (wolfSSL_get_alert_history(ssl_.get(), &alerts) == WOLFSSL_SUCCESS && alerts.last_rx.code > 0)
    text += "; the other side's alert: " + std::string(alert_name(alerts.last_rx.code));
  return text;
}

/// A number that stands for the ticket of the present session; 0: there is none.
std::size_t Engine::ticket_mark() const {
  std::array<char, 4096> ticket;
  word32 size = ticket.size();
  auto* bytes = reinterpret_cast<unsigned char*>(ticket.data());
  if (wolfSSL_get_SessionTicket(ssl_.get(), bytes, &size) != WOLFSSL_SUCCESS || size == 0) return 0;
  return std::hash<Bytes>{}({ticket.data(), size}) | 1;
}

Session Engine::session() const {
  // In TLS 1.3 a ticket comes some time after the handshake. Until it was read there is nothing to resume: wolfSSL
  // would give out the new connection's secret without a ticket, or with the one this connection itself was resumed
  // from.
  const std::size_t ticket = ticket_mark();
  const bool has_own = ticket != 0 && ticket != ticket_at_start_;
  if (wolfSSL_version(ssl_.get()) == TLS1_3_VERSION && !has_own) return {};
  return Session(wolfSSL_get1_session(ssl_.get()));
}

bool Engine::resumed() const { return wolfSSL_session_reused(ssl_.get()) == 1; }

Bytes Engine::version() const { return wolfSSL_get_version(ssl_.get()); }

Bytes Engine::protocol() const {
  char* name = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(ssl_.get(), &name, &size) != WOLFSSL_SUCCESS) return {};
  return {name, size};
}

}  // namespace weir::tls
