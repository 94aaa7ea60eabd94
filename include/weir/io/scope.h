// The owner of running coroutines: nothing runs outside a Scope, and a Scope must have drained before it dies.
#pragma once

#include <coroutine>
#include <cstdint>

#include "weir/io/task.h"

namespace weir::io {

class Scope {
 public:
  Scope() = default;
  ~Scope() { WEIR_ASSERT(running_ == 0, "a scope dies while its tasks run"); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// Starts `task` at once, on the caller's stack, until its first suspension.
  void spawn(Task<> task) {
    ++running_;
    run(*this, std::move(task));
  }
  std::uint32_t running() const { return running_; }

  /// Resumes when the last task has ended. One waiter.
  auto drained() {
    struct Awaiter {
      Scope& scope;
      bool await_ready() { return scope.running_ == 0; }
      void await_suspend(std::coroutine_handle<> handle) { scope.waiter_ = handle; }
      void await_resume() {}
    };
    return Awaiter{*this};
  }

 private:
  // Starts eagerly and destroys itself at its end.
  struct Detached {
    struct promise_type {
      static void* operator new(std::size_t size) { return FramePool::allocate(size); }
      static void operator delete(void* frame, std::size_t size) { FramePool::release(frame, size); }
      Detached get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() noexcept { std::terminate(); }
    };
  };
  static Detached run(Scope& scope, Task<> task) {
    {
      Task<> owned = std::move(task);  // the frame goes before the scope is told
      co_await std::move(owned);
    }
    if (--scope.running_ == 0 && scope.waiter_) std::exchange(scope.waiter_, {}).resume();
  }

  std::uint32_t running_ = 0;
  std::coroutine_handle<> waiter_;
};

}  // namespace weir::io
