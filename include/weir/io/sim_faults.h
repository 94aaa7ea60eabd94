// What may go wrong in a simulated world, as one table: every fault has a probability in SimFaults and a count in the
// census under the same name. A sweep that never saw one of them has not tested it.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace weir::io {

// Asked for: the field of SimFaults is how often it happens, per thousand occasions.
// clang-format off
#define WEIR_SIM_FAULTS(X)                                                                      \
  X(short_send,           "a send takes fewer bytes than there is room for")                    \
  X(small_receive,        "a receive gives fewer bytes than have arrived")                      \
  X(split_segment,        "bytes written at once arrive in pieces, cut anywhere")               \
  X(slow_segment,         "a segment takes up to a hundred times its latency")                  \
  X(late_completion,      "a result is known to the ring but told up to 2 ms later")            \
  X(late_cancel,          "a cancel request waits up to 2 ms, so that the real result may win") \
  X(early_submit,         "the submission queue is flushed in the middle of a turn")            \
  X(spurious_no_buffer,   "a receive ends with -ENOBUFS although buffers are there")            \
  X(accept_ended,         "a multishot accept ends with its connection delivered")              \
  X(accept_aborted,       "a multishot accept ends with -ECONNABORTED")                         \
  X(accept_no_descriptor, "a multishot accept ends with -EMFILE")                               \
  X(open_failed,          "a stream cannot be opened: no descriptors left")                     \
  X(listen_failed,        "an address cannot be listened on")                                   \
  X(connect_refused,      "a connection is refused although somebody listens")                  \
  X(connect_timed_out,    "a connection attempt ends with -ETIMEDOUT")                          \
  X(connect_black_holed,  "a connection attempt is never answered")                             \
  X(reset_for_end,        "a reset arrives where the end of the stream should")                 \
  X(reset_midway,         "the network breaks a connection while bytes are on their way")       \
  X(write_failed,         "a write to a file fails with -ENOSPC")                               \
  X(short_write,          "a write to a file takes fewer bytes than given")                     \
  X(name_failed,          "a name's servers say that they cannot tell")                        \
  X(name_timed_out,       "a name's servers do not answer")                                    \
  X(name_not_found,       "a name that exists is said not to")                                 \
  X(name_slow,            "a name's answer takes up to two seconds")                            \
  X(name_family_late,     "a name's IPv6 addresses come later than its IPv4 addresses")

// Not asked for: consequences worth counting.
#define WEIR_SIM_EVENTS(X)                                                       \
  X(no_buffer,       "a receive ended with -ENOBUFS because none was provided")  \
  X(cancelled,       "a cancel request won: -ECANCELED")                         \
  X(cancel_lost,     "a cancel request lost against the real result")            \
  X(window_full,     "a send or write had to wait for the reader")               \
  X(backlog_full,    "a connection attempt met a full backlog and came again")   \
  X(reset_unread,    "a close with unread bytes became a reset")                 \
  X(descriptors_out, "the limit of open descriptors was reached")                \
  X(descriptor_reused, "a number was given out again within 100 us of its close") \
  X(cancel_too_late, "a cancel request found its operation gone")                \
  X(completion_overflow, "a completion found the queue full and was told later") \
  X(accept_overflow, "a multishot accept ended because the queue was full")
// clang-format on

enum class SimEvent : std::uint8_t {
#define X(name, meaning) name,
  WEIR_SIM_FAULTS(X) WEIR_SIM_EVENTS(X)
#undef X
};

/// How often each fault happens, per thousand occasions. All zero: a world without faults.
struct SimFaults {
#define X(name, meaning) std::uint16_t name = 0;
  WEIR_SIM_FAULTS(X)
#undef X
  /// Nothing breaks, but cuts and orders vary: legal behaviour that no peer could complain about.
  static SimFaults only_cuts();
  /// Everything above, often enough to be met in a few hundred exchanges.
  static SimFaults rough();
};

struct SimEventRow {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr SimEventRow kSimEvents[] = {
#define X(name, meaning) {#name, meaning},
    WEIR_SIM_FAULTS(X) WEIR_SIM_EVENTS(X)
#undef X
};
inline constexpr std::size_t kSimEventCount = std::size(kSimEvents);

/// Events that really happened, indexed by SimEvent.
using SimCensus = std::array<std::uint64_t, kSimEventCount>;

}  // namespace weir::io
