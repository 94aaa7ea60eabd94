// The contract between weir and whoever knows names. Two keep it: CaresNames (DNS through the ring, with c-ares) in
// `weir`, SimNames (a table of the simulated world) in `weir_sim`. `Names` is one alias chosen by the build.
//
// The seam speaks the language of operations: a lookup is started, and its answer comes later, never from inside the
// call. A Lookup is pinned and owned by whoever asks; it may die only after its last answer.
//
//   start   asks for the IPv4 and IPv6 addresses of a host name. The hosts file comes before DNS, `localhost` is
//           always known, and search domains apply to short names, as with getaddrinfo(3). An IP address is its own.
//   answer  `found` with addresses in the server's order, or a reason why there are none. With `more` set, the
//           addresses of one family are late: what is there is given already, and one more answer follows with all.
//   cancel  a request; the lookup still gets exactly one last answer (`cancelled`, or its real one).
//   close   cancels everything, returns when nothing is outstanding. Afterwards nothing may be started.
//
// How long a name's servers are waited for is the resolver's affair; it ends by itself in bounded time.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "weir/base/assert.h"
#include "weir/base/bytes.h"
#include "weir/base/time.h"
#include "weir/io/address.h"
#include "weir/io/task.h"

namespace weir::io {

class Loop;

enum class NameStatus : std::uint8_t {
  found,
  not_found,  ///< the name does not exist, or has no address: said by a server that ought to know
  failed,     ///< the servers could not be reached, or answered that they cannot tell
  timed_out,  ///< no server answered
  cancelled,
};
inline constexpr std::size_t kNameStatusCount = 5;

struct NameAddress {
  Address address;  ///< port 0
  Duration ttl{};   ///< how long the server lets it be used; 0 for the hosts file
};

struct NameAnswer {
  NameStatus status = NameStatus::failed;
  std::span<const NameAddress> addresses;  ///< valid during the call; not empty exactly when `found`
  bool more = false;                       ///< `found`, but a further answer follows
};

/// Where names are asked for.
struct NameOptions {
  std::vector<Address> servers;       ///< empty: as /etc/resolv.conf says
  Duration attempt_timeout = 1500ms;  ///< for each server's first try; doubled with every round
  int attempts = 3;                   ///< rounds
  Duration resolution_delay = 50ms;   ///< one family waits so long for the other (RFC 8305 section 3)
};

/// One question under way.
class Lookup {
 public:
  using Handler = void (*)(Lookup&, const NameAnswer&);

  explicit Lookup(Handler handler) : handler_(handler) {}
  ~Lookup() { WEIR_ASSERT(!in_flight_, "a lookup outlives its owner"); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  bool in_flight() const { return in_flight_; }

  /// For resolvers: called when the question is taken, and once per answer.
  void start() {
    WEIR_ASSERT(!in_flight_, "a lookup is started while it is in flight");
    in_flight_ = true;
  }
  void deliver(const NameAnswer& answer) {
    WEIR_ASSERT(in_flight_, "an answer for a lookup that is not in flight");
    in_flight_ = answer.more;
    handler_(*this, answer);
  }

 private:
  Handler handler_;
  bool in_flight_ = false;
};

template <class N>
concept NamesContract =
    std::constructible_from<N, Loop&, const NameOptions&> && requires(N names, Lookup& lookup, Bytes host) {
      { names.start(lookup, host) } -> std::same_as<void>;
      { names.cancel(lookup) } -> std::same_as<void>;
      { names.close() } -> std::same_as<Task<>>;
    };

}  // namespace weir::io
