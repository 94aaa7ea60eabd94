#include "weir/dialect/estimate.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::dialect {
namespace {

std::uint64_t tokens_of(Bytes text) {
  Request request;
  request.messages.push_back({.role = Role::user, .parts = {{.kind = PartKind::text, .text = text}}});
  return estimate_tokens(request) - 4;  // what a message costs
}

TEST(Estimate, FourBytesOfEnglishOrTwoOfOtherScripts) {
  EXPECT_EQ(tokens_of(""), 0U);
  EXPECT_EQ(tokens_of("abcd"), 1U);
  EXPECT_EQ(tokens_of("abcde"), 2U);
  EXPECT_EQ(tokens_of("\xd0\xb4\xd0\xb0"), 2U);
  EXPECT_EQ(tokens_of("abcd\xd0\xb4"), 2U);
}

TEST(Estimate, LongTextsOfEveryLength) {
  // Long enough that counts do not fit a byte, and across every place where a part of them may end.
  for (std::size_t size = 0; size < 1500; ++size) {
    const std::string text(size, 'a'), other(2 * size, '\xd0');
    ASSERT_EQ(tokens_of(text), (size + 3) / 4) << size;
    ASSERT_EQ(tokens_of(other), size) << size;
    ASSERT_EQ(tokens_of(text + other), (size + 3) / 4 + size) << size;
  }
}

TEST(Estimate, WhatIsNoText) {
  Request request;
  Part image{.kind = PartKind::image};
  request.messages.push_back({.role = Role::user, .parts = {image, image}});
  EXPECT_EQ(estimate_tokens(request), 4U + 2 * 1000);
  request.tools.push_back({.name = "look", .parameters = R"({"type":"object"})"});
  EXPECT_EQ(estimate_tokens(request), 4U + 2 * 1000 + 8 + 1 + 5);
}

}  // namespace
}  // namespace weir::dialect
