#include "weir/catalog/base_url.h"

#include <algorithm>

#include "weir/codec/url.h"

namespace weir::catalog {

namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

/// True for a dotted quad whose first number is 127.
bool is_loopback_v4(Bytes host) {
  return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
         std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

/// The likeliest reason why a URL was refused.
Bytes explain(Bytes text) {
  const std::size_t mark = text.find("://");
  const Bytes scheme = mark == Bytes::npos ? Bytes{} : text.substr(0, mark);
  if (!equals_ignore_case(scheme, "http") && !equals_ignore_case(scheme, "https"))
    return "It must begin with http:// or https://.";
  const Bytes rest = text.substr(mark + 3);
  if (rest.substr(0, rest.find('/')).contains('@'))
    return "It must not hold a user name or password; the API key goes into the key credential.";
  if (rest.find_first_of("?#") != Bytes::npos)
    return "It must not hold a query or fragment; requests append their own path to it.";
  return "It must be a host name or IP address (IPv6 in brackets), optionally a port from 1 to 65535, and a path.";
}

}  // namespace

bool is_loopback_host(Bytes host) {
  return equals_ignore_case(host, "localhost") || host == "::1" || is_loopback_v4(host);
}

bool BaseUrl::is_loopback() const { return is_loopback_host(host); }

std::expected<BaseUrl, Bytes> parse_base_url(Bytes text) {
  if (text.size() > kMaxUrlBytes) return std::unexpected("It is longer than 2048 bytes.");
  const auto parts = codec::parse_base_url(text);
  if (!parts) return std::unexpected(explain(text));
  BaseUrl url{.needs_tls = parts->tls,
              .host = std::string(parts->host),
              .port = parts->port,
              .path = std::string(parts->path),
              .authority = std::string(parts->authority)};
  std::ranges::transform(url.host, url.host.begin(), to_lower);
  return url;
}

}  // namespace weir::catalog
