// The laws of requests that may be given to several deployments: who answered, who must have, and whether the trail and
// the log say the same as the providers saw.
#pragma once

#include "laws.h"

namespace weir::sim {

inline constexpr std::size_t kMostAttempts = 3;  // per request

/// How one deployment's answer surely ends, in a world where only providers have faults.
enum class End : std::uint8_t { answers, refuses, fails, open };
End end_of(const Plan& plan, const RequestPlan& deployment);

/// An attempt, as x-weir-attempts has it: "a/m 503, b/m 200".
struct Step {
  Bytes deployment;
  Bytes outcome;
};
std::vector<Step> read_trail(const HttpMessage& answer);

/// The deployment whose answer this is: whom the answer names, else whoever was asked last.
const RequestPlan& answered_by(const RequestPlan& request, const HttpMessage& answer, const Provider::Visits& visits);

/// True when nothing but the providers decides what the client gets: what it got must be golden.
bool is_decided(const Plan& plan, const RequestPlan& request);

/// `log`: all of it, or nothing where some of it may be missing.
void judge_attempts(const Plan& plan, const RequestPlan& request, const HttpMessage& answer,
                    const Provider::Visits& visits, Bytes log, Telling& telling);

}  // namespace weir::sim
