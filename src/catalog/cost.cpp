#include "weir/catalog/cost.h"

#include <algorithm>
#include <limits>

namespace weir::catalog {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kPerMillion = 1'000'000;

std::uint64_t rate(std::int64_t own, std::uint64_t wider) { return own >= 0 ? static_cast<std::uint64_t>(own) : wider; }

/// At most 2^64 tokens times 2^63 for each class: a dozen of them could pass 128 bits, so the sum stops short of it.
class Sum {
 public:
  void add(std::uint64_t count, std::uint64_t price) {
    if (count == 0) return;  // most classes, mostly
    const Wide more = Wide{count} * price;
    sum_ = sum_ + more < sum_ ? ~Wide{0} : sum_ + more;
  }
  std::int64_t rounded() const {
    constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
    if (sum_ <= kMost - kPerMillion)  // nearly always: no division of 128 bits is needed
      return static_cast<std::int64_t>((static_cast<std::uint64_t>(sum_) + kPerMillion / 2) / kPerMillion);
    const Wide whole = sum_ / kPerMillion + (sum_ % kPerMillion >= kPerMillion / 2 ? 1 : 0);
    return static_cast<std::int64_t>(std::min(whole, kMost));
  }

 private:
  Wide sum_ = 0;
};

}  // namespace

Cost cost_of(const Price* price, const dialect::Usage& usage) {
  if (!price || !price->known() || !usage.reported) return {};
  const Rates& rates = rates_for(*price, usage.parts.service, usage.input_total());
  if (!rates.whole()) return {};
  const auto input = static_cast<std::uint64_t>(rates.input);
  const auto output = static_cast<std::uint64_t>(rates.output);
  const std::uint64_t cache_read = rate(rates.cache_read, input);
  const std::uint64_t cache_write = rate(rates.cache_write, input);

  const dialect::UsageParts& parts = usage.parts;
  Sum sum;
  // Takes a part that has a price of its own out of its class; the rest costs what the class costs.
  const auto add = [&sum](std::uint64_t all, std::uint64_t price_of_all, std::uint64_t part,
                          std::int64_t price_of_part) {
    if (all == 0) return;
    part = std::min(part, all);
    sum.add(all - part, price_of_all);
    if (part > 0) sum.add(part, rate(price_of_part, price_of_all));
  };
  add(usage.input, input, parts.image_input, rates.image_input);
  add(usage.cache_read, cache_read, parts.audio_cache_read, rates.audio_cache_read);
  add(usage.cache_write, cache_write, parts.cache_write_1h, rates.cache_write_1h);
  sum.add(usage.audio_input, rate(rates.audio_input, input));
  add(usage.output, output, parts.image_output, rates.image_output);
  sum.add(usage.reasoning, rate(rates.reasoning, output));
  sum.add(usage.audio_output, rate(rates.audio_output, output));
  sum.add(kPerMillion, rate(price->request, 0));
  if (price->web_search > 0) sum.add(kPerMillion * parts.web_searches, static_cast<std::uint64_t>(price->web_search));
  return {.nano_usd = sum.rounded(), .known = true};
}

Cost cost_of(const Price* price, std::uint64_t input_tokens, std::uint64_t output_tokens) {
  return cost_of(price, {.input = input_tokens, .output = output_tokens, .reported = true});
}

}  // namespace weir::catalog
