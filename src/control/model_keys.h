// Rows of the configuration: models, their deployments and routes; what is known of models; breakers.
// Part of the one table (config_schema.h), and included by it alone.
#pragma once

#include <array>

#include "binding.h"
#include "config_schema.h"
#include "written_config.h"

namespace weir::control {

// The first key is what stands for a deployment alone.
inline constexpr std::array kDeploymentKeys = {
    KeyRow{.name = "deployment",
           .type = ValueType::reference,
           .is_required = true,
           .sentence = "Provider name, slash, and what that provider calls the model.",
           .example = "openai/gpt-4o-mini",
           .binding = bind<&WrittenDeployment::reference>()},
    KeyRow{.name = "weight",
           .type = ValueType::count,
           .minimum = 0,
           .maximum = 10000,
           .sentence = "Its part of the requests with `weighted` and `least_inflight`; 1 if it is not written. 0 is "
                       "only when all others fail.",
           .example = "3",
           .binding = bind<&WrittenDeployment::weight>()},
    KeyRow{.name = "quality",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 5,
           .sentence = "How good it is for this model, from 1 to 5; without it as `model_facts` or weir have it.",
           .example = "4",
           .binding = bind<&WrittenDeployment::quality>()},
    KeyRow{.name = "max_in_flight",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 1000000,
           .sentence = "With so many requests in flight, over all shards, others are asked first while they have room. "
                       "Without it any number.",
           .example = "200",
           .binding = bind<&WrittenDeployment::max_in_flight>()},
    KeyRow{.name = "tags",
           .type = ValueType::name,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .maximum = catalog::RoutePolicy::kMostTags,
           .sentence = "Words of your choice, for `require_tags` and `forbid_tags`. A file has at most 64 different "
                       "ones.",
           .example = "[eu, zdr]",
           .binding = bind<&WrittenDeployment::tags>()},
    KeyRow{.name = "quota_group",
           .type = ValueType::name,
           .sentence = "Deployments of one group share a quota of their provider, so they share a breaker and what is "
                       "left of limits. It holds for the deployment wherever it stands.",
           .example = "azure-sweden",
           .binding = bind<&WrittenDeployment::quota_group>()},
};
inline constexpr SectionRow kDeployment{
    "models.<name>.deployments",
    "One deployment of a model. A plain `provider/model` is the same as this section with "
    "`deployment` alone.",
    kDeploymentKeys};

inline constexpr KeyRow figure(Bytes name, Bytes sentence, Binding binding) {
  return {.name = name,
          .type = ValueType::count,
          .minimum = 0,
          .maximum = 1000,
          .sentence = sentence,
          .example = "2",
          .binding = binding};
}

inline constexpr std::array kBlendKeys = {
    figure("cost", "What the request is likely to cost; 1 if it is not written.", bind<&WrittenBlend::cost>()),
    figure("latency", "Time to first content; 1 if it is not written.", bind<&WrittenBlend::latency>()),
    figure("in_flight", "Requests in flight; 1 if it is not written.", bind<&WrittenBlend::in_flight>()),
    figure("failures", "The part that fails; 1 if it is not written.", bind<&WrittenBlend::failures>()),
    figure("quality", "What is missing to the best quality; 0 if it is not written.", bind<&WrittenBlend::quality>()),
};
inline constexpr SectionRow kBlend{"models.<name>.blend",
                                   "How much each figure counts with `strategy: blend`. Only their proportions matter.",
                                   kBlendKeys};

inline constexpr std::array kModelKeys = {
    KeyRow{.name = "deployments",
           .type = ValueType::reference,
           .shape = Shape::list_of_entries,
           .is_required = true,
           .minimum = 1,
           .sentence = "Who can answer, each as provider name, slash, and what that provider calls the model, or as a "
                       "section with more. `strategy` says who is asked first; when that one fails, another one is. "
                       "At most 32 are considered.",
           .example = "[openai/gpt-4o-mini]",
           .section = &kDeployment,
           .binding = bind<&WrittenModel::deployments>()},
    KeyRow{.name = "strategy",
           .type = ValueType::strategy,
           .sentence = "By what the first deployment is chosen: `priority` (as written; this is used if nothing is), "
                       "`weighted`, `latency`, `cost`, `least_inflight`, `blend` (docs/routing.md).",
           .example = "weighted",
           .binding = bind<&WrittenModel::strategy>()},
    KeyRow{.name = "blend",
           .shape = Shape::section,
           .sentence = "What counts how much, with `strategy: blend`.",
           .section = &kBlend,
           .binding = bind<&WrittenModel::blend>()},
    KeyRow{.name = "attempts",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 32,
           .sentence = "How often providers are asked for one request, the first time included; 3 if it is not "
                       "written. 1 is no failover.",
           .example = "2",
           .binding = bind<&WrittenModel::attempts>()},
    KeyRow{.name = "after_commit",
           .type = ValueType::after_commit,
           .sentence = "What becomes of a stream that breaks off when the client has a part of it. `fail` ends it with "
                       "an error; this is used if nothing is. `stitch` asks another deployment for the rest, where one "
                       "is known to go on with a text (docs/routing.md); answers are then read and written anew, "
                       "also where client and provider speak the same dialect.",
           .example = "stitch",
           .binding = bind<&WrittenModel::after_commit>()},
    KeyRow{.name = "quality",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 5,
           .sentence = "Deployments of a lower quality are not asked; without it any is. What is not known passes.",
           .example = "3",
           .binding = bind<&WrittenModel::quality>()},
    KeyRow{.name = "max_ttft_ms",
           .type = ValueType::duration,
           .minimum = 1,
           .maximum = kDayMs,
           .sentence = "Deployments whose first content comes later, on average, are not asked while others are "
                       "faster; without it any may.",
           .example = "2s",
           .binding = bind<&WrittenModel::max_ttft>()},
    KeyRow{.name = "max_cost",
           .type = ValueType::dollars,
           .sentence = "Dollars that one request may cost, as estimated; where it is likely to cost more, it is not "
                       "sent. Without it any amount.",
           .example = "0.25",
           .binding = bind<&WrittenModel::max_cost>()},
    KeyRow{.name = "assumed_output_tokens",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 10000000,
           .sentence = "Length of an answer, for that estimate, where the client sets no limit; 1024 if it is not "
                       "written.",
           .example = "500",
           .binding = bind<&WrittenModel::assumed_output_tokens>()},
    KeyRow{.name = "require_tags",
           .type = ValueType::name,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .maximum = catalog::RoutePolicy::kMostTags,
           .sentence = "Only deployments with all of these tags are asked.",
           .example = "[eu]",
           .binding = bind<&WrittenModel::require_tags>()},
    KeyRow{.name = "forbid_tags",
           .type = ValueType::name,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .maximum = catalog::RoutePolicy::kMostTags,
           .sentence = "Deployments with any of these tags are not asked.",
           .example = "[preview]",
           .binding = bind<&WrittenModel::forbid_tags>()},
    KeyRow{.name = "affinity",
           .type = ValueType::boolean,
           .sentence = "Whether requests that begin alike prefer the same deployment, because its cache is warm; true "
                       "if it is not written.",
           .example = "false",
           .binding = bind<&WrittenModel::affinity>()},
    KeyRow{.name = "unsupported_parameters",
           .type = ValueType::unsupported,
           .sentence = "What becomes of hints that a provider does not take, such as `seed` or `logit_bias`: `drop` "
                       "leaves them out and names them in `x-weir-dropped`, `error` refuses the request with 400. "
                       "Without it the file's `unsupported_parameters` holds.",
           .example = "error",
           .binding = bind<&WrittenModel::unsupported_parameters>()},
    KeyRow{.name = "include_reasoning",
           .type = ValueType::boolean,
           .sentence = "Whether clients get to see what the model thought, where an answer is translated; true if it "
                       "is not written. Seals over thoughts are passed on in any case, so that a turn can be replayed.",
           .example = "false",
           .binding = bind<&WrittenModel::include_reasoning>()},
};
inline constexpr SectionRow kModel{"models.<name>", "One model name that clients may write.", kModelKeys};

inline constexpr KeyRow budget(Bytes name, Bytes default_value, Binding binding) {
  return {.name = name,
          .type = ValueType::count,
          .default_value = default_value,
          .minimum = 1,
          .maximum = 10000000,
          .sentence = "Tokens for this effort.",
          .example = default_value,
          .binding = binding};
}

inline constexpr std::array kBudgetKeys = {
    budget("minimal", "1024", bind<&WrittenReasoningBudgets::minimal>()),
    budget("low", "1024", bind<&WrittenReasoningBudgets::low>()),
    budget("medium", "2048", bind<&WrittenReasoningBudgets::medium>()),
    budget("high", "4096", bind<&WrittenReasoningBudgets::high>()),
    budget("xhigh", "8192", bind<&WrittenReasoningBudgets::xhigh>()),
    budget("max", "16384", bind<&WrittenReasoningBudgets::max>()),
};
inline constexpr SectionRow kBudgets{
    "reasoning_budgets",
    "How many tokens a model may think, by the effort that a client asks for, where its "
    "provider wants a number. More effort never has fewer tokens.",
    kBudgetKeys};

inline constexpr KeyRow rate(Bytes name, Bytes sentence, Bytes example, Binding binding, bool is_required = false) {
  return {.name = name,
          .type = ValueType::dollars,
          .is_required = is_required,
          .sentence = sentence,
          .example = example,
          .binding = binding};
}

inline constexpr std::array kPriceKeys = {
    rate("input", "Input tokens.", "2.5", bind<&WrittenPrice::input>(), true),
    rate("output", "Output tokens.", "10", bind<&WrittenPrice::output>(), true),
    rate("cache_read", "Input read from the provider's cache; without it, as input.", "0.25",
         bind<&WrittenPrice::cache_read>()),
    rate("cache_write", "Input stored in the provider's cache; without it, as input.", "3.125",
         bind<&WrittenPrice::cache_write>()),
    rate("cache_write_1h", "The same, kept for an hour; without it, as cache_write.", "5",
         bind<&WrittenPrice::cache_write_1h>()),
    rate("audio_input", "Audio in the prompt; without it, as input.", "40", bind<&WrittenPrice::audio_input>()),
    rate("audio_cache_read", "The same, read from the cache; without it, as cache_read.", "4",
         bind<&WrittenPrice::audio_cache_read>()),
    rate("image_input", "Images in the prompt; without it, as input.", "5", bind<&WrittenPrice::image_input>()),
    rate("reasoning", "Thinking; without it, as output.", "10", bind<&WrittenPrice::reasoning>()),
    rate("audio_output", "Audio in the answer; without it, as output.", "80", bind<&WrittenPrice::audio_output>()),
    rate("image_output", "Images in the answer; without it, as output.", "30", bind<&WrittenPrice::image_output>()),
    rate("request", "Dollars for a million requests, whatever is in them; without it, nothing.", "5000",
         bind<&WrittenPrice::request>()),
    rate("web_search", "Dollars for a million searches that the provider makes; without it, nothing.", "10000",
         bind<&WrittenPrice::web_search>()),
};
inline constexpr SectionRow kPrice{
    "model_facts.<provider/model>.price",
    "Dollars for a million of each, with at most nine decimals. A price that is written takes "
    "the place of the known one altogether, with its tiers.",
    kPriceKeys};

inline constexpr std::array kModelFactsKeys = {
    KeyRow{.name = "price",
           .shape = Shape::section,
           .sentence = "What it costs.",
           .section = &kPrice,
           .binding = bind<&WrittenModelFacts::price>()},
    KeyRow{.name = "context",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 1000000000,
           .sentence = "Most tokens of a prompt and its answer together.",
           .example = "128000",
           .binding = bind<&WrittenModelFacts::context>()},
    KeyRow{.name = "most_output",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 1000000000,
           .sentence = "Most tokens of an answer.",
           .example = "16384",
           .binding = bind<&WrittenModelFacts::most_output>()},
    KeyRow{.name = "can",
           .type = ValueType::ability,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence = "What it can, beside what is known.",
           .example = "[tools, images]",
           .binding = bind<&WrittenModelFacts::can>()},
    KeyRow{.name = "cannot",
           .type = ValueType::ability,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence = "What it cannot, whatever is known.",
           .example = "[audio]",
           .binding = bind<&WrittenModelFacts::cannot>()},
    KeyRow{.name = "quality",
           .type = ValueType::count,
           .minimum = 1,
           .maximum = 5,
           .sentence = "How good it is, from 1 to 5; what is known is a guess by price class.",
           .example = "4",
           .binding = bind<&WrittenModelFacts::quality>()},
};
inline constexpr SectionRow kModelFacts{
    "model_facts.<provider/model>",
    "What weir does not know of a model, or should know better. `weir models` tells what "
    "it knows (docs/prices.md).",
    kModelFactsKeys};

inline constexpr KeyRow threshold(Bytes name, Bytes default_value, std::uint64_t maximum, Bytes sentence, Bytes example,
                                  Binding binding) {
  return {.name = name,
          .type = ValueType::count,
          .default_value = default_value,
          .minimum = 1,
          .maximum = maximum,
          .sentence = sentence,
          .example = example,
          .binding = binding};
}

inline constexpr std::array kBreakerKeys = {
    time_limit("cooldown_ms", "60s", "How long a deployment is not asked.", "30s", bind<&WrittenBreaker::cooldown>()),
    time_limit("longest_cooldown_ms", "10m",
               "The same, where the provider wants to be left alone for longer, or a quota is exhausted.", "1h",
               bind<&WrittenBreaker::longest_cooldown>()),
    time_limit("probe_timeout_ms", "60s",
               "After which the request that finds out whether it is well again is given up.", "30s",
               bind<&WrittenBreaker::probe_timeout>()),
    time_limit("slow_start_ms", "30s", "In which the requests to who is well again grow from a tenth to all.", "1m",
               bind<&WrittenBreaker::slow_start>()),
    threshold("failures_in_a_row", "5", 63, "So many open it.", "3", bind<&WrittenBreaker::failures_in_a_row>()),
    threshold("failure_percent", "50", 100, "Such a part of the last minute's attempts opens it...", "30",
              bind<&WrittenBreaker::failure_percent>()),
    threshold("least_attempts", "10", 1000000, "... if there were at least so many.", "20",
              bind<&WrittenBreaker::least_attempts>()),
    threshold("refusals", "5", 1000000, "So many answers with 429 in the last minute open it...", "10",
              bind<&WrittenBreaker::refusals>()),
    threshold("refusal_percent", "30", 100, "... if they were such a part of the attempts.", "50",
              bind<&WrittenBreaker::refusal_percent>()),
    threshold("credential_refusals", "2", 7, "So many refusals of the credential in a row open it.", "1",
              bind<&WrittenBreaker::credential_refusals>()),
    KeyRow{.name = "slow_ttft_ms",
           .type = ValueType::duration,
           .minimum = 1,
           .maximum = kDayMs,
           .sentence = "Average time to first content that opens it; without it none does.",
           .example = "20s",
           .binding = bind<&WrittenBreaker::slow_ttft>()},
};
inline constexpr SectionRow kBreaker{
    "breaker",
    "When a deployment that fails is left alone, and for how long (docs/routing.md). It holds "
    "for each deployment of the file.",
    kBreakerKeys};

}  // namespace weir::control
