#include "weir/io/address_range.h"

#include <algorithm>

namespace weir::io {
namespace {

std::size_t bits_of(const Address& address) { return address.v6 ? 128 : 32; }

/// True if the first `bits` bits of both are the same.
bool same_prefix(const Address& a, const Address& b, std::size_t bits) {
  const std::size_t bytes = bits / 8;
  if (!std::equal(a.ip.begin(), a.ip.begin() + static_cast<std::ptrdiff_t>(bytes), b.ip.begin())) return false;
  return bits % 8 == 0 || (a.ip[bytes] ^ b.ip[bytes]) >> (8 - bits % 8) == 0;
}

}  // namespace

Address plain(const Address& address) {
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  Address result = address;
  result.port = 0;
  if (!address.v6 || !std::equal(kMapped.begin(), kMapped.end(), address.ip.begin())) return result;
  result.v6 = false;
  result.ip = {};
  std::copy(address.ip.begin() + kMapped.size(), address.ip.end(), result.ip.begin());
  return result;
}

std::optional<AddressRange> AddressRange::parse(Bytes text) {
  const std::size_t slash = text.find('/');
  const auto address = Address::from_literal(text.substr(0, slash), 0);
  if (!address) return std::nullopt;
  AddressRange range{.first = plain(*address), .bits = 0};
  const std::size_t most = bits_of(range.first);
  std::size_t bits = most;
  if (slash != Bytes::npos) {
    const auto length = parse_decimal(text.substr(slash + 1));
    if (!length || text.size() - slash > 4 || range.first.v6 != address->v6 || *length > most) return std::nullopt;
    bits = static_cast<std::size_t>(*length);
  }
  range.bits = static_cast<std::uint8_t>(bits);
  for (std::size_t bit = bits; bit < most; ++bit)
    if (range.first.ip[bit / 8] >> (7 - bit % 8) & 1) return std::nullopt;
  return range;
}

bool AddressRange::contains(const Address& address) const {
  const Address other = plain(address);
  return other.v6 == first.v6 && same_prefix(first, other, bits);
}

}  // namespace weir::io
