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
  /// Tokens among those of a class that may have prices of their own.
  struct Modalities {
    std::uint64_t audio = 0;
    std::uint64_t image = 0;
    friend bool operator==(const Modalities&, const Modalities&) = default;
  };

  bool read_count(codec::JsonReader& json, std::uint64_t& into);
  void read_modalities(codec::JsonReader& json, Modalities& into);

  std::uint64_t prompt_ = 0;
  std::uint64_t tool_prompt_ = 0;
  std::uint64_t candidates_ = 0;
  std::uint64_t thoughts_ = 0;
  std::uint64_t cached_ = 0;
  Modalities of_prompt_;
  Modalities of_cached_;
  Modalities of_candidates_;
  ServiceTier service_ = ServiceTier::standard;
  bool known_ = false;
};

}  // namespace weir::dialect::gemini
