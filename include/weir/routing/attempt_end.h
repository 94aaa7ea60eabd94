// How one attempt ended, as far as routing has to know: what health counts, what the breaker hears, and what is tried
// next all follow from it.
#pragma once

#include <cstdint>
#include <optional>

#include "weir/base/fault.h"
#include "weir/dialect/error_class.h"

namespace weir::routing {

/// Whose doing the end was. Only credential, quota, overload, transport and misfit are reasons to ask somebody else;
/// the first four move the breaker.
enum class Blame : std::uint8_t {
  none,        ///< it was answered
  request,     ///< the client's request: anybody would refuse it
  credential,  ///< our credential, or what it may use; or the deployment is not what the configuration says
  quota,       ///< we ask too much of it
  overload,    ///< it cannot answer now
  transport,   ///< the way there
  policy,      ///< it does not want to answer this
  misfit,      ///< it cannot be given this request; another deployment may take it. Says nothing about its health
  gone,        ///< nobody waits for it any more, or weir itself gave up: says nothing about the deployment
};

inline constexpr std::size_t kBlameCount = 9;

Bytes to_string(Blame blame);
Blame blame_of(dialect::ErrorClass error_class);
Blame blame_of(Fault fault);

struct AttemptEnd {
  Blame blame = Blame::none;
  int status = 0;                    ///< the provider's; 0: none came
  std::int64_t retry_after_ms = -1;  ///< in any spelling the provider told it; -1: it did not
  bool exhausted = false;            ///< quota: not a matter of time, somebody has to pay
  bool timed_out = false;            ///< it let us wait in vain: to wait for it again would double that
  std::int64_t ttft_ms = -1;         ///< from the attempt's start to the first content; -1: none came
  std::int64_t connect_us = -1;      ///< -1: a connection was there
  std::uint64_t output_tokens = 0;   ///< 0: not known
  std::int64_t stream_ms = 0;        ///< from the first content to the end
};

}  // namespace weir::routing
