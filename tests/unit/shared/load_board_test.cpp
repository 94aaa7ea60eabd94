#include "weir/shared/load_board.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::shared {
namespace {

TEST(LoadBoard, BeginsAtZeroAndKeepsShardsApart) {
  LoadBoard board(3);
  ASSERT_EQ(board.shards(), 3u);
  for (std::size_t shard = 0; shard < 3; ++shard) EXPECT_EQ(board.ended(shard), 0u);
  board.report(1, 7);
  board.report(2, 9);
  board.report(1, 8);
  EXPECT_EQ(board.ended(0), 0u);
  EXPECT_EQ(board.ended(1), 8u);
  EXPECT_EQ(board.ended(2), 9u);
}

// A reader may see an old figure, but time never runs backwards and the last figure arrives.
TEST(LoadBoard, FiguresOnlyGrow) {
  constexpr std::uint64_t kReports = 20'000;
  LoadBoard board(2);
  std::vector<std::thread> shards;
  for (std::size_t shard = 0; shard < 2; ++shard)
    shards.emplace_back([&board, shard] {
      for (std::uint64_t i = 1; i <= kReports; ++i) board.report(shard, i);
    });
  std::uint64_t seen[2] = {0, 0};
  bool fell = false;
  while (seen[0] < kReports || seen[1] < kReports) {
    for (std::size_t shard = 0; shard < 2; ++shard) {
      const std::uint64_t now = board.ended(shard);
      fell |= now < seen[shard];
      seen[shard] = now;
    }
    std::this_thread::yield();
  }
  for (auto& shard : shards) shard.join();
  EXPECT_FALSE(fell);
}

}  // namespace
}  // namespace weir::shared
