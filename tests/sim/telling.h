// What happens in a world, told to whoever wants to read it, and counted for the census.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "weir/base/bytes.h"
#include "weir/dialect/dialect.h"

namespace weir::sim {

/// Moments that a sweep must have met, beyond faults of the network and rows of the fault table.
// clang-format off
#define WEIR_SIM_PROBES(X)                                                             \
  X(faultless_world,        "a world without faults")                                  \
  X(several_shards,         "a connection was served by a shard that did not accept it") \
  X(kept_alive_1_0,         "an HTTP/1.0 connection was kept alive")                   \
  X(pipelined,              "a request was sent before the last one was answered")     \
  X(continue_sent,          "100 Continue was sent")                                   \
  X(http_1_0,               "an HTTP/1.0 client got a streamed answer until the close") \
  X(head_request,           "HEAD was answered")                                       \
  X(golden_document,        "a document arrived as it was")                            \
  X(golden_stream,          "a stream arrived as it was")                              \
  X(large_document,         "a document too large to be held arrived")                 \
  X(giant_frame,            "a frame too large to be held arrived")                    \
  X(usage_withheld,         "a usage frame was kept from the client")                  \
  X(done_added,             "a missing [DONE] was added")                              \
  X(error_event,            "a stream ended with an error event of weir's")            \
  X(provider_error_event,   "a provider's error event was passed on")                  \
  X(provider_error,         "a provider's error document was passed on")               \
  X(error_wrapped,          "a provider's unreadable error was given words")           \
  X(error_in_200,           "an error inside a 200 got its own status")                \
  X(interim_skipped,        "an interim answer of the provider's was skipped")         \
  X(early_answer,           "a provider answered before it had the whole request")     \
  X(surplus,                "a provider sent more than its answer")                    \
  X(reused,                 "a connection to the provider was used again")             \
  X(stale_retried,          "a stale connection was replaced, and the client saw nothing of it") \
  X(outage_world,           "a world in which providers have faults, and nobody else")   \
  X(failover_credential,    "another deployment answered where the first refused weir's credential, or had no such model") \
  X(failover_quota,         "... where it was asked too much of")                       \
  X(failover_overload,      "... where it was overloaded, or had an error")             \
  X(failover_refused,       "... where nobody listened")                                \
  X(failover_black_hole,    "... where packets vanished")                               \
  X(failover_slow,          "... where it was too slow to begin")                       \
  X(failover_cut,           "... where the answer broke off before its content")        \
  X(first_event_rescued,    "... where a 200 began with an error")                      \
  X(returned,               "a deployment was returned to")                             \
  X(exhausted,              "three attempts, and no answer")                            \
  X(exhausted_logged,       "a chain was exhausted, and the log says so")               \
  X(refused_for_all,        "a deployment refused what nobody else would take, and nobody else was asked") \
  X(breaker_opened,         "a breaker opened")                                         \
  X(breaker_probed,         "... let a probe through when its cooldown was over")       \
  X(breaker_recovered,      "... which was answered, and it started slowly")            \
  X(breaker_reopened,       "... which failed")                                         \
  X(pool_world,             "a world with models that many requests ask for")            \
  X(by_priority,            "a model of the pools was answered by the strategy priority") \
  X(by_weight,              "... weighted")                                             \
  X(by_latency,             "... latency")                                              \
  X(by_cost,                "... cost")                                                 \
  X(by_load,                "... least_inflight")                                       \
  X(by_blend,               "... blend")                                                \
  X(pool_decided,           "... where it was certain that somebody answers")           \
  X(order_kept,             "somebody was asked, and somebody who is to be asked later was well and was not") \
  X(shut_passed_over,       "an open breaker kept its deployment from being asked, and another answered") \
  X(shut_asked,             "a deployment with an open breaker was asked, as the last resort") \
  X(group_shut,             "the breaker of a quota group shut a deployment that had not failed itself") \
  X(credential_rotated,     "another credential of the same deployment was answered")    \
  X(barred_passed_over,     "a barred credential was not used again")                   \
  X(full_passed_over,       "a deployment with as many requests in flight as it may have was passed over") \
  X(tag_respected,          "somebody else answered than whom a tag forbids")             \
  X(ability_respected,      "... than who is known to lack an ability")                  \
  X(context_respected,      "... than whose context is too small")                       \
  X(quality_respected,      "... than who is not good enough")                           \
  X(unpriced_respected,     "... than whose price nobody knows, where such are left out") \
  X(limit_respected,        "... than who is too dear")                                  \
  X(late_passed_over,       "... than who is late to begin, and would be asked later")    \
  X(late_asked,             "somebody was asked who is late to begin: nobody else was left, or nobody quicker") \
  X(unpriced_asked,         "somebody was asked first whose price nobody knows, and there was a limit of cost") \
  X(unknown_quality_asked,  "somebody was asked first of whom nobody knows how good he is, and it matters") \
  X(cheapest_good_asked,    "a cheaper one was not good enough, and the cheapest of the others was asked") \
  X(nobody_fits,            "nobody may be asked what was asked")                        \
  X(too_dear_told,          "... and the refusal told the least that it would have cost") \
  X(wish_refused,           "what a request says about who may answer could not be read") \
  X(affinity_kept,          "a session went to its deployment again")                    \
  X(affinity_broken,        "a session went elsewhere, because its deployment was not well") \
  X(region_survived,        "a request was answered while two sites were down together") \
  X(all_down,               "nobody could be reached, three attempts")                   \
  X(opened_in_a_row,        "a breaker opened because of failures in a row")             \
  X(opened_by_rate,         "... because too many failed")                              \
  X(opened_by_quota,        "... because of 429")                                       \
  X(opened_exhausted,       "... because somebody has to pay")                          \
  X(opened_by_credential,   "... because its only credential was refused")              \
  X(opened_slow,            "... because it was too slow to begin")                     \
  X(answer_cut_off,         "an answer ended without its proper end")                  \
  X(refused_unread,         "a request was refused before it was read")                \
  X(client_left_sending,    "a client left while it sent")                             \
  X(client_left_waiting,    "a client left before the first byte of its answer")       \
  X(client_left_reading,    "a client left in the middle of its answer")               \
  X(left_before_asked,      "a client had left before its provider was asked, and so it was not") \
  X(half_closed,            "a client half-closed")                                    \
  X(reader_resumed,         "a stalled reader went on and got its whole answer")       \
  X(provider_cancelled,     "a provider saw its connection end before its answer did") \
  X(provider_held_back,     "a provider had to wait for a slow client")                \
  X(shed_connection,        "a connection was shed")                                   \
  X(shed_body,              "a body was shed because too many bytes were held")        \
  X(starved,                "no buffer was free for a receive")                        \
  X(served_after_storm,     "a client came after all trouble and was served as if there had been none") \
  X(cut_to_bytes,           "a faultless world ran again with its bytes arriving a few at a time") \
  X(handshake_done, "a whole TLS handshake") \
  X(session_resumed, "a shortened TLS handshake") \
  X(certificate_renewed, "a listener got another certificate while it ran") \
  X(wire_failed, "TLS failed on a client's or provider's side") \
  X(end_unsaid, "weir ended a TLS connection without saying so") \
  X(truncated, "a client or provider ended a TLS connection without saying so") \
  X(truncation_seen, "an answer without an end of its own was truncated, and the client could tell") \
  X(corrupted, "a byte on a TLS wire arrived changed") \
  X(models_spoken,          "models were told of in the shape of a dialect")              \
  X(refused_unspeakable,    "a request was refused that the provider's dialect has no word for") \
  X(dropped_named,          "hints that a provider does not take were named")            \
  X(counted,                "a provider counted tokens")                               \
  X(count_estimated,        "weir estimated tokens")                                   \
  X(stored_answer,          "an answer that a provider keeps was asked about")          \
  X(spoken_error,           "a provider's error was told in the client's words")        \
  X(spoken_error_status,    "an error inside a 200 became a status in the client's words") \
  X(spoken_error_event,     "a stream of any dialect ended in its error event")         \
  X(collected,              "a provider that only streams served a document")           \
  X(stream_collected,       "a provider streamed although a document was asked for")    \
  X(document_streamed,      "a provider sent a document although a stream was asked for") \
  X(array_told,             "a Gemini client got an array")                            \
  X(array_heard,            "a Gemini provider sent an array")                         \
  X(coding_passed,          "an answer in a coding that nobody asked for was passed on") \
  X(coding_refused,         "... was refused, as it cannot be translated")             \
  X(schema_emulated,        "a forced tool answered for a schema")                     \
  X(large_translated,       "a large translated answer arrived")                       \
  X(stitched,               "a stream broke off, went on with another deployment, and ended well") \
  X(stitched_twice,         "... and broke off again in between")                      \
  X(stitched_in_vain,       "a stream broke off, and nobody gave all of the rest")     \
  X(not_stitched_behind_a_call, "a stream broke off behind a call, and nobody was asked for a rest") \
  X(drained_at_rest,        "drained with nothing under way")                          \
  X(drained_midway,         "drained with exchanges under way, all of them finished")  \
  X(drain_cut,              "the end of the drain cut exchanges off")
// clang-format on

enum class Probe : std::uint8_t {
#define X(name, meaning) name,
  WEIR_SIM_PROBES(X)
#undef X
};
inline constexpr std::size_t kProbeCount = 0
#define X(name, meaning) +1
    WEIR_SIM_PROBES(X)
#undef X
    ;
inline constexpr std::array<Bytes, kProbeCount> kProbeNames = {
#define X(name, meaning) #name,
    WEIR_SIM_PROBES(X)
#undef X
};
using ProbeCounts = std::array<std::uint64_t, kProbeCount>;

/// Golden answers by the client's dialect, the provider's, and whether a stream was asked for.
inline constexpr std::size_t kPairCount = 2 * dialect::kDialects.size() * dialect::kDialects.size();
using PairCounts = std::array<std::uint64_t, kPairCount>;

enum class Lane : std::uint8_t { client, weir, provider };

/// Given to all actors of a world.
struct Telling {
  std::function<void(Lane, const std::string&)> tell;  ///< empty: nobody reads along
  std::function<void(const std::string&)> broken;      ///< a law was broken
  ProbeCounts probes{};
  PairCounts pairs{};

  void count_pair(dialect::Dialect client, dialect::Dialect provider, bool stream) {
    const std::size_t row = static_cast<std::size_t>(client) * dialect::kDialects.size();
    ++pairs[2 * (row + static_cast<std::size_t>(provider)) + stream];
  }
  void count(Probe probe) { ++probes[static_cast<std::size_t>(probe)]; }
  template <class Make>
  void say(Lane lane, Make&& make) {
    if (tell) tell(lane, make());
  }
};

}  // namespace weir::sim
