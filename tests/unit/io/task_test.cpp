// FramePool, Task and Scope: coroutines and the memory they run in.
#include "weir/io/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "weir/io/frame_pool.h"
#include "weir/io/scope.h"

namespace weir::io {
namespace {

/// In a thread of its own, and so with a pool of its own.
void with_fresh_pool(void (*test)(FramePool)) {
  std::thread([test] { test(FramePool()); }).join();
}

void reuses_frames_of_a_class_last_in_first_out(FramePool pool) {
  void* const a = pool.allocate(97);
  void* const b = pool.allocate(128);
  EXPECT_EQ(pool.live(), 2u);
  const std::size_t block = pool.reserved_bytes();
  pool.release(a, 97);
  pool.release(b, 128);
  EXPECT_EQ(pool.live(), 0u);
  EXPECT_EQ(pool.allocate(100), b);
  EXPECT_EQ(pool.allocate(127), a);
  void* const other = pool.allocate(64);  // another class
  EXPECT_EQ(pool.reserved_bytes(), 2 * block);
  pool.release(a, 127);
  pool.release(b, 100);
  pool.release(other, 64);
  EXPECT_EQ(pool.live(), 0u);
}

TEST(FramePool, ReusesFramesOfAClassLastInFirstOut) { with_fresh_pool(&reuses_frames_of_a_class_last_in_first_out); }

void never_grows_after_warm_up(FramePool pool) {
  std::size_t warm = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<void*, std::size_t>> frames;
    for (std::size_t size = 1; size <= 6000; size += 61) {
      frames.emplace_back(pool.allocate(size), size);
      std::fill_n(static_cast<char*>(frames.back().first), size, 'x');
    }
    EXPECT_EQ(pool.live(), frames.size());
    for (const auto& [frame, size] : frames) pool.release(frame, size);
    EXPECT_EQ(pool.live(), 0u);
    if (round == 0) warm = pool.reserved_bytes();
    EXPECT_EQ(pool.reserved_bytes(), warm);
  }
}

TEST(FramePool, NeverGrowsAfterWarmUp) { with_fresh_pool(&never_grows_after_warm_up); }

/// A place where a coroutine waits until the test goes on with it.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting = handle; }
  void await_resume() {}
  void open() { std::exchange(waiting, {}).resume(); }
};

Task<int> number(int n) { co_return n; }
Task<std::unique_ptr<std::string>> text(std::string value) {
  co_return std::make_unique<std::string>(std::move(value));
}
Task<int> depth(int n) {
  if (n == 0) co_return 0;
  const int below = co_await depth(n - 1);
  co_return below + 1;
}
Task<> set(bool& done) {
  done = true;
  co_return;
}
Task<> wait(Gate& gate, std::vector<int>& log, int id) {
  log.push_back(id);
  co_await gate;
  log.push_back(-id);
}

/// No test leaves a frame behind.
class TaskTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(FramePool::live(), before_); }
  const std::size_t before_ = FramePool::live();
};

TEST_F(TaskTest, GivesValuesThatOnlyMove) {
  struct Run {
    static Task<> all(std::string& out, int& sum) {
      auto owned = co_await text("moved");
      out = *owned;
      for (int i = 1; i <= 10; ++i) sum += co_await number(i);
    }
  };
  Scope scope;
  std::string out;
  int sum = 0;
  scope.spawn(Run::all(out, sum));
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_EQ(out, "moved");
  EXPECT_EQ(sum, 55);
}

// By symmetric transfer the machine's stack does not grow with the coroutines'.
TEST_F(TaskTest, NestsAndLoopsWithoutStack) {
  struct Run {
    static Task<> all(int& deep, long& sum) {
      deep = co_await depth(2'000);
      for (int i = 0; i < 300'000; ++i) sum += co_await number(1);
    }
  };
  Scope scope;
  int deep = 0;
  long sum = 0;
  scope.spawn(Run::all(deep, sum));
  EXPECT_EQ(deep, 2'000);
  EXPECT_EQ(sum, 300'000);
}

TEST_F(TaskTest, IsLazyAndMayBeThrownAway) {
  bool done = false;
  {
    Task<> task = set(done);
    Task<> moved = std::move(task);
  }
  EXPECT_FALSE(done);
}

TEST_F(TaskTest, ScopeStartsAtOnceAndCounts) {
  Scope scope;
  Gate first, second;
  std::vector<int> log;
  scope.spawn(wait(first, log, 1));
  scope.spawn(wait(second, log, 2));
  EXPECT_EQ(scope.running(), 2u);
  second.open();
  EXPECT_EQ(scope.running(), 1u);
  first.open();
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_EQ(log, (std::vector<int>{1, 2, -2, -1}));
}

TEST_F(TaskTest, DrainedResumesWhenTheLastTaskHasEnded) {
  struct Run {
    static Task<> drain(Scope& scope, std::vector<int>& log) {
      co_await scope.drained();
      log.push_back(0);
    }
  };
  Scope tasks, waiter;
  Gate first, second;
  std::vector<int> log;
  waiter.spawn(Run::drain(tasks, log));
  EXPECT_EQ(log, std::vector<int>{0}) << "an empty scope has drained";
  log.clear();
  tasks.spawn(wait(first, log, 1));
  tasks.spawn(wait(second, log, 2));
  waiter.spawn(Run::drain(tasks, log));
  first.open();
  EXPECT_EQ(waiter.running(), 1u);
  second.open();
  EXPECT_EQ(waiter.running(), 0u);
  EXPECT_EQ(log, (std::vector<int>{1, 2, -1, -2, 0}));
}

// The frame of a task goes before its scope is told: whoever waited for drained() may free what the task used.
TEST_F(TaskTest, DrainedSeesNoFrame) {
  struct Run {
    static Task<> drain(Scope& scope, std::size_t& frames) {
      co_await scope.drained();
      frames = FramePool::live();
    }
  };
  Scope tasks, waiter;
  Gate gate;
  std::vector<int> log;
  std::size_t frames = 0;
  waiter.spawn(Run::drain(tasks, frames));
  const std::size_t only_the_waiter = frames;
  tasks.spawn(wait(gate, log, 1));
  waiter.spawn(Run::drain(tasks, frames));
  gate.open();
  // The waiter's two frames and the scope's own, which is just ending.
  EXPECT_EQ(frames, only_the_waiter + 1);
}

}  // namespace
}  // namespace weir::io
