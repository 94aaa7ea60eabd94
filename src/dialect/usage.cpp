#include "weir/dialect/usage.h"

namespace weir::dialect {

namespace {

std::uint64_t less(std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; }

}  // namespace

Usage NestedUsage::disjoint() const {
  Usage usage;
  usage.reported = any();
  usage.cache_read = values_[cache_read];
  usage.cache_write = values_[cache_write];
  usage.audio_input = values_[audio_input];
  usage.reasoning = values_[reasoning];
  usage.audio_output = values_[audio_output];
  // Parts that exceed their whole cannot be inside it: then they are counted beside it (grok on Azure).
  const std::uint64_t cached = usage.cache_read + usage.cache_write;
  const bool cached_beside = cached > values_[input_total];
  usage.input = less(less(values_[input_total], cached_beside ? 0 : cached), usage.audio_input);

  // Some providers (xAI, Gemini's compatible surface) count reasoning beside the output, not inside it; their grand
  // total tells.
  const std::uint64_t beside = values_[input_total] + values_[output_total] + usage.reasoning;
  const bool reasoning_beside = usage.reasoning > 0 && knows(grand_total) && values_[grand_total] == beside;
  usage.output = less(less(values_[output_total], reasoning_beside ? 0 : usage.reasoning), usage.audio_output);
  return usage;
}

}  // namespace weir::dialect
