#include "weir/dialect/gemini_usage.h"

#include <algorithm>

#include "gemini_json.h"

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

/// `[{modality, tokenCount}]`: the tokens of audio among them.
void UsageMetadata::read_modalities(JsonReader& json, std::uint64_t& audio) {
  if (json.peek() != JsonType::array) return void(json.skip_value());
  audio = 0;
  json.enter_array();
  while (json.next_element()) {
    bool is_audio = false;
    std::uint64_t tokens = 0;
    for_each_member(json, [&](const JsonString& key) {
      JsonString modality;
      if (key.is("modality")) {
        if (json.string_or_skip(modality)) is_audio = modality.is("AUDIO");
      } else if (key.is("tokenCount")) {
        read_count(json, tokens);
      } else {
        json.skip_value();
      }
    });
    if (is_audio) audio = std::min(audio + tokens, NestedUsage::kMaxTokens);
  }
}

bool UsageMetadata::read(JsonReader& json) {
  bool found = false;
  for_each_member(json, [&](const JsonString& key) {
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
      read_modalities(json, prompt_audio_);
    } else if (key.is("cacheTokensDetails")) {
      read_modalities(json, cached_audio_);
    } else if (key.is("candidatesTokensDetails")) {
      read_modalities(json, candidates_audio_);
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
  usage.audio_input = std::min(less(prompt_audio_, cached_audio_), less(prompt_, cached_));
  usage.input = less(less(prompt_, cached_), usage.audio_input) + tool_prompt_;
  usage.audio_output = std::min(candidates_audio_, candidates_);
  usage.output = candidates_ - usage.audio_output;
  usage.reasoning = thoughts_;
  return usage;
}

}  // namespace weir::dialect::gemini
