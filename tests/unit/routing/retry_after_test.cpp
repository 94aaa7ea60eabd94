#include "weir/routing/retry_after.h"

#include <gtest/gtest.h>

namespace weir::routing {
namespace {

// 2026-08-19T14:39:00Z, a Wednesday
constexpr WallTime kNow{1'787'150'340'000'000'000};

std::optional<Duration> told(Bytes name, Bytes value) {
  codec::FieldList fields;
  fields.add({.name = name, .value = value, .id = codec::find_header(name)});
  return read_retry_after(fields, kNow);
}

TEST(RetryAfter, EverySpelling) {
  struct Row {
    Bytes value;
    std::optional<Duration> delay;
  };
  const Row rows[] = {
      {"30", 30s},
      {" 1.5 ", 1500ms},
      {"20s", 20s},
      {"500ms", 500ms},
      {"1m", 1min},
      {"1m30.5s", 90'500ms},
      {"0", Duration{}},
      {"Wed, 19 Aug 2026 14:39:42 GMT", 42s},
      {"Wed, 19 Aug 2026 14:38:42 GMT", Duration{}},
      {"Thu, 19 Aug 2027 14:38:42 GMT", 24h},
      {"99999999999999999999", 24h},
      {"Wed, 19 Aug 2026 14:39:42", std::nullopt},
      {"Wed, 19 Agu 2026 14:39:42 GMT", std::nullopt},
      {"Wed, 19 ugS 2026 14:39:42 GMT", std::nullopt},
      {"Wed, 31 Feb 2026 14:39:42 GMT", std::nullopt},
      {"Wed, 19 Aug 2026 24:39:42 GMT", std::nullopt},
      {"Wed, 19 Aug 2026 14-39-42 GMT", std::nullopt},
      {"-1", std::nullopt},
      {"soon", std::nullopt},
      {"", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(told("Retry-After", row.value), row.delay) << row.value;
}

TEST(RetryAfter, MillisecondsAreFinerAndCountFirst) {
  EXPECT_EQ(told("retry-after-ms", "250"), 250ms);
  EXPECT_EQ(told("retry-after-ms", "0.5"), 500us);
  EXPECT_EQ(told("retry-after-ms", "x"), std::nullopt);
  codec::FieldList both;
  both.add({.name = "retry-after", .value = "1", .id = codec::HeaderId::retry_after});
  EXPECT_EQ(read_retry_after(both, kNow), 1s);
  both.add({.name = "retry-after-ms", .value = "700", .id = codec::HeaderId::other});
  EXPECT_EQ(read_retry_after(both, kNow), 700ms);
  EXPECT_EQ(read_retry_after({}, kNow), std::nullopt);
}

}  // namespace
}  // namespace weir::routing
