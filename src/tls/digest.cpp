#include "weir/tls/digest.h"

#include <wolfssl/options.h>  // must come before every other header of wolfSSL

#include <wolfssl/wolfcrypt/sha256.h>

#include <algorithm>

#include "weir/base/assert.h"

namespace weir::tls {

Sha256Digest sha256(Bytes data) {
  // wolfCrypt counts in 32 bits; pieces of 1 GiB are far below that and keep its 64-byte blocks aligned.
  constexpr std::size_t kPiece = std::size_t{1} << 30;
  wc_Sha256 state;
  int error = wc_InitSha256(&state);
  while (error == 0 && !data.empty()) {
    const Bytes piece = data.substr(0, std::min(data.size(), kPiece));
    error = wc_Sha256Update(&state, reinterpret_cast<const byte*>(piece.data()), static_cast<word32>(piece.size()));
    data.remove_prefix(piece.size());
  }
  Sha256Digest digest{};
  if (error == 0) error = wc_Sha256Final(&state, digest.data());
  wc_Sha256Free(&state);
  WEIR_ASSERT(error == 0, "SHA-256 in memory cannot fail");
  return digest;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t value : bytes) {
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

}  // namespace weir::tls
