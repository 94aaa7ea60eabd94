// What one shard knows of one host name: its addresses, how long they hold, which of them failed lately. Pure: told
// what happened and what time it is, it says what to do; asking and waiting is the Resolver's.
//
//   fresh     now < expiry           used; asked anew in the background when a quarter of the time is left
//   expired   and nobody said why    the user waits for a new answer, but not for long: then the old one is used
//   outage    the last lookup failed the old answer is used at once, for as long as the outage lasts; asked anew in the
//                                    background every few seconds
//   unknown   nothing to use         the user waits; after a failure nobody asks for a moment, and users are refused
//
// A server that says the name does not exist is believed: the old answer goes. A server that cannot tell, or says
// nothing, is an outage.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "weir/base/fault.h"
#include "weir/io/names_contract.h"

namespace weir::net {

inline constexpr std::size_t kMaxNameAddresses = 16;

struct NameRules {
  Duration min_ttl = 1s;  ///< whatever the server says
  Duration max_ttl = 1h;
  Duration not_found_for = 5s;   ///< a name that does not exist is not asked for again
  Duration failed_for = 1s;      ///< the same after a failure with nothing to fall back on
  Duration retry = 5s;           ///< during an outage with an old answer
  Duration stale_after = 300ms;  ///< so long a user waits for a new answer while there is an old one
  Duration avoid = 60s;          ///< an address that failed or was slow goes to the back
};

/// Addresses in the order in which they should be tried.
struct AddressList {
  std::array<io::Address, kMaxNameAddresses> all{};
  std::size_t count = 0;
  bool stale = false;  ///< of an answer that has expired
  std::span<const io::Address> span() const { return {all.data(), count}; }
};

class NameRecord {
 public:
  explicit NameRecord(const NameRules& rules = {}) : rules_(rules) {}

  enum class Use : std::uint8_t { now, wait, never };
  struct Decision {
    Use use = Use::wait;
    bool ask = false;                      ///< start a lookup, and call on_asked()
    Fault fault = Fault::name_unresolved;  ///< for Use::never
  };
  /// Somebody wants to connect.
  Decision decide(Instant now) const;
  /// Until when a user who was told to wait should do so; then there may be an old answer.
  Instant patience() const { return addresses_.empty() ? kNever : asked_at_ + rules_.stale_after; }

  void on_asked(Instant now);
  void on_answer(const io::NameAnswer& answer, Instant now);

  /// The addresses with `port`, IPv6 and IPv4 in turn (RFC 8305 section 4), each family rotated by one each time, those
  /// to be avoided at the end. Empty when nothing is known.
  AddressList take(std::uint16_t port, Instant now);

  /// An address could not be connected, or was overtaken by a later one. When all have failed, the next user asks anew.
  void on_failed(const io::Address& address, Instant now);
  void on_connected(const io::Address& address);

  bool asking() const { return asking_; }
  std::size_t size() const { return addresses_.size(); }

 private:
  struct Entry {
    io::Address address;      // port 0
    Instant avoided_until{};  // in the past: a good one
  };
  Entry* find(const io::Address& address);
  void replace(std::span<const io::NameAddress> found, Instant now);

  NameRules rules_;
  std::vector<Entry> addresses_;  // in the server's order
  Instant expiry_{};
  Instant refresh_at_{};
  Instant quiet_until_{};  // after a failure: do not ask before
  Instant asked_at_{};
  Fault fault_ = Fault::name_unresolved;
  std::uint32_t turn_ = 0;
  bool asking_ = false;
  bool outage_ = false;
};

}  // namespace weir::net
