// Models that many requests of a world ask for, under every strategy there is: the deployments that may answer them,
// and what a model wants of these. Where requests share deployments, breakers open for all, credentials are barred for
// all, and places in flight are taken from each other. The laws of it are in pool_laws.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/catalog/model_row.h"
#include "weir/catalog/route_policy.h"
#include "weir/dialect/request.h"

namespace weir::sim {

/// What a provider says to who comes with a credential.
enum class Door : std::uint8_t {
  open,
  refused,    ///< 401, 403
  exhausted,  ///< somebody has to pay
  limited,    ///< 429, with Retry-After in any spelling or without
};

/// A deployment, at a provider of its own with credentials of its own.
struct Member {
  std::size_t site = 0;
  std::size_t spoken = 0;  ///< of kSpokenProviders: kind and dialect
  std::string provider;
  std::string model_id;
  std::vector<Door> doors;  ///< one for each credential
  bool sick = false;        ///< most of its answers are none
  bool slow = false;        ///< to begin
  Duration least_late{};    ///< ... and then never sooner than this; zero: not slow
  std::string quota_group;
  std::vector<std::string> tags;
  std::uint32_t context = 0;  ///< tokens; 0: not known
  catalog::Abilities cannot;
  std::uint32_t most_output = 0;   ///< tokens; 0: not known
  std::uint32_t price = 0;         ///< dollars for a million tokens of a prompt; 0: neither price is known
  std::uint32_t answer_price = 0;  ///< ... and of an answer
  std::uint8_t quality = 0;        ///< as its models have it; 0: they do not
  std::uint8_t facts_quality = 0;  ///< as it is known of its model; 0: it is not

  std::string name() const { return provider + "/" + model_id; }
  /// What counts; 0: not known.
  std::uint8_t known_quality() const { return quality > 0 ? quality : facts_quality; }
};

struct Pool {
  std::string name;
  catalog::RoutePolicy route;
  struct Place {
    std::uint32_t weight = 1;
    std::uint32_t most_in_flight = 0;
  };
  std::vector<Place> places;  ///< of all members, in their order
};

struct Pools {
  std::vector<Member> members;  ///< one at each site; none: this world has no pools
  std::vector<Pool> pools;
  std::size_t first_provider = 0;  ///< of the first member, in the catalog; the others follow

  std::uint64_t seed = 0;        ///< of what requests say about who may answer them
  bool sound = false;            ///< whoever is asked mostly answers, so that it is known more often what has to happen
  bool blocks_unpriced = false;  ///< nobody is asked whose price is not known

  bool any() const { return !members.empty(); }
};

inline constexpr std::size_t kNoPool = SIZE_MAX;

/// All of those begin so.
inline constexpr Bytes kMemberCredential = "sk-member-secret-";
/// The credential that a member's provider is asked with.
std::string credential_of(std::size_t member, std::size_t index);

inline constexpr std::int64_t kNoLimit = -1;

/// How large a request is, as far as its cost depends on that. How a prompt's tokens are estimated is weir's own
/// business; from what docs/routing.md promises follows between which numbers they lie, and no more is used here.
struct Sizes {
  std::int64_t least_prompt = 0;  ///< tokens
  std::int64_t most_prompt = 0;
  std::int64_t answer = 0;
};
Sizes sizes_of(const Pool& pool, const dialect::Request& request);

/// Nano-dollars, of a member with a price.
std::int64_t cost_of(const Member& member, std::int64_t prompt, std::int64_t answer);
inline std::int64_t least_cost(const Member& member, const Sizes& sizes) {
  return cost_of(member, sizes.least_prompt, sizes.answer);
}
inline std::int64_t most_cost(const Member& member, const Sizes& sizes) {
  return cost_of(member, sizes.most_prompt, sizes.answer);
}
/// Whatever the prompt's tokens are; both have a price.
bool is_cheaper(const Member& one, const Member& other, const Sizes& sizes);

/// Whether this member may be asked this at all, in the order in which docs/routing.md has the reasons. `most_cost`:
/// nano-dollars, the lower one of the model's limit and the request's; kNoLimit: none.
enum class Misfit : std::uint8_t { none, tag, ability, context, quality, unpriced, cost };
Misfit misfit_of(const Pools& pools, const Pool& pool, const Member& member, const dialect::Request& request,
                 std::int64_t most_cost);
/// True when it depends on weir's estimate whether the limit leaves this member out.
bool is_doubtful(const Member& member, const Sizes& sizes, std::int64_t most_cost);

}  // namespace weir::sim
