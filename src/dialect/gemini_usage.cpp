#include "weir/dialect/gemini_usage.h"

#include <algorithm>

#include "json_members.h"

namespace weir::dialect::gemini {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

bool UsageMetadata::read_count(JsonReader& json, std::uint64_t& into) {
  const auto tokens = json.unsigned_or_skip();
  if (!tokens) return false;
  into = std::min(*tokens, NestedUsage::kMaxTokens);
  return true;
}

/// `[{modality, tokenCount}]`.
void UsageMetadata::read_modalities(JsonReader& json, Modalities& into) {
  if (json.peek() != JsonType::array) return void(json.skip_value());
  into = {};
  json.enter_array();
  while (json.next_element()) {
    std::uint64_t* of = nullptr;
    std::uint64_t tokens = 0;
    for_members(json, [&](const JsonString& key) {
      JsonString modality;
      if (key.is("modality")) {
        if (json.string_or_skip(modality))
          of = modality.is("AUDIO") ? &into.audio : modality.is("IMAGE") ? &into.image : nullptr;
      } else if (key.is("tokenCount")) {
        read_count(json, tokens);
      } else {
        json.skip_value();
      }
    });
    if (of) *of = std::min(*of + tokens, NestedUsage::kMaxTokens);
  }
}

bool UsageMetadata::read(JsonReader& json) {
  bool found = false;
  for_members(json, [&](const JsonString& key) {
    if (key.is("promptTokenCount")) {
      found |= read_count(json, prompt_);
    } else if (key.is("candidatesTokenCount")) {
      found |= read_count(json, candidates_);
    } else if (key.is("thoughtsTokenCount")) {
      found |= read_count(json, thoughts_);
    } else if (key.is("toolUsePromptTokenCount")) {
      found |= read_count(json, tool_prompt_);
    } else if (key.is("cachedContentTokenCount")) {
      found |= read_count(json, cached_);
    } else if (key.is("promptTokensDetails")) {
      read_modalities(json, of_prompt_);
    } else if (key.is("cacheTokensDetails")) {
      read_modalities(json, of_cached_);
    } else if (key.is("candidatesTokensDetails")) {
      read_modalities(json, of_candidates_);
    } else if (key.is("serviceTier") || key.is("trafficType")) {
      if (JsonString word; json.string_or_skip(word))
        if (const ServiceTier tier = service_tier_of(word.raw); tier != ServiceTier::standard) service_ = tier;
    } else {
      json.skip_value();
    }
  });
  known_ |= found;
  return found;
}

Usage UsageMetadata::disjoint() const {
  const auto less = [](std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; };
  Usage usage;
  usage.reported = known_;
  usage.cache_read = cached_;
  usage.audio_input = std::min(less(of_prompt_.audio, of_cached_.audio), less(prompt_, cached_));
  usage.input = less(less(prompt_, cached_), usage.audio_input) + tool_prompt_;
  usage.audio_output = std::min(of_candidates_.audio, candidates_);
  usage.output = candidates_ - usage.audio_output;
  usage.reasoning = thoughts_;
  usage.parts = {.audio_cache_read = UsageParts::kept(std::min(of_cached_.audio, cached_)),
                 .image_input = UsageParts::kept(std::min(less(of_prompt_.image, of_cached_.image), usage.input)),
                 .image_output = UsageParts::kept(std::min(of_candidates_.image, usage.output)),
                 .service = service_};
  return usage;
}

}  // namespace weir::dialect::gemini
