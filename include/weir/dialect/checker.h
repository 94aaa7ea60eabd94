// The laws of the event stream, as a machine that watches one. Used by tests, fuzzers and the simulation; not in the
// path of a request.
//
//   begin        first (only ping, extra and fault may come before), once
//   block_begin  index counts up from 0 within a choice; never in a finished choice
//   block_delta  inside an open block; never empty
//   block_end    closes exactly one open block
//   citation     before its choice finishes; cites something
//   usage        a cumulative snapshot that replaces the last one; numbers may be corrected downwards by the provider
//   finish       once per choice, when no block of it is open
//   fault        terminal: only ping and extra may follow
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "weir/dialect/event.h"

namespace weir::dialect {

class Checker {
 public:
  /// Watches events. False once a law has been broken; broken_law() then names it.
  bool take(std::span<const Event> events);
  /// The stream is over: false when it neither failed nor finished everything it began.
  bool end();

  const std::string& broken_law() const { return broken_law_; }
  bool failed() const { return failed_; }

 private:
  void watch(const Event& event);
  void expect(bool holds, const char* law);

  using BlockId = std::pair<std::uint32_t, std::uint32_t>;
  std::set<BlockId> open_;
  std::map<std::uint32_t, std::uint32_t> next_index_;
  std::set<std::uint32_t> finished_;
  bool begun_ = false;
  bool failed_ = false;
  std::string broken_law_;
};

}  // namespace weir::dialect
