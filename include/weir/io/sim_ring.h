// The ring of a simulated world: keeps ring_contract.h in virtual time, decided by the seed of its SimNetwork.
//
// turn() never waits: it submits, delivers what is due now and records its deadline; SimNetwork::step() then moves the
// time. Submissions take effect in turn(), as in the kernel, while shutdown() and close() act at once.
//
// Where the contract leaves freedom the seed chooses (order of completions, which buffer, how many bytes); where a
// caller breaks it the ring ends the process with a sentence: a close with operations in flight, a closed descriptor,
// two receives or two sends at once, a buffer provided twice or touched while lent, bytes changed while being sent.
//
// The completion queue is bounded as io_uring's is with NODROP: results beyond it are kept and told in the next turn,
// and a multishot operation whose result does not fit ends with it.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "weir/io/ring_contract.h"
#include "weir/io/sim_network.h"

namespace weir::io {

class SimRing {
 public:
  explicit SimRing(SimNetwork& network);
  ~SimRing();
  SimRing(const SimRing&) = delete;
  SimRing& operator=(const SimRing&) = delete;

  Instant now() const { return now_; }
  Instant precise_now() const {
    count(SimMeter::Work::clock);
    return network_.now();
  }
  WallTime wall() const { return wall_; }
  std::uint64_t random_seed();

  Result<Fd> listen(const Address& address, int backlog);
  Address local_address(Fd fd) const;
  Address peer_address(Fd fd) const;
  Result<Fd> open_stream(const Address& peer);
  void acknowledge(Fd) {}  // the simulated network has no acknowledgements
  void finish(Fd fd);
  void shutdown(Fd fd);
  void close(Fd fd);
  void abandon(Fd fd);

  void accept(Op& op, Fd fd);
  void connect(Op& op, Fd fd, const Address& peer);
  void receive(Op& op, Fd fd);
  void receive_into(Op& op, Fd fd, std::span<const Space> spaces);
  void send(Op& op, Fd fd, std::span<const Piece> pieces);
  void write(Op& op, Fd fd, std::span<const Piece> pieces);
  void watch_signals(Op& op);
  void watch_wakes(Op& op);
  void cancel(Op& op);
  void wake();

  void provide(std::uint16_t id, MutableBytes memory);

  void turn(Instant deadline);
  std::uint64_t overflows() const { return overflows_; }

  // For the laws.
  std::size_t operations_in_flight() const { return flights_.size(); }
  std::size_t buffers_lent() const { return lent_.size(); }
  SimNetwork& network() { return network_; }

  struct Flight;

 private:
  friend class SimNetwork;
  friend class SimDescriptor;

  enum class Kind : std::uint8_t { accept, connect, receive, send, write, signals, wakes };
  struct Submission {
    Flight* flight;  // null: a cancel request
    Op* cancelled;
    std::uint64_t serial;
  };
  struct Ready {
    Instant due;
    Flight* flight;
    Completion completion;
  };
  struct Lent {
    std::uint16_t id;
    MutableBytes memory;
  };

  SimSeam below() const { return {network_.meter(), SimMeter::Side::below}; }
  void count(SimMeter::Work work) const {
    if (SimMeter* const meter = network_.meter()) meter->count(work);
  }
  static SimMeter::Work work_of(Kind kind);
  Flight& begin(Kind kind, Op& op, Fd fd);
  void take_pieces(Flight& flight, std::span<const Piece> pieces);
  static std::uint64_t hash_pieces(const Flight& flight);
  static void detach(Flight& flight);
  void stir_later(Fd fd);
  void maybe_submit();
  void submit_all();
  void submit(Flight& flight);
  void cancel_now(Op* op, std::uint64_t serial, bool may_be_late);

  /// Ends the connect in flight on a descriptor; error 0: it is connected.
  static void end_connect(SimDescriptor& descriptor, int error);
  static void stir_accept(SimDescriptor& listener);
  void try_accept(Flight& flight);
  void no_buffer(Flight& flight);
  void try_receive(Flight& flight);
  void try_send(Flight& flight);
  void try_write(Flight& flight);
  void try_wakes();
  void decide(Flight& flight, std::int32_t result, std::int32_t buffer = -1, bool more = false);
  Lent take_buffer();
  void poison(MutableBytes memory) const;
  void expect_untouched(MutableBytes memory) const;

  bool queue_full() const;
  bool deliver_due();
  void deliver(const Ready& ready);
  void tell(const Ready& ready);
  /// When this ring wants its next turn.
  Instant next_turn() const;

  SimNetwork& network_;
  Instant now_;
  WallTime wall_;
  Instant deadline_ = Instant::min();
  bool restless_ = true;  // the last turn changed something, so its deadline says nothing
  std::unordered_map<const Op*, std::unique_ptr<Flight>> flights_;  // for look-up only, never iterated in order
  std::vector<Submission> submissions_;
  std::vector<Ready> ready_;
  std::vector<Lent> lent_;
  Flight* signals_ = nullptr;
  Flight* wakes_ = nullptr;
  bool woken_ = false;
  bool in_turn_ = false;
  std::uint64_t overflows_ = 0;
  std::uint64_t next_serial_ = 0;
};

}  // namespace weir::io
