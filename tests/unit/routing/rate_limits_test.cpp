#include "weir/routing/rate_limits.h"

#include <gtest/gtest.h>

#include "weir/catalog/provider_kind.h"

namespace weir::routing {
namespace {

using catalog::ResetFormat;

// 2026-08-19T14:39:00Z
constexpr WallTime kNow{1'787'150'340'000'000'000};

TEST(RateLimits, Resets) {
  struct Row {
    Bytes value;
    ResetFormat format;
    std::optional<Duration> reset;
  };
  const Row rows[] = {
      {"12ms", ResetFormat::go_duration, 12ms},
      {"1m2.5s", ResetFormat::go_duration, 62'500ms},
      {"17.399999999s", ResetFormat::go_duration, 17'399'999'999ns},
      {"6m0s", ResetFormat::go_duration, 6min},
      {"1h", ResetFormat::go_duration, 1h},
      {"90us", ResetFormat::go_duration, 90us},
      {"90\xc2\xb5s", ResetFormat::go_duration, 90us},
      {"0s", ResetFormat::go_duration, Duration{}},
      {"99999999999999999999999999h", ResetFormat::go_duration, 24h},
      {"0.00000000000000000001s", ResetFormat::go_duration, Duration{}},
      {" 7s ", ResetFormat::go_duration, 7s},
      {"7", ResetFormat::go_duration, std::nullopt},
      {"s", ResetFormat::go_duration, std::nullopt},
      {"7s3", ResetFormat::go_duration, std::nullopt},
      {"-7s", ResetFormat::go_duration, std::nullopt},
      {"", ResetFormat::go_duration, std::nullopt},
      {"1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s", ResetFormat::go_duration, std::nullopt},  // longer than any is
      {"7", ResetFormat::seconds, 7s},
      {"7.25", ResetFormat::seconds, 7'250ms},
      {"7s", ResetFormat::seconds, std::nullopt},
      {"1234567890123", ResetFormat::seconds, 24h},
      {"2026-08-19T14:39:19Z", ResetFormat::rfc3339, 19s},
      {"2026-08-19T14:39:19.875Z", ResetFormat::rfc3339, 19s},
      {"2026-08-19T16:40:00+02:00", ResetFormat::rfc3339, 60s},
      {"2026-08-19T09:39:01-05:00", ResetFormat::rfc3339, 1s},
      {"2026-08-19T14:38:00Z", ResetFormat::rfc3339, Duration{}},
      {"2027-08-19T14:38:00Z", ResetFormat::rfc3339, 24h},
      {"2026-02-30T14:38:00Z", ResetFormat::rfc3339, std::nullopt},
      {"2026-08-19T24:38:00Z", ResetFormat::rfc3339, std::nullopt},
      {"2026-08-19T14:39:19", ResetFormat::rfc3339, std::nullopt},
      {"2026-08-19T14:39:19+0200", ResetFormat::rfc3339, std::nullopt},
      {"2026-0x-19T14:39:19Z", ResetFormat::rfc3339, std::nullopt},
      {"7", ResetFormat::none, std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_reset(row.value, row.format, kNow), row.reset) << row.value;
}

codec::FieldList fields_of(std::initializer_list<std::pair<Bytes, Bytes>> all) {
  codec::FieldList fields;
  for (const auto& [name, value] : all) fields.add({.name = name, .value = value, .id = {}});
  return fields;
}

TEST(RateLimits, OfARowThatTellsFourOfThem) {
  const auto& names = catalog::find_provider_kind("anthropic")->rate_limits;
  const auto fields = fields_of({{"Anthropic-RateLimit-Requests-Limit", "4000"},
                                 {"anthropic-ratelimit-requests-remaining", "3999"},
                                 {"anthropic-ratelimit-requests-reset", "2026-08-19T14:39:19Z"},
                                 {"anthropic-ratelimit-input-tokens-limit", "2000000"},
                                 {"anthropic-ratelimit-input-tokens-remaining", "1000000"},
                                 {"anthropic-ratelimit-input-tokens-reset", "2026-08-19T14:40:00Z"},
                                 {"anthropic-ratelimit-output-tokens-limit", "400000"},
                                 {"anthropic-ratelimit-output-tokens-remaining", "1000"},
                                 {"anthropic-ratelimit-output-tokens-reset", "2026-08-19T14:39:30Z"}});
  const LimitsLeft left = read_limits(fields, names, kNow);
  ASSERT_TRUE(left.requests && left.tokens);
  EXPECT_EQ(left.requests->per_mille, 999);
  EXPECT_EQ(left.requests->reset, 19s);
  EXPECT_EQ(left.tokens->per_mille, 2) << "the tightest";
  EXPECT_EQ(left.tokens->reset, 30s);
}

TEST(RateLimits, WhatIsNotToldIsNotKnown) {
  const auto& names = catalog::find_provider_kind("mistral")->rate_limits;
  const auto told = [&](Bytes limit, Bytes remaining) {
    return read_limits(
               fields_of({{"x-ratelimit-limit-req-minute", limit}, {"x-ratelimit-remaining-req-minute", remaining}}),
               names, kNow)
        .requests;
  };
  EXPECT_EQ(told("60", "0")->per_mille, 0);
  EXPECT_EQ(told("60", "0")->reset, kUntoldReset);
  EXPECT_EQ(told("60", "61")->per_mille, 1000);
  EXPECT_EQ(told("9999999999999999999", "1")->per_mille, 0);
  EXPECT_FALSE(told("0", "0"));
  EXPECT_FALSE(told("60", "-1"));
  EXPECT_FALSE(told("", "7"));
  EXPECT_FALSE(told("60;w=60", "7"));
  EXPECT_FALSE(read_limits(fields_of({{"x-ratelimit-limit-req-minute", "60"}}), names, kNow).requests);
  EXPECT_FALSE(read_limits({}, names, kNow).tokens);
  EXPECT_FALSE(read_limits(fields_of({{"x-ratelimit-remaining-requests", "0"}}), {}, kNow).requests);
}

}  // namespace
}  // namespace weir::routing
