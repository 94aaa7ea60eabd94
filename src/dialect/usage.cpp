#include "weir/dialect/usage.h"

namespace weir::dialect {

namespace {

std::uint64_t less(std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; }

struct TierWord {
  Bytes word;
  ServiceTier tier;
};
constexpr TierWord kTierWords[] = {{"priority", ServiceTier::priority},
                                   {"flex", ServiceTier::flex},
                                   {"batch", ServiceTier::batch},
                                   {"fast", ServiceTier::fast}};

}  // namespace

ServiceTier service_tier_of(Bytes word) {
  for (const TierWord& row : kTierWords)
    if (word.size() >= row.word.size() && equals_ignore_case(word.substr(word.size() - row.word.size()), row.word))
      return row.tier;
  return ServiceTier::standard;
}

Usage sum_of(const Usage& first, const Usage& second) {
  const UsageParts& a = first.parts;
  const UsageParts& b = second.parts;
  const auto sum = [](std::uint32_t one, std::uint32_t other) { return UsageParts::kept(std::uint64_t{one} + other); };
  return {.input = first.input + second.input,
          .cache_read = first.cache_read + second.cache_read,
          .cache_write = first.cache_write + second.cache_write,
          .audio_input = first.audio_input + second.audio_input,
          .output = first.output + second.output,
          .reasoning = first.reasoning + second.reasoning,
          .audio_output = first.audio_output + second.audio_output,
          .reported = first.reported || second.reported,
          .parts = {.cache_write_1h = sum(a.cache_write_1h, b.cache_write_1h),
                    .audio_cache_read = sum(a.audio_cache_read, b.audio_cache_read),
                    .image_input = sum(a.image_input, b.image_input),
                    .image_output = sum(a.image_output, b.image_output),
                    .web_searches = static_cast<std::uint16_t>(std::min(a.web_searches + b.web_searches, 0xFFFF)),
                    .service = second.reported ? b.service : a.service}};
}

Usage NestedUsage::disjoint() const {
  const std::uint64_t in = values_[input_total];
  const std::uint64_t out = values_[output_total];
  const std::uint64_t cached = values_[cache_read] + values_[cache_write];
  const std::uint64_t audio = values_[audio_input];
  const std::uint64_t thought = values_[reasoning];
  // Some providers count a part beside its whole: xAI reasoning, Mistral audio. The grand total tells; without one, a
  // part that is more than its whole cannot be inside it.
  const bool summed = knows(grand_total);
  const std::uint64_t beyond = less(values_[grand_total], in + out);
  const auto stands_beside = [&](std::uint64_t part, std::uint64_t whole, std::uint64_t other) {
    return part > 0 && (summed ? beyond == part || beyond == part + other : part > whole);
  };
  const bool cached_beside = !summed && cached > in;
  const bool audio_beside = stands_beside(audio, in, thought);
  const bool thought_beside = stands_beside(thought, out, audio);

  // A part that stands inside takes its tokens out of the whole, as many as there are: what a provider says of a cache
  // may be more than all it was given (grok on Azure), and its whole is what it charges.
  const auto taken = [](std::uint64_t& whole, std::uint64_t part, bool beside) {
    if (beside) return part;
    const std::uint64_t inside = std::min(whole, part);
    whole -= inside;
    return inside;
  };
  Usage usage;
  usage.reported = any();
  usage.input = in;
  usage.cache_read = taken(usage.input, values_[cache_read], cached_beside);
  usage.cache_write = taken(usage.input, values_[cache_write], cached_beside);
  usage.audio_input = taken(usage.input, audio, audio_beside);
  usage.output = out;
  usage.reasoning = taken(usage.output, thought, thought_beside);
  usage.audio_output = taken(usage.output, values_[audio_output], false);
  usage.parts.service = service_;
  return usage;
}

}  // namespace weir::dialect
