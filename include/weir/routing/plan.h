// Who is asked for an answer, in which order: the plan of one request. Made once, from values, at one instant.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "weir/base/bytes.h"

namespace weir::routing {

/// Something a request needs, that not every model can.
enum class Need : std::uint8_t { tools, images, audio, files, json_schema, reasoning };

class Needs {
 public:
  constexpr void add(Need need) { bits_ |= bit(need); }
  constexpr bool has(Need need) const { return bits_ & bit(need); }
  constexpr std::uint32_t bits() const { return bits_; }
  friend bool operator==(const Needs&, const Needs&) = default;

 private:
  static constexpr std::uint32_t bit(Need need) { return 1U << static_cast<unsigned>(need); }
  std::uint32_t bits_ = 0;
};

/// A request as routing sees it.
struct Ask {
  Needs needs;
  std::uint64_t input_tokens = 0;       ///< estimate
  std::uint64_t max_output_tokens = 0;  ///< the client's limit; 0: none
  std::uint64_t affinity = 0;           ///< requests with the same figure profit from the same deployment; 0: none
};

/// Why a deployment is not asked; `none`: it is.
enum class Unfit : std::uint8_t { none, context, capability, tag, quality, latency, cost, unpriced, headroom, breaker };

struct Candidate {
  std::uint32_t place = 0;  ///< in the resolution
  std::uint32_t cell = 0;   ///< of the health table
  Unfit unfit = Unfit::none;
  Need lacking{};                   ///< with Unfit::capability
  std::int64_t cost_nano_usd = -1;  ///< estimated; -1: the price is not known
  double score = 0;                 ///< the strategy's own; less is better
};

/// Fit candidates first, best first; behind them, for whoever wants an explanation, the others.
class Plan {
 public:
  static constexpr std::size_t kMost = 32;

  void clear() { size_ = fit_ = 0; }
  std::span<const Candidate> fit() const { return {candidates_.data(), fit_}; }
  std::span<const Candidate> unfit() const { return {candidates_.data() + fit_, size_ - fit_}; }

  std::array<Candidate, kMost> candidates_;
  std::size_t size_ = 0;
  std::size_t fit_ = 0;
};

}  // namespace weir::routing
