// The world outside of all simulated rings: virtual time, the network, the process's descriptors, signals, and the
// peers that simulated clients and providers hold. One per simulated world, single-threaded.
//
// Everything is decided by the seed: two networks with the same options that are driven by the same calls behave the
// same, byte for byte and nanosecond for nanosecond, which trace_hash() proves.
//
// Drive it so, until nothing is left or the test has seen enough:
//     for every shard, in an order of your choice: its ring takes a turn
//     network.step()
//
// Descriptors are numbers of one process, shared by all its rings (a shard may hand a connection to another shard).
// The lowest free number is reused at once, so that a late use of a closed descriptor hits somebody else's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/base/time.h"
#include "weir/io/address.h"
#include "weir/io/fd.h"
#include "weir/io/names_contract.h"
#include "weir/io/sim_chance.h"
#include "weir/io/sim_faults.h"
#include "weir/io/sim_meter.h"
#include "weir/io/sim_peer.h"

namespace weir::io {

class SimConnection;
class SimDescriptor;
class SimNames;
class SimRing;

/// What connections are made of.
struct SimLink {
  Duration latency = 50us;         ///< one way
  Duration jitter = 20us;          ///< added to the latency, uniformly from nothing to this; order is kept
  std::size_t window = 64 << 10;   ///< bytes per direction that were sent and not yet read by the application
  std::size_t segment = 16 << 10;  ///< at most this many bytes arrive at once
};

struct SimOptions {
  std::uint64_t seed = 1;
  Bytes script;                                            ///< decides before the seed does (sim_chance.h)
  Duration start = 1000s;                                  ///< the monotonic clock at the beginning
  std::int64_t start_unix_ns = 1'700'000'000'000'000'000;  ///< the wall clock at the beginning
  Duration turn_cost = 1us;                                ///< every step() takes at least this long
  SimLink link;
  SimFaults faults;
  std::size_t descriptor_limit = 65'536;
  std::size_t completion_entries = 16'384;  ///< of every ring: told in one turn at most
  bool poison = true;                       ///< fill lent buffers and check them; off where instructions are counted
};

class SimNetwork {
 public:
  using Callback = std::function<void()>;
  using Acceptor = std::function<void(SimPeer&)>;
  using Story = std::function<void(Instant, Bytes)>;

  explicit SimNetwork(const SimOptions& options);
  ~SimNetwork();
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  // Time.
  Instant now() const { return now_; }
  WallTime wall() const;
  SimChance& random() { return random_; }
  /// Moves time to the next event, or to the next moment at which a ring wants its turn, whichever is earlier, and
  /// runs the events that are due. False: no event is left and no ring waits for anything but the world.
  bool step();
  /// Calls back after `delay`, from step().
  void schedule(Duration delay, Callback callback);

  // Actors. Peers belong to the network and stay valid as long as it lives.
  /// The acceptor gets the actor's end of every connection that a ring opens to `address`; it sets the callbacks.
  void listen(const Address& address, Acceptor acceptor);
  void listen(const Address& address, const SimLink& link, Acceptor acceptor);
  /// Nobody listens there (any more): -ECONNREFUSED, at once. This is also what an unknown address does.
  void refuse(const Address& address);
  /// Packets to this address vanish: a connect stays in flight for 127 s, then -ETIMEDOUT.
  void black_hole(const Address& address);
  /// Opens a connection to a listener of a ring (or of another actor). `from` with port 0: an ephemeral port; a
  /// default `from`: 127.0.0.1.
  SimPeer& connect(const Address& to, const Address& from = {});
  SimPeer& connect(const Address& to, const Address& from, const SimLink& link);

  /// What `host` resolves to from now on, in the server's order; an empty list is a name without addresses. Other names
  /// do not exist. An IP address needs no entry.
  void name(std::string host, std::vector<NameAddress> addresses);
  void forget_name(Bytes host);

  /// As kill(2) on the process. Repeated signals merge while nobody takes them.
  void raise_signal(int number);

  /// A descriptor for SimRing::write. Closed by the ring like any other; what was written stays readable.
  Fd open_file(std::string name);
  /// Everything written to the file so far; empty if there is no file of this name.
  Bytes written(Bytes name) const;

  void set_faults(const SimFaults& faults) { faults_ = faults; }
  const SimFaults& faults() const { return faults_; }

  // For the laws.
  std::size_t open_descriptors() const;
  /// Of every completion delivered and every byte sent so far, with their times.
  std::uint64_t trace_hash() const { return trace_hash_; }
  const SimCensus& census() const { return census_; }
  std::uint64_t census(SimEvent event) const { return census_[static_cast<std::size_t>(event)]; }
  /// Receives one readable line per completion and network event; costs nothing when unset.
  void set_story(Story story) { story_ = std::move(story); }
  /// Is told from now on when control passes into the rings and out of them; null: nobody is.
  void set_meter(SimMeter* meter) { meter_ = meter; }
  SimMeter* meter() const { return meter_; }

 private:
  friend class SimNames;
  friend class SimRing;
  friend class SimPeer;
  friend class SimConnection;
  friend class SimDescriptor;

  struct Event {
    Instant at;
    std::uint64_t sequence;
    Callback callback;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : sequence > other.sequence; }
  };
  struct Site;  // what answers at an address
  struct Attempt;
  struct Name {
    std::string host;
    std::vector<NameAddress> addresses;
  };
  struct File {
    std::string name;
    std::string content;
  };

  void at(Instant when, Callback callback);
  bool happens(SimEvent event, std::uint16_t per_thousand);
  void count(SimEvent event) { ++census_[static_cast<std::size_t>(event)]; }
  void mix(std::uint64_t value);
  void mix(Bytes bytes);
  bool has_story() const { return static_cast<bool>(story_); }
  void tell(const std::string& line) { story_(now_, line); }
  Duration travel(const SimLink& link);

  Site* find_site(const Address& address);
  std::shared_ptr<SimDescriptor> find_listener(const Address& address) const;
  Address ephemeral(const Address& wish, const Address& to);
  void start_attempt(std::shared_ptr<Attempt> attempt);
  void reach(std::shared_ptr<Attempt> attempt);
  void fail_attempt(std::shared_ptr<Attempt> attempt, Duration after, int error);
  void establish(const Attempt& attempt);
  bool knows(const SimRing* ring) const;
  SimPeer& new_peer();

  bool descriptors_left();
  std::shared_ptr<SimDescriptor> open_descriptor();
  /// Asserts that the descriptor is open.
  SimDescriptor& descriptor(Fd fd) const;
  const std::shared_ptr<SimDescriptor>& shared_descriptor(Fd fd) const;
  void free_descriptor(Fd fd);

  const std::vector<NameAddress>* find_name(Bytes host) const;
  void offer_signals();

  Instant now_;
  std::int64_t wall_offset_ns_;
  Duration turn_cost_;
  SimChance random_;
  SimLink link_;
  SimFaults faults_;
  std::size_t descriptor_limit_;
  std::size_t completion_entries_;
  bool poison_;
  std::uint64_t next_sequence_ = 0;
  std::uint16_t next_port_ = 32'768;
  std::vector<Event> events_;  // a heap, the earliest in front
  std::vector<std::unique_ptr<Site>> sites_;
  std::deque<std::unique_ptr<SimPeer>> peers_;
  std::vector<std::shared_ptr<SimDescriptor>> descriptors_;  // index = number; null = free
  std::vector<Instant> closed_at_;                           // index = number
  std::size_t open_descriptors_ = 0;
  std::deque<File> files_;
  std::vector<Name> names_;
  std::vector<SimRing*> rings_;
  std::uint64_t pending_signals_ = 0;  // bit n: signal n
  std::uint64_t trace_hash_ = 0xcbf29ce484222325U;
  SimCensus census_{};
  Story story_;
  SimMeter* meter_ = nullptr;
};

}  // namespace weir::io
