// A range of IP addresses, as operators write it: "10.0.0.0/8", "2001:db8::/32", or one address.
#pragma once

#include <optional>

#include "weir/base/bytes.h"
#include "weir/io/address.h"

namespace weir::io {

struct AddressRange {
  Address first;          ///< without a port; the bits behind the prefix are zero
  std::uint8_t bits = 0;  ///< length of the prefix: up to 32 for IPv4, up to 128 for IPv6

  bool operator==(const AddressRange&) const = default;

  /// Nothing if it is not a range, or if bits behind the prefix are set: then something else was meant.
  static std::optional<AddressRange> parse(Bytes text);
  /// IPv4 addresses written as IPv6 (::ffff:a.b.c.d) count as IPv4.
  bool contains(const Address& address) const;
};

/// The address without its port, an IPv4-mapped one as IPv4.
Address plain(const Address& address);

}  // namespace weir::io
