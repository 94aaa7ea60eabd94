// An IP address with a port, free of system headers so that every room may hold one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "weir/base/bytes.h"

namespace weir::io {

struct Address {
  std::array<std::uint8_t, 16> ip{};  ///< network order; the first 4 bytes for IPv4
  std::uint16_t port = 0;             ///< host order
  bool v6 = false;

  bool operator==(const Address&) const = default;

  /// "127.0.0.1:8080" or "[::1]:8080"; names are not resolved here.
  static std::optional<Address> parse(Bytes text);
  /// An IP literal without brackets, and a port.
  static std::optional<Address> from_literal(Bytes ip, std::uint16_t port);
  bool loopback() const;
  std::string to_string() const;
};

}  // namespace weir::io
