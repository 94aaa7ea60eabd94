#include "weir/dialect/loss.h"

#include <gtest/gtest.h>

namespace weir::dialect {
namespace {

TEST(Loss, APolicyHoldsWhenItIsKnown) {
  Loss loss;
  loss.drop("seed");
  loss.drop("user");
  EXPECT_FALSE(loss.refused());
  EXPECT_EQ(loss.dropped().size(), 2U);
  loss.enforce(Unsupported::drop);
  EXPECT_FALSE(loss.refused());
  Loss at_once(Unsupported::error);
  at_once.drop("seed");
  loss.enforce(Unsupported::error);
  ASSERT_TRUE(loss.refused() && at_once.refused());
  EXPECT_EQ(loss.refusal().field, "seed") << "the first one is told";
  EXPECT_EQ(loss.refusal().why, at_once.refusal().why);
  EXPECT_EQ(loss.refusal().fault, at_once.refusal().fault);
}

TEST(Loss, APolicyThatFindsNothingHoldsFromThenOn) {
  Loss loss;
  loss.enforce(Unsupported::error);
  EXPECT_FALSE(loss.refused());
  loss.drop("seed");
  EXPECT_TRUE(loss.refused());
}

TEST(Loss, WhatWasRefusedBeforeIsWhatIsTold) {
  Loss loss;
  loss.drop("seed");
  loss.refuse({.fault = Fault::field_invalid, .field = "messages", .why = {}});
  loss.enforce(Unsupported::error);
  EXPECT_EQ(loss.refusal().field, "messages");
}

}  // namespace
}  // namespace weir::dialect
