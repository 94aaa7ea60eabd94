#include "strategy.h"

#include <algorithm>
#include <utility>

#include "weir/routing/affinity.h"
#include "weir/routing/plan.h"

namespace weir::routing {
namespace {

using catalog::Strategy;

constexpr double kLast = Candidate::kLast;
constexpr std::size_t kNobody = SIZE_MAX;

/// The mean time to first content of those whose is known; 1 if nobody's is.
double mean_ttft(std::span<const Contender> contenders) {
  double sum = 0;
  int known = 0;
  for (const Contender& contender : contenders)
    if (contender.ttft_ms >= 0) sum += contender.ttft_ms, ++known;
  return known > 0 ? sum / known : 1;
}

/// Time to first content x requests in flight, dearer with failures. Who was not measured lately counts as the mean, so
/// that he is found out again; but his requests in flight count double, so that few are spent on finding out.
void score_latency(std::span<Contender> contenders) {
  const double mean = mean_ttft(contenders);
  for (Contender& contender : contenders) {
    const double load = contender.in_flight + 1.0;
    const double time = contender.ttft_ms >= 0 ? std::max(1.0, double{contender.ttft_ms}) * load : mean * load * load;
    const double success = std::max(0.05, double{contender.success});
    contender.score = time / (success * success);
  }
}

void score_in_flight(std::span<Contender> contenders) {
  for (Contender& contender : contenders)
    contender.score = contender.weight == 0 ? kLast : (contender.in_flight + 1.0) / contender.weight;
}

double cost_of(const Contender& contender) {
  return static_cast<double>(contender.cost - (contender.is_warm ? std::min(contender.saving, contender.cost) : 0));
}

void score_cost(std::span<Contender> contenders) {
  for (Contender& contender : contenders) contender.score = contender.cost < 0 ? kLast : cost_of(contender);
}

/// Adds a figure to the scores, as a part of the greatest one; who has none (less than 0) counts as the mean.
template <class Figure>
void blend_in(std::span<Contender> contenders, double weight, Figure figure) {
  double most = 0, sum = 0;
  int known = 0;
  for (const Contender& contender : contenders) {
    const double value = figure(contender);
    if (value < 0) continue;
    most = std::max(most, value);
    sum += value;
    ++known;
  }
  if (most <= 0 || weight <= 0) return;
  const double mean = sum / known;
  for (Contender& contender : contenders) {
    const double value = figure(contender);
    contender.score += weight * (value < 0 ? mean : value) / most;
  }
}

void score_blend(std::span<Contender> contenders, const catalog::BlendWeights& weights) {
  const std::uint64_t all =
      std::uint64_t{weights.cost} + weights.latency + weights.in_flight + weights.failures + weights.quality;
  const double part = all > 0 ? 1 / static_cast<double>(all) : 0;
  for (Contender& contender : contenders) contender.score = 0;
  blend_in(contenders, weights.cost * part, [](const Contender& c) { return c.cost < 0 ? -1.0 : cost_of(c); });
  blend_in(contenders, weights.latency * part, [](const Contender& c) { return double{c.ttft_ms}; });
  blend_in(contenders, weights.in_flight * part, [](const Contender& c) { return c.in_flight + 1.0; });
  blend_in(contenders, weights.failures * part, [](const Contender& c) { return 1.0 - double{c.success}; });
  blend_in(contenders, weights.quality * part,
           [](const Contender& c) { return c.quality == 0 ? -1.0 : std::max(0.0, 6.0 - c.quality); });
}

/// Smooth weighted round robin: everybody gains his weight, the richest is chosen and pays for all. After as many
/// requests as all weights together each has been chosen as often as his weight says, and never long in a row.
void score_weighted(std::span<Contender> contenders, std::span<std::int64_t> smooth) {
  std::int64_t all = 0;
  std::size_t chosen = kNobody;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const Contender& contender = contenders[i];
    if (contender.weight == 0) continue;
    all += contender.weight;
    smooth[contender.place] += contender.weight;
    if (chosen == kNobody || smooth[contender.place] > smooth[contenders[chosen].place]) chosen = i;
  }
  for (Contender& contender : contenders)
    contender.score = contender.weight == 0 ? kLast : -static_cast<double>(smooth[contender.place]);
  if (chosen != kNobody) smooth[contenders[chosen].place] -= all;
}

/// Whose this affinity is: of those who are well and not overloaded the one with the greatest figure. Where there are
/// weights, whoever has none is asked only when all others fail, and nobody's.
std::size_t find_warm(std::span<const Contender> contenders, Strategy strategy, std::uint64_t affinity) {
  const bool by_weight = strategy == Strategy::weighted;
  const bool has_weights = by_weight || strategy == Strategy::least_inflight;
  std::uint64_t in_flight = 0;
  for (const Contender& contender : contenders) in_flight += contender.in_flight;
  std::size_t best = kNobody;
  double most = 0;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const Contender& contender = contenders[i];
    if (!contender.is_steady || contender.is_full) continue;
    if (is_overloaded(contender.in_flight, in_flight, contenders.size())) continue;
    if (has_weights && contender.weight == 0) continue;
    const double figure = by_weight ? weighted_rendezvous(affinity, contender.cell, contender.weight)
                                    : static_cast<double>(rendezvous(affinity, contender.cell));
    if (best != kNobody && figure <= most) continue;
    best = i;
    most = figure;
  }
  return best;
}

bool is_before(const Contender& a, const Contender& b) {
  return a.is_full == b.is_full ? a.score < b.score : b.is_full;
}

/// By score, the full ones behind. Stable; insertion, because there is a handful of them.
void sort_by_score(std::span<Contender> contenders) {
  for (std::size_t i = 1; i < contenders.size(); ++i)
    for (std::size_t k = i; k > 0 && is_before(contenders[k], contenders[k - 1]); --k)
      std::swap(contenders[k], contenders[k - 1]);
}

void move_to_front(std::span<Contender> contenders, std::size_t i) {
  std::rotate(contenders.begin(), contenders.begin() + static_cast<std::ptrdiff_t>(i),
              contenders.begin() + static_cast<std::ptrdiff_t>(i) + 1);
}

/// Two are drawn, the one with the better score is asked first (Mitzenmacher, 2001). Who is full is not drawn.
void better_of_two_first(std::span<Contender> contenders, Random& random) {
  const auto free = static_cast<std::size_t>(
      std::count_if(contenders.begin(), contenders.end(), [](const Contender& c) { return !c.is_full; }));
  if (free < 2) return;
  const std::size_t one = random.below(free);
  std::size_t other = random.below(free - 1);
  if (other >= one) ++other;
  // They are sorted: the better one stands before the other, and behind nobody who is full.
  move_to_front(contenders, std::min(one, other));
}

}  // namespace

void arrange(std::span<Contender> contenders, const catalog::RoutePolicy& policy, std::uint64_t affinity,
             std::span<std::int64_t> smooth, Random& random) {
  if (contenders.empty()) return;
  const Strategy strategy = policy.strategy;
  const bool by_load =
      strategy == Strategy::latency || strategy == Strategy::least_inflight || strategy == Strategy::blend;
  const bool by_money = strategy == Strategy::cost || strategy == Strategy::blend;
  // Whoever stands first wins where scores are equal: that must not always be the same.
  if (by_load)
    std::rotate(contenders.begin(), contenders.begin() + static_cast<std::ptrdiff_t>(random.below(contenders.size())),
                contenders.end());

  std::size_t warm = kNobody;
  if (affinity != 0 && policy.affinity && strategy != Strategy::priority)
    warm = find_warm(contenders, strategy, affinity);
  if (warm != kNobody) contenders[warm].is_warm = true;

  switch (strategy) {
    case Strategy::priority:
      for (Contender& contender : contenders) contender.score = contender.place;
      break;
    case Strategy::weighted:
      // Who is led by his affinity does not take another's turn.
      if (warm != kNobody) {
        for (Contender& contender : contenders) contender.score = -static_cast<double>(contender.weight);
      } else {
        score_weighted(contenders, smooth);
      }
      break;
    case Strategy::latency:
      score_latency(contenders);
      break;
    case Strategy::cost:
      score_cost(contenders);
      break;
    case Strategy::least_inflight:
      score_in_flight(contenders);
      break;
    case Strategy::blend:
      score_blend(contenders, policy.blend);
      break;
  }
  sort_by_score(contenders);
  if (strategy == Strategy::latency) better_of_two_first(contenders, random);
  const auto first = [&](auto is) {
    const auto found = std::find_if(contenders.begin(), contenders.end(), is);
    if (found != contenders.end()) move_to_front(contenders, static_cast<std::size_t>(found - contenders.begin()));
  };
  if (warm != kNobody && !by_money) first([](const Contender& c) { return c.is_warm; });
  // Where load or chance decides, nobody might come by who could find out that it has recovered.
  if (by_load) first([](const Contender& c) { return c.wants_probe; });
}

}  // namespace weir::routing
