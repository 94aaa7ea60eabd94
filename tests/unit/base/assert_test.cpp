#include "weir/base/assert.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Assert, ATrueConditionIsEvaluatedOnceAndPasses) {
  int evaluated = 0;
  WEIR_ASSERT(++evaluated > 0, "counts");
  EXPECT_EQ(evaluated, 1);
}

TEST(AssertDeathTest, NamesPlaceSentenceAndCondition) {
  EXPECT_DEATH(WEIR_ASSERT(1 + 1 == 3, "sums are right"), "assert_test.cpp:[0-9]+: sums are right \\(1 \\+ 1 == 3\\)");
}

TEST(AssertDeathTest, PrintsTheContext) {
  EXPECT_DEATH(
      {
        set_assert_context("seed 42");
        WEIR_ASSERT(false, "never");
      },
      "never \\(false\\), seed 42");
}

}  // namespace
}  // namespace weir
