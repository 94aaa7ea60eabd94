// The table. Base URLs, authentication and headers: the vendors' API references and recorded traffic; what is known
// from elsewhere only, or differs by version, is said in the row's note. docs/providers.md is made from this.
#include <array>

#include "weir/catalog/provider_kind.h"

namespace weir::catalog {

namespace {

using enum dialect::Dialect;
using enum dialect::Quirk;

constexpr RateLimitHeaders kOpenAiLimits = {
    .reset_format = ResetFormat::go_duration,
    .requests = {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"},
    .tokens = {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"}};

/// The names are OpenAI's, the times are plain seconds.
constexpr RateLimitHeaders kAzureLimits = {
    .reset_format = ResetFormat::seconds, .requests = kOpenAiLimits.requests, .tokens = kOpenAiLimits.tokens};

constexpr RateLimitHeaders kAnthropicLimits = {
    .reset_format = ResetFormat::rfc3339,
    .requests = {"anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
                 "anthropic-ratelimit-requests-reset"},
    .tokens = {"anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining",
               "anthropic-ratelimit-tokens-reset"},
    .input_tokens = {"anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining",
                     "anthropic-ratelimit-input-tokens-reset"},
    .output_tokens = {"anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining",
                      "anthropic-ratelimit-output-tokens-reset"}};

constexpr RateLimitHeaders kMistralLimits = {
    .requests = {"x-ratelimit-limit-req-minute", "x-ratelimit-remaining-req-minute", ""},
    .tokens = {"x-ratelimit-limit-tokens-minute", "x-ratelimit-remaining-tokens-minute", ""}};

constexpr RateLimitHeaders kTogetherLimits = {
    .reset_format = ResetFormat::seconds,
    .requests = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}};

constexpr RateLimitHeaders kXaiLimits = {
    .requests = {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", ""},
    .tokens = {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", ""}};

constexpr std::array kOpenAiRegions = {
    Region{"us", "https://us.api.openai.com/v1"}, Region{"eu", "https://eu.api.openai.com/v1"},
    Region{"au", "https://au.api.openai.com/v1"}, Region{"in", "https://in.api.openai.com/v1"},
    Region{"jp", "https://jp.api.openai.com/v1"}, Region{"ae", "https://ae.api.openai.com/v1"}};
constexpr std::array kMistralRegions = {Region{"eu", "https://api.eu.mistral.ai/v1"}};
constexpr std::array kQwenRegions = {Region{"intl", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
                                     Region{"us", "https://dashscope-us.aliyuncs.com/compatible-mode/v1"},
                                     Region{"cn", "https://dashscope.aliyuncs.com/compatible-mode/v1"},
                                     Region{"hk", "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1"}};
constexpr std::array kXaiRegions = {Region{"us", "https://us.api.x.ai/v1"},
                                    Region{"eu-west-1", "https://eu-west-1.api.x.ai/v1"}};
constexpr std::array kMoonshotRegions = {Region{"intl", "https://api.moonshot.ai/v1"},
                                         Region{"cn", "https://api.moonshot.cn/v1"}};
constexpr std::array kZaiRegions = {Region{"intl", "https://api.z.ai/api/paas/v4"},
                                    Region{"cn", "https://open.bigmodel.cn/api/paas/v4"}};
constexpr std::array kOllamaRegions = {Region{"cloud", "https://ollama.com/v1"}};

/// The same for every server of one's own that may be old or new.
constexpr Bytes kNewerDialects =
    "Newer versions answer in further dialects under the same address: name them in `dialects`.";

constexpr std::array kKinds = {
    ProviderKind{.name = "openai",
                 .title = "OpenAI",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "https://api.openai.com/v1",
                 .credential_variable = "OPENAI_API_KEY",
                 .sample_model = "gpt-4o-mini",
                 .rate_limits = kOpenAiLimits,
                 .regions = kOpenAiRegions,
                 .infrastructure = {"openai", "azure"},
                 .note = "`openai-organization` and `openai-project` go into `headers`. A region needs a project of "
                         "that region."},
    ProviderKind{.name = "azure_openai",
                 .title = "Azure OpenAI, addressed by deployment",
                 .dialects = {openai_chat, openai_responses},
                 .place = Place::configured,
                 .auth = AuthStyle::api_key,
                 .credential_variable = "AZURE_OPENAI_API_KEY",
                 .quirks = {model_in_path},
                 .url_form = UrlForm::azure_deployment,
                 .api_version = "2024-10-21",
                 .rate_limits = kAzureLimits,
                 .infrastructure = {"azure"},
                 .note = "`base_url` is the resource alone, `https://RESOURCE.openai.azure.com`, and the region is the "
                         "resource's. The model id is the name of the deployment. Responses go to `/openai/v1`, which "
                         "has no deployments in its path."},
    ProviderKind{.name = "azure_openai_v1",
                 .title = "Azure OpenAI and Foundry, v1",
                 .dialects = {openai_chat, openai_responses},
                 .place = Place::configured,
                 .auth = AuthStyle::api_key,
                 .credential_variable = "AZURE_OPENAI_API_KEY",
                 .url_form = UrlForm::azure_v1,
                 .catalogue = "azure_openai",
                 .rate_limits = kAzureLimits,
                 .infrastructure = {"azure"},
                 .note = "`base_url` is the resource alone, `https://RESOURCE.openai.azure.com` or "
                         "`https://RESOURCE.services.ai.azure.com`. The model id is the name of the deployment."},
    ProviderKind{.name = "anthropic",
                 .title = "Anthropic",
                 .dialects = {anthropic_messages},
                 .base_url = "https://api.anthropic.com/v1",
                 .auth = AuthStyle::x_api_key,
                 .credential_variable = "ANTHROPIC_API_KEY",
                 .sample_model = "claude-haiku-4-5",
                 .rate_limits = kAnthropicLimits,
                 .infrastructure = {"anthropic"},
                 .note = "Also for services that imitate it, with their `base_url`: "
                         "`https://api.deepseek.com/anthropic/v1`, "
                         "`https://dashscope-intl.aliyuncs.com/apps/anthropic/v1`."},
    ProviderKind{.name = "gemini",
                 .title = "Google Gemini (AI Studio)",
                 .dialects = {gemini},
                 .base_url = "https://generativelanguage.googleapis.com/v1beta",
                 .auth = AuthStyle::x_goog_api_key,
                 .credential_variable = "GEMINI_API_KEY",
                 .sample_model = "gemini-2.5-flash",
                 .infrastructure = {"google", "gcp"},
                 .note = "It tells no rate limits in headers; how long to wait stands in the body of its 429."},
    ProviderKind{.name = "mistral",
                 .title = "Mistral",
                 .dialects = {openai_chat},
                 .base_url = "https://api.mistral.ai/v1",
                 .credential_variable = "MISTRAL_API_KEY",
                 .sample_model = "mistral-small-latest",
                 .quirks = {max_tokens_only, no_developer_role, no_stream_options, random_seed, tool_choice_any,
                            nine_character_ids, strict_fields},
                 .rate_limits = kMistralLimits,
                 .regions = kMistralRegions,
                 .infrastructure = {"mistral"}},
    ProviderKind{.name = "deepseek",
                 .title = "DeepSeek",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "https://api.deepseek.com",
                 .credential_variable = "DEEPSEEK_API_KEY",
                 .sample_model = "deepseek-chat",
                 .quirks = {max_tokens_only, no_developer_role, no_json_schema, reasoning_in_history},
                 .infrastructure = {"deepseek"},
                 .note = "There are no rate limits; under load it keeps connections open and silent."},
    ProviderKind{.name = "qwen",
                 .title = "Qwen (DashScope, Model Studio), compatible mode",
                 .dialects = {openai_chat},
                 .base_url = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
                 .credential_variable = "DASHSCOPE_API_KEY",
                 .sample_model = "qwen-plus",
                 .quirks = {max_tokens_only, no_developer_role, stream_only},
                 .regions = kQwenRegions,
                 .infrastructure = {"alibaba"},
                 .note = "A key belongs to one region. Some models can only stream, therefore all are asked to. It has "
                         "`/responses` too: `dialects: [openai_chat, openai_responses]`."},
    ProviderKind{.name = "fireworks",
                 .title = "Fireworks",
                 .dialects = {openai_chat},
                 .base_url = "https://api.fireworks.ai/inference/v1",
                 .credential_variable = "FIREWORKS_API_KEY",
                 .sample_model = "accounts/fireworks/models/gpt-oss-120b",
                 .infrastructure = {"fireworks"},
                 .note = "Not checked against recorded traffic. It documents `/responses` and `/messages` too: name "
                         "them in `dialects` to have them passed through."},
    ProviderKind{.name = "together",
                 .title = "Together",
                 .dialects = {openai_chat},
                 .base_url = "https://api.together.xyz/v1",
                 .credential_variable = "TOGETHER_API_KEY",
                 .sample_model = "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                 .rate_limits = kTogetherLimits,
                 .infrastructure = {"together"}},
    ProviderKind{.name = "groq",
                 .title = "Groq",
                 .dialects = {openai_chat},
                 .base_url = "https://api.groq.com/openai/v1",
                 .credential_variable = "GROQ_API_KEY",
                 .sample_model = "llama-3.1-8b-instant",
                 .rate_limits = kOpenAiLimits,
                 .infrastructure = {"groq"}},
    ProviderKind{.name = "xai",
                 .title = "xAI",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "https://api.x.ai/v1",
                 .credential_variable = "XAI_API_KEY",
                 .sample_model = "grok-3-mini",
                 .rate_limits = kXaiLimits,
                 .regions = kXaiRegions,
                 .infrastructure = {"xai"},
                 .note = "Not every region serves every model."},
    ProviderKind{.name = "perplexity",
                 .title = "Perplexity",
                 .dialects = {openai_chat},
                 .base_url = "https://api.perplexity.ai",
                 .credential_variable = "PERPLEXITY_API_KEY",
                 .sample_model = "sonar",
                 .quirks = {max_tokens_only, no_developer_role, no_stream_options},
                 .infrastructure = {"perplexity"},
                 .note = "That it refuses `stream_options` is not sure; usage comes without it."},
    ProviderKind{.name = "openrouter",
                 .title = "OpenRouter",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "https://openrouter.ai/api/v1",
                 .credential_variable = "OPENROUTER_API_KEY",
                 .sample_model = "openai/gpt-4o-mini",
                 .infrastructure = {"openrouter"},
                 .note = "`http-referer` and `x-title` go into `headers`. Who is behind a model is its own choice, or "
                         "that of `provider` in the request."},
    ProviderKind{.name = "tokenmix",
                 .title = "TokenMix.ai",
                 .dialects = {openai_chat},
                 .base_url = "https://api.tokenmix.ai/v1",
                 .credential_variable = "TOKENMIX_API_KEY",
                 .sample_model = "gpt-4o-mini",
                 .infrastructure = {"tokenmix"},
                 .note = "From its documents alone; not checked against recorded traffic."},
    ProviderKind{.name = "cerebras",
                 .title = "Cerebras",
                 .dialects = {openai_chat},
                 .base_url = "https://api.cerebras.ai/v1",
                 .credential_variable = "CEREBRAS_API_KEY",
                 .sample_model = "gpt-oss-120b",
                 .infrastructure = {"cerebras"},
                 .note = "It refuses some fields that it does not support; such a 400 is passed on."},
    ProviderKind{.name = "moonshot",
                 .title = "Moonshot (Kimi)",
                 .dialects = {openai_chat},
                 .base_url = "https://api.moonshot.ai/v1",
                 .credential_variable = "MOONSHOT_API_KEY",
                 .sample_model = "kimi-k2.5",
                 .quirks = {max_tokens_only, no_developer_role},
                 .regions = kMoonshotRegions,
                 .infrastructure = {"moonshot"},
                 .note = "A key belongs to one region. Temperatures are from 0 to 1."},
    ProviderKind{.name = "zai",
                 .title = "Z.ai (GLM)",
                 .dialects = {openai_chat},
                 .base_url = "https://api.z.ai/api/paas/v4",
                 .credential_variable = "ZAI_API_KEY",
                 .sample_model = "glm-4.6",
                 .quirks = {max_tokens_only, no_developer_role, no_json_schema},
                 .regions = kZaiRegions,
                 .infrastructure = {"zai"},
                 .note = "A key belongs to one region."},
    ProviderKind{.name = "huggingface",
                 .title = "Hugging Face router",
                 .dialects = {openai_chat},
                 .base_url = "https://router.huggingface.co/v1",
                 .credential_variable = "HF_TOKEN",
                 .sample_model = "openai/gpt-oss-120b",
                 .infrastructure = {"huggingface"},
                 .note = "One provider behind it: `base_url: https://router.huggingface.co/PROVIDER/v1`."},
    ProviderKind{.name = "tgi",
                 .title = "Text Generation Inference",
                 .dialects = {openai_chat},
                 .place = Place::configured,
                 .quirks = {max_tokens_only, no_developer_role},
                 .infrastructure = {"own"}},
    ProviderKind{.name = "vllm",
                 .title = "vLLM",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "http://127.0.0.1:8000/v1",
                 .place = Place::local,
                 .infrastructure = {"own"},
                 .note = "Old versions have no `/responses`: `dialects: [openai_chat]`. New ones have `/messages`: add "
                         "`anthropic_messages`."},
    ProviderKind{.name = "sglang",
                 .title = "SGLang",
                 .dialects = {openai_chat},
                 .base_url = "http://127.0.0.1:30000/v1",
                 .place = Place::local,
                 .infrastructure = {"own"},
                 .note = kNewerDialects},
    ProviderKind{.name = "ollama",
                 .title = "Ollama",
                 .dialects = {openai_chat},
                 .base_url = "http://127.0.0.1:11434/v1",
                 .place = Place::local,
                 .credential_variable = "OLLAMA_API_KEY",
                 .regions = kOllamaRegions,
                 .infrastructure = {"own"},
                 .note = kNewerDialects},
    ProviderKind{.name = "lmstudio",
                 .title = "LM Studio",
                 .dialects = {openai_chat, openai_responses},
                 .base_url = "http://127.0.0.1:1234/v1",
                 .place = Place::local,
                 .infrastructure = {"own"},
                 .note = kNewerDialects},
    ProviderKind{.name = "litellm",
                 .title = "LiteLLM proxy",
                 .dialects = {openai_chat, openai_responses, anthropic_messages},
                 .base_url = "http://127.0.0.1:4000/v1",
                 .place = Place::local,
                 .credential_variable = "LITELLM_API_KEY",
                 .infrastructure = {"own"},
                 .note = "From its documents alone; not checked against recorded traffic."},
    ProviderKind{.name = "portkey",
                 .title = "Portkey",
                 .dialects = {openai_chat},
                 .base_url = "https://api.portkey.ai/v1",
                 .auth = AuthStyle::x_portkey_api_key,
                 .credential_variable = "PORTKEY_API_KEY",
                 .infrastructure = {"portkey"},
                 .note = "Whom it asks stands in the model (`@openai-prod/gpt-4o-mini`) or in `headers` "
                         "(`x-portkey-config`, `x-portkey-provider`). From its documents alone; not checked against "
                         "recorded traffic."},
    ProviderKind{.name = "openai_compatible",
                 .title = "Any server that speaks the OpenAI chat API",
                 .dialects = {openai_chat},
                 .place = Place::configured,
                 .infrastructure = {"own"},
                 .note = "`dialects` says what else it speaks."},
    ProviderKind{.name = "simulated",
                 .title = "The simulated provider inside weir",
                 .dialects = {openai_chat, openai_responses, anthropic_messages, gemini},
                 .place = Place::built_in,
                 .auth = AuthStyle::none,
                 .sample_model = "text",
                 .infrastructure = {"own"},
                 .note = "What it can do: [simulator.md](simulator.md)."},
};

}  // namespace

std::span<const ProviderKind> provider_kinds() { return kKinds; }

}  // namespace weir::catalog
