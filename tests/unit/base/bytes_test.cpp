#include "weir/base/bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

using namespace std::string_view_literals;

TEST(Bytes, LowersAsciiLettersOnly) {
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    const bool upper = value >= 'A' && value <= 'Z';
    EXPECT_EQ(to_lower(c), upper ? static_cast<char>(value + ('a' - 'A')) : c) << value;
    EXPECT_EQ(is_digit(c), value >= '0' && value <= '9') << value;
  }
}

TEST(Bytes, EqualsIgnoreCase) {
  EXPECT_TRUE(equals_ignore_case("", ""));
  EXPECT_TRUE(equals_ignore_case("Content-Length", "cONTENT-lENGTH"));
  EXPECT_FALSE(equals_ignore_case("Content-Length", "Content-Lengt"));
  EXPECT_FALSE(equals_ignore_case("Content-Length", "Content_Length"));
  // '@' and '`', '[' and '{' differ in the bit that tells letters' cases apart.
  EXPECT_FALSE(equals_ignore_case("@[", "`{"));
  EXPECT_FALSE(equals_ignore_case("a\0b"sv, "a\0c"sv));
}

TEST(Bytes, TrimsSpacesAndTabsOnly) {
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" \t \t"), "");
  EXPECT_EQ(trim("\t a \t b "), "a \t b");
  EXPECT_EQ(trim("\r\na\n"), "\r\na\n");
}

TEST(Bytes, ATrimmedViewLiesInsideTheOriginal) {
  const std::string text = "  value ";
  EXPECT_EQ(trim(text).data(), text.data() + 2);
}

TEST(Bytes, ParsesWholeDecimals) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("007"), 7U);
  EXPECT_EQ(parse_decimal("4294967296"), 4294967296U);
  EXPECT_EQ(parse_decimal("9999999999999999999"), 9999999999999999999U);
}

TEST(Bytes, RefusesWhatIsNoDecimal) {
  for (const Bytes text : {""sv, "-1"sv, "+1"sv, " 1"sv, "1 "sv, "0x10"sv, "1e3"sv, "1.0"sv, "1\0"sv,
                           "12345678901234567890"sv, "00000000000000000000"sv})
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

TEST(Bytes, EqualsConstantTime) {
  EXPECT_TRUE(equals_constant_time("", ""));
  EXPECT_TRUE(equals_constant_time("sk-1\0x"sv, "sk-1\0x"sv));
  EXPECT_FALSE(equals_constant_time("sk-1", "sk-11"));
  EXPECT_FALSE(equals_constant_time("\x80", "\0"sv));
  std::string a(64, 'k');
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::string b = a;
    b[i] = static_cast<char>(b[i] ^ 1);
    EXPECT_FALSE(equals_constant_time(a, b)) << i;
  }
}

}  // namespace
}  // namespace weir
