// Models that many requests of a world ask for, under every strategy there is: the deployments that may answer them,
// and what a model wants of these. Where requests share deployments, breakers open for all, credentials are barred for
// all, and places in flight are taken from each other. The laws of it are in pool_laws.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  std::string quota_group;
  std::vector<std::string> tags;
  std::uint32_t context = 0;  ///< tokens; 0: not known
  catalog::Abilities cannot;
  std::uint32_t price = 0;  ///< dollars for a million tokens of any kind; 0: not known
  std::uint8_t quality = 0;

  std::string name() const { return provider + "/" + model_id; }
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

  bool any() const { return !members.empty(); }
};

inline constexpr std::size_t kNoPool = SIZE_MAX;

/// All of those begin so.
inline constexpr Bytes kMemberCredential = "sk-member-secret-";
/// The credential that a member's provider is asked with.
std::string credential_of(std::size_t member, std::size_t index);

/// Whether this member may be asked this at all: its tags, what it is known not to take, and its context.
enum class Misfit : std::uint8_t { none, tag, ability, context };
Misfit misfit_of(const Pool& pool, const Member& member, const dialect::Request& request);

}  // namespace weir::sim
