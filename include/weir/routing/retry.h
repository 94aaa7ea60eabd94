// What the end of an attempt allows to be tried next, and how many second attempts a provider is given. Pure.
#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/routing/attempt_end.h"

namespace weir::routing {

enum class Verdict : std::uint8_t {
  stop,       ///< anybody would say the same, or nobody waits: the client is told
  elsewhere,  ///< somebody else may answer; this deployment will not, with this credential
  anywhere,   ///< somebody else may answer, or this one later
};

constexpr Verdict verdict(const AttemptEnd& end) {
  switch (end.blame) {
    case Blame::none:
    case Blame::request:
    case Blame::policy:
    case Blame::gone:
      return Verdict::stop;
    case Blame::credential:
    case Blame::misfit:
      return Verdict::elsewhere;
    case Blame::quota:
      return end.exhausted ? Verdict::elsewhere : Verdict::anywhere;
    case Blame::overload:
    case Blame::transport:
      return Verdict::anywhere;
  }
  return Verdict::stop;
}

/// True where another credential of the same deployment may be let in.
constexpr bool rotates(Blame blame) { return blame == Blame::credential || blame == Blame::quota; }

/// The pause before the n-th return (from 1 on): 50 ms doubled each time, at most `most`. The second half of it is
/// drawn, so that what failed together does not return together; the first is not, so that there always is a pause.
inline Duration back_off(std::uint32_t returns, Duration most, Random& random) {
  constexpr Duration kFirst = 50ms;
  const Duration bound = std::min(most, kFirst * (1 << std::min(returns - 1, 16U)));
  const auto half = static_cast<std::uint64_t>(bound.count()) / 2;
  return Duration(static_cast<std::int64_t>(half + random.below(half + 1)));
}

/// How many attempts beyond the first of a request a provider gets: a part of its requests and some each second, so
/// that an outage is not made worse by those who suffer from it. A bucket of tokens in thousandths, of one shard.
class RetryBudget {
 public:
  static constexpr std::int64_t kPerRequest = 200;    ///< a fifth of a token
  static constexpr std::int64_t kPerSecond = 10'000;  ///< ten tokens
  static constexpr std::int64_t kMost = 100'000;      ///< a hundred
  static constexpr std::int64_t kToken = 1000;

  /// A request asks this provider for the first time.
  void earn(Instant now) {
    refill(now);
    thousandths_ = std::min(thousandths_ + kPerRequest, kMost);
  }
  /// Whether it may ask again.
  bool has(Instant now) {
    refill(now);
    return thousandths_ >= kToken;
  }
  /// It asks again. False: not now.
  bool spend(Instant now) {
    refill(now);
    if (thousandths_ < kToken) return false;
    thousandths_ -= kToken;
    return true;
  }
  /// An attempt was not made for want of a token.
  void refuse() { ++refused_; }
  std::uint64_t refused() const { return refused_; }
  std::int64_t thousandths() const { return thousandths_; }

 private:
  void refill(Instant now) {
    if (now <= at_) return;
    // Whole thousandths; what is left of the time is kept.
    const std::int64_t passed = std::min(to_ns(now - at_) / (to_ns(1s) / kPerSecond), kMost);
    if (passed == kMost) {
      at_ = now;
    } else {
      at_ += Duration(passed * (to_ns(1s) / kPerSecond));
    }
    thousandths_ = std::min(thousandths_ + passed, kMost);
  }

  std::uint64_t refused_ = 0;
  std::int64_t thousandths_ = kPerSecond;
  Instant at_{};
};

}  // namespace weir::routing
