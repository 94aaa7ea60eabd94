#include "weir/catalog/provider_kind.h"

#include <algorithm>
#include <array>

namespace weir::catalog {

namespace {

using enum Place;
constexpr auto kChat = Dialect::openai_chat;
constexpr auto kBearer = AuthStyle::bearer;

// Base URLs and authentication: the vendors' API references. The OpenAI chat dialect of each lies under the base URL.
// clang-format off
constexpr std::array kKinds = {
    ProviderKind{"openai",            kChat, "https://api.openai.com/v1",             known,      kBearer,         "OPENAI_API_KEY",     "gpt-4o-mini",                                        0},
    ProviderKind{"mistral",           kChat, "https://api.mistral.ai/v1",             known,      kBearer,         "MISTRAL_API_KEY",    "mistral-small-latest",                               0},
    ProviderKind{"deepseek",          kChat, "https://api.deepseek.com/v1",           known,      kBearer,         "DEEPSEEK_API_KEY",   "deepseek-chat",                                      0},
    ProviderKind{"groq",              kChat, "https://api.groq.com/openai/v1",        known,      kBearer,         "GROQ_API_KEY",       "llama-3.1-8b-instant",                               0},
    ProviderKind{"xai",               kChat, "https://api.x.ai/v1",                   known,      kBearer,         "XAI_API_KEY",        "grok-3-mini",                                        0},
    ProviderKind{"openrouter",        kChat, "https://openrouter.ai/api/v1",          known,      kBearer,         "OPENROUTER_API_KEY", "openai/gpt-4o-mini",                                 0},
    ProviderKind{"together",          kChat, "https://api.together.xyz/v1",           known,      kBearer,         "TOGETHER_API_KEY",   "meta-llama/Llama-3.3-70B-Instruct-Turbo",            0},
    ProviderKind{"fireworks",         kChat, "https://api.fireworks.ai/inference/v1", known,      kBearer,         "FIREWORKS_API_KEY",  "accounts/fireworks/models/llama-v3p3-70b-instruct",  0},
    ProviderKind{"openai_compatible", kChat, "",                                      configured, kBearer,         "",                   "",                                                   0},
    ProviderKind{"simulated",         kChat, "",                                      built_in,   AuthStyle::none, "",                   "text",                                               0},
};
// clang-format on

constexpr std::array<Bytes, 8> kUnspoken = {"anthropic",    "gemini", "vertex", "bedrock",
                                            "azure_openai", "cohere", "azure",  "google"};

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
  }
  return {};
}

std::span<const ProviderKind> provider_kinds() { return kKinds; }

const ProviderKind* find_provider_kind(Bytes name) {
  const auto found = std::ranges::find(kKinds, name, &ProviderKind::name);
  return found == kKinds.end() ? nullptr : &*found;
}

bool is_unspoken_kind(Bytes name) { return std::ranges::find(kUnspoken, name) != kUnspoken.end(); }

}  // namespace weir::catalog
