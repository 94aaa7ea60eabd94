#include "weir/catalog/proxy.h"

#include <algorithm>
#include <optional>

#include "weir/codec/base64.h"
#include "weir/codec/url.h"

namespace weir::catalog {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr Bytes kNotHttp = "Only http:// proxies are spoken to, not https://, socks or others.";

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Percent-decoding (RFC 3986 2.1); nothing if it is malformed or a control character comes out.
std::optional<std::string> decode(Bytes text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::expected<std::shared_ptr<const Proxy>, Bytes> parse_proxy_url(Bytes text) {
  if (text.size() > kMaxUrlBytes) return std::unexpected("It is longer than 2048 bytes.");
  if (const std::size_t mark = text.find("://"); mark != Bytes::npos) {
    if (!equals_ignore_case(text.substr(0, mark), "http")) return std::unexpected(kNotHttp);
    text.remove_prefix(mark + 3);
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  auto proxy = std::make_shared<Proxy>();
  // A password may hold an @ that nobody encoded; a host cannot.
  if (const std::size_t at = text.rfind('@'); at != Bytes::npos) {
    const Bytes user = text.substr(0, at);
    text.remove_prefix(at + 1);
    const std::size_t colon = std::min(user.find(':'), user.size());
    const auto name = decode(user.substr(0, colon));
    const auto password = decode(colon < user.size() ? user.substr(colon + 1) : Bytes{});
    if (!name || !password || name->contains(':'))
      return std::unexpected("Its user name and password must be percent-encoded where they hold special characters.");
    const Secret both(*name + ":" + *password);  // RFC 7617
    proxy->authorization = Secret("Basic " + codec::base64(both.reveal()));
  }
  const auto authority = codec::parse_authority(text);
  if (!authority || (authority->has_port && authority->port == 0))
    return std::unexpected("It must be http://[user:password@]host:port.");
  proxy->host = authority->host;
  std::ranges::transform(proxy->host, proxy->host.begin(), to_lower);
  proxy->port = authority->has_port ? authority->port : kDefaultProxyPort;
  return proxy;
}

}  // namespace weir::catalog
