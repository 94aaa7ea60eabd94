#include "census.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>

namespace weir::sim {
namespace {

/// Rows of the fault table that no exchange of this world can end with, and why.
constexpr Fault kOutOfReach[] = {
    Fault::proxy_failed,     Fault::proxy_refused,  // no proxy on the way; unit tests of net have one
    Fault::draining,                                // the front closes its listener before any shard drains
    Fault::body_truncated,                          // a client that half-closes counts as gone
    Fault::answer_too_large,                        // 32 MB at least: unit tests of the gateway have them
    Fault::cancelled,                               // only ever seen inside: the exchange says why it was cancelled
};

/// "gemini from openai_chat, stream".
std::string pair_name(std::size_t index) {
  constexpr std::size_t kCount = dialect::kDialects.size();
  std::string name(to_string(dialect::kDialects[index / 2 / kCount]));
  name.append(" from ").append(to_string(dialect::kDialects[index / 2 % kCount]));
  return name + (index % 2 == 0 ? ", document" : ", stream");
}

/// Passed through, and counted by probes of their own.
bool is_chat_alone(std::size_t index) { return index == 1; }

bool out_of_reach(Fault fault) { return std::ranges::find(kOutOfReach, fault) != std::end(kOutOfReach); }

void print_row(Bytes name, std::uint64_t count) {
  std::printf("  %-50.*s %8" PRIu64 "%s\n", static_cast<int>(name.size()), name.data(), count,
              count == 0 ? "   never" : "");
}

}  // namespace

void Census::add(const Outcome& outcome) {
  for (std::size_t i = 0; i < events_.size(); ++i) events_[i] += outcome.events[i];
  for (std::size_t i = 0; i < probes_.size(); ++i) probes_[i] += outcome.probes[i];
  for (std::size_t i = 0; i < faults_.size(); ++i) faults_[i] += outcome.faults[i];
  for (std::size_t i = 0; i < pairs_.size(); ++i) pairs_[i] += outcome.pairs[i];
  exchanges_ += outcome.exchanges;
}

void Census::print() const {
  std::printf("the kernel and the network\n");
  for (std::size_t i = 0; i < events_.size(); ++i) print_row(io::kSimEvents[i].name, events_[i]);
  std::printf("how exchanges ended\n");
  for (std::size_t i = 0; i < faults_.size(); ++i)
    if (!out_of_reach(static_cast<Fault>(i))) print_row(to_string(static_cast<Fault>(i)), faults_[i]);
  std::printf("moments\n");
  for (std::size_t i = 0; i < probes_.size(); ++i) print_row(kProbeNames[i], probes_[i]);
  std::printf("who heard whom\n");
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    if (!is_chat_alone(i)) print_row(pair_name(i), pairs_[i]);
}

bool Census::complete() const {
  bool complete = true;
  const auto want = [&](Bytes name, std::uint64_t count) {
    if (count > 0) return;
    complete = false;
    std::printf("census: %.*s never happened\n", static_cast<int>(name.size()), name.data());
  };
  for (std::size_t i = 0; i < events_.size(); ++i) want(io::kSimEvents[i].name, events_[i]);
  for (std::size_t i = 0; i < faults_.size(); ++i)
    if (!out_of_reach(static_cast<Fault>(i))) want(to_string(static_cast<Fault>(i)), faults_[i]);
  for (std::size_t i = 0; i < probes_.size(); ++i) want(kProbeNames[i], probes_[i]);
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    if (!is_chat_alone(i)) want(pair_name(i), pairs_[i]);
  return complete;
}

}  // namespace weir::sim
