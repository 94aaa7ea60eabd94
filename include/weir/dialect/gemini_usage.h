// Token counts as Gemini reports them (usageMetadata, WIREFORMATS.md 5): cached is part of the prompt, thoughts stand
// beside the candidates, the prompts of tools beside the prompt. Zero counts are left out by the provider, and nearly
// every payload of a stream repeats them, so the last value of each field wins.
#pragma once

#include <cstdint>

#include "weir/codec/json_reader.h"
#include "weir/dialect/usage.h"

namespace weir::dialect::gemini {

class UsageMetadata {
 public:
  /// Takes over what the object at the reader holds; walks over anything else. True when it held a count.
  bool read(codec::JsonReader& json);

  bool any() const { return known_; }
  Usage disjoint() const;
  friend bool operator==(const UsageMetadata&, const UsageMetadata&) = default;

 private:
  bool read_count(codec::JsonReader& json, std::uint64_t& into);
  void read_modalities(codec::JsonReader& json, std::uint64_t& audio);

  std::uint64_t prompt_ = 0;
  std::uint64_t tool_prompt_ = 0;
  std::uint64_t candidates_ = 0;
  std::uint64_t thoughts_ = 0;
  std::uint64_t cached_ = 0;
  std::uint64_t prompt_audio_ = 0;
  std::uint64_t cached_audio_ = 0;
  std::uint64_t candidates_audio_ = 0;
  bool known_ = false;
};

}  // namespace weir::dialect::gemini
