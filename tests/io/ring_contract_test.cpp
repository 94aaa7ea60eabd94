// The contract of ring_contract.h as scenarios. This file is compiled twice and must pass on both rings: what the
// double does differently from the kernel is a defect of the double.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>

#include "stage.h"

namespace weir::io::test {
namespace {

/// Receive memory for the ring, given back after each look.
class Buffers {
 public:
  explicit Buffers(Ring& ring) : ring_(ring) {}
  void provide(std::uint16_t id) { ring_.provide(id, memory_[id]); }
  void provide_all() {
    for (std::uint16_t id = 0; id < memory_.size(); ++id) provide(id);
  }
  /// Copies what a completion brought and lends the buffer again.
  std::string take(const Completion& completion) {
    const auto id = static_cast<std::uint16_t>(completion.buffer);
    std::string bytes(memory_[id].data(), static_cast<std::size_t>(completion.result));
    provide(id);
    return bytes;
  }

 private:
  Ring& ring_;
  std::array<std::array<char, 4096>, 16> memory_{};
};

class RingContract : public ::testing::TestWithParam<Run> {
 protected:
  explicit RingContract(const test::Run& run = GetParam()) : stage_(run) {}

  Stage stage_;
  Ring& ring_ = stage_.ring();
  Buffers buffers_{ring_};

  struct Pair {
    Fd fd;
    Peer* peer = nullptr;
  };

  /// A stream of the ring, connected to a peer.
  Pair connect() {
    if (!serving_) serving_ = stage_.serve();
    const std::size_t before = stage_.served().size();
    const auto fd = ring_.open_stream(*serving_);
    EXPECT_TRUE(fd);
    Probe probe;
    ring_.connect(probe, *fd, *serving_);
    EXPECT_TRUE(stage_.until([&] { return probe.done() && stage_.served().size() > before; }));
    EXPECT_EQ(probe.result(), 0);
    return {*fd, stage_.served().back()};
  }

  void close(Fd fd) {
    ring_.close(fd);
    stage_.turn(ring_.now());
  }

  /// Sends everything, however short the sends are.
  void send_all(Fd fd, Bytes bytes) {
    while (!bytes.empty()) {
      Probe probe;
      const Piece piece{bytes.data(), bytes.size()};
      ring_.send(probe, fd, {&piece, 1});
      ASSERT_TRUE(stage_.until([&] { return probe.done(); }));
      ASSERT_GT(probe.result(), 0);
      bytes.remove_prefix(static_cast<std::size_t>(probe.result()));
    }
  }

  /// Receives until `size` bytes are there.
  std::string receive(Fd fd, std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      Probe probe;
      ring_.receive(probe, fd);
      if (!stage_.until([&] { return probe.done(); }) || probe.result() <= 0) {
        ADD_FAILURE() << "receive gave " << (probe.completions.empty() ? 1 : probe.result());
        if (probe.in_flight()) std::abort();
        return bytes;
      }
      EXPECT_GE(probe.completions[0].buffer, 0);
      bytes += buffers_.take(probe.completions[0]);
    }
    return bytes;
  }

  std::int32_t receive_result(Fd fd) {
    Probe probe;
    ring_.receive(probe, fd);
    EXPECT_TRUE(stage_.until([&] { return probe.done(); }));
    if (probe.completions[0].buffer >= 0) buffers_.take(probe.completions[0]);
    return probe.result();
  }

  std::optional<Address> serving_;
};

const Address kAnyPort{.ip = {127, 0, 0, 1}, .port = 0, .v6 = false};

TEST_P(RingContract, AcceptsAndEchoes) {
  buffers_.provide_all();
  const auto listener = ring_.listen(kAnyPort, 16);
  ASSERT_TRUE(listener);
  const Address address = ring_.local_address(*listener);
  EXPECT_NE(address.port, 0);
  Probe accept;
  ring_.accept(accept, *listener);
  Peer& peer = stage_.dial(address);
  Peer& other = stage_.dial(address);
  ASSERT_TRUE(stage_.until([&] { return accept.completions.size() == 2; }));
  EXPECT_TRUE(accept.in_flight());
  for (const Completion& completion : accept.completions) {
    EXPECT_TRUE(completion.more);
    const Fd fd{completion.result};
    EXPECT_EQ(ring_.local_address(fd), address);
    EXPECT_NE(ring_.peer_address(fd).port, 0);
    EXPECT_TRUE(ring_.peer_address(fd).loopback());
  }
  peer.send("one");
  other.send("two");
  std::string all;
  for (const Completion& completion : accept.completions) {
    const std::string got = receive(Fd{completion.result}, 3);
    all += got;
    send_all(Fd{completion.result}, "<" + got + ">");
  }
  EXPECT_TRUE(all == "onetwo" || all == "twoone") << all;
  EXPECT_TRUE(stage_.until([&] { return peer.received == "<one>" && other.received == "<two>"; }));
  ring_.cancel(accept);
  ASSERT_TRUE(stage_.until([&] { return accept.done(); }));
  EXPECT_EQ(accept.result(), -ECANCELED);
  for (const Completion& completion : accept.completions)
    if (completion.result >= 0) close(Fd{completion.result});
  EXPECT_TRUE(stage_.until([&] { return peer.ended && other.ended; }));
  close(*listener);
}

TEST_P(RingContract, CompletionsNeverArriveInsideTheCall) {
  buffers_.provide_all();
  const Pair pair = connect();
  pair.peer->send("x");
  stage_.idle();
  Probe receive;
  ring_.receive(receive, pair.fd);
  EXPECT_TRUE(receive.completions.empty());
  EXPECT_TRUE(receive.in_flight());
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(buffers_.take(receive.completions[0]), "x");
  close(pair.fd);
}

TEST_P(RingContract, GathersPiecesInOrder) {
  const Pair pair = connect();
  std::array<std::string, kMaxPieces> texts;
  std::array<Piece, kMaxPieces> pieces;
  std::string expected;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = "piece " + std::to_string(i) + ";";
    pieces[i] = {texts[i].data(), texts[i].size()};
    expected += texts[i];
  }
  Probe send;
  ring_.send(send, pair.fd, pieces);
  pieces.fill({nullptr, 0});  // the array was read before the call returned
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  ASSERT_GT(send.result(), 0);
  send_all(pair.fd, Bytes(expected).substr(static_cast<std::size_t>(send.result())));
  EXPECT_TRUE(stage_.until([&] { return pair.peer->received.size() >= expected.size(); }));
  EXPECT_EQ(pair.peer->received, expected);
  close(pair.fd);
}

TEST_P(RingContract, ReceiveNeedsAProvidedBuffer) {
  const Pair pair = connect();
  pair.peer->send("hello");
  stage_.idle();
  Probe starved;
  ring_.receive(starved, pair.fd);
  ASSERT_TRUE(stage_.until([&] { return starved.done(); }));
  EXPECT_EQ(starved.result(), -ENOBUFS);
  EXPECT_EQ(starved.completions[0].buffer, -1);
  buffers_.provide(7);
  Probe fed;
  ring_.receive(fed, pair.fd);
  ASSERT_TRUE(stage_.until([&] { return fed.done(); }));
  ASSERT_GT(fed.result(), 0);
  EXPECT_EQ(fed.completions[0].buffer, 7);
  std::string text = buffers_.take(fed.completions[0]);
  if (text.size() < 5) text += receive(pair.fd, 5 - text.size());
  EXPECT_EQ(text, "hello");
  close(pair.fd);
}

TEST_P(RingContract, ReceiveWithoutBufferEndsBeforeAnythingArrived) {
  const Pair pair = connect();
  Probe starved;
  ring_.receive(starved, pair.fd);
  ASSERT_TRUE(stage_.until([&] { return starved.done(); }));
  EXPECT_EQ(starved.result(), -ENOBUFS);
  close(pair.fd);
}

TEST_P(RingContract, TheLastBufferIsTakenByOneReceiveOnly) {
  const Pair first = connect();
  const Pair second = connect();
  buffers_.provide(3);
  Probe one;
  Probe two;
  ring_.receive(one, first.fd);
  ring_.receive(two, second.fd);
  stage_.idle();
  EXPECT_TRUE(one.in_flight());
  EXPECT_TRUE(two.in_flight());
  first.peer->send("a");
  ASSERT_TRUE(stage_.until([&] { return one.done(); }));
  EXPECT_EQ(one.completions[0].buffer, 3);
  second.peer->send("b");
  ASSERT_TRUE(stage_.until([&] { return two.done(); }));
  EXPECT_EQ(two.result(), -ENOBUFS);
  buffers_.take(one.completions[0]);
  EXPECT_EQ(receive(second.fd, 1), "b");
  close(first.fd);
  close(second.fd);
}

TEST_P(RingContract, ReceiveIntoFillsSpacesInOrderAndNoFurther) {
  const Pair pair = connect();  // no buffer is provided: none is needed
  std::string text(30'000, 0);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 23);
  pair.peer->send(text + "next");
  std::string got;
  while (got.size() < text.size()) {
    std::array<char, 1> one{};
    std::array<char, 5000> many{};
    std::array<char, 9000> more{};
    std::array<Space, 3> spaces{{{one.data(), one.size()}, {many.data(), many.size()}, {more.data(), more.size()}}};
    std::size_t left = text.size() - got.size();
    for (Space& space : spaces) {
      space.size = std::min(space.size, left);
      left -= space.size;
    }
    const auto used = std::ranges::count_if(spaces, [](const Space& space) { return space.size > 0; });
    const std::array<Space, 3> lent = spaces;
    Probe receive;
    ring_.receive_into(receive, pair.fd, std::span(spaces).first(static_cast<std::size_t>(used)));
    spaces.fill({nullptr, 0});  // the array was read before the call returned
    EXPECT_TRUE(receive.completions.empty());
    ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
    ASSERT_GT(receive.result(), 0);
    EXPECT_EQ(receive.completions[0].buffer, -1);
    for (std::size_t n = static_cast<std::size_t>(receive.result()); const Space& space : lent) {
      const std::size_t part = std::min(space.size, n);
      got.append(space.data, part);
      n -= part;
    }
  }
  EXPECT_EQ(got, text);
  buffers_.provide_all();
  EXPECT_EQ(receive(pair.fd, 4), "next");
  close(pair.fd);
}

TEST_P(RingContract, ReceiveIntoTellsEndAndReset) {
  std::array<char, 10> memory{};
  const Space space{memory.data(), memory.size()};
  const Pair ending = connect();
  const Pair broken = connect();
  ending.peer->finish();
  broken.peer->reset();
  stage_.idle();
  Probe end;
  Probe reset;
  ring_.receive_into(end, ending.fd, {&space, 1});
  ring_.receive_into(reset, broken.fd, {&space, 1});
  ASSERT_TRUE(stage_.until([&] { return end.done() && reset.done(); }));
  EXPECT_EQ(end.result(), 0);
  EXPECT_EQ(reset.result(), -ECONNRESET);
  close(ending.fd);
  close(broken.fd);
}

TEST_P(RingContract, CancelledReceiveIntoCompletesExactlyOnce) {
  std::array<char, 10> memory{};
  const Space space{memory.data(), memory.size()};
  const Pair pair = connect();
  Probe receive;
  ring_.receive_into(receive, pair.fd, {&space, 1});
  stage_.idle();
  EXPECT_TRUE(receive.in_flight());
  ring_.cancel(receive);
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(receive.result(), -ECANCELED);
  EXPECT_EQ(receive.completions.size(), 1U);
  close(pair.fd);
}

TEST_P(RingContract, EndOfStreamIsZero) {
  buffers_.provide_all();
  const Pair pair = connect();
  pair.peer->send("bye");
  pair.peer->finish();
  EXPECT_EQ(receive(pair.fd, 3), "bye");
  EXPECT_EQ(receive_result(pair.fd), 0);
  EXPECT_EQ(receive_result(pair.fd), 0);
  send_all(pair.fd, "still writable");
  EXPECT_TRUE(stage_.until([&] { return pair.peer->received == "still writable"; }));
  close(pair.fd);
  EXPECT_TRUE(stage_.until([&] { return pair.peer->ended; }));
}

TEST_P(RingContract, FinishEndsSendingOnly) {
  buffers_.provide_all();
  const Pair pair = connect();
  send_all(pair.fd, "question");
  ring_.finish(pair.fd);
  ASSERT_TRUE(stage_.until([&] { return pair.peer->ended; }));
  EXPECT_EQ(pair.peer->received, "question");
  pair.peer->send("answer");
  EXPECT_EQ(receive(pair.fd, 6), "answer");
  Probe send;
  const Piece piece{"x", 1};
  ring_.send(send, pair.fd, {&piece, 1});
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  EXPECT_EQ(send.result(), -EPIPE);
  close(pair.fd);
}

TEST_P(RingContract, FinishOvertakesASendOfTheSameTurn) {
  // finish() acts at once, a send only when the ring is entered: whoever finishes first waits for the last completion.
  const Pair pair = connect();
  Probe send;
  const Piece piece{"lost", 4};
  ring_.send(send, pair.fd, {&piece, 1});
  ring_.finish(pair.fd);
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  if (!GetParam().cuts) {  // otherwise the queue may have been flushed in between
    EXPECT_EQ(send.result(), -EPIPE);
  }
  close(pair.fd);
}

TEST_P(RingContract, ResetIsToldOnce) {
  buffers_.provide_all();
  const Pair pair = connect();
  Probe receive;
  ring_.receive(receive, pair.fd);
  stage_.idle();
  pair.peer->reset();
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(receive.result(), -ECONNRESET);
  EXPECT_EQ(receive_result(pair.fd), 0);
  Probe send;
  const Piece piece{"x", 1};
  ring_.send(send, pair.fd, {&piece, 1});
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  EXPECT_EQ(send.result(), -EPIPE);
  close(pair.fd);
}

TEST_P(RingContract, BytesBeforeAResetStayReadable) {
  buffers_.provide_all();
  const Pair pair = connect();
  pair.peer->send("last words");
  stage_.idle();
  pair.peer->reset();
  stage_.idle();
  EXPECT_EQ(receive(pair.fd, 10), "last words");
  EXPECT_EQ(receive_result(pair.fd), -ECONNRESET);
  close(pair.fd);
}

TEST_P(RingContract, AResetIsToldToASender) {
  const Pair pair = connect();
  pair.peer->reset();
  stage_.idle();
  Probe send;
  const Piece piece{"x", 1};
  ring_.send(send, pair.fd, {&piece, 1});
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  EXPECT_EQ(send.result(), -ECONNRESET);
  close(pair.fd);
}

TEST_P(RingContract, AResetAfterAnEndReadsAsTheEnd) {
  buffers_.provide_all();
  const Pair pair = connect();
  pair.peer->finish();
  stage_.idle();
  pair.peer->reset();
  stage_.idle();
  EXPECT_EQ(receive_result(pair.fd), 0);
  Probe send;
  const Piece piece{"x", 1};
  ring_.send(send, pair.fd, {&piece, 1});
  ASSERT_TRUE(stage_.until([&] { return send.done(); }));
  EXPECT_EQ(send.result(), -EPIPE);
  close(pair.fd);
}

TEST_P(RingContract, ClosingWithUnreadBytesResetsThePeer) {
  const Pair pair = connect();
  pair.peer->send("never read");
  stage_.idle();
  close(pair.fd);
  EXPECT_TRUE(stage_.until([&] { return pair.peer->broken; }));
  EXPECT_FALSE(pair.peer->ended);
}

TEST_P(RingContract, ConnectionRefused) {
  const Address nobody = stage_.nobody();
  const auto fd = ring_.open_stream(nobody);
  ASSERT_TRUE(fd);
  Probe connect;
  ring_.connect(connect, *fd, nobody);
  ASSERT_TRUE(stage_.until([&] { return connect.done(); }));
  EXPECT_EQ(connect.result(), -ECONNREFUSED);
  close(*fd);
}

TEST_P(RingContract, CancelledReceiveCompletesExactlyOnce) {
  buffers_.provide_all();
  const Pair pair = connect();
  Probe receive;
  ring_.receive(receive, pair.fd);
  stage_.idle();
  ring_.cancel(receive);
  EXPECT_TRUE(receive.in_flight());
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(receive.result(), -ECANCELED);
  EXPECT_EQ(receive.completions[0].buffer, -1);
  ring_.cancel(receive);  // of nothing: nothing
  stage_.idle();
  EXPECT_EQ(receive.completions.size(), 1U);
  pair.peer->send("z");
  EXPECT_EQ(this->receive(pair.fd, 1), "z");
  close(pair.fd);
}

TEST_P(RingContract, CancelInTheSameTurnAsTheStart) {
  buffers_.provide_all();
  const Pair pair = connect();
  Probe receive;
  ring_.receive(receive, pair.fd);
  ring_.cancel(receive);
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(receive.result(), -ECANCELED);
  EXPECT_EQ(receive.completions.size(), 1U);
  close(pair.fd);
}

TEST_P(RingContract, CancelOfAFullSendCompletesExactlyOnce) {
  const Pair pair = connect();
  pair.peer->read_slowly(1);
  const std::string block(1 << 20, 'b');
  const Piece piece{block.data(), block.size()};
  Probe send;
  for (int i = 0; i < 200 && !send.in_flight(); ++i) {  // until the window is full and a send waits
    ring_.send(send, pair.fd, {&piece, 1});
    stage_.turn(ring_.now() + 20us);
    stage_.turn(ring_.now() + 20us);
    stage_.turn(ring_.now() + 20us);
  }
  const std::size_t before = send.completions.size();
  ring_.cancel(send);
  ASSERT_TRUE(stage_.until([&] { return !send.in_flight(); }));
  EXPECT_LE(send.completions.size(), before + 1);
  close(pair.fd);
}

TEST_P(RingContract, CancelledAcceptEndsItsMultishot) {
  const auto listener = ring_.listen(kAnyPort, 16);
  ASSERT_TRUE(listener);
  Probe accept;
  ring_.accept(accept, *listener);
  Peer& early = stage_.dial(ring_.local_address(*listener));
  ASSERT_TRUE(stage_.until([&] { return accept.completions.size() == 1 && early.connected; }));
  ring_.cancel(accept);
  ASSERT_TRUE(stage_.until([&] { return accept.done(); }));
  EXPECT_EQ(accept.result(), -ECANCELED);
  EXPECT_FALSE(accept.completions.back().more);
  // Connections wait in the backlog until the next accept.
  Peer& late = stage_.dial(ring_.local_address(*listener));
  ASSERT_TRUE(stage_.until([&] { return late.connected; }));
  stage_.idle();
  EXPECT_EQ(accept.completions.size(), 2U);
  Probe again;
  ring_.accept(again, *listener);
  ASSERT_TRUE(stage_.until([&] { return again.completions.size() == 1; }));
  ASSERT_GE(again.result(), 0);
  close(Fd{again.result()});
  close(Fd{accept.completions[0].result});
  ring_.cancel(again);
  ASSERT_TRUE(stage_.until([&] { return again.done(); }));
  close(*listener);
}

TEST_P(RingContract, ShutdownWakesAnArmedReceive) {
  buffers_.provide_all();
  const Pair pair = connect();
  Probe receive;
  ring_.receive(receive, pair.fd);
  stage_.idle();
  ring_.shutdown(pair.fd);
  EXPECT_TRUE(receive.completions.empty());
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_EQ(receive.result(), 0);
  ASSERT_TRUE(stage_.until([&] { return pair.peer->ended; }));
  close(pair.fd);
}

TEST_P(RingContract, BytesAfterAShutdownResetBothSides) {
  buffers_.provide_all();
  const Pair pair = connect();
  ring_.shutdown(pair.fd);
  ASSERT_TRUE(stage_.until([&] { return pair.peer->ended; }));
  pair.peer->send("too late");
  stage_.idle();
  EXPECT_EQ(receive_result(pair.fd), -ECONNRESET);
  close(pair.fd);
  EXPECT_TRUE(stage_.until([&] { return pair.peer->broken; }));
}

TEST_P(RingContract, ShutdownOfAListenerEndsItsAccept) {
  const auto listener = ring_.listen(kAnyPort, 16);
  ASSERT_TRUE(listener);
  Probe accept;
  ring_.accept(accept, *listener);
  stage_.idle();
  ring_.shutdown(*listener);
  ASSERT_TRUE(stage_.until([&] { return accept.done(); }));
  EXPECT_EQ(accept.result(), -EINVAL);
  close(*listener);
}

TEST_P(RingContract, ShutdownWhileASendWaitsEndsIt) {
  const Pair pair = connect();
  pair.peer->read_slowly(1);
  const std::string block(1 << 20, 'b');
  const Piece piece{block.data(), block.size()};
  Probe send;
  for (int i = 0; i < 200 && !send.in_flight(); ++i) {
    ring_.send(send, pair.fd, {&piece, 1});
    stage_.turn(ring_.now() + 20us);
    stage_.turn(ring_.now() + 20us);
    stage_.turn(ring_.now() + 20us);
  }
  ring_.shutdown(pair.fd);
  ASSERT_TRUE(stage_.until([&] { return !send.in_flight(); }));
  EXPECT_TRUE(send.result() > 0 || send.result() == -EPIPE) << send.result();
  close(pair.fd);
}

TEST_P(RingContract, TimeStandsStillWithinATurn) {
  buffers_.provide_all();
  const Instant start = ring_.now();
  const Pair pair = connect();
  EXPECT_GT(ring_.now(), start);
  pair.peer->send("x");
  Probe receive;
  Instant at_delivery{};
  std::int64_t wall_at_delivery = 0;
  receive.then = [&](const Completion&) {
    at_delivery = ring_.now();
    wall_at_delivery = ring_.wall().unix_ns;
    for (volatile int i = 0; i < 100'000; i = i + 1) {
    }
    EXPECT_EQ(ring_.now(), at_delivery);
  };
  ring_.receive(receive, pair.fd);
  ASSERT_TRUE(stage_.until([&] { return receive.done(); }));
  EXPECT_GT(wall_at_delivery, 1'600'000'000'000'000'000);
  const Instant after = ring_.now();
  stage_.turn(ring_.now());
  stage_.turn(ring_.now());
  EXPECT_GT(ring_.now(), after);
  EXPECT_GE(ring_.precise_now(), ring_.now());
  close(pair.fd);
}

TEST_P(RingContract, TheDeadlineEndsATurn) {
  const Instant start = ring_.precise_now();
  const Instant deadline = start + 20ms;
  int turns = 0;
  while (ring_.now() < deadline && ++turns < 1000) stage_.turn(deadline);
  EXPECT_LT(turns, 10);  // it waits instead of spinning
  EXPECT_GE(ring_.now(), deadline);
  EXPECT_LT(ring_.now(), deadline + 2s);
}

TEST_P(RingContract, WakesComplete) {
  for (int round = 0; round < 3; ++round) {
    Probe wakes;
    ring_.watch_wakes(wakes);
    EXPECT_TRUE(wakes.in_flight());
    stage_.wake_from_outside();
    ASSERT_TRUE(stage_.until([&] { return wakes.done(); }));
    EXPECT_GT(wakes.result(), 0);
    EXPECT_EQ(wakes.completions.size(), 1U);
  }
  // A wake that nobody watches is not lost, and several are one.
  ring_.wake();
  ring_.wake();
  stage_.idle();
  Probe late;
  ring_.watch_wakes(late);
  ASSERT_TRUE(stage_.until([&] { return late.done(); }));
  Probe last;
  ring_.watch_wakes(last);
  stage_.idle();
  EXPECT_TRUE(last.in_flight());
  ring_.cancel(last);
  ASSERT_TRUE(stage_.until([&] { return last.done(); }));
  EXPECT_EQ(last.result(), -ECANCELED);
}

TEST_P(RingContract, SignalsComplete) {
  for (const int number : {SIGTERM, SIGHUP}) {
    Probe signals;
    ring_.watch_signals(signals);
    stage_.idle();
    EXPECT_TRUE(signals.in_flight());
    stage_.raise_signal(number);
    ASSERT_TRUE(stage_.until([&] { return signals.done(); }));
    EXPECT_EQ(signals.result(), number);
  }
  stage_.raise_signal(SIGTERM);  // pending until somebody watches
  stage_.idle();
  Probe late;
  ring_.watch_signals(late);
  ASSERT_TRUE(stage_.until([&] { return late.done(); }));
  EXPECT_EQ(late.result(), SIGTERM);
}

TEST_P(RingContract, ReusedDescriptorsAreNotConfused) {
  buffers_.provide_all();
  for (int round = 0; round < 10; ++round) {
    const Pair pair = connect();
    const std::string text = "round " + std::to_string(round);
    pair.peer->send(text);
    EXPECT_EQ(receive(pair.fd, text.size()), text);
    send_all(pair.fd, text);
    Probe pending;
    ring_.receive(pending, pair.fd);
    stage_.turn(ring_.now());
    ring_.shutdown(pair.fd);
    ring_.cancel(pending);
    ASSERT_TRUE(stage_.until([&] { return pending.done(); }));
    EXPECT_TRUE(pending.result() == 0 || pending.result() == -ECANCELED) << pending.result();
    close(pair.fd);
    ASSERT_TRUE(stage_.until([&] { return pair.peer->ended; }));
    EXPECT_EQ(pair.peer->received, text);
  }
}

TEST_P(RingContract, LargeTransferThroughASlowReader) {
  const Pair pair = connect();
  pair.peer->read_slowly(9000);
  std::string content(1 << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>((i * 2654435761U) >> 13);
  Bytes left = content;
  int sends = 0;
  Probe send;
  while (!left.empty()) {
    std::array<Piece, 3> pieces;
    std::size_t count = 0;
    Bytes rest = left;
    for (; count < pieces.size() && !rest.empty(); ++count) {
      const Bytes part = rest.substr(0, 50'000);
      pieces[count] = {part.data(), part.size()};
      rest.remove_prefix(part.size());
    }
    ring_.send(send, pair.fd, {pieces.data(), count});
    ASSERT_TRUE(stage_.until([&] { return !send.in_flight(); }));
    ASSERT_GT(send.result(), 0);
    left.remove_prefix(static_cast<std::size_t>(send.result()));
    ++sends;
  }
  ring_.finish(pair.fd);
  ASSERT_TRUE(stage_.until([&] { return pair.peer->ended; }));
  EXPECT_TRUE(pair.peer->received == content);
  EXPECT_GE(sends, 7);
  close(pair.fd);
}

TEST_P(RingContract, LargeTransferToASlowReaderOfOurs) {
  const Pair pair = connect();
  std::string content(1 << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>((i * 40503U) >> 7);
  pair.peer->send(content);
  pair.peer->finish();
  for (std::uint16_t id = 0; id < 4; ++id) buffers_.provide(id);
  std::string received;
  while (true) {
    Probe probe;
    ring_.receive(probe, pair.fd);
    ASSERT_TRUE(stage_.until([&] { return probe.done(); }));
    if (probe.result() <= 0) {
      EXPECT_EQ(probe.result(), 0);
      break;
    }
    received += buffers_.take(probe.completions[0]);
  }
  EXPECT_TRUE(received == content);
  close(pair.fd);
}

TEST_P(RingContract, WritesToAFile) {
  const Fd file = stage_.open_file();
  std::string expected;
  for (int i = 0; i < 3; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    expected += line;
    Probe write;
    const Piece piece{line.data(), line.size()};
    ring_.write(write, file, {&piece, 1});
    ASSERT_TRUE(stage_.until([&] { return write.done(); }));
    EXPECT_EQ(write.result(), static_cast<std::int32_t>(line.size()));
  }
  EXPECT_EQ(stage_.file_content(), expected);
  close(file);
}

TEST_P(RingContract, AnAddressIsListenedOnOnce) {
  const auto first = ring_.listen(kAnyPort, 4);
  ASSERT_TRUE(first);
  EXPECT_FALSE(ring_.listen(ring_.local_address(*first), 4));
  close(*first);
}

// A completion queue of four. Nothing may be lost, and nothing may come twice.

struct SmallQueue : RingContract {
  SmallQueue() : RingContract(test::Run{GetParam().seed, GetParam().cuts, 4}) {}
};

TEST_P(SmallQueue, AnAcceptThatOverflowsEndsAndLosesNothing) {
  constexpr std::size_t kPeers = 11;
  const auto listener = ring_.listen(kAnyPort, 64);
  ASSERT_TRUE(listener);
  std::vector<Peer*> peers;
  for (std::size_t i = 0; i < kPeers; ++i) peers.push_back(&stage_.dial(ring_.local_address(*listener)));
  ASSERT_TRUE(stage_.until([&] { return std::ranges::all_of(peers, [](Peer* peer) { return peer->connected; }); }));
  Probe accept;
  std::size_t starts = 0;
  while (accept.completions.size() < kPeers) {
    ring_.accept(accept, *listener);
    ++starts;
    ASSERT_TRUE(stage_.until([&] { return !accept.in_flight() || accept.completions.size() == kPeers; }));
  }
  EXPECT_GT(starts, 1U);
  EXPECT_GT(ring_.overflows(), 0U);
  std::set<std::int32_t> descriptors;
  for (const Completion& completion : accept.completions) {
    ASSERT_GE(completion.result, 0);
    EXPECT_TRUE(descriptors.insert(completion.result).second) << "a connection was told of twice";
  }
  ring_.cancel(accept);
  ASSERT_TRUE(stage_.until([&] { return !accept.in_flight(); }));
  for (const std::int32_t fd : descriptors) close(Fd{fd});
  EXPECT_TRUE(stage_.until([&] { return std::ranges::all_of(peers, [](Peer* peer) { return peer->ended; }); }));
  close(*listener);
}

TEST_P(SmallQueue, EveryOperationCompletesOnce) {
  constexpr std::size_t kPairs = 12;
  buffers_.provide_all();
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) {
    pairs.push_back(connect());
    pairs.back().peer->send("for " + std::to_string(i));
  }
  stage_.idle();
  const std::uint64_t before = ring_.overflows();
  std::array<Probe, kPairs> receives;
  std::array<Probe, kPairs> sends;
  const Piece piece{"x", 1};
  for (std::size_t i = 0; i < kPairs; ++i) {
    ring_.receive(receives[i], pairs[i].fd);
    ring_.send(sends[i], pairs[i].fd, {&piece, 1});
  }
  ASSERT_TRUE(stage_.until(
      [&] { return std::ranges::all_of(receives, &Probe::done) && std::ranges::all_of(sends, &Probe::done); }));
  EXPECT_GT(ring_.overflows(), before);
  for (std::size_t i = 0; i < kPairs; ++i) {
    ASSERT_EQ(receives[i].completions.size(), 1U);
    ASSERT_EQ(sends[i].completions.size(), 1U);
    EXPECT_EQ(sends[i].result(), 1);
    ASSERT_GT(receives[i].result(), 0);
    std::string text = buffers_.take(receives[i].completions[0]);
    const std::string whole = "for " + std::to_string(i);
    if (text.size() < whole.size()) text += receive(pairs[i].fd, whole.size() - text.size());
    EXPECT_EQ(text, whole);
    close(pairs[i].fd);
  }
}

TEST_P(SmallQueue, ACancelLosesAgainstAResultThatDidNotFit) {
  constexpr std::size_t kPairs = 8;
  buffers_.provide_all();
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < kPairs; ++i) {
    pairs.push_back(connect());
    pairs.back().peer->send("there");
  }
  stage_.idle();
  std::array<Probe, kPairs> receives;
  for (std::size_t i = 0; i < kPairs; ++i) ring_.receive(receives[i], pairs[i].fd);
  for (Probe& receive : receives) ring_.cancel(receive);
  ASSERT_TRUE(stage_.until([&] { return std::ranges::all_of(receives, &Probe::done); }));
  for (std::size_t i = 0; i < kPairs; ++i) {
    EXPECT_EQ(receives[i].completions.size(), 1U);
    ASSERT_GT(receives[i].result(), 0);  // the bytes were there when it was submitted
    buffers_.take(receives[i].completions[0]);
    close(pairs[i].fd);
  }
}

#if defined(WEIR_RING_SIM)
std::vector<Run> runs() {
  std::vector<Run> all;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) all.push_back({.seed = seed, .cuts = seed > 3});
  return all;
}
INSTANTIATE_TEST_SUITE_P(Sim, SmallQueue, ::testing::ValuesIn(runs()),
                         [](const auto& run) { return "seed" + std::to_string(run.param.seed); });
INSTANTIATE_TEST_SUITE_P(Sim, RingContract, ::testing::ValuesIn(runs()),
                         [](const auto& run) { return "seed" + std::to_string(run.param.seed); });
#else
INSTANTIATE_TEST_SUITE_P(Uring, SmallQueue, ::testing::Values(Run{}), [](const auto&) { return "kernel"; });
INSTANTIATE_TEST_SUITE_P(Uring, RingContract, ::testing::Values(Run{}), [](const auto&) { return "kernel"; });
#endif

}  // namespace
}  // namespace weir::io::test
