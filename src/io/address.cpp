#include "weir/io/address.h"

#include <arpa/inet.h>

#include <algorithm>

namespace weir::io {
namespace {

/// One to five digits without a leading zero (but "0" itself), at most 65535.
std::optional<std::uint16_t> parse_port(Bytes text) {
  if (text.size() > 5 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const auto value = parse_decimal(text);
  if (!value || *value > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

}  // namespace

std::optional<Address> Address::from_literal(Bytes ip, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  if (ip.empty() || ip.size() >= sizeof text || ip.find('\0') != Bytes::npos) return std::nullopt;
  *std::copy(ip.begin(), ip.end(), text) = '\0';
  Address address;
  address.port = port;
  address.v6 = ip.find(':') != Bytes::npos;
  if (inet_pton(address.v6 ? AF_INET6 : AF_INET, text, address.ip.data()) != 1) return std::nullopt;
  return address;
}

std::optional<Address> Address::parse(Bytes text) {
  const std::size_t colon = text.rfind(':');
  if (colon == Bytes::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  Bytes ip = text.substr(0, colon);
  if (!port || ip.empty()) return std::nullopt;
  const bool bracketed = ip.size() >= 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  const auto address = from_literal(ip, *port);
  if (!address || address->v6 != bracketed) return std::nullopt;
  return address;
}

bool Address::loopback() const {
  if (!v6) return ip[0] == 127;
  static constexpr std::array<std::uint8_t, 16> kOne{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  static constexpr std::array<std::uint8_t, 13> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return ip == kOne || std::equal(kMapped.begin(), kMapped.end(), ip.begin());
}

std::string Address::to_string() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(v6 ? AF_INET6 : AF_INET, ip.data(), text, sizeof text);
  return (v6 ? "[" + std::string(text) + "]:" : std::string(text) + ":") + std::to_string(port);
}

}  // namespace weir::io
