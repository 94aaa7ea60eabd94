// Socket over the simulated ring: one end is ours, the other an actor's.
#include "weir/io/socket.h"

#include <gtest/gtest.h>

#include "sim_world.h"
#include "weir/io/scope.h"

namespace weir::io {
namespace {

const Address kAddress = *Address::parse("127.0.0.1:9000");
constexpr BufferOptions kBuffers{.buffer_bytes = 4096, .buffers = 512, .window = 8, .reserve = 16};
constexpr Duration kSlack = 3ms;  // ticks of the timer wheel, and a turn

/// A socket of ours connected to an actor, in a world of its own. At its end nothing may be left.
struct Line : test::SimWorld {
  explicit Line(const SimOptions& options = {}) : SimWorld(options, kBuffers), socket(loop) {
    network.listen(kAddress, [this](SimPeer& accepted) {
      peer = &accepted;
      peer->on_data = [this](SimPeer&, Bytes bytes) { received += bytes; };
      peer->on_end = [this](SimPeer&) { ended = true; };
      peer->on_reset = [this](SimPeer&) { was_reset = true; };
      peer->on_writable = [this](SimPeer&) { push(); };
    });
    scope.spawn(dial(*this));
    EXPECT_TRUE(until([this] { return peer && scope.running() == 0; }));
    EXPECT_EQ(connected, Status::ok);
  }
  ~Line() {
    close();
    EXPECT_EQ(ring.operations_in_flight(), 0u);
    EXPECT_EQ(loop.buffers().held(), 0u);
    EXPECT_EQ(network.open_descriptors(), 0u);
    run_for(1s);  // what is still on its way to the actor
    peer->on_data = nullptr;
    peer->on_end = peer->on_reset = peer->on_writable = nullptr;
  }
  void close(bool abandoned = false) {
    if (!socket.fd().valid()) return;
    scope.spawn(socket.close(abandoned));
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
  }
  /// The actor sends everything, as the window allows.
  void feed(Bytes bytes) {
    to_write += bytes;
    push();
  }
  void push() {
    to_write.erase(0, peer->write(to_write));
    if (finish_behind && to_write.empty()) peer->finish();
  }
  static Task<> dial(Line& line) {
    const Instant deadline = line.loop.now() + 5s;
    line.connected = co_await line.socket.connect(kAddress, deadline);
  }

  Socket socket;
  Scope scope;
  SimPeer* peer = nullptr;
  Status connected = Status::failed;
  std::string received;  // by the actor
  std::string to_write;  // by the actor
  bool finish_behind = false;
  bool ended = false;
  bool was_reset = false;
};

/// One wait of a reader or a writer, and what came of it.
struct Outcome {
  bool over = false;
  Status status = Status::ok;
  std::string text;
  Instant at{};
};
Task<> receive(Line& line, Instant deadline, Outcome& out) {
  const Received got = co_await line.socket.receive(deadline);
  out = {true, got.status, std::string(got.chunk.bytes()), line.loop.now()};
}
Task<> room(Line& line, std::size_t unsent, Outcome& out) {
  const Status status = co_await line.socket.room(unsent);
  out = {true, status, {}, line.loop.now()};
}
void send(Line& line, Bytes text) {
  while (!text.empty()) {
    const Bytes piece = text.substr(0, kBuffers.buffer_bytes);
    line.socket.send(line.chunk(piece));
    text.remove_prefix(piece.size());
  }
}

// ---- Both directions at once.

constexpr std::size_t kCredit = 8 * 1024;

struct Echo {
  std::size_t most_unsent = 0;
  std::uint32_t most_held = 0;
  Status end = Status::ok;
};
Task<> echo(Line& line, Echo& out) {
  for (;;) {
    Received got = co_await line.socket.receive(kNever);
    if (got.status != Status::ok) {
      out.end = got.status;
      break;
    }
    line.socket.send(std::move(got.chunk));
    out.most_unsent = std::max(out.most_unsent, line.socket.unsent_bytes());
    out.most_held = std::max(out.most_held, line.loop.buffers().held());
    const Status status = co_await line.socket.room(kCredit);
    EXPECT_EQ(status, Status::ok);
  }
  const Status status = co_await line.socket.room(0);
  EXPECT_EQ(status, Status::ok);
  line.socket.finish();
}

TEST(Socket, EchoesUnderBackPressure) {
  const std::string text = test::pattern(200'000);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options{.seed = seed};
    options.link.window = 16 * 1024;
    if (seed % 2 == 0) options.faults = SimFaults::only_cuts();
    Line line(options);
    line.peer->read_slowly(seed % 4 < 2 ? 700 : 0, seed % 4 < 2 ? 20'000 : 0);
    Echo result;
    line.scope.spawn(echo(line, result));
    line.finish_behind = true;
    line.feed(text);
    ASSERT_TRUE(line.until([&] { return line.ended; }));
    EXPECT_EQ(result.end, Status::end);
    EXPECT_TRUE(line.received == text);
    EXPECT_EQ(line.socket.sent_bytes(), text.size());
    EXPECT_LE(result.most_unsent, kCredit + kBuffers.buffer_bytes);
    if (seed % 2 != 0) EXPECT_LE(result.most_held, 2 * (kCredit / kBuffers.buffer_bytes + 1));
  }
}

// ---- Receiving.

TEST(Socket, ReceivesUntilADeadline) {
  Line line;
  Outcome first, second;
  const Instant start = line.loop.now();
  line.scope.spawn(receive(line, start + 50ms, first));
  ASSERT_TRUE(line.until([&] { return first.over; }));
  EXPECT_EQ(first.status, Status::timed_out);
  EXPECT_GE(first.at, start + 50ms);
  EXPECT_LE(first.at, start + 50ms + kSlack);
  // The receive of the first wait is still in flight and serves the second.
  line.scope.spawn(receive(line, kNever, second));
  line.run_for(10s);
  EXPECT_FALSE(second.over) << "an old deadline fired";
  line.feed("late");
  ASSERT_TRUE(line.until([&] { return second.over; }));
  EXPECT_EQ(second.text, "late");
}

TEST(Socket, MovedDeadlinesHoldInBothDirections) {
  for (const auto& [before, behind] :
       std::vector<std::pair<Duration, Duration>>{{10s, 50ms}, {50ms, 10s}, {50ms, 51ms}, {10s, 60s}, {60s, 10s}}) {
    Line line;
    Outcome first, second;
    line.scope.spawn(receive(line, line.loop.now() + before, first));
    line.feed("x");
    ASSERT_TRUE(line.until([&] { return first.over; }));
    EXPECT_EQ(first.status, Status::ok);
    const Instant start = line.loop.now();
    line.scope.spawn(receive(line, start + behind, second));
    ASSERT_TRUE(line.until([&] { return second.over; }));
    EXPECT_EQ(second.status, Status::timed_out);
    EXPECT_GE(second.at, start + behind);
    EXPECT_LE(second.at, start + behind + kSlack);
  }
}

TEST(Socket, PutsBytesBack) {
  Line line;
  line.feed("first second");
  Outcome whole;
  struct Run {
    static Task<> split(Line& line, Outcome& out) {
      Received got = co_await line.socket.receive(kNever);
      EXPECT_EQ(got.chunk.bytes(), "first second");
      line.socket.unread(got.chunk.slice(got.chunk.bytes().substr(6)));
      EXPECT_TRUE(line.socket.has_input());
      Received rest = co_await line.socket.receive(kNever);
      EXPECT_EQ(rest.chunk.bytes(), "second");
      line.socket.unread({});  // nothing is put back
      EXPECT_FALSE(line.socket.has_input());
      out.over = true;
    }
  };
  line.scope.spawn(Run::split(line, whole));
  EXPECT_TRUE(line.until([&] { return whole.over; }));
}

TEST(Socket, EndAndResetAreTold) {
  for (const bool broken : {false, true}) {
    Line line;
    Outcome data, end, again;
    line.feed("bye");
    line.scope.spawn(receive(line, kNever, data));
    ASSERT_TRUE(line.until([&] { return data.over; }));
    broken ? line.peer->reset() : line.peer->finish();
    line.scope.spawn(receive(line, kNever, end));
    ASSERT_TRUE(line.until([&] { return end.over; }));
    EXPECT_EQ(end.status, broken ? Status::reset : Status::end);
    EXPECT_EQ(line.socket.input_status(), end.status);
    line.scope.spawn(receive(line, kNever, again));
    EXPECT_TRUE(again.over) << "an end stays";
    EXPECT_EQ(again.status, end.status);
  }
}

TEST(Socket, TellsItsWatcherWhenNobodyReads) {
  struct Watcher : Socket::Watcher {
    Watcher() : Socket::Watcher(&told) {}
    int count = 0;
    static void told(Socket::Watcher& self) { ++static_cast<Watcher&>(self).count; }
  };
  Line line;
  Watcher watcher;
  line.socket.watch(&watcher);
  line.socket.arm();
  line.feed("early");
  ASSERT_TRUE(line.until([&] { return watcher.count == 1; }));
  EXPECT_TRUE(line.socket.has_input());
  Outcome data;
  line.scope.spawn(receive(line, kNever, data));
  EXPECT_EQ(data.text, "early");
  line.socket.arm();
  line.peer->finish();
  EXPECT_TRUE(line.until([&] { return watcher.count == 2; }));
  EXPECT_EQ(line.socket.input_status(), Status::end);
  line.socket.watch(nullptr);
}

// ---- Sending.

TEST(Socket, GivesUpOnAPeerThatTakesNothing) {
  Line line;
  line.socket.set_write_timeout(1s);
  line.peer->pause();
  send(line, test::pattern(200'000));
  Outcome waited;
  const Instant start = line.loop.now();
  line.scope.spawn(room(line, 0, waited));
  ASSERT_TRUE(line.until([&] { return waited.over; }));
  EXPECT_EQ(waited.status, Status::timed_out);
  EXPECT_EQ(line.socket.broken(), Status::timed_out);
  EXPECT_GE(waited.at, start + 1s);
  EXPECT_LE(waited.at, start + 1s + 10ms);
  Outcome again;
  line.scope.spawn(room(line, 0, again));
  EXPECT_TRUE(again.over);
  line.socket.send(line.chunk("ignored"));
}

TEST(Socket, SlowIsNotStalled) {
  Line line;
  line.socket.set_write_timeout(1s);
  line.peer->read_slowly(8'000, 700'000'000);
  send(line, test::pattern(150'000));
  Outcome waited;
  line.scope.spawn(room(line, 0, waited));
  ASSERT_TRUE(line.until([&] { return waited.over; }));
  EXPECT_EQ(waited.status, Status::ok);
  line.peer->read_slowly(0, 0);
  EXPECT_TRUE(line.until([&] { return line.received.size() == 150'000; }));
  EXPECT_TRUE(line.received == test::pattern(150'000));
}

// A stream of small frames to a reader that stalls must not hold a buffer per frame.
TEST(Socket, CopiesSmallPiecesTogetherBehindASlowReader) {
  Line line;
  line.peer->pause();
  std::string all = test::pattern(128 * 1024);
  send(line, all);
  line.run_for(10ms);
  const std::uint32_t before = line.loop.buffers().held();
  constexpr int kFrames = 4000;
  for (int i = 0; i < kFrames; ++i) {
    const std::string frame = "frame " + std::to_string(i) + "\n";
    all += frame;
    line.socket.send(line.chunk(frame));
    if (i % 100 == 0) line.run_for(1ms);
  }
  const std::size_t small_bytes = all.size() - 128 * 1024;
  EXPECT_LE(line.loop.buffers().held() - before, small_bytes / kBuffers.buffer_bytes + 2);
  line.peer->resume();
  EXPECT_TRUE(line.until([&] { return line.received.size() == all.size(); }));
  EXPECT_TRUE(line.received == all);
}

// What is queued within a turn leaves in one send.
TEST(Socket, GathersATurnsOutput) {
  Line line;
  int sends = 0;
  line.network.set_story([&](Instant, Bytes text) { sends += text.find("send") != Bytes::npos; });
  for (const char* text : {"a", "bc", "def"}) line.socket.send(line.chunk(text));
  EXPECT_EQ(line.socket.unsent_bytes(), 6u);
  EXPECT_TRUE(line.until([&] { return line.received.size() == 6; }));
  line.network.set_story({});
  EXPECT_EQ(line.received, "abcdef");
  EXPECT_EQ(sends, 1);
}

// ---- Ending.

TEST(Socket, AnInterruptWakesReaderAndWriter) {
  Line line;
  line.peer->pause();
  send(line, test::pattern(200'000));
  Outcome reader, writer;
  line.scope.spawn(receive(line, kNever, reader));
  line.scope.spawn(room(line, 0, writer));
  line.run_for(10ms);
  EXPECT_FALSE(reader.over || writer.over);
  line.socket.interrupt(Status::cancelled);
  line.socket.interrupt(Status::timed_out);  // the first one counts
  EXPECT_FALSE(reader.over || writer.over) << "nobody is resumed from inside the call";
  line.step();
  EXPECT_TRUE(reader.over && writer.over);
  EXPECT_EQ(reader.status, Status::cancelled);
  EXPECT_EQ(writer.status, Status::cancelled);
  Outcome later;
  line.scope.spawn(receive(line, kNever, later));
  EXPECT_TRUE(later.over);
  EXPECT_EQ(later.status, Status::cancelled);
}

Task<> receive_expected(Line& line, std::size_t size, std::string& out, std::size_t& waits) {
  while (out.size() < size) {
    line.socket.expect(size - out.size());
    waits += !line.socket.has_input();
    const Received got = co_await line.socket.receive(kNever);
    EXPECT_EQ(got.status, Status::ok);
    if (got.status != Status::ok) co_return;
    const std::size_t part = std::min(size - out.size(), got.chunk.size());
    out += got.chunk.bytes().substr(0, part);
    line.socket.unread(got.chunk.slice(got.chunk.bytes().substr(part)));  // the end comes in an ordinary receive
  }
  line.socket.expect(0);
}

TEST(Socket, ReceivesWhatIsExpectedIntoManyBuffers) {
  const std::string text = test::pattern(150'001);
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options{.seed = seed};
    options.link.window = 1 << 20;
    if (seed % 2 == 0) options.faults = SimFaults::only_cuts();
    Line line(options);
    line.feed(text + "next");
    line.run_for(1s);
    std::string got;
    std::size_t waits = 0;
    line.scope.spawn(receive_expected(line, text.size(), got, waits));
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; }));
    EXPECT_TRUE(got == text);
    if (seed % 2 != 0) EXPECT_EQ(waits, 3U) << "16 buffers of 4096 bytes at a time";
    EXPECT_LE(line.loop.buffers().held(), 1U) << "of what follows";
    Outcome next;
    line.scope.spawn(receive(line, kNever, next));
    ASSERT_TRUE(line.until([&] { return next.over; }));
    EXPECT_EQ(next.text, Bytes("next").substr(0, next.text.size()));
  }
}

TEST(Socket, ExpectsWithTheBuffersThatThereAre) {
  for (const std::uint32_t left : {0U, 1U, 5U}) {
    SCOPED_TRACE(left);
    Line line;
    std::vector<Chunk> taken;
    while (Chunk chunk = line.loop.buffers().take()) taken.push_back(std::move(chunk));
    taken.resize(taken.size() - left);
    const std::string text = test::pattern(30'000);
    line.feed(text);
    std::string got;
    std::size_t waits = 0;
    line.scope.spawn(receive_expected(line, text.size(), got, waits));
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; }));
    EXPECT_TRUE(got == text);
    EXPECT_GT(waits, 1U);
  }
}

TEST(Socket, ClosesWhileExpecting) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options{.seed = seed};
    if (seed % 2 == 0) options.faults = SimFaults::only_cuts();
    Line line(options);
    line.socket.expect(100'000);
    line.socket.arm();
    line.run_for(Duration(static_cast<std::int64_t>(seed) * 7'000));
    if (seed % 4 == 1) line.feed(test::pattern(50'000));
    if (seed % 4 == 2) line.peer->finish();
    if (seed % 4 == 3) line.peer->reset();
    line.run_for(Duration(static_cast<std::int64_t>(seed % 8) * 15'000));
    line.close(seed % 3 == 0);
    EXPECT_EQ(line.ring.operations_in_flight(), 0u);
    EXPECT_EQ(line.loop.buffers().held(), 0u);
  }
}

TEST(Socket, ClosesWhileOperationsAreInFlight) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimOptions options{.seed = seed};
    if (seed % 2 == 0) options.faults = SimFaults::only_cuts();
    Line line(options);
    const bool abandoned = seed % 3 == 0;
    line.peer->pause();
    send(line, test::pattern(150'000));
    line.socket.arm();
    line.run_for(Duration(static_cast<std::int64_t>(seed) * 7'000));
    if (seed % 4 == 1) line.feed("crosses the close");
    if (seed % 4 == 2) line.peer->finish();
    if (seed % 4 == 3) line.peer->reset();
    line.run_for(Duration(static_cast<std::int64_t>(seed % 8) * 15'000));
    line.close(abandoned);
    EXPECT_EQ(line.ring.operations_in_flight(), 0u);
    EXPECT_EQ(line.loop.buffers().held(), 0u);
    EXPECT_FALSE(line.socket.fd().valid());
    line.peer->resume();
    line.run_for(1s);
    if (abandoned && seed % 4 != 3) EXPECT_TRUE(line.was_reset && !line.ended) << "cut off must not look like an end";
  }
}

TEST(Socket, ConnectFailsInTime) {
  const Address nobody = *Address::parse("127.0.0.1:9");
  const Address far = *Address::parse("10.0.0.1:80");
  struct Run {
    static Task<> dial(Socket& socket, Address address, Instant deadline, Outcome& out) {
      out.status = co_await socket.connect(address, deadline);
      out.at = socket.loop().now();
      co_await socket.close();
      out.over = true;
    }
  };
  test::SimWorld world;
  world.network.black_hole(far);
  Socket refused(world.loop), lost(world.loop);
  Outcome no, never;
  Scope scope;
  const Instant start = world.loop.now();
  scope.spawn(Run::dial(refused, nobody, start + 1s, no));
  scope.spawn(Run::dial(lost, far, start + 1s, never));
  ASSERT_TRUE(world.until([&] { return no.over && never.over; }));
  EXPECT_EQ(no.status, Status::refused);
  EXPECT_EQ(never.status, Status::timed_out);
  EXPECT_GE(never.at, start + 1s);
  EXPECT_LE(never.at, start + 1s + kSlack);
  EXPECT_EQ(world.network.open_descriptors(), 0u);
}

}  // namespace
}  // namespace weir::io
