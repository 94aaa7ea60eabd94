// What the contract scenarios need around a ring: peers outside of it, and a way to let turns pass. The same interface
// twice: over loopback sockets for UringRing, over SimNetwork for SimRing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/io/ring.h"

namespace weir::io::test {

/// A kind of run: under simulation a seed and whether legal cuts and orders vary; on the kernel there is only one.
struct Run {
  std::uint64_t seed = 1;
  bool cuts = false;
  unsigned completion_entries = 512;  ///< of the ring's completion queue; a power of two
};

/// One end of a connection outside of the ring. Owned by the Stage.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void send(Bytes bytes) = 0;  ///< all of it, as the window allows
  virtual void finish() = 0;
  virtual void reset() = 0;
  /// At most `bytes` per turn or so; 0: as fast as possible.
  virtual void read_slowly(std::size_t bytes) = 0;

  std::string received;
  bool connected = false;
  bool ended = false;
  bool broken = false;
};

class Stage {
 public:
  explicit Stage(const Run& run);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Ring& ring();
  /// Opens a listener outside of the ring; its connections appear in served().
  Address serve();
  std::vector<Peer*>& served();
  /// Connects to a listener of the ring.
  Peer& dial(const Address& address);
  /// An address where nobody listens.
  Address nobody();

  Fd open_file();
  std::string file_content();
  void raise_signal(int number);
  /// Calls ring().wake() from where other shards would.
  void wake_from_outside();

  /// One turn of the ring with this deadline, and as much of the world as happens meanwhile.
  void turn(Instant deadline);
  /// Turns until the condition holds; false after about five seconds without.
  bool until(const std::function<bool()>& condition);
  /// Some turns, for things that must not happen.
  void idle();

 private:
  struct World;
  std::unique_ptr<World> world_;
};

/// An operation that records its completions.
class Probe : public Op {
 public:
  Probe() : Op(&on_completion) {}
  std::vector<Completion> completions;
  std::function<void(const Completion&)> then;

  bool done() const { return !completions.empty() && !in_flight(); }
  std::int32_t result() const { return completions.back().result; }

 private:
  static void on_completion(Op& op, const Completion& completion) {
    auto& self = static_cast<Probe&>(op);
    self.completions.push_back(completion);
    if (self.then) self.then(completion);
  }
};

}  // namespace weir::io::test
