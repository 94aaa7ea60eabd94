#include "weir/catalog/dollars.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir::catalog {
namespace {

TEST(Dollars, AreReadExactly) {
  const struct {
    Bytes text;
    std::int64_t nano;
  } rows[] = {{"0", 0},
              {"0.0375", 37'500'000},
              {"12", 12'000'000'000},
              {"1.", 1'000'000'000},
              {"0.000000001", 1},
              {"0.123456789", 123'456'789},
              {"0.1", 100'000'000},
              {"0000012.50", 12'500'000'000},
              {"1000000", kMostNanoDollars},
              {"999999.999999999", kMostNanoDollars - 1}};
  for (const auto& row : rows) EXPECT_EQ(parse_dollars(row.text), row.nano) << row.text;
}

TEST(Dollars, WhatIsNoneIsRefused) {
  for (const Bytes text :
       {"", ".", ".5", "-1", "+1", "1e3", "1,5", "0x10", " 1", "1 ", "1.2.3", "0.0000000001", "0.1234567890",
        "1000000.000000001", "1000001", "99999999", "18446744073709551616", "nan", "$1"})
    EXPECT_EQ(parse_dollars(text), std::nullopt) << text;
}

TEST(Dollars, AreWrittenExactly) {
  EXPECT_EQ(DollarText(0).view(), "0");
  EXPECT_EQ(DollarText(37'500'000).view(), "0.0375");
  EXPECT_EQ(DollarText(12'000'000'000).view(), "12");
  EXPECT_EQ(DollarText(1).view(), "0.000000001");
  EXPECT_EQ(DollarText(-1'500'000'000).view(), "-1.5");
  EXPECT_EQ(DollarText(1'234'500, true).view(), "0.001234500");
  EXPECT_EQ(DollarText(0, true).view(), "0.000000000");
  EXPECT_EQ(DollarText(std::numeric_limits<std::int64_t>::max(), true).view(), "9223372036.854775807");
  EXPECT_EQ(DollarText(std::numeric_limits<std::int64_t>::min(), true).view(), "-9223372036.854775808");
}

TEST(Dollars, WhatIsWrittenReadsBack) {
  for (std::int64_t nano = 1; nano <= kMostNanoDollars; nano = nano * 7 + 3) {
    EXPECT_EQ(parse_dollars(DollarText(nano).view()), nano);
    EXPECT_EQ(parse_dollars(DollarText(nano, true).view()), nano);
  }
}

}  // namespace
}  // namespace weir::catalog
