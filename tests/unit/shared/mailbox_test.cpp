#include "weir/shared/mailbox.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace weir::shared {
namespace {

TEST(Mailbox, KeepsTheOrder) {
  Mailbox<int, 8> mailbox;
  EXPECT_FALSE(mailbox.pop().has_value());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(mailbox.push(i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(mailbox.pop(), i);
  EXPECT_FALSE(mailbox.pop().has_value());
}

TEST(Mailbox, SaysWhenItIsFullAndLosesNothing) {
  Mailbox<int, 4> mailbox;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(mailbox.push(i));
  EXPECT_FALSE(mailbox.push(99));
  EXPECT_FALSE(mailbox.push(99));
  EXPECT_EQ(mailbox.pop(), 0);
  EXPECT_TRUE(mailbox.push(4));
  EXPECT_FALSE(mailbox.push(99));
  for (int i = 1; i < 5; ++i) EXPECT_EQ(mailbox.pop(), i);
  EXPECT_FALSE(mailbox.pop().has_value());
}

TEST(Mailbox, HoldsOne) {
  Mailbox<int, 1> mailbox;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(mailbox.push(i));
    EXPECT_FALSE(mailbox.push(99));
    EXPECT_EQ(mailbox.pop(), i);
  }
}

// Every fill level at every place in the ring, several times around.
TEST(Mailbox, WrapsAround) {
  constexpr int kCapacity = 8;
  for (int level = 1; level <= kCapacity; ++level) {
    Mailbox<int, kCapacity> mailbox;
    int pushed = 0, popped = 0;
    while (pushed < level) ASSERT_TRUE(mailbox.push(pushed++));
    for (int i = 0; i < 5 * kCapacity; ++i) {
      ASSERT_EQ(mailbox.pop(), popped++) << level;
      ASSERT_TRUE(mailbox.push(pushed++)) << level;
    }
    while (popped < pushed) ASSERT_EQ(mailbox.pop(), popped++) << level;
    ASSERT_FALSE(mailbox.pop().has_value());
  }
}

// Its real use; the thread sanitizer watches the same test. Both words of a message must come whole.
TEST(Mailbox, BetweenTwoThreads) {
  struct Message {
    std::uint64_t number;
    std::uint64_t inverse;
  };
  constexpr std::uint64_t kMessages = 100'000;
  Mailbox<Message, 64> mailbox;
  std::thread sender([&mailbox] {
    for (std::uint64_t i = 0; i < kMessages; ++i)
      while (!mailbox.push({i, ~i})) std::this_thread::yield();
  });
  std::uint64_t expected = 0;
  std::uint64_t wrong = 0;
  while (expected < kMessages) {
    const auto message = mailbox.pop();
    if (!message) {
      std::this_thread::yield();
      continue;
    }
    if (message->number != expected || message->inverse != ~expected) ++wrong;
    ++expected;
  }
  sender.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_FALSE(mailbox.pop().has_value());
}

}  // namespace
}  // namespace weir::shared
