#include "weir/io/log_sink.h"

#include <gtest/gtest.h>

#include "sim_world.h"
#include "weir/io/scope.h"

namespace weir::io {
namespace {

struct Log : test::SimWorld {
  explicit Log(const SimFaults& faults = {})
      : SimWorld({.faults = faults}), fd(network.open_file("log")), sink(loop, fd) {}
  ~Log() { close(); }
  void close() {
    if (!fd.valid()) return;
    scope.spawn(sink.close());
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    ring.close(std::exchange(fd, Fd{}));
  }
  Bytes content() const { return network.written("log"); }

  Fd fd;
  LogSink sink;
  Scope scope;
};

TEST(LogSink, WritesLinesInOrderSoonAfter) {
  Log log;
  log.sink.line("one");
  log.sink.line("");
  EXPECT_EQ(log.content(), "") << "nothing is written from inside the call";
  ASSERT_TRUE(log.until([&] { return !log.content().empty(); }, LogSink::kWriteEvery + 5ms));
  EXPECT_EQ(log.content(), "one\n\n");
  log.sink.line("two");
  ASSERT_TRUE(log.until([&] { return log.content().size() > 5; }, LogSink::kWriteEvery + 5ms));
  EXPECT_EQ(log.content(), "one\n\ntwo\n");
  EXPECT_EQ(log.sink.dropped(), 0u);
}

TEST(LogSink, CloseFlushes) {
  Log log;
  const Instant start = log.network.now();
  log.sink.line("last words");
  log.close();
  EXPECT_EQ(log.content(), "last words\n");
  EXPECT_LT(log.network.now(), start + LogSink::kWriteEvery) << "close() does not wait for the timer";
}

TEST(LogSink, CloseFlushesBehindAWriteInFlight) {
  Log log;
  std::string expected;
  const auto line = [&](const std::string& text) {
    log.sink.line(text);
    expected += text + "\n";
  };
  const std::string big(LogSink::kBufferBytes * 2 / 3, 'a');
  line(big);
  line(big);  // does not fit beside the first, which is now being written
  log.close();
  EXPECT_EQ(log.sink.dropped(), 0u);
  EXPECT_TRUE(log.content() == expected);
}

TEST(LogSink, DropsAndCountsWhenBothBuffersAreFull) {
  Log log;
  std::uint64_t lines = 0;
  for (; lines < 6'000; ++lines) log.sink.line("line " + std::to_string(lines) + " " + std::string(90, '.'));
  EXPECT_GT(log.sink.dropped(), 0u);
  const std::uint64_t dropped = log.sink.dropped();
  log.run_for(100ms);
  log.sink.line("after");
  log.close();
  EXPECT_EQ(log.sink.dropped(), dropped);
  // Whole lines, the first ones, in order.
  Bytes rest = log.content();
  std::uint64_t written = 0;
  for (; rest.starts_with("line " + std::to_string(written) + " "); ++written) rest.remove_prefix(rest.find('\n') + 1);
  EXPECT_EQ(written + dropped, lines);
  EXPECT_EQ(rest, "after\n");
}

TEST(LogSink, ALineLargerThanABufferIsDropped) {
  Log log;
  log.sink.line("before");
  log.sink.line(std::string(LogSink::kBufferBytes, 'x'));
  log.sink.line(std::string(LogSink::kBufferBytes - 1, 'y'));
  log.close();
  EXPECT_EQ(log.sink.dropped(), 1u);
  EXPECT_TRUE(log.content() == "before\n" + std::string(LogSink::kBufferBytes - 1, 'y') + "\n");
}

TEST(LogSink, ShortWritesLoseNothing) {
  SimFaults faults;
  faults.short_write = 900;
  Log log(faults);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string text = "line " + std::to_string(i);
    log.sink.line(text);
    expected += text + "\n";
    if (i % 50 == 0) log.run_for(5ms);
  }
  log.close();
  EXPECT_EQ(log.content(), expected);
}

TEST(LogSink, AFullDiskStopsNothing) {
  Log log(SimFaults{.write_failed = 1000});
  log.sink.line("lost");
  log.run_for(100ms);
  EXPECT_GE(log.sink.dropped(), 1u);
  EXPECT_EQ(log.content(), "");
  log.network.set_faults({});
  log.sink.line("kept");
  log.close();
  EXPECT_EQ(log.content(), "kept\n");
}

TEST(LogSink, WithoutADescriptorDiscards) {
  test::SimWorld world;
  LogSink sink(world.loop, Fd{});
  Scope scope;
  sink.line("nobody reads this");
  scope.spawn(sink.close());
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_EQ(sink.dropped(), 0u);
}

}  // namespace
}  // namespace weir::io
