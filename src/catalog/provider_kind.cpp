#include "weir/catalog/provider_kind.h"

#include <algorithm>
#include <array>

namespace weir::catalog {

namespace {

constexpr std::array<Bytes, 3> kUnspoken = {"vertex", "bedrock", "cohere"};

struct OtherName {
  Bytes name;
  Bytes kind;
};
constexpr std::array kOtherNames = {OtherName{"azure", "azure_openai"},
                                    OtherName{"google", "gemini"},
                                    OtherName{"claude", "anthropic"},
                                    OtherName{"dashscope", "qwen"},
                                    OtherName{"alibaba", "qwen"},
                                    OtherName{"kimi", "moonshot"},
                                    OtherName{"glm", "zai"},
                                    OtherName{"zhipu", "zai"},
                                    OtherName{"grok", "xai"},
                                    OtherName{"hf", "huggingface"},
                                    OtherName{"lm_studio", "lmstudio"}};

constexpr std::array kDefaultHeaders = {
    DefaultHeader{dialect::Dialect::anthropic_messages, "anthropic-version", "2023-06-01"}};

}  // namespace

AuthHeader auth_header(AuthStyle style) {
  switch (style) {
    case AuthStyle::none:
      return {};
    case AuthStyle::bearer:
      return {"authorization", "Bearer "};
    case AuthStyle::x_api_key:
      return {"x-api-key", ""};
    case AuthStyle::api_key:
      return {"api-key", ""};
    case AuthStyle::x_goog_api_key:
      return {"x-goog-api-key", ""};
    case AuthStyle::x_portkey_api_key:
      return {"x-portkey-api-key", ""};
  }
  return {};
}

std::span<const DefaultHeader> default_headers() { return kDefaultHeaders; }

const ProviderKind* find_provider_kind(Bytes name) {
  const auto found = std::ranges::find(provider_kinds(), name, &ProviderKind::name);
  return found == provider_kinds().end() ? nullptr : &*found;
}

const Region* find_region(const ProviderKind& kind, Bytes name) {
  const auto found = std::ranges::find(kind.regions, name, &Region::name);
  return found == kind.regions.end() ? nullptr : &*found;
}

Bytes kind_meant_by(Bytes name) {
  const auto found = std::ranges::find(kOtherNames, name, &OtherName::name);
  return found == kOtherNames.end() ? Bytes{} : found->kind;
}

bool is_unspoken_kind(Bytes name) { return std::ranges::find(kUnspoken, name) != kUnspoken.end(); }

}  // namespace weir::catalog
