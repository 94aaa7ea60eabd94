#include "weir/base/decimal.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weir {
namespace {

std::string decimal(std::uint64_t value) {
  char out[kMaxDecimalSize];
  return {out, put_decimal(out, value)};
}

TEST(Decimal, WritesWhatToStringWrites) {
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < kMaxDecimalSize; ++i, power *= 10)
    for (const std::uint64_t value : {power - 1, power, power + 1, 9 * power})
      EXPECT_EQ(decimal(value), std::to_string(value));
  for (unsigned bit = 0; bit < 64; ++bit)
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit})
      EXPECT_EQ(decimal(value), std::to_string(value));
  EXPECT_EQ(decimal(UINT64_MAX), "18446744073709551615");
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    ASSERT_EQ(decimal(value), std::to_string(value));
  }
}

TEST(Decimal, DigitsOfAFixedCount) {
  char out[] = "........";
  put_digits(out, 5, 42);
  EXPECT_STREQ(out, "00042...");
  put_digits(out + 5, 2, 1234);
  EXPECT_STREQ(out, "0004234.");
  put_digits(out, 0, 7);
  EXPECT_STREQ(out, "0004234.");
}

}  // namespace
}  // namespace weir
