// The circuit breaker of a deployment: whether it is asked at all. A pure state machine over one 64-bit word, so that
// all shards can share it by compare-and-swap; the word of a deployment that never failed is 0.
//
//   closed      it is asked. Opens when it fails too often in a row, too large a part of the time, refuses for quota
//   too
//               often, refuses our credential twice in a row, or (if wanted) begins to answer too late.
//   open        it is not asked, until the cooldown is over (or longer, if it said so itself).
//   half_open   the cooldown is over: one request at a time, over all shards, finds out. A probe that never reports is
//               given up after a time.
//   slow_start  the probe was answered: a growing part of the requests is let through, then all (closed).
//
// What the client did wrong, a policy, or that nobody waits any more never moves it. docs/routing.md has the whole
// table.
#pragma once

#include <cstdint>
#include <string>

#include "weir/base/bytes.h"
#include "weir/base/time.h"

namespace weir::routing {

/// Bounds and times. All counts are at least 1.
struct BreakerOptions {
  Duration cooldown = 60s;
  Duration longest_cooldown = 600s;  ///< however long the provider wants
  Duration probe_timeout = 60s;      ///< after which a probe that did not report is given up
  Duration slow_start = 30s;
  std::uint32_t first_share_per_mille = 100;  ///< of the requests, when slow start begins
  std::uint32_t failures_in_a_row = 5;        ///< at most 63
  std::uint32_t failures_in_slow_start = 2;   ///< at most 63
  std::uint32_t failure_percent = 50;         ///< of the last minute's attempts...
  std::uint32_t least_attempts = 10;          ///< ... if there were so many
  std::uint32_t refusals = 5;                 ///< 429 in the last minute...
  std::uint32_t refusal_percent = 30;         ///< ... if they were such a part
  std::uint32_t credential_refusals = 2;      ///< in a row; at most 7
  std::uint32_t slow_ttft_ms = 0;             ///< average time to first content that opens it; 0: none does

  /// Empty, or what is wrong, as a sentence.
  Bytes validate() const;
  friend bool operator==(const BreakerOptions&, const BreakerOptions&) = default;
};

enum class BreakerState : std::uint8_t { closed, open, half_open, slow_start };
enum class OpenReason : std::uint8_t { none, failures_in_a_row, failure_rate, quota, exhausted, credential, slow };

Bytes to_string(BreakerState state);
Bytes to_string(OpenReason reason);

/// The word, taken apart.
struct Breaker {
  BreakerState state = BreakerState::closed;
  OpenReason reason = OpenReason::none;   ///< why it opened last
  std::uint32_t failures = 0;             ///< in a row
  std::uint32_t credential_refusals = 0;  ///< in a row
  bool has_probe = false;                 ///< half_open: one is under way
  std::uint32_t probe = 0;                ///< the number of the last one, modulo 512
  Instant at{};  ///< closed: since; open: until; half_open: when the probe is given up; slow_start: since. To the ms

  static Breaker unpack(std::uint64_t word);
  std::uint64_t pack() const;
  friend bool operator==(const Breaker&, const Breaker&) = default;
};

enum class BreakerEvent : std::uint8_t {
  ask,         ///< may an attempt begin?
  success,     ///< it answers
  slow,        ///< it answers, but too late
  failure,     ///< overload, transport
  quota,       ///< it refuses: too much
  exhausted,   ///< it refuses until somebody pays
  credential,  ///< it refuses who asks
  neutral,     ///< the attempt is over and says nothing about it
};

Bytes to_string(BreakerEvent event);

/// What is known when something happens.
struct BreakerInput {
  BreakerEvent event = BreakerEvent::ask;
  bool is_probe = false;             ///< it is the probe that is under way which reports
  std::int64_t retry_after_ms = -1;  ///< what the provider wants; -1: it did not say
  // Of the last minute, but not before the breaker closed; needed with `failure` and `quota` only.
  std::uint32_t answered = 0;
  std::uint32_t failed = 0;
  std::uint32_t refused = 0;  ///< for quota
};

enum class Admission : std::uint8_t {
  refused,
  admitted,
  share,  ///< slow start: a part of those who ask
  probe,  ///< admitted as the probe
};

struct BreakerStep {
  std::uint64_t word = 0;                    ///< the new one, often the old
  Admission admission = Admission::refused;  ///< with `ask`
  std::uint32_t share_per_mille = 1000;      ///< with `share`
};

BreakerStep step(std::uint64_t word, const BreakerInput& input, const BreakerOptions& options, Instant now);

/// Whether somebody who asked now could be let through, and as what. Changes nothing.
inline Admission look(std::uint64_t word, const BreakerOptions& options, Instant now) {
  if (word == 0) return Admission::admitted;
  return step(word, {.event = BreakerEvent::ask}, options, now).admission;
}

/// All transitions as a table in Markdown, made by making them.
std::string breaker_table(const BreakerOptions& options);

}  // namespace weir::routing
