// A world as a value: everything that is decided before the first event happens. Made from a seed alone; the network's
// own choices (cuts, delays, faults) come from a second stream of random numbers, so that one plan can be run under
// different cuts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "answer_plan.h"
#include "pool.h"
#include "spoken.h"
#include "weir/gateway/shard.h"
#include "weir/io/sim_faults.h"
#include "weir/io/sim_network.h"

namespace weir::sim {

inline constexpr Bytes kCredential = "sk-provider-secret-0123456789";
inline constexpr Bytes kKeys[] = {"wk_virtual-key-secret-alpha", "wk_virtual-key-secret-beta"};
inline constexpr Bytes kPromptMark = "PROMPT-TEXT";
inline constexpr Bytes kAnswerMark = "ANSWER-TEXT";

struct RequestPlan {
  int id = 0;
  std::string name;  ///< what it is, for stories and messages
  std::string method;
  std::string wire;
  std::size_t head_bytes = 0;
  bool http_1_1 = true;
  bool waits_for_continue = false;  ///< sends its body only after 100 Continue, or after a second of silence
  bool wants_stream = false;
  bool forwarded = false;       ///< a gateway without trouble asks the provider
  int status = 0;               ///< otherwise: what it is answered with; 200 for lists of models
  bool refused_unread = false;  ///< refused before it was read: the connection ends, bytes behind it are lost
  std::string model;            ///< as the client writes it, unique to this exchange
  std::string provider_model;
  std::string provider_body;  ///< exactly what has to arrive there
  std::size_t provider = 0;   ///< of the catalog's providers
  std::size_t site = 0;       ///< which of the world's actors that is
  bool aliased = false;       ///< the catalog knows the model by a name of its own
  bool unnamed = false;       ///< asks without naming a model
  AnswerPlan answer;
  Spoken spoken;
  /// The model's further deployments, each at a site of its own: this plan, but for what concerns the provider.
  std::vector<RequestPlan> others;
  std::size_t place = 0;  ///< this one's among all of them
  // Of requests for one of the world's pools:
  std::size_t pool = kNoPool;
  std::size_t member = 0;          ///< the deployment, of the world's members
  Misfit misfit = Misfit::none;    ///< why it must not be asked
  Sizes sizes;                     ///< as far as its cost depends on them
  bool limited = false;            ///< what it may cost
  Bytes session;                   ///< the client's; empty: none
  std::vector<RequestPlan> doors;  ///< by credential; empty: one that is taken

  std::size_t deployments() const { return 1 + others.size(); }
  /// In the order of the configuration.
  const RequestPlan& deployment(std::size_t i) const { return i == place ? *this : others[i < place ? i : i - 1]; }
  const RequestPlan* at_site(std::size_t wanted) const;
  /// This one, as it goes with one of its provider's credentials.
  const RequestPlan& with_credential(std::size_t index) const { return index < doors.size() ? doors[index] : *this; }
};

/// What a side of a TLS connection does wrong; nothing on a plain one.
struct WireFaults {
  bool never_shakes_hands = false;  ///< takes everything and says nothing
  bool truncates = false;           ///< ends without saying so (no close_notify)
  std::size_t corrupts_sent = 0;    ///< this byte that it sends arrives changed; 0: none
  std::size_t corrupts_got = 0;     ///< this byte that it receives arrives changed; 0: none

  static WireFaults by_chance(Random& random);
};

struct TlsPlan {
  enum class Certificate : std::uint8_t { good, rsa, expired, stranger, other };
  bool clients = false;   ///< clients speak TLS with weir
  bool provider = false;  ///< weir speaks TLS with the provider
  Certificate listener = Certificate::good;
  Certificate certificate = Certificate::good;  ///< the provider's
  Duration renews_at{};                         ///< weir's listener gets another good certificate then; zero: never

  bool any() const { return clients || provider; }
  bool provider_is_trusted() const { return certificate <= Certificate::rsa; }
  bool listener_is_trusted() const { return listener <= Certificate::rsa; }
};

struct ClientPlan {
  enum class Leaves : std::uint8_t { never, by_close, by_reset, by_finish };
  struct Stall {
    std::size_t after = 0;  ///< received bytes
    Duration length{};
  };
  Duration starts{};
  std::vector<RequestPlan> requests;
  bool pipelines = false;  ///< sends the next request without waiting for the answer to the last
  std::size_t piece = 0;   ///< bytes per write; 0: as much as fits
  Duration gap{};          ///< between two writes
  Duration thinks{};       ///< between an answer and the next request
  Leaves leaves = Leaves::never;
  bool leaves_sending = false;  ///< counted in sent bytes, else in received ones
  std::size_t leaves_after = 0;
  Duration leaves_in{};  ///< ... and then this much later
  Stall stall;
  std::size_t reads = 0;  ///< slowly, so many bytes at a time; 0: all there are
  bool calm = false;      ///< comes when all trouble is over, and is served as if there had been none
  io::SimLink link;
  WireFaults wire;
};

inline constexpr Duration kNeverBack = 10'000h;

struct ProviderPlan {
  io::SimLink link;
  Duration idles{};  ///< a connection without a request is closed after this; zero: never
  bool idles_by_reset = false;
  Duration vanishes{};      ///< from here on nobody listens...
  Duration vanishes_for{};  ///< ...for so long; zero: never
  bool vanishes_into_hole = false;
  bool vanishes_again = false;  ///< and again, after having been there for so long
  Duration name_ttl = 60s;
  bool second_family = false;          ///< its name has an IPv6 address as well, where nobody listens...
  bool second_family_is_hole = false;  ///< ...or packets vanish
  std::uint32_t warm_connections = 0;
};

struct Plan {
  std::uint64_t seed = 0;
  bool faultless = false;
  bool outage = false;  ///< providers that may have somebody to stand in for them have faults, and nobody else
  std::size_t shards = 1;
  int backlog = 64;
  gateway::ShardOptions options;
  io::SimFaults faults;
  std::size_t descriptor_limit = 65'536;
  std::size_t completion_entries = 16'384;   ///< of each ring's completion queue
  std::uint32_t to_lease = 0;                ///< buffers that the shards share beyond their own
  std::uint32_t max_client_connections = 0;  ///< all clients of a world have one address
  ProviderPlan provider;
  std::vector<ProviderPlan> more_providers;  ///< at sites of their own
  Pools pools;
  TlsPlan tls;
  std::vector<ClientPlan> clients;
  bool drains_midway = false;
  Duration drains_at{};
  bool second_signal = false;  ///< cut what is left at once
  bool poison = true;          ///< lent buffers are filled and looked at
  bool cut_to_bytes = false;   ///< a faultless plan again, its bytes arriving a few at a time

  std::size_t sites() const { return 1 + more_providers.size(); }
  const ProviderPlan& at_site(std::size_t site) const { return site == 0 ? provider : more_providers[site - 1]; }
  const RequestPlan* find(int id) const;
  /// No wait of weir may last longer: with nothing moving for so long, something hangs.
  Duration patience() const;
};

/// `languages`: all dialects are spoken, else chat completions are passed through and nothing else.
Plan make_plan(std::uint64_t seed, bool languages = true);

/// Gives the world models that many requests ask for, and what comes with them: breakers that are quick, and sites that
/// fail together.
void make_pools(Random& random, Plan& plan);

/// One client request. `last`: the last on its connection, so one that ends it may be chosen.
RequestPlan plan_request(Random& random, int id, const net::Options& limits, bool faultless, bool last);

}  // namespace weir::sim
