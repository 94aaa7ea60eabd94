#include <initializer_list>
#include <string>

#include "weir/routing/breaker.h"

// The table is made by making the transitions: it cannot say anything else than what the machine does.

namespace weir::routing {
namespace {

constexpr Instant kNow{1'000'000s};

struct Row {
  Breaker before;
  Bytes words;  // about the state; empty: what describe() says
  BreakerInput input;
  std::string happens;
};

std::string join(std::initializer_list<Bytes> parts) {
  std::string out;
  for (const Bytes part : parts) out += part;
  return out;
}

std::string seconds(Duration duration) {
  const std::int64_t ms = to_ms(duration);
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

std::string per_cent(std::uint32_t per_mille) {
  return std::to_string(per_mille / 10) + (per_mille % 10 > 0 ? "." + std::to_string(per_mille % 10) : "") + " %";
}

std::string describe(const Breaker& breaker) {
  std::string out(to_string(breaker.state));
  switch (breaker.state) {
    case BreakerState::closed:
    case BreakerState::slow_start:
      if (breaker.failures > 0) out += ", failures in a row: " + std::to_string(breaker.failures);
      if (breaker.credential_refusals > 0)
        out += ", credential refusals in a row: " + std::to_string(breaker.credential_refusals);
      break;
    case BreakerState::open:
      out += join({" (", to_string(breaker.reason), ") for ", seconds(breaker.at - kNow)});
      break;
    case BreakerState::half_open:
      out += breaker.has_probe ? ", probe given up after " + seconds(breaker.at - kNow) : ", no probe";
      break;
  }
  return out;
}

std::string describe(const BreakerStep& step) {
  switch (step.admission) {
    case Admission::refused:
      return "refused";
    case Admission::admitted:
      return "let through";
    case Admission::share:
      return "let through: " + per_cent(step.share_per_mille);
    case Admission::probe:
      return "let through as the probe";
  }
  return {};
}

void append(std::string& out, const Row& row, const BreakerOptions& options) {
  const std::uint64_t word = row.before.pack();
  const BreakerStep after = step(word, row.input, options, kNow);
  out += join({"| ", row.words.empty() ? describe(row.before) : std::string(row.words), " | ", row.happens, " | ",
               after.word == word ? "as it was" : describe(Breaker::unpack(after.word)), " | ",
               row.input.event == BreakerEvent::ask ? describe(after) : "", " |\n"});
}

std::string of(std::uint32_t part, std::uint32_t all) {
  return std::to_string(part) + " of " + std::to_string(all) + " in the last minute";
}

}  // namespace

std::string breaker_table(const BreakerOptions& options) {
  using enum BreakerEvent;
  const std::uint32_t least = options.least_attempts, refusals = options.refusals;
  const std::uint32_t failed = (least * options.failure_percent + 99) / 100;
  const Breaker closed;
  const Breaker failing{.failures = options.failures_in_a_row - 1};
  const Breaker refused{.credential_refusals = options.credential_refusals - 1};
  const Breaker open{.state = BreakerState::open, .reason = OpenReason::failure_rate, .at = kNow + 20s};
  const Breaker cooled{.state = BreakerState::open, .reason = OpenReason::failure_rate, .at = kNow};
  const Breaker probing{
      .state = BreakerState::half_open, .has_probe = true, .probe = 1, .at = kNow + options.probe_timeout};
  const Breaker overdue{.state = BreakerState::half_open, .has_probe = true, .probe = 1, .at = kNow};
  const Breaker waiting{.state = BreakerState::half_open, .probe = 1};
  const Breaker starting{.state = BreakerState::slow_start, .at = kNow};
  const Breaker halfway{.state = BreakerState::slow_start, .at = kNow - options.slow_start / 2};
  const Breaker stumbling{
      .state = BreakerState::slow_start, .failures = options.failures_in_slow_start - 1, .at = kNow};
  const Breaker started{.state = BreakerState::slow_start, .at = kNow - options.slow_start};
  const Row rows[] = {
      {closed, "", {ask}, "a request asks"},
      {closed, "", {success}, "success"},
      {closed, "", {neutral}, "the client's fault, a policy, nobody waits"},
      {closed, "", {failure}, "failure"},
      {failing, "", {success}, "success"},
      {failing, "", {failure}, "failure"},
      {failing, "", {.event = failure, .retry_after_ms = 3'600'000}, "failure with Retry-After: 3600"},
      {closed,
       "",
       {.event = failure, .answered = least - failed, .failed = failed},
       "failure; " + of(failed, least) + " failed"},
      {closed,
       "",
       {.event = quota, .answered = 100, .refused = refusals},
       "429; " + of(refusals, 100 + refusals) + " were refused"},
      {closed, "", {.event = quota, .refused = refusals}, "429; " + of(refusals, refusals) + " were refused"},
      {closed, "", {.event = quota, .retry_after_ms = 120'000, .refused = refusals}, "the same with Retry-After: 120"},
      {closed, "", {exhausted}, "quota exhausted: somebody has to pay"},
      {closed, "", {credential}, "credential refused"},
      {refused, "", {credential}, "credential refused"},
      {closed, "", {slow}, "an answer too late, where `slow_ttft_ms` is set"},
      {open, "open, 20 s left", {ask}, "a request asks"},
      {open, "open, 20 s left", {success}, "success of what began before"},
      {open, "open, 20 s left", {failure}, "failure of what began before"},
      {open, "open, 20 s left", {.event = quota, .retry_after_ms = 90'000}, "429 with Retry-After: 90 of such"},
      {cooled, "open, time over", {ask}, "a request asks"},
      {probing, "half_open, probe under way", {ask}, "a request asks"},
      {probing, "half_open, probe under way", {success, true}, "the probe: success"},
      {probing, "half_open, probe under way", {failure, true}, "the probe: failure"},
      {probing, "half_open, probe under way", {quota, true, 90'000}, "the probe: 429 with Retry-After: 90"},
      {probing, "half_open, probe under way", {credential, true}, "the probe: credential refused"},
      {probing, "half_open, probe under way", {slow, true}, "the probe: an answer too late"},
      {probing, "half_open, probe under way", {neutral, true}, "the probe: the client's fault, a policy, nobody waits"},
      {probing, "half_open, probe under way", {success}, "success of another"},
      {probing, "half_open, probe under way", {failure}, "failure of another"},
      {overdue, "half_open, probe overdue", {ask}, "a request asks"},
      {waiting, "half_open, no probe", {ask}, "a request asks"},
      {starting, "slow_start, just begun", {ask}, "a request asks"},
      {halfway, "slow_start, half over", {ask}, "a request asks"},
      {starting, "slow_start", {success}, "success"},
      {starting, "slow_start", {failure}, "failure"},
      {stumbling, "", {success}, "success"},
      {stumbling, "", {failure}, "failure"},
      {started, "slow_start, time over", {ask}, "a request asks"},
  };
  std::string out = "| it is | what happens | then it is | the request is |\n|---|---|---|---|\n";
  for (const Row& row : rows) append(out, row, options);
  return out;
}

}  // namespace weir::routing
