#include "weir/catalog/no_proxy.h"

#include <algorithm>

#include "weir/io/address.h"

namespace weir::catalog {
namespace {

bool same_bits(const io::Address& a, const io::Address& b, std::size_t bits) {
  for (std::size_t i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> (i % 8);
    if ((a.ip[i / 8] & mask) != (b.ip[i / 8] & mask)) return false;
  }
  return true;
}

bool names_address(Bytes entry, const io::Address& host) {
  const std::size_t slash = entry.find('/');
  Bytes ip = entry.substr(0, slash);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  const auto network = io::Address::from_literal(ip, 0);
  if (!network || network->v6 != host.v6) return false;
  const std::size_t all = host.v6 ? 128 : 32;
  if (slash == Bytes::npos) return same_bits(*network, host, all);
  const auto bits = parse_decimal(entry.substr(slash + 1));
  return bits && *bits <= all && same_bits(*network, host, *bits);
}

bool names_host(Bytes entry, Bytes host) {
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.empty() || entry.size() > host.size()) return false;
  const Bytes end = host.substr(host.size() - entry.size());
  if (!equals_ignore_case(end, entry)) return false;
  return end.size() == host.size() || host[host.size() - end.size() - 1] == '.';
}

}  // namespace

std::vector<std::string> split_no_proxy(Bytes text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", \t"), text.size());
    if (end > 0) entries.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return entries;
}

bool bypasses_proxy(Bytes host, std::span<const std::string> entries) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto address = io::Address::from_literal(host, 0);
  return std::ranges::any_of(entries, [&](const std::string& entry) {
    return entry == "*" || (address ? names_address(entry, *address) : names_host(entry, host));
  });
}

}  // namespace weir::catalog
