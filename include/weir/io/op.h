// One operation that the kernel (or its double) is working on.
//
// An Op is pinned: the ring holds its address from the call that starts it until its last completion, and the
// destructor asserts that the ring has let go. Cancelling is therefore always "request, then wait for the last
// completion"; there is no way to forget an operation. An Op is a member of the object whose work it does (a
// socket's receive, a listener's accept); its handler finds that object again with a static_cast of a base class.
#pragma once

#include <cstdint>

#include "weir/base/assert.h"

namespace weir::io {

class Op;

/// What the ring says of an operation.
struct Completion {
  Op* op = nullptr;
  std::int32_t result = 0;   ///< >= 0: the operation's count or descriptor; < 0: a negated errno value
  std::int32_t buffer = -1;  ///< id of the provided buffer that holds the data, or -1
  bool more = false;         ///< further completions of this operation follow (multishot)
};

class Op {
 public:
  using Handler = void (*)(Op&, const Completion&);

  explicit Op(Handler handler) : handler_(handler) {}
  ~Op() { WEIR_ASSERT(!in_flight_, "an operation outlives its owner"); }
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  bool in_flight() const { return in_flight_; }

  /// For rings: called when the operation is handed over, and once per completion.
  void start() {
    WEIR_ASSERT(!in_flight_, "an operation is started while it is in flight");
    in_flight_ = true;
  }
  void deliver(const Completion& completion) {
    WEIR_ASSERT(in_flight_, "a completion for an operation that is not in flight");
    in_flight_ = completion.more;
    handler_(*this, completion);
  }

 private:
  Handler handler_;
  bool in_flight_ = false;
};

}  // namespace weir::io
