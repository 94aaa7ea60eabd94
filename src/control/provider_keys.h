// Rows of the configuration: providers.
// Part of the one table (config_schema.h), and included by it alone.
#pragma once

#include <array>

#include "binding.h"
#include "config_schema.h"
#include "written_config.h"

namespace weir::control {

inline constexpr std::array kHeaderValue = {
    KeyRow{.name = "value",
           .type = ValueType::header_value,
           .sentence = "The header's value.",
           .example = "org-123",
           .binding = bind<&WrittenHeader::value>()},
};
inline constexpr SectionRow kHeader{"header", "A header sent to the provider.", kHeaderValue};

inline constexpr std::array kProviderTlsKeys = {
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
inline constexpr SectionRow kProviderTls{"providers.<name>.tls",
                                         "TLS to a provider with an https address. Certificates are always verified.",
                                         kProviderTlsKeys};

inline constexpr std::array kProviderKeys = {
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
inline constexpr SectionRow kProvider{"providers.<name>", "One provider under a name of your choice.", kProviderKeys};

}  // namespace weir::control
