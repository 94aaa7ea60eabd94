#include <algorithm>
#include <optional>

#include "weir/dialect/error_report.h"

// Which class an error is. Providers disagree about status and words, so the most telling things are asked first: codes
// that mean one thing alone, then sentences, then the status, then words that say little. Words and sentences are from
// recordings and vendors' documents (WIREFORMATS.md 2.4 to 15 and 18).

namespace weir::dialect {

namespace {

struct Row {
  Bytes text;
  ErrorClass error_class;
};

/// Values of code, type or status that leave no doubt.
constexpr Row kWords[] = {
    {"context_length_exceeded", ErrorClass::context_length},
    {"too_many_prompt_tokens", ErrorClass::context_length},     // Perplexity
    {"too_many_tokens", ErrorClass::context_length},            // Cohere
    {"exceed_context_size_error", ErrorClass::context_length},  // llama.cpp
    {"content_filter", ErrorClass::content_filter},
    {"content_policy_violation", ErrorClass::content_filter},
    {"responsibleaipolicyviolation", ErrorClass::content_filter},  // Azure
    {"data_inspection_failed", ErrorClass::content_filter},        // Qwen
    {"invalid_prompt", ErrorClass::content_filter},
    {"request_too_large", ErrorClass::too_large},
    {"insufficient_quota", ErrorClass::quota_exhausted},
    {"billing_error", ErrorClass::quota_exhausted},
    {"billing_hard_limit_reached", ErrorClass::quota_exhausted},
    {"billing_not_active", ErrorClass::quota_exhausted},
    {"exceeded_current_quota_error", ErrorClass::quota_exhausted},  // Moonshot
    {"insufficient_balance", ErrorClass::quota_exhausted},
    {"arrearage", ErrorClass::quota_exhausted},  // Qwen
    {"invalid_api_key", ErrorClass::auth},
    {"incorrect_api_key_error", ErrorClass::auth},
    {"invalid_authentication_error", ErrorClass::auth},
    {"authentication_error", ErrorClass::auth},
    {"authenticationerror", ErrorClass::auth},
    {"unauthenticated", ErrorClass::auth},
    {"unauthorized", ErrorClass::auth},
    {"api_key_invalid", ErrorClass::auth},
    {"permission_error", ErrorClass::permission},
    {"permission_denied", ErrorClass::permission},
    {"permission_denied_error", ErrorClass::permission},
    {"unsupported_country_region_territory", ErrorClass::permission},
    {"model_not_found", ErrorClass::not_found},
    {"model_not_available", ErrorClass::not_found},
    {"invalid_model", ErrorClass::not_found},  // Mistral
    {"not_found_error", ErrorClass::not_found},
    {"notfounderror", ErrorClass::not_found},  // vLLM
    {"resource_not_found_error", ErrorClass::not_found},
    {"not_found", ErrorClass::not_found},
    {"deploymentnotfound", ErrorClass::not_found},
    {"1211", ErrorClass::not_found},  // Z.ai
    {"overloaded_error", ErrorClass::overloaded},
    {"overloaded", ErrorClass::overloaded},
    {"engine_overloaded_error", ErrorClass::overloaded},
    {"service_tier_capacity_exceeded", ErrorClass::overloaded},
    {"insufficient_system_resource", ErrorClass::overloaded},
    {"model_loading", ErrorClass::overloaded},
    {"service_unavailable", ErrorClass::overloaded},
    {"service_unavailable_error", ErrorClass::overloaded},
    {"serviceunavailableexception", ErrorClass::overloaded},
    {"unavailable", ErrorClass::overloaded},
    {"rate_limit_exceeded", ErrorClass::rate_limit},
    {"rate_limit_error", ErrorClass::rate_limit},
    {"rate_limit_reached_error", ErrorClass::rate_limit},
    {"ratelimitreached", ErrorClass::rate_limit},
    {"ratelimiterror", ErrorClass::rate_limit},
    {"too_many_requests", ErrorClass::rate_limit},
    {"resource_exhausted", ErrorClass::rate_limit},
    {"throttlingexception", ErrorClass::rate_limit},
    {"limit_requests", ErrorClass::rate_limit},    // Qwen
    {"limit_burst_rate", ErrorClass::rate_limit},  // Qwen
    {"requests", ErrorClass::rate_limit},
    {"tokens", ErrorClass::rate_limit},
    {"timeout", ErrorClass::timeout},
    {"timeout_error", ErrorClass::timeout},
    {"request_timeout", ErrorClass::timeout},
    {"deadline_exceeded", ErrorClass::timeout},
    {"network_error", ErrorClass::server},
};

/// Parts of messages, lower case. They decide only where the status says that the request was at fault, or nothing.
constexpr Row kSentences[] = {
    {"prompt is too long", ErrorClass::context_length},
    {"prompt too long", ErrorClass::context_length},
    {"input is too long", ErrorClass::context_length},
    {"messages is too long", ErrorClass::context_length},
    {"context length", ErrorClass::context_length},
    {"context window", ErrorClass::context_length},
    {"available context size", ErrorClass::context_length},
    {"maximum prompt length", ErrorClass::context_length},
    {"maximum number of tokens", ErrorClass::context_length},
    {"number of input tokens exceeds", ErrorClass::context_length},
    {"input tokens exceeded", ErrorClass::context_length},
    {"too many tokens", ErrorClass::context_length},
    {"reduce the length of the messages", ErrorClass::context_length},
    {"inputs` tokens + `max_new_tokens", ErrorClass::context_length},
    {"api key not valid", ErrorClass::auth},
    {"api key not found", ErrorClass::auth},
    {"incorrect api key", ErrorClass::auth},
    {"invalid api key", ErrorClass::auth},
    {"security token included in the request is", ErrorClass::auth},
    {"credit balance is too low", ErrorClass::quota_exhausted},
    {"insufficient balance", ErrorClass::quota_exhausted},
    {"insufficient credits", ErrorClass::quota_exhausted},
    {"responsible ai practices", ErrorClass::content_filter},
    {"content management policy", ErrorClass::content_filter},
    {"usage policy", ErrorClass::content_filter},
    {"input was flagged", ErrorClass::content_filter},
    {"inappropriate content", ErrorClass::content_filter},
    {"model identifier is invalid", ErrorClass::not_found},
    {"supported models are", ErrorClass::not_found},
    {"model does not exist", ErrorClass::not_found},
    {"model not exist", ErrorClass::not_found},
};

/// Words that say little: they count only where the status says nothing.
constexpr Row kWeakWords[] = {
    {"invalid_request_error", ErrorClass::invalid_request}, {"invalid_argument", ErrorClass::invalid_request},
    {"invalid-argument", ErrorClass::invalid_request},      {"badrequesterror", ErrorClass::invalid_request},
    {"bad_request", ErrorClass::invalid_request},           {"validation", ErrorClass::invalid_request},
    {"failed_precondition", ErrorClass::invalid_request},   {"tool_use_failed", ErrorClass::invalid_request},
};

/// Messages are searched no further than this: what tells the class comes first.
constexpr std::size_t kMessageSearched = 2048;

template <std::size_t N>
std::optional<ErrorClass> find_word(const Row (&rows)[N], Bytes code, Bytes type) {
  for (const Bytes word : {code, type})
    for (const Row& row : rows)
      if (equals_ignore_case(word, row.text)) return row.error_class;
  return std::nullopt;
}

std::optional<ErrorClass> find_sentence(Bytes message) {
  message = message.substr(0, kMessageSearched);
  for (const Row& row : kSentences) {
    const auto found = std::search(message.begin(), message.end(), row.text.begin(), row.text.end(),
                                   [](char a, char b) { return to_lower(a) == b; });
    if (found != message.end()) return row.error_class;
  }
  return std::nullopt;
}

std::optional<ErrorClass> class_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorClass::auth;
    case 402:
      return ErrorClass::quota_exhausted;
    case 403:
      return ErrorClass::permission;
    case 404:
    case 410:
      return ErrorClass::not_found;
    case 408:
    case 504:
    case 524:
      return ErrorClass::timeout;
    case 413:
    case 414:
      return ErrorClass::too_large;
    case 424:  // TGI: generation failed
      return ErrorClass::server;
    case 429:
      return ErrorClass::rate_limit;
    case 498:  // Groq: no capacity
    case 503:
    case 529:
      return ErrorClass::overloaded;
    default:
      if (status >= 400 && status < 500) return ErrorClass::invalid_request;
      if (status >= 300) return ErrorClass::server;
      return std::nullopt;
  }
}

}  // namespace

ErrorClass classify_error(int status, Bytes code, Bytes type, Bytes message) {
  // An error inside of a stream: some tell the status as their code.
  if (status < 300) {
    const auto number = parse_decimal(code);
    status = number && *number >= 300 && *number < 600 ? static_cast<int>(*number) : 0;
  }
  const bool clients_doing = status < 500 && status != 401 && status != 429;
  const auto word = find_word(kWords, code, type);
  if (clients_doing) {
    const auto sentence = find_sentence(message);
    if (sentence && (!word || *sentence == ErrorClass::context_length)) return *sentence;
    if (status == 413 && word == ErrorClass::rate_limit) return ErrorClass::too_large;  // Groq: would never fit
  }
  if (word) return *word;
  if (const auto by_status = class_of_status(status)) return *by_status;
  return find_word(kWeakWords, code, type).value_or(ErrorClass::server);
}

}  // namespace weir::dialect
