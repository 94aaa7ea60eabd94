#include "weir/base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

// The authors' vectors for 128 bits: key 00 01 ... 0f, the text 00 01 ... of each length.
TEST(SipHash, AgreesWithItsAuthors) {
  constexpr SipKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const auto hash = [&](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(i);
    const SipTag tag = siphash128(kKey, text);
    std::string hex;
    for (const std::uint64_t word : tag)
      for (unsigned i = 0; i < 8; ++i) {
        constexpr char kDigits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned>(word >> 8 * i & 255);
        hex += {kDigits[byte >> 4], kDigits[byte & 15]};
      }
    return hex;
  };
  EXPECT_EQ(hash(0), "a3817f04ba25a8e66df67214c7550293");
  EXPECT_EQ(hash(1), "da87c1d86b99af44347659119b22fc45");
  EXPECT_EQ(hash(2), "8177228da4a45dc7fca38bdef60affe4");
}

TEST(SipHash, EveryByteAndTheLengthCount) {
  constexpr SipKey kKey = {1, 2};
  const std::string text = "Bearer sk-0123456789abcdef-0123456789";
  const SipTag tag = siphash128(kKey, text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] ^= 1;
    EXPECT_NE(siphash128(kKey, other), tag) << i;
  }
  EXPECT_NE(siphash128(kKey, text + '\0'), tag);
  EXPECT_NE(siphash128({1, 3}, text), tag);
}

}  // namespace
}  // namespace weir
