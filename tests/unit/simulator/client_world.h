// A client of the simulated network, and what it makes of the simulated provider's answers.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "weir/dialect/checker.h"
#include "weir/dialect/registry.h"
#include "weir/io/sim_network.h"
#include "weir/simulator/simulator.h"

namespace weir::simulator {

inline const io::Address kAddress = *io::Address::parse("127.0.0.1:9100");

struct World {
  explicit World(std::uint64_t seed = 1)
      : network({.seed = seed}),
        ring(network),
        loop(ring, {}),
        context(loop, {}),
        simulator(context),
        server(context, simulator),
        listener(loop, *ring.listen(kAddress, 16), [this](io::Fd fd) { server.serve(fd); }) {}
  ~World() { finish(); }
  void finish() {
    if (ended) return;
    scope.spawn(end());
    for (int i = 0; i < 1'000'000 && !ended; ++i) step();
    EXPECT_TRUE(ended);
    EXPECT_EQ(loop.buffers().held(), 0u);
    EXPECT_EQ(network.open_descriptors(), 0u);
  }
  io::Task<> end() {
    co_await listener.close();
    server.stop();
    cut = server.cut();
    co_await server.drained();
    ended = true;
  }
  bool step() {
    loop.turn();
    return network.step();
  }
  void run_for(Duration d) {
    bool over = false;
    network.schedule(d, [&over] { over = true; });
    while (!over) step();
  }
  io::SimNetwork network;
  io::SimRing ring;
  io::Loop loop;
  net::Context context;
  Simulator simulator;
  net::Server server;
  net::Listener listener;
  io::Scope scope;
  bool ended = false;
  std::uint32_t cut = 0;
};

struct Client {
  Client(World& w, std::string text) : world(w), request(std::move(text)), peer(w.network.connect(kAddress)) {
    peer.on_connect = [this](io::SimPeer& p) { p.write(request); };
    peer.on_data = [this](io::SimPeer&, Bytes b) {
      if (answer.empty()) first = world.network.now();
      answer += b;
      last = world.network.now();
    };
    peer.on_end = [this](io::SimPeer&) { ended = true; };
    peer.on_reset = [this](io::SimPeer&) { ended = true; };
  }
  ~Client() {
    peer.on_connect = nullptr;
    peer.on_data = nullptr;
    peer.on_end = nullptr;
    peer.on_reset = nullptr;
  }
  World& world;
  std::string request, answer;
  io::SimPeer& peer;
  Instant first{}, last{};
  bool ended = false;
};

inline std::string post(std::string body, std::string fields = {}, std::string path = "/v1/chat/completions") {
  return "POST " + path + " HTTP/1.1\r\nhost: x\r\n" + fields + "content-length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}
inline std::string chat(std::string model, bool stream = true, std::string items = {}, std::string more = {}) {
  std::string body = R"({"model":")" + model +
                     R"(","messages":[{"role":"user","content":"Say \"hi\" now\n\u00e9\ud83d\ude00 ok"}])" + more;
  if (stream) body += R"(,"stream":true,"stream_options":{"include_usage":true})";
  return post(body + "}", items.empty() ? "" : "x-simulate: " + items + "\r\n");
}

/// The body, chunked framing taken off; whole only if the framing ended.
struct Answer {
  int status = 0;
  std::string head, body;
  bool whole = false;
  explicit Answer(Bytes text) {
    const auto end = text.find("\r\n\r\n");
    if (end == Bytes::npos) return;
    head = text.substr(0, end + 2);
    status = std::stoi(head.substr(9));
    Bytes rest = text.substr(end + 4);
    const auto length = head.find("content-length: ");
    if (length != std::string::npos) {
      body = rest;
      whole = body.size() == std::stoul(head.substr(length + 16));
      return;
    }
    while (!rest.empty()) {
      const std::size_t size = std::stoul(std::string(rest.substr(0, 16)), nullptr, 16);
      rest.remove_prefix(rest.find("\r\n") + 2);
      body += rest.substr(0, size);
      rest.remove_prefix(std::min(rest.size(), size + 2));
      if (size == 0) whole = true;
    }
  }
};

/// The payloads of an SSE body. Every event has one data line here, and an event line at most.
inline std::vector<std::string> frames_of(Bytes body) {
  std::vector<std::string> frames;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size() - 1);
    Bytes line = body.substr(0, end);
    body.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("data: ")) {
      frames.emplace_back(line.substr(6));
    } else {
      EXPECT_TRUE(line.empty() || line.starts_with("event: ")) << line;
    }
  }
  return frames;
}

/// Reads an answer with the decoder of the dialect, under the laws of the event stream.
struct Reading {
  dialect::Decoder decoder;
  dialect::Checker checker;
  std::string text, reasoning, refusal, arguments;
  std::map<std::uint32_t, dialect::BlockKind> kinds;
  int deltas = 0;
  bool lawful = true, done = false;
  Bytes current;
  void take(std::span<const dialect::Event> events) {
    lawful &= checker.take(events);
    for (const auto& e : events) {
      if (auto* b = std::get_if<dialect::BlockBegin>(&e)) kinds[b->index] = b->kind;
      if (auto* d = std::get_if<dialect::BlockDelta>(&e)) {
        ++deltas;
        switch (kinds[d->index]) {
          case dialect::BlockKind::text:
            text += d->text;
            break;
          case dialect::BlockKind::reasoning:
            reasoning += d->text;
            break;
          case dialect::BlockKind::refusal:
            refusal += d->text;
            break;
          default:
            arguments += d->text;
        }
      }
    }
  }
  explicit Reading(const Answer& answer, dialect::Dialect dialect = dialect::Dialect::openai_chat) : decoder(dialect) {
    dialect::EventBatch batch(*this);
    if (answer.head.find("event-stream") == std::string::npos) {
      decoder.decode(answer.body, batch);
    } else {
      for (const std::string& frame : frames_of(answer.body)) decoder.decode(frame, batch);
    }
    decoder.end(batch);
    EXPECT_TRUE(lawful) << checker.broken_law();
  }
};

inline Answer ask(const std::string& request, Duration time = 30s) {
  World world;
  Client client(world, request);
  world.run_for(time);
  return Answer(client.answer);
}

}  // namespace weir::simulator
