#include "config_schema.h"

#include <array>

#include "binding.h"
#include "written_config.h"

namespace weir::control {

namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kDayMs = 24ULL * 60 * 60 * 1000;

constexpr std::array kListenerTlsKeys = {
    KeyRow{.name = "certificate",
           .type = ValueType::path,
           .is_required = true,
           .sentence = "PEM file with the certificate, followed by the intermediate ones. A file of the same name with "
                       "`.ocsp` behind it (DER) is stapled to it.",
           .example = "/etc/weir/cert.pem",
           .binding = bind<&WrittenListenerTls::certificate>()},
    KeyRow{.name = "key",
           .type = ValueType::path,
           .sentence = "PEM file with its private key, unencrypted. Without it the key is sought in `certificate`.",
           .example = "/etc/weir/key.pem",
           .binding = bind<&WrittenListenerTls::key>()},
    KeyRow{.name = "client_ca",
           .type = ValueType::path,
           .sentence = "PEM file with authorities. If it is written, a client must show a certificate issued by one of "
                       "them; nothing is stapled then.",
           .example = "/etc/weir/clients.pem",
           .binding = bind<&WrittenListenerTls::client_ca>()},
    KeyRow{.name = "min_version",
           .type = ValueType::tls_version,
           .sentence = "Oldest version of TLS a client may speak; 1.2 if it is not written.",
           .example = "1.3",
           .binding = bind<&WrittenListenerTls::min_version>()},
};
constexpr SectionRow kListenerTls{"listen.tls", "TLS on one listener. SIGHUP reads the files again.", kListenerTlsKeys};

constexpr std::array kListenKeys = {
    KeyRow{.name = "address",
           .type = ValueType::address,
           .is_required = true,
           .sentence = "IP address and port to listen on; IPv6 goes in brackets.",
           .example = "127.0.0.1:8080",
           .binding = bind<&WrittenListen::address>()},
    KeyRow{.name = "tls",
           .shape = Shape::section,
           .sentence = "Clients speak TLS here; without it, plain HTTP.",
           .section = &kListenerTls,
           .binding = bind<&WrittenListen::tls>()},
};
constexpr SectionRow kListen{"listen", "One address where clients connect.", kListenKeys};

constexpr std::array kAdminKeys = {
    KeyRow{.name = "address",
           .type = ValueType::address,
           .is_required = true,
           .sentence = "IP address and port of the admin listener. It has no authentication: keep it on a loopback or "
                       "private address.",
           .example = "127.0.0.1:9090",
           .binding = bind<&WrittenAddress::address>()},
};
constexpr SectionRow kAdmin{"admin", "Where `/health/live`, `/health/ready`, `/metrics` and `/explain` answer.",
                            kAdminKeys};

constexpr std::array kHeaderValue = {
    KeyRow{.name = "value",
           .type = ValueType::header_value,
           .sentence = "The header's value.",
           .example = "org-123",
           .binding = bind<&WrittenHeader::value>()},
};
constexpr SectionRow kHeader{"header", "A header sent to the provider.", kHeaderValue};

constexpr std::array kProviderTlsKeys = {
    KeyRow{.name = "ca",
           .type = ValueType::path,
           .sentence = "PEM file with the authorities to trust for this provider, instead of the system's.",
           .example = "/etc/weir/internal-ca.pem",
           .binding = bind<&WrittenProviderTls::ca>()},
    KeyRow{.name = "certificate",
           .type = ValueType::path,
           .sentence = "PEM file with a certificate to show to it, for providers that ask for one.",
           .example = "/etc/weir/client.pem",
           .binding = bind<&WrittenProviderTls::certificate>()},
    KeyRow{.name = "key",
           .type = ValueType::path,
           .sentence = "PEM file with that certificate's private key. Without it the key is sought in `certificate`.",
           .example = "/etc/weir/client.key",
           .binding = bind<&WrittenProviderTls::key>()},
    KeyRow{.name = "server_name",
           .type = ValueType::host_name,
           .sentence = "Whom the provider's certificate has to name, if not the host of `base_url`.",
           .example = "api.internal",
           .binding = bind<&WrittenProviderTls::server_name>()},
    KeyRow{.name = "min_version",
           .type = ValueType::tls_version,
           .sentence = "Oldest version of TLS to speak with it; 1.2 if it is not written.",
           .example = "1.3",
           .binding = bind<&WrittenProviderTls::min_version>()},
};
constexpr SectionRow kProviderTls{"providers.<name>.tls",
                                  "TLS to a provider with an https address. Certificates are always verified.",
                                  kProviderTlsKeys};

constexpr std::array kProviderKeys = {
    KeyRow{.name = "kind",
           .type = ValueType::provider_kind,
           .is_required = true,
           .sentence = "Which provider this is; it decides the default base URL and how the credential is sent. "
                       "`simulated` is the provider inside weir itself.",
           .example = "openai",
           .binding = bind<&WrittenProvider::kind>()},
    KeyRow{.name = "base_url",
           .type = ValueType::url,
           .sentence = "Where its API begins, up to and including the version: requests append `/chat/completions` and "
                       "the like. Without it the kind's own; some kinds have none and require it (docs/providers.md). "
                       "Of Azure it is the resource alone.",
           .example = "http://127.0.0.1:9100/v1",
           .binding = bind<&WrittenProvider::base_url>()},
    KeyRow{.name = "region",
           .type = ValueType::name,
           .sentence = "One of the kind's regions, in place of `base_url`.",
           .example = "eu",
           .binding = bind<&WrittenProvider::region>()},
    KeyRow{.name = "dialects",
           .type = ValueType::dialect,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence =
               "What it is spoken to in, in place of what its kind speaks. A client whose dialect is among them "
               "is passed through; for others the first one is spoken.",
           .example = "[openai_chat, openai_responses]",
           .binding = bind<&WrittenProvider::dialects>()},
    KeyRow{.name = "api_version",
           .type = ValueType::api_version,
           .sentence = "Version of the API for its `api-version` parameter; Azure alone has one.",
           .example = "2024-10-21",
           .binding = bind<&WrittenProvider::api_version>()},
    KeyRow{.name = "credential",
           .type = ValueType::secret,
           .sentence = "Where the provider's API key is found. Without it no authentication header is sent, which only "
                       "a provider with its own `base_url` may need.",
           .example = "env:OPENAI_API_KEY",
           .binding = bind<&WrittenProvider::credential>()},
    KeyRow{.name = "credentials",
           .type = ValueType::secret,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .maximum = 32,
           .sentence = "Several, in place of `credential`: the first is used; where it is refused or has used its "
                       "quota up, the next.",
           .example = "[env:OPENAI_API_KEY, env:OPENAI_API_KEY_2]",
           .binding = bind<&WrittenProvider::credentials>()},
    KeyRow{.name = "headers",
           .type = ValueType::header_name,
           .shape = Shape::map_of_scalars,
           .sentence = "Further headers sent with every request to it.",
           .example = "{openai-organization: org-123}",
           .section = &kHeader,
           .binding = bind<&WrittenProvider::headers>()},
    KeyRow{.name = "tls",
           .shape = Shape::section,
           .sentence = "How TLS is spoken with it; an https address needs none of these keys.",
           .section = &kProviderTls,
           .binding = bind<&WrittenProvider::tls>()},
    KeyRow{.name = "proxy",
           .type = ValueType::proxy,
           .sentence = "The HTTP proxy on the way to this provider, in place of the general one; `none` for no proxy.",
           .example = "http://proxy.example:3128",
           .binding = bind<&WrittenProvider::proxy>()},
    KeyRow{.name = "warm_connections",
           .type = ValueType::count,
           .minimum = 0,
           .maximum = 64,
           .sentence =
               "Connections that each shard keeps ready, handshakes included, so that nobody waits for them after "
               "a start or a pause; 1 if it is not written, 0 for a provider on a loopback address.",
           .example = "2",
           .binding = bind<&WrittenProvider::warm_connections>()},
};
constexpr SectionRow kProvider{"providers.<name>", "One provider under a name of your choice.", kProviderKeys};

// The first key is what stands for a deployment alone.
constexpr std::array kDeploymentKeys = {
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
constexpr SectionRow kDeployment{"models.<name>.deployments",
                                 "One deployment of a model. A plain `provider/model` is the same as this section with "
                                 "`deployment` alone.",
                                 kDeploymentKeys};

constexpr KeyRow figure(Bytes name, Bytes sentence, Binding binding) {
  return {.name = name,
          .type = ValueType::count,
          .minimum = 0,
          .maximum = 1000,
          .sentence = sentence,
          .example = "2",
          .binding = binding};
}

constexpr std::array kBlendKeys = {
    figure("cost", "What the request is likely to cost; 1 if it is not written.", bind<&WrittenBlend::cost>()),
    figure("latency", "Time to first content; 1 if it is not written.", bind<&WrittenBlend::latency>()),
    figure("in_flight", "Requests in flight; 1 if it is not written.", bind<&WrittenBlend::in_flight>()),
    figure("failures", "The part that fails; 1 if it is not written.", bind<&WrittenBlend::failures>()),
    figure("quality", "What is missing to the best quality; 0 if it is not written.", bind<&WrittenBlend::quality>()),
};
constexpr SectionRow kBlend{"models.<name>.blend",
                            "How much each figure counts with `strategy: blend`. Only their proportions matter.",
                            kBlendKeys};

constexpr std::array kModelKeys = {
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
constexpr SectionRow kModel{"models.<name>", "One model name that clients may write.", kModelKeys};

constexpr std::array kKeyKeys = {
    KeyRow{.name = "name",
           .type = ValueType::name,
           .is_required = true,
           .sentence = "What the key is called in logs and metrics.",
           .example = "web-app",
           .binding = bind<&WrittenKey::name>()},
    KeyRow{.name = "hash",
           .type = ValueType::key_hash,
           .is_required = true,
           .sentence = "`sha256:` and the SHA-256 of the key in hexadecimal, as `weir keys create` prints it.",
           .example = "sha256:8227c95c8b3d8e40be8b87339b0bb9dfe4eb1cedb5d3c587567dac7ef93d03e3",
           .binding = bind<&WrittenKey::hash>()},
};
constexpr SectionRow kKey{"keys", "One virtual key a client may present.", kKeyKeys};

constexpr std::array kLimitKeys = {
    KeyRow{.name = "max_head_bytes",
           .type = ValueType::size,
           .default_value = "64KiB",
           .minimum = kKiB,
           .maximum = kMiB,
           .sentence = "Largest head of a request (refused with 431) or of a provider's answer.",
           .example = "64KiB",
           .binding = bind<&Limits::max_head_bytes>()},
    KeyRow{.name = "max_body_bytes",
           .type = ValueType::size,
           .default_value = "32MiB",
           .minimum = kKiB,
           .maximum = kGiB,
           .sentence = "Largest body of a request (refused with 413).",
           .example = "8MiB",
           .binding = bind<&Limits::max_body_bytes>()},
    KeyRow{.name = "max_connections",
           .type = ValueType::count,
           .default_value = "8192",
           .minimum = 1,
           .maximum = 1000000,
           .sentence = "Client connections at a time, over all shards; further ones are refused with 503.",
           .example = "50000",
           .binding = bind<&Limits::max_connections>()},
    KeyRow{
        .name = "max_handshakes",
        .type = ValueType::count,
        .default_value = "1024",
        .minimum = 1,
        .maximum = 1000000,
        .sentence = "TLS handshakes with clients under way at a time, over all shards; further ones wait their turn.",
        .example = "256",
        .binding = bind<&Limits::max_handshakes>()},
    KeyRow{.name = "max_buffered_bytes",
           .type = ValueType::size,
           .default_value = "512MiB",
           .minimum = kMiB,
           .maximum = 1024 * kGiB,
           .sentence = "Bytes held for all exchanges together; when full, new requests are refused with 503 and "
                       "Retry-After. At least `max_head_bytes` + `max_body_bytes`.",
           .example = "2GiB",
           .binding = bind<&Limits::max_buffered_bytes>()},
    KeyRow{.name = "max_unsent_bytes",
           .type = ValueType::size,
           .default_value = "64KiB",
           .minimum = kKiB,
           .maximum = 64 * kMiB,
           .sentence = "Memory for what a client has not yet read of its answer; at that point its provider is not "
                       "read either, until the client goes on.",
           .example = "256KiB",
           .binding = bind<&Limits::max_unsent_bytes>()},
    KeyRow{
        .name = "min_body_rate",
        .type = ValueType::size,
        .default_value = "4KiB",
        .minimum = 1,
        .maximum = kGiB,
        .sentence = "Bytes per second below which a request body is given up (408), after `timeouts.client_body_ms`.",
        .example = "16KiB",
        .binding = bind<&Limits::min_body_rate>()},
    KeyRow{.name = "max_client_connections",
           .type = ValueType::count,
           .default_value = "1024",
           .minimum = 0,
           .maximum = 1000000,
           .sentence = "Connections of one client address at a time, over all shards; further ones are refused with "
                       "429. An IPv6 client is a /64. 0 is any number.",
           .example = "64",
           .binding = bind<&Limits::max_client_connections>()},
    KeyRow{.name = "exempt_clients",
           .type = ValueType::address_range,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence = "Addresses and ranges that `max_client_connections` does not count, such as trusted proxies. "
                       "Without the key it is loopback; with it, only what stands here.",
           .example = "[10.0.0.0/8, \"2001:db8::7\"]",
           .binding = {.store =
                           [](void* section, Value&& value, Position) {
                             static_cast<Limits*>(section)->exempt_clients.push_back(std::get<io::AddressRange>(value));
                           }}},
    KeyRow{.name = "max_refusals",
           .type = ValueType::count,
           .default_value = "64",
           .minimum = 0,
           .maximum = 65536,
           .sentence = "Connections beyond a limit that are told so at a time, per shard; beyond this number they are "
                       "reset at once.",
           .example = "256",
           .binding = bind<&Limits::max_refusals>()},
};
constexpr SectionRow kLimits{"limits", "How much may be in weir at a time, for the whole process.", kLimitKeys};

constexpr KeyRow budget(Bytes name, Bytes default_value, Binding binding) {
  return {.name = name,
          .type = ValueType::count,
          .default_value = default_value,
          .minimum = 1,
          .maximum = 10000000,
          .sentence = "Tokens for this effort.",
          .example = default_value,
          .binding = binding};
}

constexpr std::array kBudgetKeys = {
    budget("minimal", "1024", bind<&WrittenReasoningBudgets::minimal>()),
    budget("low", "1024", bind<&WrittenReasoningBudgets::low>()),
    budget("medium", "2048", bind<&WrittenReasoningBudgets::medium>()),
    budget("high", "4096", bind<&WrittenReasoningBudgets::high>()),
    budget("xhigh", "8192", bind<&WrittenReasoningBudgets::xhigh>()),
    budget("max", "16384", bind<&WrittenReasoningBudgets::max>()),
};
constexpr SectionRow kBudgets{"reasoning_budgets",
                              "How many tokens a model may think, by the effort that a client asks for, where its "
                              "provider wants a number. More effort never has fewer tokens.",
                              kBudgetKeys};

constexpr KeyRow rate(Bytes name, Bytes sentence, Bytes example, Binding binding, bool is_required = false) {
  return {.name = name,
          .type = ValueType::dollars,
          .is_required = is_required,
          .sentence = sentence,
          .example = example,
          .binding = binding};
}

constexpr std::array kPriceKeys = {
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
constexpr SectionRow kPrice{"model_facts.<provider/model>.price",
                            "Dollars for a million of each, with at most nine decimals. A price that is written takes "
                            "the place of the known one altogether, with its tiers.",
                            kPriceKeys};

constexpr std::array kModelFactsKeys = {
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
constexpr SectionRow kModelFacts{"model_facts.<provider/model>",
                                 "What weir does not know of a model, or should know better. `weir models` tells what "
                                 "it knows (docs/prices.md).",
                                 kModelFactsKeys};

constexpr KeyRow time_limit(Bytes name, Bytes default_value, Bytes sentence, Bytes example, Binding binding) {
  return {.name = name,
          .type = ValueType::duration,
          .default_value = default_value,
          .minimum = 1,
          .maximum = kDayMs,
          .sentence = sentence,
          .example = example,
          .binding = binding};
}

constexpr std::array kTimeoutKeys = {
    time_limit("connect_ms", "5s", "To connect to a provider.", "2s", bind<&Timeouts::connect>()),
    time_limit("first_byte_ms", "60s", "From the request sent to the first byte of the provider's answer.", "30s",
               bind<&Timeouts::first_byte>()),
    time_limit("idle_ms", "60s", "Longest pause inside a provider's answer.", "2m", bind<&Timeouts::idle>()),
    time_limit("total_ms", "10m", "One exchange, from its request head to the last byte of its answer.", "30m",
               bind<&Timeouts::total>()),
    time_limit("client_handshake_ms", "10s", "For a client's TLS handshake.", "5s",
               bind<&Timeouts::client_handshake>()),
    time_limit("client_head_ms", "30s", "For a client to send a whole request head, from its first byte.", "10s",
               bind<&Timeouts::client_head>()),
    time_limit("client_body_ms", "30s",
               "For a client to send a whole request body; for every `limits.min_body_rate` bytes that have come, it "
               "has a second more.",
               "10s", bind<&Timeouts::client_body>()),
    time_limit("client_idle_ms", "75s", "A kept-alive client connection without a request.", "5m",
               bind<&Timeouts::client_idle>()),
    time_limit("client_write_ms", "30s", "A client that does not read its answer.", "1m",
               bind<&Timeouts::client_write>()),
    time_limit("drain_ms", "30s", "After SIGTERM, for running exchanges to finish.", "5m", bind<&Timeouts::drain>()),
};
constexpr SectionRow kTimeouts{"timeouts", "How long weir waits. A plain number is milliseconds.", kTimeoutKeys};

constexpr KeyRow threshold(Bytes name, Bytes default_value, std::uint64_t maximum, Bytes sentence, Bytes example,
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

constexpr std::array kBreakerKeys = {
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
constexpr SectionRow kBreaker{
    "breaker",
    "When a deployment that fails is left alone, and for how long (docs/routing.md). It holds "
    "for each deployment of the file.",
    kBreakerKeys};

constexpr std::array kLogKeys = {
    KeyRow{.name = "target",
           .type = ValueType::log_target,
           .default_value = "stdout",
           .sentence = "Where the access log goes, one JSON line per exchange: `stdout`, `stderr`, `none`, or the path "
                       "of a file, which is appended to.",
           .example = "/var/log/weir/access.log",
           .binding = bind<&WrittenConfig::log>()},
};
constexpr SectionRow kLog{"log", "The access log. It never holds prompts, answers or secrets.", kLogKeys};

constexpr std::array kProxyKeys = {
    KeyRow{.name = "url",
           .type = ValueType::proxy,
           .is_required = true,
           .sentence =
               "`http://[user:password@]host:port`, or where that is found; `none` for no proxy whatever the "
               "environment says. Every connection goes through it with CONNECT, so it sees neither requests nor "
               "API keys of `https://` providers.",
           .example = "http://proxy.example:3128",
           .binding = bind<&WrittenProxy::url>()},
    KeyRow{.name = "no_proxy",
           .type = ValueType::host_pattern,
           .shape = Shape::list_of_scalars,
           .sentence = "Hosts that are reached without it: a name with all below it, an IP address, a network, or `*`.",
           .example = "[internal.example, 10.0.0.0/8]",
           .binding = bind<&WrittenProxy::no_proxy>()},
};
constexpr SectionRow kProxy{"proxy", "The HTTP proxy on the way to providers.", kProxyKeys};

constexpr std::array kNamesKeys = {
    KeyRow{.name = "servers",
           .type = ValueType::address,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence = "Name servers to ask, by address and port; those of `/etc/resolv.conf` if it is not written. "
                       "`/etc/hosts` comes first in either case.",
           .example = "[127.0.0.53:53]",
           .binding = bind<&WrittenNames::servers>()},
};
constexpr SectionRow kNames{"names", "How the host names of providers and proxies are resolved.", kNamesKeys};

/// Limits are plain values without positions; errors about how they fit each other point at the section.
void* limits_of(void* section, Bytes, Position at) {
  auto& config = *static_cast<WrittenConfig*>(section);
  config.limits_at = at;
  return &config.limits;
}

constexpr std::array kConfigKeys = {
    KeyRow{.name = "listen",
           .shape = Shape::list_of_sections,
           .minimum = 1,
           .sentence = "Where clients connect; `127.0.0.1:8080` if it is not written. An address that is not loopback "
                       "needs `keys` or `allow_anonymous: true`.",
           .section = &kListen,
           .binding = bind<&WrittenConfig::listen>()},
    KeyRow{.name = "admin",
           .shape = Shape::section,
           .sentence = "The admin listener for health and metrics; none if it is not written.",
           .section = &kAdmin,
           .binding = bind<&WrittenConfig::admin>()},
    KeyRow{.name = "shards",
           .type = ValueType::count_or_auto,
           .default_value = "auto",
           .minimum = 1,
           .maximum = 1024,
           .sentence = "Worker threads, each with its own event loop; `auto` is one per core weir may use.",
           .example = "4",
           .binding = bind<&WrittenConfig::shards>()},
    KeyRow{.name = "providers",
           .type = ValueType::name,
           .shape = Shape::map_of_sections,
           .is_required = true,
           .minimum = 1,
           .sentence = "Whose APIs are called, by names of your choice.",
           .section = &kProvider,
           .binding = bind<&WrittenConfig::providers>()},
    KeyRow{.name = "models",
           .type = ValueType::model_name,
           .shape = Shape::map_of_sections,
           .sentence = "The model names clients may write, and who answers them.",
           .section = &kModel,
           .binding = bind<&WrittenConfig::models>()},
    KeyRow{.name = "proxy",
           .shape = Shape::section,
           .sentence =
               "The HTTP proxy on the way to providers. Without this section the environment decides: "
               "`https_proxy` or `HTTPS_PROXY` for `https://` providers, `http_proxy` (lower case only) for others, "
               "`no_proxy` or `NO_PROXY` for exceptions. Providers on a loopback address are reached directly, "
               "unless they name a proxy themselves.",
           .section = &kProxy,
           .binding = bind<&WrittenConfig::proxy>()},
    KeyRow{.name = "names",
           .shape = Shape::section,
           .sentence = "How host names are resolved.",
           .section = &kNames,
           .binding = bind<&WrittenConfig::names>()},
    KeyRow{.name = "expose_provider_models",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether clients may also write `provider/model` to reach any model of any provider.",
           .example = "true",
           .binding = bind<&WrittenConfig::expose_provider_models>()},
    KeyRow{.name = "unsupported_parameters",
           .type = ValueType::unsupported,
           .default_value = "drop",
           .sentence = "What becomes of hints that a provider does not take, for models that do not say it themselves: "
                       "`drop` leaves them out and names them in `x-weir-dropped`, `error` refuses the request with "
                       "400. What would change the meaning of the answer is refused either way.",
           .example = "error",
           .binding = bind<&WrittenConfig::unsupported_parameters>()},
    KeyRow{.name = "reasoning_budgets",
           .shape = Shape::section,
           .sentence = "Tokens of thinking, by effort.",
           .section = &kBudgets,
           .binding = bind<&WrittenConfig::reasoning_budgets>()},
    KeyRow{.name = "model_facts",
           .type = ValueType::reference,
           .shape = Shape::map_of_sections,
           .sentence = "Prices, limits and abilities of models, by provider name, slash, and what that provider calls "
                       "the model.",
           .section = &kModelFacts,
           .binding = bind<&WrittenConfig::model_facts>()},
    KeyRow{.name = "unknown_price",
           .type = ValueType::unknown_price,
           .default_value = "allow",
           .sentence = "What becomes of models whose price nobody knows: `allow` serves them and says that their cost "
                       "is not known, `block` does not serve them. They never count as free.",
           .example = "block",
           .binding = bind<&WrittenConfig::unknown_price>()},
    KeyRow{.name = "breaker",
           .shape = Shape::section,
           .sentence = "When a deployment that fails is left alone.",
           .section = &kBreaker,
           .binding = bind<&WrittenConfig::breaker>()},
    KeyRow{.name = "keys",
           .shape = Shape::list_of_sections,
           .sentence = "The virtual keys clients present. Without any, everybody who reaches the listener may call.",
           .section = &kKey,
           .binding = bind<&WrittenConfig::keys>()},
    KeyRow{.name = "allow_anonymous",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether clients without a key are served even where `keys` exist or the listener is not "
                       "loopback. A wrong key is refused all the same when there are keys.",
           .example = "true",
           .binding = bind<&WrittenConfig::allow_anonymous>()},
    KeyRow{.name = "limits",
           .shape = Shape::section,
           .sentence = "How much may be in weir at a time.",
           .section = &kLimits,
           .binding = {.child = limits_of}},
    KeyRow{.name = "timeouts",
           .shape = Shape::section,
           .sentence = "How long weir waits.",
           .section = &kTimeouts,
           .binding = bind<&WrittenConfig::timeouts>()},
    KeyRow{.name = "user",
           .type = ValueType::account,
           .sentence =
               "The user to become once the listeners, the log file, certificates and secrets are open; with a "
               "group, in that group alone. Only root can do that. Without it weir stays who it was started as.",
           .example = "nobody",
           .binding = bind<&WrittenConfig::user>()},
    KeyRow{.name = "core_dumps",
           .type = ValueType::boolean,
           .default_value = "false",
           .sentence = "Whether a crash may leave a core dump, and a debugger of the same user may look in. Both hold "
                       "credentials and prompts.",
           .example = "true",
           .binding = bind<&WrittenConfig::core_dumps>()},
    // The one key of `log` is read into the file's object itself, because a Log is one value.
    KeyRow{.name = "log",
           .shape = Shape::section,
           .sentence = "The access log.",
           .section = &kLog,
           .binding = {.child = [](void* section, Bytes, Position) { return section; }}},
};
constexpr SectionRow kConfig{"The file", "The keys at the top level.", kConfigKeys};

}  // namespace

const SectionRow& config_schema() { return kConfig; }

}  // namespace weir::control
