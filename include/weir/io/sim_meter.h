// Tells a bench when control passes between the code above a simulated ring and the simulation below it, so that only
// what weir itself does is counted (bench/path). Nothing in a simulation depends on it: a network without a meter,
// which is every network of a test, behaves the same.
//
// The bench says `above` around a turn of a loop; from there on the rings say `below` where they are entered and
// `above` where they deliver. Owned by the bench; outlives the network.
#pragma once

#include <cstdint>
#include <utility>

namespace weir::io {

class SimMeter {
 public:
  enum class Side : std::uint8_t { below, above };

  /// What is asked of a ring: submissions by kind, clock reads, and turns. An idle turn told of nothing: a simulated
  /// turn never waits, so one of them stands where the kernel would have waited in the turn before.
  enum class Work : std::uint8_t { accept, connect, receive, send, write, watch, cancel, clock, turn, idle_turn };
  static constexpr std::size_t kWorks = 10;

  /// Control is on `side` from now on. Returns where it was.
  Side pass(Side side) {
    if (side != side_) on_pass(side);
    return std::exchange(side_, side);
  }
  Side side() const { return side_; }
  virtual void count(Work work) = 0;

 protected:
  ~SimMeter() = default;

 private:
  virtual void on_pass(Side side) = 0;

  Side side_ = Side::below;
};

/// Control is on a side for as long as this lives. Does nothing without a meter.
class SimSeam {
 public:
  SimSeam(SimMeter* meter, SimMeter::Side side) : meter_(meter), before_(meter ? meter->pass(side) : side) {}
  ~SimSeam() {
    if (meter_) meter_->pass(before_);
  }
  SimSeam(const SimSeam&) = delete;
  SimSeam& operator=(const SimSeam&) = delete;

 private:
  SimMeter* meter_;
  SimMeter::Side before_;
};

}  // namespace weir::io
