// Rows of the configuration: listeners, keys of clients, limits, times, the log, the way to providers.
// Part of the one table (config_schema.h), and included by it alone.
#pragma once

#include <array>

#include "binding.h"
#include "config_schema.h"
#include "written_config.h"

namespace weir::control {

inline constexpr std::array kListenerTlsKeys = {
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
inline constexpr SectionRow kListenerTls{"listen.tls", "TLS on one listener. SIGHUP reads the files again.",
                                         kListenerTlsKeys};

inline constexpr std::array kListenKeys = {
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
inline constexpr SectionRow kListen{"listen", "One address where clients connect.", kListenKeys};

inline constexpr std::array kAdminKeys = {
    KeyRow{.name = "address",
           .type = ValueType::address,
           .is_required = true,
           .sentence = "IP address and port of the admin listener. It has no authentication: keep it on a loopback or "
                       "private address.",
           .example = "127.0.0.1:9090",
           .binding = bind<&WrittenAddress::address>()},
};
inline constexpr SectionRow kAdmin{"admin", "Where `/health/live`, `/health/ready`, `/metrics` and `/explain` answer.",
                                   kAdminKeys};

inline constexpr std::array kKeyKeys = {
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
inline constexpr SectionRow kKey{"keys", "One virtual key a client may present.", kKeyKeys};

inline constexpr std::array kLimitKeys = {
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
inline constexpr SectionRow kLimits{"limits", "How much may be in weir at a time, for the whole process.", kLimitKeys};

inline constexpr std::array kTimeoutKeys = {
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
inline constexpr SectionRow kTimeouts{"timeouts", "How long weir waits. A plain number is milliseconds.", kTimeoutKeys};

inline constexpr std::array kLogKeys = {
    KeyRow{.name = "target",
           .type = ValueType::log_target,
           .default_value = "stdout",
           .sentence = "Where the access log goes, one JSON line per exchange: `stdout`, `stderr`, `none`, or the path "
                       "of a file, which is appended to.",
           .example = "/var/log/weir/access.log",
           .binding = bind<&WrittenConfig::log>()},
};
inline constexpr SectionRow kLog{"log", "The access log. It never holds prompts, answers or secrets.", kLogKeys};

inline constexpr std::array kProxyKeys = {
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
inline constexpr SectionRow kProxy{"proxy", "The HTTP proxy on the way to providers.", kProxyKeys};

inline constexpr std::array kNamesKeys = {
    KeyRow{.name = "servers",
           .type = ValueType::address,
           .shape = Shape::list_of_scalars,
           .minimum = 1,
           .sentence = "Name servers to ask, by address and port; those of `/etc/resolv.conf` if it is not written. "
                       "`/etc/hosts` comes first in either case.",
           .example = "[127.0.0.53:53]",
           .binding = bind<&WrittenNames::servers>()},
};
inline constexpr SectionRow kNames{"names", "How the host names of providers and proxies are resolved.", kNamesKeys};

}  // namespace weir::control
