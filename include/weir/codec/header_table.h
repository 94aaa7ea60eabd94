// The header fields weir knows by name, as one table: what each is called and where it may travel.
//
// Everything not in the table is `HeaderId::other`: not ours, forwarded in both directions. Families are known by their
// beginning alone, '_' read as '-': `x-weir-...` (weir's own), what proxies and browsers say about the way here
// (`x-forwarded-...`, `x-original-...`, `x-http-...`, `cf-...`, `sec-...`), and `access-control-...`.
//
// Invariants: names are lower case; looking a name up costs one multiplication, one table read and one comparison (a
// perfect hash whose seed the compiler searches); at most 64 ids, so that a set of them is one word.
#pragma once

#include <array>
#include <cstdint>

#include "weir/base/bytes.h"

namespace weir::codec {

/// Where a field may travel. `hop_by_hop`: belongs to one connection (RFC 9110 7.6.1). `secret`: its value is a
/// credential; never logged, never relayed. `never_forward`: does not go from client to provider. `never_return`:
/// does not go from provider to client.
enum HeaderFlag : std::uint8_t { hop_by_hop = 1, secret = 2, never_forward = 4, never_return = 8 };

// Why some flags. From clients: openai-organization and openai-project name the account of whoever owns the credential
// (the client's is not ours, ours is not the client's business); accept-encoding is always ours (identity), for what we
// cannot read we cannot translate; host, content-length and expect are about our own connections; what tells where a
// client is (forwarded, via, x-real-ip and their like, origin, referer) is nobody's business; and what rewrites method,
// path or host in some frameworks (x-original-url, x-http-method-override and their like) would turn our credential
// against another part of the provider's API. From providers: cookies belong to us; alt-svc would send the client
// around us; strict-transport-security, clear-site-data, nel and their like, and access-control-..., speak to a browser
// for the host that it asked, which is ours; challenges (www-authenticate) are for our credential; server and via
// describe hosts that are not ours.
// clang-format off
#define WEIR_HEADERS(X)                                                                    \
  X(host,                      "host",                       never_forward)                \
  X(connection,                "connection",                 hop_by_hop)                   \
  X(content_length,            "content-length",             never_forward | never_return) \
  X(transfer_encoding,         "transfer-encoding",          hop_by_hop)                   \
  X(expect,                    "expect",                     never_forward)                \
  X(te,                        "te",                         hop_by_hop)                   \
  X(trailer,                   "trailer",                    hop_by_hop)                   \
  X(upgrade,                   "upgrade",                    hop_by_hop)                   \
  X(http2_settings,            "http2-settings",             hop_by_hop)                   \
  X(keep_alive,                "keep-alive",                 hop_by_hop)                   \
  X(proxy_connection,          "proxy-connection",           hop_by_hop)                   \
  X(proxy_authorization,       "proxy-authorization",        hop_by_hop | secret)          \
  X(proxy_authenticate,        "proxy-authenticate",         hop_by_hop)                   \
  X(proxy_authentication_info, "proxy-authentication-info",  hop_by_hop)                   \
  X(authorization,             "authorization",              secret)                       \
  X(x_api_key,                 "x-api-key",                  secret)                       \
  X(api_key,                   "api-key",                    secret)                       \
  X(x_goog_api_key,            "x-goog-api-key",             secret)                       \
  X(x_portkey_api_key,         "x-portkey-api-key",          secret)                       \
  X(x_amz_security_token,      "x-amz-security-token",       secret)                       \
  X(x_auth_token,              "x-auth-token",               secret)                       \
  X(subscription_key,          "ocp-apim-subscription-key",  secret)                       \
  X(cookie,                    "cookie",                     secret)                       \
  X(set_cookie,                "set-cookie",                 secret)                       \
  X(www_authenticate,          "www-authenticate",           never_forward | never_return) \
  X(authentication_info,       "authentication-info",        never_forward | never_return) \
  X(content_type,              "content-type",               0)                            \
  X(content_encoding,          "content-encoding",           0)                            \
  X(accept_encoding,           "accept-encoding",            never_forward)                \
  X(accept,                    "accept",                     0)                            \
  X(user_agent,                "user-agent",                 0)                            \
  X(retry_after,               "retry-after",                0)                            \
  X(date,                      "date",                       0)                            \
  X(server,                    "server",                     never_return)                 \
  X(location,                  "location",                   never_return)                 \
  X(alt_svc,                   "alt-svc",                    never_return)                 \
  X(strict_transport,          "strict-transport-security",  never_return)                 \
  X(clear_site_data,           "clear-site-data",            never_return)                 \
  X(nel,                       "nel",                        never_return)                 \
  X(report_to,                 "report-to",                  never_return)                 \
  X(reporting_endpoints,       "reporting-endpoints",        never_return)                 \
  X(forwarded,                 "forwarded",                  never_forward)                \
  X(x_forwarded_for,           "x-forwarded-for",            never_forward)                \
  X(x_real_ip,                 "x-real-ip",                  never_forward)                \
  X(x_client_ip,               "x-client-ip",                never_forward)                \
  X(true_client_ip,            "true-client-ip",             never_forward)                \
  X(origin,                    "origin",                     never_forward)                \
  X(referer,                   "referer",                    never_forward)                \
  X(x_host,                    "x-host",                     never_forward)                \
  X(x_rewrite_url,             "x-rewrite-url",              never_forward)                \
  X(x_method_override,         "x-method-override",          never_forward)                \
  X(via,                       "via",                        never_forward | never_return) \
  X(openai_organization,       "openai-organization",        never_forward | never_return) \
  X(openai_project,            "openai-project",             never_forward | never_return) \
  X(x_request_id,              "x-request-id",               0)
// clang-format on

enum class HeaderId : std::uint8_t {
  other,
#define X(id, name, flags) id,
  WEIR_HEADERS(X)
#undef X
      x_forwarded,  ///< any x-forwarded-... but x-forwarded-for, and the other families about the way here
  access_control,   ///< any access-control-...
  x_weir,           ///< any x-weir-...
};

inline constexpr std::size_t kHeaderIdCount = static_cast<std::size_t>(HeaderId::x_weir) + 1;
static_assert(kHeaderIdCount <= 64, "a set of header ids must fit one word");

/// The id of a field name, in any case; `other` when it is not in the table.
HeaderId find_header(Bytes name);

/// As many bytes the next function reads, whatever the name's size.
inline constexpr std::size_t kHeaderLookahead = 16;
/// The same for a name with so many readable bytes from its first one on, of which the name has `size`. Quicker.
HeaderId find_header_in(const char* name, std::size_t size);

/// The lower-case name; for families (the first of) their common beginning, for `other` nothing.
Bytes header_name(HeaderId id);

namespace detail {
inline constexpr std::array<std::uint8_t, kHeaderIdCount> kHeaderFlags = {
    0,
#define X(id, name, flags) flags,
    WEIR_HEADERS(X)
#undef X
        never_forward,
    never_forward | never_return,
    never_forward | never_return,
};
}  // namespace detail

constexpr bool has_flag(HeaderId id, std::uint8_t flags) {
  return (detail::kHeaderFlags[static_cast<std::size_t>(id)] & flags) != 0;
}
constexpr bool is_hop_by_hop(HeaderId id) { return has_flag(id, hop_by_hop); }
constexpr bool is_secret(HeaderId id) { return has_flag(id, secret); }
/// May a client's field of this name reach a provider (unless Connection nominates it)?
constexpr bool may_forward(HeaderId id) { return !has_flag(id, hop_by_hop | secret | never_forward); }
/// May a provider's field of this name reach a client (unless Connection nominates it)?
constexpr bool may_return(HeaderId id) { return !has_flag(id, hop_by_hop | secret | never_return); }

/// Some of the ids, as one word.
class HeaderSet {
 public:
  constexpr HeaderSet() = default;
  static consteval HeaderSet of(bool (*belongs)(HeaderId)) {
    HeaderSet set;
    for (std::size_t id = 0; id < kHeaderIdCount; ++id)
      if (belongs(static_cast<HeaderId>(id))) set.bits_ |= std::uint64_t{1} << id;
    return set;
  }
  constexpr HeaderSet without(HeaderId id) const {
    HeaderSet set = *this;
    set.bits_ &= ~(std::uint64_t{1} << static_cast<unsigned>(id));
    return set;
  }
  constexpr bool contains(HeaderId id) const { return (bits_ >> static_cast<unsigned>(id) & 1) != 0; }

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace weir::codec
