// Who is asked for an answer, in which order: the plan of one request. Made once, from values, at one instant.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "weir/base/bytes.h"
#include "weir/routing/need.h"

namespace weir::routing {

/// A request as routing sees it.
struct Ask {
  Needs needs;
  std::uint64_t input_tokens = 0;        ///< estimate
  std::uint64_t max_output_tokens = 0;   ///< the client's limit; 0: none
  std::uint64_t affinity = 0;            ///< requests with the same figure profit from the same deployment; 0: none
  std::int64_t most_cost_nano_usd = -1;  ///< beside the model's own limit; -1: none
  std::uint64_t require_tags = 0;        ///< beside the model's own; of Router::tag()
  std::uint64_t forbid_tags = 0;
  bool requires_unknown_tag = false;  ///< a tag that no deployment has
  /// The provider that keeps what the request goes on from; nobody else can answer it.
  std::optional<std::uint32_t> owner;
};

/// Why a deployment is not asked; `none`: it is.
enum class Unfit : std::uint8_t {
  none,
  owner,
  context,
  capability,
  tag,
  quality,
  latency,
  cost,
  unpriced,
  headroom,
  breaker
};

Bytes to_string(Unfit unfit);

struct Candidate {
  std::uint32_t place = 0;  ///< in the resolution
  std::uint32_t cell = 0;   ///< of the health table
  Unfit unfit = Unfit::none;
  Need lacking{};                   ///< with Unfit::capability
  bool is_warm = false;             ///< has probably seen this prefix before
  std::int64_t cost_nano_usd = -1;  ///< estimated, with a cold prefix; -1: the price is not known
  double score = 0;                 ///< the strategy's own; less is better; kLast: only when all others fail
  static constexpr double kLast = std::numeric_limits<double>::max();
};

/// Fit candidates first, best first. Behind them the last resort: those whom only a wish leaves out (headroom,
/// latency), then those whom only their breaker does, the one whose cooldown ends first before the others. Then, for
/// whoever wants an explanation, the others as they are written.
class Plan {
 public:
  static constexpr std::size_t kMost = 32;  ///< deployments behind these are not considered

  void clear() { size_ = fit_ = last_ = 0; }
  std::span<const Candidate> fit() const { return {candidates_.data(), fit_}; }
  /// Who may be asked at all: the fit ones and the last resort.
  std::span<const Candidate> askable() const { return {candidates_.data(), fit_ + last_}; }
  std::span<const Candidate> unfit() const { return {candidates_.data() + fit_, size_ - fit_}; }
  /// The least estimated cost of those that are too dear, in nano-USD; -1: nobody is.
  std::int64_t least_refused_cost() const {
    std::int64_t least = -1;
    for (const Candidate& candidate : unfit())
      if (candidate.unfit == Unfit::cost && (least < 0 || candidate.cost_nano_usd < least))
        least = candidate.cost_nano_usd;
    return least;
  }

 private:
  friend class Router;
  std::array<Candidate, kMost> candidates_;
  std::size_t size_ = 0;
  std::size_t fit_ = 0;
  std::size_t last_ = 0;  // the last resort, behind the fit ones
};

}  // namespace weir::routing
