#include "weir/net/happy_eyeballs.h"

#include <algorithm>

namespace weir::net {

using io::Status;

io::Task<Status> HappyEyeballs::run(std::span<const io::Address> addresses, Instant deadline) {
  deadline_ = deadline;
  attempts_.reserve(addresses.size());
  // With little time, every address shall get its share of it.
  next_after_ = std::min(kNextAfter, (deadline - loop_.now()) / static_cast<std::int64_t>(addresses.size() + 1));
  while (!over()) {
    const bool left = attempts_.size() < addresses.size();
    if (!left && trying_ == 0) break;  // all have failed
    const Instant next = left ? attempts_.empty() ? loop_.now() : attempts_.back()->started + next_after_ : kNever;
    if (left && (trying_ == 0 || next_at_once_ || loop_.now() >= next)) {
      next_at_once_ = false;
      auto& one = *attempts_.emplace_back(std::make_unique<Attempt>(loop_));
      scope_.spawn(attempt(one, addresses[attempts_.size() - 1]));
      continue;
    }
    struct Awaiter {
      HappyEyeballs& owner;
      Instant until;
      bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> handle) {
        owner.driver_ = handle;
        owner.loop_.timers().set(owner.pause_, until);
      }
      void await_resume() {}
    };
    Awaiter moved{*this, std::min(next, deadline)};
    co_await moved;
  }
  timed_out_ = timed_out_ || loop_.now() >= deadline_;
  for (const auto& one : attempts_) {
    if (one.get() == winner_) continue;
    const bool overtaken = winner_ && one->started + next_after_ <= winner_->started;
    const bool silent = !winner_ && !cancelled_;
    if (one->verdict == Verdict::unknown && (overtaken || silent)) one->verdict = Verdict::failed;
    one->socket.interrupt(Status::cancelled);
  }
  co_await scope_.drained();
  if (winner_ && cancelled_) {  // it connected in the turn in which nobody wanted it any more
    io::Socket& unwanted = std::exchange(winner_, nullptr)->socket;
    co_await unwanted.close();
  }
  if (winner_) co_return Status::ok;
  if (cancelled_) co_return Status::cancelled;
  if (timed_out_) co_return Status::timed_out;
  co_return no_descriptor_ ? Status::failed : Status::refused;
}

io::Task<> HappyEyeballs::attempt(Attempt& one, io::Address address) {
  ++trying_;
  one.started = loop_.now();
  const Status status = co_await one.socket.connect(address, deadline_);
  --trying_;
  if (status == Status::ok && !winner_) {
    one.verdict = Verdict::connected;
    winner_ = &one;
    co_return wake();
  }
  if (!over()) {
    if (!one.socket.fd().valid()) {
      no_descriptor_ = true;
    } else {
      one.verdict = Verdict::failed;
    }
    next_at_once_ = true;
  }
  if (status == Status::timed_out) timed_out_ = true;
  wake();
  co_await one.socket.close();
}

void HappyEyeballs::cancel() {
  cancelled_ = true;
  wake();
}

void HappyEyeballs::wake() {
  if (!driver_) return;
  loop_.timers().cancel(pause_);
  loop_.make_ready(std::exchange(driver_, {}));
}

void HappyEyeballs::on_pause(io::Timer& timer) { static_cast<Pause&>(timer).owner.wake(); }

}  // namespace weir::net
