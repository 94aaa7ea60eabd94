#include "weir/base/small_vector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/base/random.h"

namespace weir {
namespace {

std::string text(std::uint64_t i) { return "an element that is too long to be kept in place " + std::to_string(i); }

TEST(SmallVector, DoesWhatAVectorDoes) {
  Random random(1);
  SmallVector<std::string, 2> small;
  std::vector<std::string> vector;
  for (int step = 0; step < 20'000; ++step) {
    switch (random.below(8)) {
      case 0:
        small.clear(), vector.clear();
        break;
      case 1: {
        SmallVector<std::string, 2> other(std::move(small));
        EXPECT_TRUE(small.empty());
        small = std::move(other);
        break;
      }
      case 2: {
        SmallVector<std::string, 2> other;
        for (std::uint64_t i = random.below(4); i > 0; --i) other.push_back(text(i));
        other = std::move(small);
        small.push_back("left behind");
        small = std::move(other);
        break;
      }
      default:
        small.push_back(text(random.next()));
        vector.push_back(small.back());
    }
    ASSERT_EQ(small.size(), vector.size());
    ASSERT_EQ(small.empty(), vector.empty());
    ASSERT_TRUE(std::equal(small.begin(), small.end(), vector.begin(), vector.end()));
    if (!vector.empty()) {
      ASSERT_EQ(small.front(), vector.front());
      ASSERT_EQ(small.all().back(), vector.back());
      ASSERT_EQ(small[vector.size() / 2], vector[vector.size() / 2]);
    }
  }
}

}  // namespace
}  // namespace weir
