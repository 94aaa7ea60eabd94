// Is the client still there? Waits, of whatever length, end when it is not: at once when it closes the connection,
// within a moment when weir itself cuts the connection, which tells nobody who does not wait on the socket.
#pragma once

#include <coroutine>

#include "weir/net/downstream.h"

namespace weir::simulator {

/// Lives as long as one answer, in its coroutine; the downstream must outlive it.
class Attendance {
 public:
  explicit Attendance(net::Downstream& downstream);
  ~Attendance();
  Attendance(const Attendance&) = delete;
  Attendance& operator=(const Attendance&) = delete;

  bool is_present() const;
  /// Waits so long, and tells whether the client is still there.
  io::Task<bool> wait(Duration duration);

 private:
  /// One suspension until a moment, or until the client leaves.
  struct Nap : io::Timer {
    Nap(Attendance& a, Instant u) : io::Timer(&Nap::on_timer), attendance(a), until(u) {}
    static void on_timer(io::Timer& timer) { static_cast<Nap&>(timer).attendance.wake(); }
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h);
    void await_resume() {}
    Attendance& attendance;
    Instant until;
    std::coroutine_handle<> handle;
  };
  static void on_gone(void* object);
  void wake();

  net::Downstream& downstream_;
  Nap* nap_ = nullptr;  // the one under way
  bool gone_ = false;
};

}  // namespace weir::simulator
