// The contract of names_contract.h as scenarios. This file is compiled twice and must pass with both resolvers.
#include <gtest/gtest.h>

#include <algorithm>

#include "names_stage.h"

namespace weir::io::test {
namespace {

NameAddress address(Bytes ip, Duration ttl = 60s) { return {*Address::from_literal(ip, 0), ttl}; }

/// A question that keeps its answers.
class Question : public Lookup {
 public:
  Question() : Lookup(&on_answer) {}
  bool over() const { return !statuses.empty() && !in_flight(); }
  bool has(Bytes ip) const {
    return std::ranges::any_of(addresses, [&](const NameAddress& one) { return one.address == address(ip).address; });
  }
  std::vector<NameStatus> statuses;
  std::vector<NameAddress> addresses;  // of the last answer

 private:
  static void on_answer(Lookup& lookup, const NameAnswer& answer) {
    auto& self = static_cast<Question&>(lookup);
    EXPECT_EQ(answer.addresses.empty(), answer.status != NameStatus::found);
    EXPECT_TRUE(answer.status == NameStatus::found || !answer.more);
    self.statuses.push_back(answer.status);
    self.addresses.assign(answer.addresses.begin(), answer.addresses.end());
  }
};

class NamesContract : public ::testing::Test {
 protected:
  NamesStage stage_;
  NameStatus ask(Question& question, Bytes host) {
    stage_.names().start(question, host);
    EXPECT_TRUE(question.statuses.empty()) << "an answer from inside the call";
    EXPECT_TRUE(stage_.until([&] { return question.over(); }));
    return question.statuses.empty() ? NameStatus::cancelled : question.statuses.back();
  }
};

TEST_F(NamesContract, FindsBothFamiliesWithTheirTimes) {
  stage_.know("api.example", {address("192.0.2.1", 30s), address("192.0.2.2", 30s), address("2001:db8::1", 90s)});
  Question question;
  ASSERT_EQ(ask(question, "api.example"), NameStatus::found);
  ASSERT_EQ(question.addresses.size(), 3u);
  EXPECT_TRUE(question.has("192.0.2.1") && question.has("192.0.2.2") && question.has("2001:db8::1"));
  for (const NameAddress& one : question.addresses) {
    EXPECT_EQ(one.ttl, one.address.v6 ? 90s : 30s);
    EXPECT_EQ(one.address.port, 0);
  }
}

TEST_F(NamesContract, OneFamilyIsEnough) {
  stage_.know("four.example", {address("192.0.2.1")});
  stage_.know("six.example", {address("2001:db8::1")});
  Question four, six;
  EXPECT_EQ(ask(four, "four.example"), NameStatus::found);
  EXPECT_EQ(ask(six, "six.example"), NameStatus::found);
  EXPECT_TRUE(four.has("192.0.2.1") && six.has("2001:db8::1"));
}

TEST_F(NamesContract, TellsWhyThereIsNoAnswer) {
  stage_.know("empty.example", {});
  Question unknown, empty, failed, silent;
  EXPECT_EQ(ask(unknown, "unknown.example"), NameStatus::not_found);
  EXPECT_EQ(ask(empty, "empty.example"), NameStatus::not_found);
  stage_.fail();
  EXPECT_EQ(ask(failed, "unknown.example"), NameStatus::failed);
  stage_.fall_silent();
  EXPECT_EQ(ask(silent, "unknown.example"), NameStatus::timed_out);
}

TEST_F(NamesContract, AnswersManyAtOnce) {
  std::vector<std::unique_ptr<Question>> questions;
  for (int i = 0; i < 50; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    if (i % 5 != 0) stage_.know(host, {address("192.0.2." + std::to_string(i))});
    questions.push_back(std::make_unique<Question>());
    stage_.names().start(*questions.back(), host);
  }
  ASSERT_TRUE(stage_.until([&] { return std::ranges::all_of(questions, [](auto& one) { return one->over(); }); }));
  for (int i = 0; i < 50; ++i) {
    const Question& one = *questions[static_cast<std::size_t>(i)];
    EXPECT_EQ(one.statuses.back(), i % 5 != 0 ? NameStatus::found : NameStatus::not_found);
    if (i % 5 != 0) EXPECT_TRUE(one.has("192.0.2." + std::to_string(i)));
  }
}

TEST_F(NamesContract, CancelsOneAndNotTheOthers) {
  stage_.know("api.example", {address("192.0.2.1")});
  Question first, second;
  stage_.names().start(first, "api.example");
  stage_.names().start(second, "api.example");
  stage_.names().cancel(first);
  EXPECT_TRUE(first.in_flight()) << "cancelled from inside the call";
  ASSERT_TRUE(stage_.until([&] { return first.over() && second.over(); }));
  EXPECT_EQ(first.statuses, std::vector{NameStatus::cancelled});
  EXPECT_EQ(second.statuses, std::vector{NameStatus::found});
}

TEST_F(NamesContract, AsksAgainFromWithinAnAnswer) {
  stage_.know("api.example", {address("192.0.2.1")});
  struct Chain : Lookup {
    explicit Chain(Names& n) : Lookup(&on_answer), names(n) {}
    static void on_answer(Lookup& lookup, const NameAnswer& answer) {
      auto& self = static_cast<Chain&>(lookup);
      if (answer.status == NameStatus::found && ++self.answers < 5) self.names.start(self, "api.example");
    }
    Names& names;
    int answers = 0;
  } chain(stage_.names());
  stage_.names().start(chain, "api.example");
  EXPECT_TRUE(stage_.until([&] { return !chain.in_flight(); }));
  EXPECT_EQ(chain.answers, 5);
}

TEST_F(NamesContract, ClosingCancelsWhatIsUnderWay) {
  stage_.fall_silent();
  Question first, second;
  stage_.names().start(first, "a.example");
  stage_.names().start(second, "b.example");
  stage_.turn();
  stage_.turn();
  stage_.close();
  EXPECT_EQ(first.statuses, std::vector{NameStatus::cancelled});
  EXPECT_EQ(second.statuses, std::vector{NameStatus::cancelled});
}

}  // namespace
}  // namespace weir::io::test
