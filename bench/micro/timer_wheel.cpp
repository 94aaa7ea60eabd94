// What do time-outs cost that are moved all the time and seldom fire, as those of 10,000 connections? Reference: a
// std::multimap from deadlines to timers.
#include <benchmark/benchmark.h>

#include <map>
#include <memory>
#include <vector>

#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/io/timer_wheel.h"

namespace weir::micro {
namespace {

constexpr std::size_t kTimers = 10'000;
constexpr std::size_t kShort = 1'000;  // of them, which are set to fire soon
constexpr Instant kStart{1000s};

class Wheel {
 public:
  Wheel() : wheel_(kStart) {
    for (std::size_t i = 0; i < kTimers; ++i) timers_.push_back(std::make_unique<Counted>(fired_));
  }
  void set(std::size_t i, Instant deadline) { wheel_.set(*timers_[i], deadline); }
  void advance(Instant now) { wheel_.advance(now); }
  std::uint64_t fired() const { return fired_; }

 private:
  struct Counted : io::Timer {
    explicit Counted(std::uint64_t& c) : Timer([](io::Timer& t) { ++static_cast<Counted&>(t).count; }), count(c) {}
    std::uint64_t& count;
  };
  io::TimerWheel wheel_;
  std::uint64_t fired_ = 0;
  std::vector<std::unique_ptr<Counted>> timers_;  // before the wheel dies, they leave it
};

class Tree {
 public:
  Tree() : places_(kTimers, deadlines_.end()) {}
  void set(std::size_t i, Instant deadline) {
    if (places_[i] != deadlines_.end()) deadlines_.erase(places_[i]);
    places_[i] = deadlines_.emplace(deadline, i);
  }
  void advance(Instant now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      places_[deadlines_.begin()->second] = deadlines_.end();
      deadlines_.erase(deadlines_.begin());
      ++fired_;
    }
  }
  std::uint64_t fired() const { return fired_; }

 private:
  std::multimap<Instant, std::size_t> deadlines_;
  std::vector<std::multimap<Instant, std::size_t>::iterator> places_;
  std::uint64_t fired_ = 0;
};

/// Turns of 200 us, in each of which eight connections move their time-outs by a minute, which never come true. Once in
/// a while a timer is set that fires a millisecond later; it has long fired when its turn comes again, because the
/// wheel may be late by a tick.
template <class Timers>
class Story {
 public:
  void turn() {
    for (int i = 0; i < 8; ++i) timers_.set(random_.between(kShort, kTimers - 1), now_ + 60s);
    if (++turns_ % 8 == 0) timers_.set(turns_ / 8 % kShort, now_ + 1ms);
    now_ += 200us;
    timers_.advance(now_);
  }
  /// ... until everything has fired.
  std::uint64_t end() {
    timers_.advance(now_ + 120s);
    return timers_.fired();
  }

 private:
  Timers timers_;
  Random random_{7};
  std::size_t turns_ = 0;
  Instant now_ = kStart;
};

void compare() {
  Story<Wheel> wheel;
  Story<Tree> tree;
  for (int i = 0; i < 20'000; ++i) {
    wheel.turn();
    tree.turn();
  }
  WEIR_ASSERT(wheel.end() == tree.end(), "as many timers fire");
}

template <class Timers>
void turns(benchmark::State& state) {
  compare();
  Story<Timers> story;
  for (auto _ : state) story.turn();
  state.SetItemsProcessed(state.iterations() * 8);
  story.end();
}

void timer_wheel_weir(benchmark::State& state) { turns<Wheel>(state); }
BENCHMARK(timer_wheel_weir);
void timer_wheel_reference(benchmark::State& state) { turns<Tree>(state); }
BENCHMARK(timer_wheel_reference);

}  // namespace
}  // namespace weir::micro
