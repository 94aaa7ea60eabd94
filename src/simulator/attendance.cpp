#include "attendance.h"

#include <algorithm>

namespace weir::simulator {
namespace {

/// How often a long wait looks whether the connection was cut.
constexpr Duration kGlance = 50ms;

}  // namespace

Attendance::Attendance(net::Downstream& downstream) : downstream_(downstream) { downstream_.watch(&on_gone, this); }

Attendance::~Attendance() { downstream_.unwatch(); }

bool Attendance::is_present() const {
  return !gone_ && !downstream_.socket().interrupted() && downstream_.socket().broken() == io::Status::ok;
}

io::Task<bool> Attendance::wait(Duration duration) {
  io::Loop& loop = downstream_.loop();
  const Instant end = loop.now() + duration;
  while (is_present() && loop.now() < end) {
    Nap nap(*this, std::min(end, loop.now() + kGlance));
    co_await nap;
  }
  co_return is_present();
}

void Attendance::Nap::await_suspend(std::coroutine_handle<> h) {
  handle = h;
  attendance.nap_ = this;
  attendance.downstream_.loop().timers().set(*this, until);
}

void Attendance::on_gone(void* object) {
  auto& self = *static_cast<Attendance*>(object);
  self.gone_ = true;
  self.wake();
}

void Attendance::wake() {
  if (!nap_) return;
  Nap& nap = *std::exchange(nap_, nullptr);
  downstream_.loop().timers().cancel(nap);
  downstream_.loop().make_ready(nap.handle);
}

}  // namespace weir::simulator
