// TLS in a world: the certificates of everybody, and what makes cryptography repeatable.
//
// wolfSSL has three ways to differ between two runs. Random numbers: all seeds come from the world's own. The clock,
// which judges certificates and goes into resumed handshakes as a ticket's age: time() and gettimeofday() of this
// program give the world's time as long as there is a TlsSide (virtual_clock.cpp). A cache of sessions for the whole
// process: weir does without it. So bytes on the wire are part of the trace hash like any others.
//
// Owned by the world. One at a time in a process: the last one made is the one that counts.
#pragma once

#include <memory>

#include "plan.h"
#include "weir/base/random.h"
#include "weir/io/sim_network.h"
#include "weir/tls/context.h"

namespace weir::sim {

class TlsSide {
 public:
  TlsSide(const TlsPlan& plan, const io::SimNetwork& network, std::uint64_t cuts);
  ~TlsSide();
  TlsSide(const TlsSide&) = delete;
  TlsSide& operator=(const TlsSide&) = delete;

  /// Whom the certificates name.
  static constexpr const char* kHost = "weir.test";

  std::shared_ptr<const tls::ServerContext> listener;  ///< weir's; null where clients come without TLS
  std::shared_ptr<const tls::ClientContext> gateway;   ///< weir's towards the provider; null likewise
  std::shared_ptr<const tls::ServerContext> provider;
  std::shared_ptr<const tls::ClientContext> client;
  std::shared_ptr<const tls::ServerContext> renewed;  ///< weir's after a change of certificates
  tls::Session session;                               ///< of a client that was served, for those that come later

 private:
  static int fill(void*, unsigned char* into, unsigned int size);
  Random seeds_;
};

/// Where time() and gettimeofday() of this process take the time from; null: from the system.
void set_virtual_clock(const io::SimNetwork* network);

}  // namespace weir::sim
