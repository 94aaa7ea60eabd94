// How many TLS handshakes with clients may be under way at a time in one shard. A handshake costs tens of KiB and most
// of a millisecond, and whoever connects can ask for one; those beyond the bound wait their turn, first come first
// served, holding nothing but their socket.
#pragma once

#include <coroutine>
#include <cstdint>

#include "weir/base/intrusive_list.h"
#include "weir/io/loop.h"

namespace weir::net {

class HandshakeGate {
 public:
  HandshakeGate(io::Loop& loop, std::uint32_t limit) : loop_(loop), limit_(limit) {}

  class Enter : public ListHook<> {
   public:
    explicit Enter(HandshakeGate& gate) : gate_(gate) {}
    bool await_ready() {
      if (gate_.inside_ >= gate_.limit_) return false;
      ++gate_.inside_;
      return true;
    }
    void await_suspend(std::coroutine_handle<> handle) {
      handle_ = handle;
      gate_.waiting_.push_back(*this);
    }
    void await_resume() {}

   private:
    friend class HandshakeGate;
    HandshakeGate& gate_;
    std::coroutine_handle<> handle_;
  };
  /// Waits for a place; to be followed by leave().
  Enter enter() { return Enter(*this); }
  void leave() {
    // The place passes straight on, so nobody who comes between can take it.
    if (waiting_.empty()) {
      --inside_;
    } else {
      loop_.make_ready(waiting_.pop_front().handle_);
    }
  }
  /// Lets everybody in: they were cut and only have to notice.
  void open() {
    while (!waiting_.empty()) {
      ++inside_;
      loop_.make_ready(waiting_.pop_front().handle_);
    }
  }

  std::uint32_t inside() const { return inside_; }
  std::uint32_t limit() const { return limit_; }

 private:
  io::Loop& loop_;
  std::uint32_t limit_;
  std::uint32_t inside_ = 0;
  IntrusiveList<Enter> waiting_;
};

}  // namespace weir::net
