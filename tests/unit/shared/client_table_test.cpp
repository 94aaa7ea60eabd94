#include "weir/shared/client_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <unordered_map>
#include <vector>

#include "weir/base/random.h"
#include "weir/shared/memory_total.h"

namespace weir::shared {
namespace {

using Ticket = ClientTable::Ticket;

TEST(ClientTable, CountsEachClientForItself) {
  ClientTable table(8, 1);
  const auto a = table.enter({1, 4}, 2);
  const auto b = table.enter({1, 4}, 2);
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(table.enter({1, 4}, 2));
  EXPECT_TRUE(table.enter({1, 6}, 2)) << "the same bits of another family";
  EXPECT_TRUE(table.enter({2, 4}, 2));
  table.leave(*a);
  EXPECT_TRUE(table.enter({1, 4}, 2));
  EXPECT_FALSE(table.enter({1, 4}, 2));
  table.leave(ClientTable::kNone);  // does nothing
}

TEST(ClientTable, UsesCellsAgain) {
  ClientTable table(4, 1);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto ticket = table.enter({i, 4}, 1);
    ASSERT_TRUE(ticket && *ticket != ClientTable::kNone) << i;
    table.leave(*ticket);
  }
  EXPECT_LE(table.clients(), 4u);
}

TEST(ClientTable, WhenFullConnectionsGoUncounted) {
  ClientTable table(2, 1);
  ASSERT_NE(*table.enter({1, 4}, 1), ClientTable::kNone);
  ASSERT_NE(*table.enter({2, 4}, 1), ClientTable::kNone);
  EXPECT_EQ(*table.enter({3, 4}, 1), ClientTable::kNone);
  EXPECT_FALSE(table.enter({1, 4}, 1)) << "the others are counted as before";
}

// Against a table without cleverness.
TEST(ClientTable, AgreesWithAMap) {
  Random random(3);
  ClientTable table(300, 7);
  std::unordered_map<std::uint64_t, std::uint32_t> model;
  std::vector<std::pair<std::uint64_t, Ticket>> open;
  for (int step = 0; step < 50'000; ++step) {
    if (open.size() < 300 && random.one_in(2)) {
      const std::uint64_t client = random.below(200);
      const auto ticket = table.enter({client, 4}, 3);
      ASSERT_EQ(ticket.has_value(), model[client] < 3);
      if (!ticket) continue;
      ++model[client];
      ASSERT_EQ(table.open(*ticket), model[client]);
      open.emplace_back(client, *ticket);
    } else if (!open.empty()) {
      std::swap(open[random.below(open.size())], open.back());
      table.leave(open.back().second);
      --model[open.back().first];
      open.pop_back();
    }
  }
}

TEST(ClientTable, OtherThreadsCountOut) {
  ClientTable table(64, 1);
  constexpr int kRounds = 2000;
  std::array<std::vector<Ticket>, 2> given;
  for (int round = 0; round < kRounds / 100; ++round) {
    for (auto& tickets : given) {
      tickets.clear();
      for (std::uint64_t i = 0; i < 30; ++i) tickets.push_back(*table.enter({i % 7, 4}, 100));
    }
    std::thread a([&] {
      for (const Ticket t : given[0]) table.leave(t);
    });
    std::thread b([&] {
      for (const Ticket t : given[1]) table.leave(t);
    });
    std::vector<Ticket> own;
    for (std::uint64_t i = 0; i < 30; ++i) own.push_back(*table.enter({100 + i, 4}, 1));
    a.join();
    b.join();
    for (const Ticket t : own) table.leave(t);
    for (Ticket t = 0; t < table.touched(); ++t) ASSERT_EQ(table.open(t), 0u);
  }
}

TEST(MemoryTotal, GivesNothingOutTwice) {
  MemoryTotal total(1000);
  std::array<std::uint64_t, 3> taken{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < taken.size(); ++i)
    threads.emplace_back([&total, &mine = taken[i], i] {
      Random random(i);
      for (int step = 0; step < 20'000; ++step) {
        if (random.one_in(3) && mine > 0) {
          total.give_back(7);
          mine -= 7;
        } else if (total.take(7)) {
          mine += 7;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(total.left() + taken[0] + taken[1] + taken[2], 1000u);
  EXPECT_FALSE(total.take(1001));
}

}  // namespace
}  // namespace weir::shared
