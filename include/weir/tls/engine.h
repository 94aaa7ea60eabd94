// One TLS connection as bytes in, bytes out: no socket, no clock, no thread. wolfSSL does the cryptography.
//
//   feed(wire bytes) ---> read()  ---> what the peer said
//   write(our bytes) ---> a record in the caller's memory
//   handshake(), read(), end() may have something of their own to say (handshake messages, tickets, alerts): it waits
//   in pending() and goes before the next record.
//
// Owned by one connection; made by a ServerContext or ClientContext, which may die before it. Bytes that were fed are
// not copied: they stay where they are until hungry().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"

struct WOLFSSL;
struct WOLFSSL_SESSION;

namespace weir::tls {

/// What a client remembers of a connection in order to shorten the next handshake. Belongs to one shard.
class Session {
 public:
  Session() = default;
  explicit Session(WOLFSSL_SESSION* session) : session_(session) {}
  explicit operator bool() const { return session_ != nullptr; }
  WOLFSSL_SESSION* get() const { return session_.get(); }

 private:
  struct Free {
    void operator()(WOLFSSL_SESSION* session) const;
  };
  std::unique_ptr<WOLFSSL_SESSION, Free> session_;
};

class Engine {
 public:
  enum class Outcome : std::uint8_t {
    done,         ///< what was asked for has happened
    wants_input,  ///< more bytes from the wire are needed
    ended,        ///< the peer said, properly, that nothing follows (close_notify)
    failed,       ///< the connection is of no use any more; fault() and reason() say why
  };
  struct Read {
    Outcome outcome = Outcome::done;
    std::size_t size = 0;
  };

  /// Most of what one record adds to its content, in any version and cipher of ours.
  static constexpr std::size_t kRecordOverhead = 64;
  /// Most that write() takes at a time: the largest content of a record.
  static constexpr std::size_t kMaxRecord = 16 * 1024;

  explicit Engine(WOLFSSL* ssl);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Bytes from the wire. Only when hungry(); they must stay valid until it is again.
  void feed(Bytes wire);
  bool hungry() const { return input_.empty(); }

  /// Goes on with the handshake, as far as the input reaches. Once done, it stays done.
  Outcome handshake();
  bool established() const { return established_; }
  /// Reads what the peer said, at most one memory full. `size` > 0 exactly with Outcome::done.
  Read read(MutableBytes into);
  /// Seals `plain` (at most kMaxRecord bytes) into one record in `into`, which must have room for it and
  /// kRecordOverhead. The record's size; 0: the connection failed. Nothing may be pending().
  std::size_t write(Bytes plain, MutableBytes into);
  /// Says properly that nothing follows.
  void end();

  /// What has to go out before anything else.
  Bytes pending() const { return pending_; }
  void clear_pending() { pending_ = {}; }

  /// After Outcome::failed: one of the tls_ faults.
  Fault fault() const { return fault_; }
  /// ... and wolfSSL's own words, for the log.
  std::string reason() const;

  /// On a client, once something was read: how to resume this session. Empty when the server offers no resumption.
  Session session() const;
  /// The handshake was a short one.
  bool resumed() const;
  /// "TLSv1.3".
  Bytes version() const;
  /// What both sides agreed to speak ("http/1.1"); empty when the peer did not say.
  Bytes protocol() const;

 private:
  static int on_receive(WOLFSSL*, char* into, int size, void* self);
  static int on_send(WOLFSSL*, char* bytes, int size, void* self);
  Outcome outcome_of(int result);
  std::size_t ticket_mark() const;

  struct Free {
    void operator()(WOLFSSL* ssl) const;
  };
  std::unique_ptr<WOLFSSL, Free> ssl_;
  Bytes input_;
  MutableBytes record_;      // where the record being written goes...
  std::size_t written_ = 0;  // ...and how much of it is there
  std::string pending_;
  std::size_t ticket_at_start_ = 0;
  int error_ = 0;
  Fault fault_ = Fault::tls_failed;
  bool established_ = false;
  bool ended_ = false;
};

}  // namespace weir::tls
