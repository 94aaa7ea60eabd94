// What only the real resolver has: the hosts file, and names that no server is asked for.
#include <gtest/gtest.h>

#include "names_stage.h"

namespace weir::io::test {
namespace {

struct Answer : Lookup {
  Answer() : Lookup(&on_answer) {}
  static void on_answer(Lookup& lookup, const NameAnswer& answer) {
    auto& self = static_cast<Answer&>(lookup);
    self.status = answer.status;
    self.loopback = !answer.addresses.empty();
    for (const NameAddress& one : answer.addresses) self.loopback = self.loopback && one.address.loopback();
  }
  NameStatus status = NameStatus::cancelled;
  bool loopback = false;
};

TEST(CaresNames, KnowsLocalhostWhileTheServersAreSilent) {
  NamesStage stage;
  stage.fall_silent();
  for (const Bytes host : {"localhost", "LOCALHOST", "127.0.0.1", "::1"}) {
    Answer answer;
    stage.names().start(answer, host);
    EXPECT_EQ(answer.status, NameStatus::cancelled) << "an answer from inside the call";
    ASSERT_TRUE(stage.until([&] { return !answer.in_flight(); })) << host;
    EXPECT_EQ(answer.status, NameStatus::found) << host;
    EXPECT_TRUE(answer.loopback) << host;
  }
}

}  // namespace
}  // namespace weir::io::test
