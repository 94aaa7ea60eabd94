// What only the double has: the seed decides everything, misuse ends the process, faults happen and are counted.
#include "weir/io/sim_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "stage.h"
#include "weir/io/names.h"
#include "weir/io/scope.h"

namespace weir::io::test {
namespace {

const Address kAnyPort{.ip = {127, 0, 0, 1}, .port = 0, .v6 = false};
const Address kProvider{.ip = {10, 0, 0, 1}, .port = 80, .v6 = false};

/// A small server in raw operations: echoes what clients send, writes a log line per connection, and dials a provider
/// now and then. It has to survive every fault.
class EchoServer {
 public:
  EchoServer(SimNetwork& network, bool rude)
      : network_(network), ring_(network), log_(network.open_file("log")), rude_(rude) {
    for (std::uint16_t id = 0; id < memory_.size(); ++id) ring_.provide(id, memory_[id]);
    for (auto listener = ring_.listen(kAnyPort, 1);; listener = ring_.listen(kAnyPort, 1)) {
      if (!listener) continue;
      listener_ = *listener;
      break;
    }
    accept_.then = [this](const Completion& completion) {
      if (completion.result >= 0) serve(Fd{completion.result});
      if (!completion.more && !stopping_) ring_.accept(accept_, listener_);
    };
    ring_.accept(accept_, listener_);
  }

  Address address() const { return ring_.local_address(listener_); }
  SimRing& ring() { return ring_; }

  void stop() {
    stopping_ = true;
    ring_.cancel(accept_);
  }
  bool stopped() const { return stopping_ && ring_.operations_in_flight() == 0; }
  void close() {
    ring_.close(listener_);
    ring_.close(log_);
  }

 private:
  struct Line {
    Fd fd;
    Probe receive;
    Probe send;
    std::string unsent;
    bool broken = false;
    bool closed = false;
  };
  struct Dial {
    Probe connect;
  };
  struct LogLine {
    Probe write;
    std::string text;
  };

  void serve(Fd fd) {
    lines_.push_back(std::make_unique<Line>());
    Line& line = *lines_.back();
    line.fd = fd;
    line.receive.then = [this, &line](const Completion& completion) { received(line, completion); };
    line.send.then = [this, &line](const Completion& completion) { sent(line, completion); };
    ring_.receive(line.receive, fd);
    log("accepted " + std::to_string(fd.value));
    dial();
  }

  void received(Line& line, const Completion& completion) {
    if (completion.buffer >= 0) {
      const auto id = static_cast<std::uint16_t>(completion.buffer);
      line.unsent.assign(memory_[id].data(), static_cast<std::size_t>(completion.result));
      ring_.provide(id, memory_[id]);
    }
    if (completion.result == -ENOBUFS) return ring_.receive(line.receive, line.fd);
    if (completion.result <= 0 || (rude_ && network_.random().one_in(50))) return finish(line);
    send(line);
  }

  void send(Line& line) {
    const std::array<Piece, 2> pieces{
        Piece{line.unsent.data(), line.unsent.size() / 2},
        Piece{line.unsent.data() + line.unsent.size() / 2, line.unsent.size() - line.unsent.size() / 2}};
    ring_.send(line.send, line.fd, pieces);
  }

  void sent(Line& line, const Completion& completion) {
    if (completion.result < 0) return finish(line);
    line.unsent.erase(0, static_cast<std::size_t>(completion.result));
    if (!line.unsent.empty()) return send(line);
    ring_.receive(line.receive, line.fd);
  }

  void finish(Line& line) { ring_.close(line.fd); }

  void dial() {
    const auto fd = ring_.open_stream(kProvider);
    if (!fd) return;
    dials_.push_back(std::make_unique<Dial>());
    Dial& dial = *dials_.back();
    dial.connect.then = [this, fd = *fd](const Completion&) { ring_.close(fd); };
    ring_.connect(dial.connect, *fd, kProvider);
    network_.schedule(1s, [this, &dial] { ring_.cancel(dial.connect); });
    network_.schedule(Duration(static_cast<std::int64_t>(network_.random().below(300'000))), [this, &dial] {
      if (network_.random().one_in(8)) ring_.cancel(dial.connect);
    });
  }

  void log(std::string text) {
    logs_.push_back(std::make_unique<LogLine>());
    LogLine& line = *logs_.back();
    line.text = std::move(text);
    const Piece piece{line.text.data(), line.text.size()};
    ring_.write(line.write, log_, {&piece, 1});
  }

  SimNetwork& network_;
  SimRing ring_;
  Fd log_;
  bool rude_;  // hangs up in the middle now and then
  Fd listener_;
  Probe accept_;
  bool stopping_ = false;
  std::array<std::array<char, 512>, 3> memory_{};
  std::vector<std::unique_ptr<Line>> lines_;
  std::vector<std::unique_ptr<Dial>> dials_;
  std::vector<std::unique_ptr<LogLine>> logs_;
};

struct Outcome {
  std::uint64_t hash = 0;
  SimCensus census{};
  int complete = 0;
};

Outcome run(std::uint64_t seed, const SimFaults& faults, SimMeter* meter = nullptr) {
  SimOptions options;
  options.seed = seed;
  options.faults = faults;
  options.link.window = 3000;
  options.descriptor_limit = 10;
  if (seed % 4 == 0) options.completion_entries = 1 + seed % 3;
  SimNetwork network(options);
  network.set_meter(meter);
  network.listen(kProvider, [](SimPeer& peer) { peer.on_end = [](SimPeer& self) { self.finish(); }; });
  EchoServer server(network, faults.reset_midway > 0);

  struct Client {
    std::string sent;
    std::size_t written = 0;
    std::string received;
    bool over = false;
  };
  constexpr int kClients = 25;
  std::vector<Client> clients(kClients);
  for (int i = 0; i < kClients; ++i) {
    Client& client = clients[static_cast<std::size_t>(i)];
    for (std::size_t n = 0; n < 5000; ++n)
      client.sent += static_cast<char>('a' + (n * 7 + static_cast<std::size_t>(i)) % 26);
    network.schedule(Duration(i * 400'000), [&network, &client, &server] {
      SimPeer& peer = network.connect(server.address());
      const auto write = [&client](SimPeer& self) {
        client.written += self.write(Bytes(client.sent).substr(client.written));
      };
      peer.on_connect = write;
      peer.on_writable = write;
      peer.on_data = [&client](SimPeer& self, Bytes bytes) {
        client.received += bytes;
        if (client.received.size() == client.sent.size()) self.finish();
      };
      peer.on_end = [&client](SimPeer& self) {
        client.over = true;
        self.close();
      };
      peer.on_reset = peer.on_refused = [&client](SimPeer&) { client.over = true; };
    });
  }
  const Instant limit = network.now() + 300s;
  bool stopping = false;
  while (network.now() < limit && !server.stopped()) {
    server.ring().turn(limit);
    network.step();
    const bool over = std::ranges::all_of(clients, [](const Client& client) { return client.over; });
    if (over && !stopping) {
      stopping = true;
      network.schedule(3s, [&server] { server.stop(); });
    }
  }
  EXPECT_TRUE(server.stopped()) << "seed " << seed;
  EXPECT_EQ(server.ring().buffers_lent(), 3U);
  EXPECT_EQ(network.open_descriptors(), 2U) << "seed " << seed;
  server.close();
  while (network.step()) server.ring().turn(kNever);
  EXPECT_EQ(network.open_descriptors(), 0U);

  Outcome outcome{network.trace_hash(), network.census(), 0};
  for (const Client& client : clients) {
    EXPECT_EQ(client.received, client.sent.substr(0, client.received.size())) << "seed " << seed;
    outcome.complete += client.received == client.sent;
  }
  return outcome;
}

TEST(SimRing, TheSeedDecidesEverything) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Outcome first = run(seed, SimFaults::rough());
    const Outcome second = run(seed, SimFaults::rough());
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.census, second.census);
    EXPECT_NE(first.hash, run(seed + 1000, SimFaults::rough()).hash);
  }
}

class CountingMeter final : public SimMeter {
 public:
  void count(Work work) override { ++counts[static_cast<std::size_t>(work)]; }
  std::uint64_t of(Work work) const { return counts[static_cast<std::size_t>(work)]; }
  std::array<std::uint64_t, kWorks> counts{};
  std::uint64_t passes = 0;

 private:
  void on_pass(Side side) override {
    EXPECT_NE(side, this->side());
    ++passes;
  }
};

TEST(SimRing, AMeterChangesNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CountingMeter meter;
    EXPECT_EQ(run(seed, SimFaults::rough(), &meter).hash, run(seed, SimFaults::rough()).hash);
    EXPECT_EQ(meter.side(), SimMeter::Side::below);
    EXPECT_EQ(meter.passes % 2, 0U);
    for (const auto work : {SimMeter::Work::accept, SimMeter::Work::connect, SimMeter::Work::receive,
                            SimMeter::Work::send, SimMeter::Work::write, SimMeter::Work::cancel, SimMeter::Work::turn})
      EXPECT_GT(meter.of(work), 0U) << static_cast<int>(work);
  }
}

TEST(SimRing, AMeterSeesControlPass) {
  using enum SimMeter::Side;
  CountingMeter meter;
  SimNetwork network({});
  network.set_meter(&meter);
  SimRing ring(network);
  Probe wakes;
  auto during = below;
  wakes.then = [&](const Completion&) { during = meter.side(); };
  {
    const SimSeam seam(&meter, above);
    ring.watch_wakes(wakes);
    ring.wake();
    EXPECT_EQ(meter.side(), above);
    EXPECT_EQ(meter.passes, 5U);  // the test's own, and into and out of two calls
  }
  EXPECT_EQ(meter.side(), below);
  while (!wakes.done()) {
    ring.turn(kNever);
    EXPECT_EQ(meter.side(), below);
    network.step();
  }
  EXPECT_EQ(during, above);
  EXPECT_EQ(meter.of(SimMeter::Work::watch), 1U);
  EXPECT_EQ(meter.of(SimMeter::Work::turn), 1U);
  EXPECT_EQ(meter.of(SimMeter::Work::clock), 0U);
  ring.precise_now();
  EXPECT_EQ(meter.of(SimMeter::Work::clock), 1U);
}

TEST(SimRing, WithoutFaultsEverythingArrives) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    EXPECT_EQ(run(seed, {}).complete, 25);
    EXPECT_EQ(run(seed, SimFaults::only_cuts()).complete, 25);
  }
}

/// Twenty names asked for, in a world of their own.
SimCensus ask_for_names(std::uint64_t seed, const SimFaults& faults) {
  struct Question : Lookup {
    Question() : Lookup([](Lookup&, const NameAnswer&) {}) {}
  };
  SimNetwork network({.seed = seed, .faults = faults});
  SimRing ring(network);
  Loop loop(ring, {.buffers = 64, .window = 8, .reserve = 8});
  SimNames names(loop, {});
  Scope scope;
  network.name("known.test", {{kProvider, 1s}});
  std::array<Question, 20> questions;
  for (Question& question : questions) names.start(question, "known.test");
  const auto turn = [&] {
    loop.turn();
    network.step();
  };
  while (std::ranges::any_of(questions, [](const Question& question) { return question.in_flight(); })) turn();
  scope.spawn(names.close());
  while (scope.running() > 0) turn();
  return network.census();
}

TEST(SimRing, EveryFaultHappensAndIsCounted) {
  SimCensus total{};
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Outcome outcome = run(seed, SimFaults::rough());
    const SimCensus names = ask_for_names(seed, SimFaults::rough());
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += outcome.census[i] + names[i];
  }
  for (std::size_t i = 0; i < total.size(); ++i) EXPECT_GT(total[i], 0U) << kSimEvents[i].name;
}

TEST(SimRing, ABlackHoleLastsUntilTheCancelOrTwoMinutes) {
  SimNetwork network({});
  SimRing ring(network);
  network.black_hole(kProvider);
  const Fd fd = *ring.open_stream(kProvider);
  Probe connect;
  const Instant start = network.now();
  ring.connect(connect, fd, kProvider);
  while (!connect.done()) {
    ring.turn(kNever);
    ASSERT_TRUE(network.step());
  }
  EXPECT_EQ(connect.result(), -ETIMEDOUT);
  EXPECT_GE(network.now() - start, 127s);
  ring.close(fd);
}

TEST(SimRing, TheLowestFreeNumberIsReusedAtOnce) {
  SimNetwork network({});
  SimRing ring(network);
  const Fd a = *ring.open_stream(kProvider);
  const Fd b = *ring.open_stream(kProvider);
  EXPECT_EQ(b.value, a.value + 1);
  ring.close(a);
  EXPECT_EQ(ring.open_stream(kProvider)->value, a.value);
}

TEST(SimRing, AnIdleWorldHasNothingLeft) {
  SimNetwork network({});
  SimRing ring(network);
  ring.turn(kNever);
  EXPECT_FALSE(network.step());
  ring.turn(network.now() + 7s);
  const Instant before = network.now();
  EXPECT_TRUE(network.step());
  EXPECT_EQ(network.now(), before + 7s);
}

TEST(SimRing, TheStoryNamesWhatHappens) {
  SimNetwork network({});
  SimRing ring(network);
  std::string story;
  network.set_story([&](Instant, Bytes line) { story += std::string(line) + "\n"; });
  Probe wakes;
  ring.watch_wakes(wakes);
  ring.turn(kNever);
  ring.wake();
  while (!wakes.done()) {
    network.step();
    ring.turn(kNever);
  }
  EXPECT_EQ(story, "ring 0: wakes -> 8\n");
}

// Misuse.

struct Misuse : ::testing::Test {
  Misuse() : network({}), ring(network) {
    network.listen(kProvider, [this](SimPeer& peer) { provider = &peer; });
    stream = *ring.open_stream(kProvider);
    Probe connect;
    ring.connect(connect, stream, kProvider);
    while (!connect.done()) turn();
  }
  void turn() {
    ring.turn(network.now() + 1s);
    network.step();
  }
  SimNetwork network;
  SimRing ring;
  SimPeer* provider = nullptr;
  Fd stream;
  std::array<char, 64> memory{};
  Probe one;
  Probe two;
};
using SimRingDeathTest = Misuse;

TEST_F(SimRingDeathTest, CloseWithAnOperationInFlight) {
  EXPECT_DEATH(
      {
        ring.provide(0, memory);
        ring.receive(one, stream);
        turn();
        ring.close(stream);
      },
      "closed after the last completion");
}

TEST_F(SimRingDeathTest, UseOfAClosedDescriptor) {
  EXPECT_DEATH(
      {
        ring.close(stream);
        ring.receive(one, stream);
      },
      "open when it is used");
  EXPECT_DEATH(
      {
        ring.close(stream);
        ring.close(stream);
      },
      "open when it is used");
}

TEST_F(SimRingDeathTest, TwoReceivesOrTwoSends) {
  const Piece piece{"x", 1};
  EXPECT_DEATH(
      {
        ring.receive(one, stream);
        ring.receive(two, stream);
      },
      "two receives");
  EXPECT_DEATH(
      {
        ring.send(one, stream, {&piece, 1});
        ring.send(two, stream, {&piece, 1});
      },
      "two sends");
}

TEST_F(SimRingDeathTest, ABufferProvidedTwice) {
  std::array<char, 64> other{};
  EXPECT_DEATH(
      {
        ring.provide(0, memory);
        ring.provide(0, other);
      },
      "provided twice");
  EXPECT_DEATH(
      {
        ring.provide(0, memory);
        ring.provide(1, MutableBytes(memory).subspan(10));
      },
      "overlap");
}

TEST_F(SimRingDeathTest, ALentBufferIsWrittenTo) {
  EXPECT_DEATH(
      {
        ring.provide(0, memory);
        ring.receive(one, stream);
        memory[5] = 'x';
        provider->write("hello");
        for (int i = 0; i < 10; ++i) turn();
      },
      "written to while it was lent");
}

TEST_F(SimRingDeathTest, BytesChangeWhileTheyAreSent) {
  const Piece piece{memory.data(), memory.size()};
  EXPECT_DEATH(
      {
        ring.send(one, stream, {&piece, 1});
        memory[63] = 'x';
        for (int i = 0; i < 10; ++i) turn();
      },
      "changed while they were being sent");
  EXPECT_DEATH(
      {
        ring.send(one, stream, {&piece, 1});
        ring.provide(0, memory);  // the ring may write there while it still reads
        for (int i = 0; i < 10; ++i) turn();
      },
      "changed while they were being sent");
}

TEST_F(SimRingDeathTest, AnOperationDiesInFlight) {
  EXPECT_DEATH(
      {
        Probe probe;
        ring.receive(probe, stream);
      },
      "outlives its owner");
}

}  // namespace
}  // namespace weir::io::test
