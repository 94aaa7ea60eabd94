// What the scenarios for names need: a loop with a resolver, and name servers that say what a test wants. The same
// interface twice: a small DNS server on a loopback socket for CaresNames, the table of SimNetwork for SimNames.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/io/loop.h"
#include "weir/io/names.h"
#include "weir/io/scope.h"

namespace weir::io::test {

class NamesStage {
 public:
  NamesStage();
  ~NamesStage();
  NamesStage(const NamesStage&) = delete;
  NamesStage& operator=(const NamesStage&) = delete;

  Loop& loop();
  Names& names();
  /// From now on the servers know `host`; without addresses it exists, but has none.
  void know(const std::string& host, std::vector<NameAddress> addresses);
  /// From now on the servers answer every question with a server failure, or not at all.
  void fail();
  void fall_silent();

  void turn();
  /// Turns until the condition holds; false after about five seconds without.
  bool until(const std::function<bool()>& condition);
  void close();

 private:
  struct World;
  std::unique_ptr<World> world_;
};

/// Short, so that a test of silence is one.
inline NameOptions quick_options() {
  NameOptions options;
  options.attempt_timeout = 40ms;
  options.attempts = 2;
  return options;
}

}  // namespace weir::io::test
