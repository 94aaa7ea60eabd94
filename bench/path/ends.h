// The two ends of the simulated wire, as cheap as they can be while every byte of every answer is compared.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "../live/http.h"
#include "weir/io/sim_network.h"
#include "workload.h"

namespace weir::path {

/// Asks again as soon as it has its answer, until it has had as many as it was told. One connection at a time.
class Client {
 public:
  Client(io::SimNetwork& network, io::Address gateway, const Workload& workload, Bytes key);

  /// Asks `exchanges` times from `delay` on; a stream has to have `frames` content frames.
  void start(std::size_t exchanges, std::size_t frames, Duration delay);
  bool done() const { return left_ == 0; }

 private:
  void ask();
  void push();
  void take(Bytes bytes);
  void check() const;

  io::SimNetwork& network_;
  io::Address gateway_;
  const Workload& workload_;
  const std::string request_;
  std::string expected_;  // body
  io::SimPeer* peer_ = nullptr;
  ::bench::AnswerReader reader_;
  std::string body_;
  std::size_t sent_ = 0;
  std::size_t left_ = 0;
};

/// Answers every request at once; a stream's frames follow at a pace.
class Provider {
 public:
  Provider(io::SimNetwork& network, io::Address address, const Workload& workload);
  /// Content frames of a stream from now on.
  void set_frames(std::size_t frames) { frames_ = frames; }
  std::uint64_t requests() const { return requests_; }

 private:
  struct Connection {
    io::SimPeer* peer = nullptr;
    std::string in;
    std::string out;         // what did not fit into the wire yet
    std::size_t wanted = 0;  // bytes of the request, 0: not known yet
    std::size_t frame = 0;   // of the stream's, the next one
  };
  void take(Connection& connection, Bytes bytes);
  void send(Connection& connection, Bytes bytes);
  static void push(Connection& connection);
  void answer(Connection& connection);
  void stream_on(Connection& connection);

  io::SimNetwork& network_;
  const Workload& workload_;
  std::deque<Connection> connections_;
  std::size_t frames_;
  std::uint64_t requests_ = 0;
};

}  // namespace weir::path
