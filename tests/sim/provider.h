// The scripted provider: answers every request as the plan says, on as many connections as the gateway opens, and looks
// closely at what it is asked. Owned by the world.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "http_reader.h"
#include "plan.h"
#include "telling.h"
#include "tls_side.h"
#include "weir/io/sim_network.h"
#include "wire.h"

namespace weir::sim {

class Provider {
 public:
  /// One time that a request came in, whole or answered early.
  struct Arrival {
    const RequestPlan* plan = nullptr;  ///< of this provider
    const Wire* wire = nullptr;
    Instant at{};
    Instant sent{};           ///< not before: its connection was opened, or had been answered on
    bool reused = false;      ///< on a connection that had been used
    std::size_t written = 0;  ///< bytes of the answer
    bool replaced = false;    ///< its connection was stale, and another one took its place
    bool lost = false;        ///< its connection broke: what was written may not have arrived
  };
  /// What is known of one exchange.
  struct Visit {
    std::vector<Arrival> arrivals;
    std::size_t written() const { return arrivals.empty() ? 0 : arrivals.back().written; }
    const Wire* wire() const { return arrivals.empty() ? nullptr : arrivals.back().wire; }
  };
  /// What the client of an exchange has of its answer.
  struct Got {
    bool begun = false;
    std::uint64_t body_bytes = 0;
  };
  /// By exchange; a world has one for all its providers.
  using Visits = std::map<int, Visit>;

  Provider(io::SimNetwork& network, const Plan& plan, std::size_t site, io::Address address, Telling& telling,
           std::uint64_t cuts, TlsSide* tls, Visits& visits, std::function<Got(int)> received_by_client);

  /// Every byte that came in.
  const std::string& heard() const { return heard_; }
  /// The credential came once in each head and nowhere else.
  void check_credential();
  /// A connection is busy with the answer to this exchange.
  bool is_answering(int id) const;
  bool moves() const { return moving_ > 0; }
  /// All trouble is over: from now on connections have no faults.
  void calm_down() { calm_ = true; }
  const ProviderPlan& plan() const { return own_; }

 private:
  struct Connection {
    std::unique_ptr<Wire> wire;
    HttpReader reader{HttpReader::Side::requests};
    std::size_t answered = 0;  // requests that were taken up
    std::size_t checked = 0;   // requests whose body was compared
    const RequestPlan* current = nullptr;
    int last = 0;                  // exchange that was answered last...
    std::size_t last_arrival = 0;  // ...and which of its arrivals that was
    std::size_t at = 0;            // bytes of the wire written
    std::size_t next_pause = 0;
    std::uint64_t serial = 0;  // of the current answer: outdated timers see it
    std::uint64_t idle_serial = 0;
    Instant free_since{};
    bool waiting = false;  // for a timer
    bool over = false;
  };

  void open();
  void vanish();
  std::string where() const;
  void accept(io::SimPeer& peer);
  void on_data(Connection& connection, Bytes bytes);
  void take_requests(Connection& connection);
  const RequestPlan* plan_of(const HttpMessage& request) const;
  void check(const HttpMessage& request, const RequestPlan& plan);
  void check_again(const RequestPlan& plan, Visit& visit, bool reused) const;
  bool may_have_lost(const Arrival& arrival) const;
  void lose(const Connection& connection);
  void check_translation(const RequestPlan& plan) const;
  void begin(Connection& connection, const RequestPlan& plan);
  void go_on(Connection& connection);
  void wait(Connection& connection, Duration length);
  void end_answer(Connection& connection);
  void rest(Connection& connection);
  void hang_up(Connection& connection, bool by_reset);
  void gone(Connection& connection, bool by_reset);
  std::size_t written_of(const RequestPlan& plan) const;
  std::size_t held_by_gateway(const RequestPlan& plan) const;
  std::size_t may_be_held(const RequestPlan& plan) const;

  io::SimNetwork& network_;
  const Plan& plan_;
  const ProviderPlan& own_;
  std::size_t site_;
  io::Address address_;
  Telling& telling_;
  Random cuts_;
  TlsSide* tls_;  // null: no TLS in this world
  std::function<Got(int)> received_by_client_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Visits& visits_;
  std::string heard_;
  int moving_ = 0;
  bool calm_ = false;
};

}  // namespace weir::sim
