// Digests: the fingerprint under which a virtual key is stored and a cached answer is found. Pure; owns nothing.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "weir/base/bytes.h"

namespace weir::tls {

/// A SHA-256 digest (FIPS 180-4), 32 bytes, most significant first.
using Sha256Digest = std::array<std::uint8_t, 32>;

/// The digest of `data`, of any length. Cannot fail, allocates nothing.
Sha256Digest sha256(Bytes data);

/// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace weir::tls
