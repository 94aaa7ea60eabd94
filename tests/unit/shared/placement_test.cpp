#include "weir/shared/placement.h"

#include <gtest/gtest.h>

namespace weir::shared {
namespace {

struct Front {
  explicit Front(std::size_t shards) : board(shards), placement(board) {}
  std::size_t place() {
    const std::size_t shard = placement.choose();
    placement.placed(shard);
    return shard;
  }
  LoadBoard board;
  Placement placement;
};

TEST(Placement, ABurstIsSpreadEvenlyBeforeAnybodyReports) {
  Front front(3);
  std::vector<int> got(3, 0);
  for (int i = 0; i < 30; ++i) ++got[front.place()];
  EXPECT_EQ(got, (std::vector<int>{10, 10, 10}));
  EXPECT_EQ(front.placement.running(), 30U);
}

TEST(Placement, TheOnlyShardGetsEverything) {
  Front front(1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(front.place(), 0U);
}

TEST(Placement, OfSeveralEquallyLoadedTheFirst) {
  Front front(4);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(front.place(), i);
  EXPECT_EQ(front.place(), 0U);
}

TEST(Placement, WhereConnectionsEndNewOnesCome) {
  Front front(3);
  for (int i = 0; i < 9; ++i) front.place();
  front.board.report(2, 2);  // loads 3, 3, 1
  EXPECT_EQ(front.place(), 2U);
  EXPECT_EQ(front.place(), 2U);
  EXPECT_EQ(front.place(), 0U);
  EXPECT_EQ(front.placement.running(), 10U);
}

TEST(Placement, ALongStreamDoesNotPinTheImbalance) {
  // Shard 0 keeps its connections, the others' end at once: all new ones go past shard 0 until they are level.
  Front front(2);
  for (int i = 0; i < 20; ++i) front.place();  // ten each
  std::uint64_t ended = 10;
  front.board.report(1, ended);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(front.place(), 1U);
    front.board.report(1, ++ended);
  }
}

TEST(Placement, WhatWasNotPlacedIsNotCounted) {
  // The chosen shard's mailbox was full, so the front served the connection itself.
  Front front(2);
  front.placement.placed(0);
  EXPECT_EQ(front.placement.choose(), 1U);
  front.placement.placed(0);
  EXPECT_EQ(front.placement.load(0), 2U);
  EXPECT_EQ(front.placement.load(1), 0U);
}

}  // namespace
}  // namespace weir::shared
