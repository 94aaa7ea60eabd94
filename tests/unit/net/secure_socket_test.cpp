// A socket with TLS between its content and its wire, over the simulated ring. Both ends are ours where content counts;
// where the wire counts, the other end is an actor with an engine of its own.
#include <gtest/gtest.h>

#include "../io/sim_world.h"
#include "../tls/certificates.h"
#include "weir/io/scope.h"
#include "weir/io/socket.h"
#include "weir/net/server.h"
#include "weir/tls/layer.h"

namespace weir::net {
namespace {

using io::Chunk;
using io::Received;
using io::SimFaults;
using io::SimOptions;
using io::SimPeer;
using io::Socket;
using io::Status;
using io::Task;
using io::test::pattern;

const io::Address kAddress = *io::Address::parse("127.0.0.1:9443");
constexpr io::BufferOptions kBuffers{.buffer_bytes = 4096, .buffers = 512, .window = 8, .reserve = 16};

struct World : io::test::SimWorld {
  explicit World(const SimOptions& options = {}) : SimWorld(options, kBuffers) {}
  std::unique_ptr<io::Layer> client_layer() {
    return std::make_unique<tls::Layer>(loop.buffers(), clients->connect("weir.test", {}));
  }
  std::unique_ptr<io::Layer> server_layer() { return std::make_unique<tls::Layer>(loop.buffers(), servers->accept()); }
  void expect_nothing_left() {
    EXPECT_EQ(ring.operations_in_flight(), 0u);
    EXPECT_EQ(loop.buffers().held(), 0u);
    EXPECT_EQ(network.open_descriptors(), 0u);
  }
  std::shared_ptr<const tls::ClientContext> clients = tls::test::client_context();
  std::shared_ptr<const tls::ServerContext> servers = tls::test::server_context();
};

// ---- Both ends are ours.

struct Line : World {
  explicit Line(const SimOptions& options) : World(options), client(loop) {
    listener = std::make_unique<Listener>(loop, *ring.listen(kAddress, 8), [this](io::Fd fd) {
      server = std::make_unique<Socket>(loop, fd);
      server->secure(server_layer());
    });
  }
  ~Line() {
    scope.spawn(listener->close());
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    expect_nothing_left();
  }
  static Task<> dial(Line& line) {
    const Instant deadline = line.loop.now() + 60s;
    const Status connected = co_await line.client.connect(kAddress, deadline);
    EXPECT_EQ(connected, Status::ok);
    line.client.secure(line.client_layer());
    line.shaken = co_await line.client.handshake(deadline);
  }
  /// Sends in pieces of odd sizes, as the other end takes them.
  static Task<> say(Line& line, Socket& socket, std::string text) {
    std::size_t size = 1;
    for (Bytes rest = text; !rest.empty(); size = size * 7 % 3000 + 1) {
      const Bytes piece = rest.substr(0, size);
      rest.remove_prefix(piece.size());
      socket.send(line.chunk(piece));
      const Status room = co_await socket.room(8192);
      EXPECT_EQ(room, Status::ok);
    }
    const Status room = co_await socket.room(0);
    EXPECT_EQ(room, Status::ok);
  }
  static Task<> hear(Line& line, Socket& socket, std::string& text, std::size_t size, Status& status) {
    while (text.size() < size) {
      const Received received = co_await socket.receive(line.loop.now() + 300s);
      status = received.status;
      if (received.status != Status::ok) co_return;
      text += received.chunk.bytes();
    }
  }
  static Task<> shake(Line& line) {
    const Status status = co_await line.server->handshake(line.loop.now() + 60s);
    EXPECT_EQ(status, Status::ok);
  }

  Socket client;
  std::unique_ptr<Socket> server;
  std::unique_ptr<Listener> listener;
  Status shaken = Status::failed;
  io::Scope scope;
};

TEST(SecureSocket, CarriesContentBothWaysHoweverTheWireIsCut) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SimOptions options{.seed = seed};
    options.faults = SimFaults::only_cuts();
    Line line(options);
    line.scope.spawn(Line::dial(line));
    ASSERT_TRUE(line.until([&] { return line.server != nullptr; }));
    line.scope.spawn(Line::shake(line));
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; }));
    ASSERT_EQ(line.shaken, Status::ok);

    const std::string question = pattern(50'000);
    const std::string answer = pattern(70'001);
    std::string heard_question;
    std::string heard_answer;
    Status at_server = Status::ok;
    Status at_client = Status::ok;
    line.scope.spawn(Line::say(line, line.client, question));
    line.scope.spawn(Line::say(line, *line.server, answer));
    line.scope.spawn(Line::hear(line, *line.server, heard_question, question.size(), at_server));
    line.scope.spawn(Line::hear(line, line.client, heard_answer, answer.size(), at_client));
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; })) << seed;
    EXPECT_EQ(heard_question, question) << seed;
    EXPECT_EQ(heard_answer, answer) << seed;
    EXPECT_EQ(line.client.sent_bytes(), question.size());

    // A proper end is heard as one.
    line.scope.spawn(Line::hear(line, line.client, heard_answer, SIZE_MAX, at_client));
    line.scope.spawn(line.server->close());
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; })) << seed;
    EXPECT_EQ(at_client, Status::end) << seed;
    line.scope.spawn(line.client.close());
    ASSERT_TRUE(line.until([&] { return line.scope.running() == 0; }));
  }
}

// ---- The other end is an actor, who sees the wire.

struct Watched : World {
  Watched() : socket(loop), far(servers->accept()) {
    network.listen(kAddress, [this](SimPeer& accepted) {
      peer = &accepted;
      peer->on_data = [this](SimPeer&, Bytes bytes) { take(bytes); };
      peer->on_end = [this](SimPeer&) { ended = true; };
    });
    scope.spawn(dial(*this));
    EXPECT_TRUE(until([this] { return peer && scope.running() == 0; }));
    run_for(100ms);  // the far end is through as well
    records();
  }
  ~Watched() {
    scope.spawn(socket.close());
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    run_for(1s);
    peer->on_data = nullptr;
    peer->on_end = nullptr;
    expect_nothing_left();
  }
  static Task<> dial(Watched& world) {
    const Instant deadline = world.loop.now() + 5s;
    const Status connected = co_await world.socket.connect(kAddress, deadline);
    EXPECT_EQ(connected, Status::ok);
    world.socket.secure(world.client_layer());
    world.shaken = co_await world.socket.handshake(deadline);
    world.socket.arm();  // takes the tickets: closing over what was not read would reset the connection
  }
  void take(Bytes bytes) {
    wire += bytes;
    if (deaf) return;
    const std::string kept(bytes);
    far->feed(kept);
    if (far->handshake() == tls::Engine::Outcome::done) {
      std::string into(20'000, '\0');
      for (;;) {
        const auto read = far->read(into);
        if (read.size == 0) break;
        heard += Bytes(into).substr(0, read.size);
      }
    }
    say(far->pending());
    far->clear_pending();
  }
  void say(Bytes bytes) {
    const std::size_t written = peer->write(bytes);
    EXPECT_EQ(written, bytes.size());
  }
  void say_content(Bytes text) {
    std::string record(text.size() + tls::Engine::kRecordOverhead, '\0');
    record.resize(far->write(text, record));
    say(record);
  }
  /// TLS records on the wire since the last call.
  std::size_t records() {
    std::size_t count = 0;
    Bytes rest = wire;
    for (; rest.size() >= 5; ++count) {
      const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest[3])) << 8 |
                        static_cast<std::size_t>(static_cast<unsigned char>(rest[4]));
      rest.remove_prefix(std::min(rest.size(), size + 5));
    }
    EXPECT_TRUE(rest.empty());
    wire.clear();
    return count;
  }
  Received receive() {
    Received got;
    scope.spawn(receive_into(*this, got));
    EXPECT_TRUE(until([this] { return scope.running() == 0; }));
    return got;
  }
  static Task<> receive_into(Watched& world, Received& got) {
    auto received = co_await world.socket.receive(world.loop.now() + 10s);
    got = std::move(received);
  }

  Socket socket;
  std::unique_ptr<tls::Engine> far;
  SimPeer* peer = nullptr;
  Status shaken = Status::failed;
  std::string wire;
  std::string heard;
  bool deaf = false;
  bool ended = false;
  io::Scope scope;
};

TEST(SecureSocket, WhatATurnBringsLeavesAsOneRecord) {
  Watched world;
  ASSERT_EQ(world.shaken, Status::ok);
  for (const Bytes piece : {"14\r\n", "data: {\"a\":\"b\"}\n\n", "\r\n"}) world.socket.send(world.chunk(piece));
  ASSERT_TRUE(world.until([&] { return world.socket.unsent_bytes() == 0; }));
  world.run_for(100ms);
  EXPECT_EQ(world.heard, "14\r\ndata: {\"a\":\"b\"}\n\n\r\n");
  EXPECT_EQ(world.records(), 1u);
}

TEST(SecureSocket, NothingReadableIsEverOnTheWire) {
  Watched world;
  ASSERT_EQ(world.shaken, Status::ok);
  world.socket.send(world.chunk("authorization: Bearer sk-secret"));
  ASSERT_TRUE(world.until([&] { return world.socket.unsent_bytes() == 0; }));
  world.run_for(100ms);
  EXPECT_EQ(world.heard, "authorization: Bearer sk-secret");
  EXPECT_EQ(world.wire.find("sk-secret"), std::string::npos);
}

TEST(SecureSocket, AConnectionThatJustEndsWasCutOff) {
  Watched world;
  world.say_content("half an ans");
  world.peer->finish();
  Received got = world.receive();
  EXPECT_EQ(got.chunk.bytes(), "half an ans");
  got = {};
  EXPECT_EQ(world.receive().status, Status::truncated);
}

TEST(SecureSocket, AProperEndIsAnEnd) {
  Watched world;
  world.far->end();
  world.say(world.far->pending());
  EXPECT_EQ(world.receive().status, Status::end);
}

TEST(SecureSocket, AChangedByteEndsItWithAnAlert) {
  Watched world;
  std::string record(100, '\0');
  record.resize(world.far->write("trust me", record));
  record[6] = static_cast<char>(record[6] ^ 1);
  world.say(record);
  EXPECT_EQ(world.receive().status, Status::insecure);
  EXPECT_EQ(world.socket.layer()->fault(), Fault::tls_failed);
  world.deaf = true;
  world.scope.spawn(world.socket.close());
  ASSERT_TRUE(world.until([&] { return world.scope.running() == 0; }));
  world.run_for(100ms);
  EXPECT_EQ(world.records(), 1u) << "the alert";
}

TEST(SecureSocket, CloseSaysSo) {
  Watched world;
  world.scope.spawn(world.socket.close());
  ASSERT_TRUE(world.until([&] { return world.scope.running() == 0; }));
  world.run_for(100ms);
  EXPECT_TRUE(world.ended);
  EXPECT_EQ(world.records(), 1u);
  std::string into(10, '\0');
  EXPECT_EQ(world.far->read(into).outcome, tls::Engine::Outcome::ended);
}

TEST(SecureSocket, AReaderThatStallsHoldsBackTheSenderAndLosesNothing) {
  Watched world;
  ASSERT_EQ(world.shaken, Status::ok);
  world.peer->pause();
  const std::string text = pattern(300'000);
  for (Bytes rest = text; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(rest.size(), 1000)))
    world.socket.send(world.chunk(rest.substr(0, 1000)));
  world.run_for(5s);
  EXPECT_GT(world.socket.unsent_bytes(), 0u);
  EXPECT_LT(world.heard.size(), text.size());
  world.peer->resume();
  ASSERT_TRUE(world.until([&] { return world.socket.unsent_bytes() == 0; }));
  world.run_for(1s);
  EXPECT_EQ(world.heard, text);
}

}  // namespace
}  // namespace weir::net
