#include "weir/base/fault.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace weir {
namespace {

Fault fault(std::size_t index) { return static_cast<Fault>(index); }

TEST(FaultTable, EnumeratorsAndRowsAreInOneOrder) {
  EXPECT_EQ(to_string(Fault::head_malformed), "head_malformed");
  EXPECT_EQ(to_string(Fault::shed), "shed");
  EXPECT_EQ(to_string(fault(kFaultCount - 1)), row(fault(kFaultCount - 1)).name);
  EXPECT_LE(kFaultCount, 256U) << "a Fault is one byte";
}

TEST(FaultTable, NamesAreSnakeCaseAndDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const std::string_view name = row(fault(i)).name;
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    })) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(FaultTable, EveryFaultTellsItsClientOneSentence) {
  std::set<std::string_view> sentences;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto& [name, status, source, sentence] = row(fault(i));
    ASSERT_GE(sentence.size(), 10U) << name;
    EXPECT_TRUE(sentence.front() >= 'A' && sentence.front() <= 'Z') << name;
    EXPECT_EQ(sentence.back(), '.') << name;
    EXPECT_TRUE(sentences.insert(sentence).second) << name << " shares its sentence with another fault";
    // The sentence is written into JSON strings and one-line logs as it is.
    EXPECT_TRUE(std::ranges::all_of(sentence, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }))
        << name;
  }
}

TEST(FaultTable, StatusAgreesWithWhoseDoingItWas) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto& [name, status, source, sentence] = row(fault(i));
    switch (source) {
      case FaultSource::request:  // 501 and 505 say what a request asked for and this server does not speak
        EXPECT_TRUE((status >= 400 && status < 499) || status == 501 || status == 505) << name << ' ' << status;
        break;
      case FaultSource::upstream:
        EXPECT_TRUE(status == 502 || status == 504) << name << ' ' << status;
        break;
      case FaultSource::weir:
        EXPECT_TRUE(status == 500 || status == 503) << name << ' ' << status;
        break;
      case FaultSource::gone:
        EXPECT_EQ(status, 499) << name;
        break;
    }
  }
}

TEST(FaultTable, OnlyTimeoutsUpstreamAre504) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const FaultRow& entry = row(fault(i));
    if (entry.source == FaultSource::upstream) {
      EXPECT_EQ(entry.status == 504, entry.name.ends_with("_timeout")) << entry.name;
    }
  }
}

TEST(Result, HoldsAValueOrAFault) {
  const Result<int> value = 7;
  const Result<int> fault = fail(Fault::shed);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, 7);
  ASSERT_FALSE(fault.has_value());
  EXPECT_EQ(fault.error(), Fault::shed);
}

}  // namespace
}  // namespace weir
