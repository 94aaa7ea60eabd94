// The events of two answers as those of one: the text goes on, nothing comes twice, and the laws of dialect/checker.h
// hold for what the client gets.
#include "continued.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "weir/dialect/checker.h"

namespace weir::gateway {
namespace {

using dialect::Begin;
using dialect::BlockBegin;
using dialect::BlockDelta;
using dialect::BlockEnd;
using dialect::BlockKind;
using dialect::Citation;
using dialect::Event;
using dialect::FaultReport;
using dialect::Finish;
using dialect::FinishReason;
using dialect::UsageReport;

/// What the client gets, block by block.
class Client {
 public:
  void take(std::span<const Event> events) {
    EXPECT_TRUE(checker_.take(events)) << checker_.broken_law();
    for (const Event& event : events) {
      if (const auto* begin = std::get_if<BlockBegin>(&event)) blocks.emplace_back(to_string(begin->kind)) += ':';
      if (const auto* delta = std::get_if<BlockDelta>(&event)) blocks[delta->index] += delta->text;
      if (const auto* report = std::get_if<UsageReport>(&event)) usage = report->usage;
      if (std::holds_alternative<Begin>(event)) ++begins;
      if (const auto* finish = std::get_if<Finish>(&event)) reason = finish->reason;
    }
  }
  bool is_whole() { return checker_.end(); }

  std::vector<std::string> blocks;
  dialect::Usage usage;
  int begins = 0;
  FinishReason reason = FinishReason::unspecified;

 private:
  dialect::Checker checker_;
};

class Answer {
 public:
  Answer& events(std::vector<Event> list) {
    client.take(continued.take(list));
    return *this;
  }
  Answer& begin() { return events({Begin{.id = "a", .model = "m"}}); }
  Answer& open(std::uint32_t index, BlockKind kind = BlockKind::text) {
    return events({BlockBegin{.index = index, .kind = kind, .name = "f", .signature = "seal"}});
  }
  Answer& say(Bytes text, std::uint32_t index = 0) { return events({BlockDelta{.index = index, .text = text}}); }
  Answer& close(std::uint32_t index = 0) { return events({BlockEnd{.index = index, .signature = "seal"}}); }
  Answer& finish(FinishReason reason = FinishReason::stop) { return events({Finish{.reason = reason}}); }
  Answer& resume(bool repeats = false, const dialect::Usage& spent = {}) {
    EXPECT_TRUE(continued.can_go_on());
    continued.resume(spent, repeats);
    return *this;
  }

  Continued continued;
  Client client;
};

/// A text that was cut behind `said`, continued by `rest`, whose deltas are cut at `first` and `second`.
std::string joined(Bytes said, Bytes rest, bool repeats, std::size_t first, std::size_t second) {
  Answer answer;
  answer.begin().open(0).say(said).resume(repeats).begin().open(0);
  std::size_t from = 0;
  for (const std::size_t to : {first, second, rest.size()})
    if (const Bytes piece = rest.substr(from, to - from); !piece.empty()) {
      answer.say(piece);
      from = to;
    }
  answer.close().finish();
  EXPECT_TRUE(answer.client.is_whole());
  EXPECT_EQ(answer.client.begins, 1);
  EXPECT_EQ(answer.client.blocks.size(), 1U);
  return answer.client.blocks[0];
}

/// True where an escape or a character of several bytes would be cut: no provider does that.
bool cuts_a_character(Bytes text, std::size_t at) {
  if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) return true;
  const std::size_t escape = text.substr(0, at).rfind('\\');
  if (escape == Bytes::npos) return false;
  if (escape > 0 && text[escape - 1] == '\\') return false;  // the second half of one
  if (at == escape + 1) return true;
  const std::size_t size = text[escape + 1] == 'u' ? 6 : 2;
  const bool is_first_half = equals_ignore_case(text.substr(escape, 6), "\\ud83d");
  return at < escape + size || (is_first_half && at == escape + 6);
}

struct Join {
  const char* said;
  const char* rest;
  bool repeats;
  const char* text;  // all of it
};

TEST(Continued, WhatIsRepeatedIsToldOnceWhereverTheRestIsCut) {
  const Join joins[] = {
      {"one", ", two", false, "one, two"},
      {"one ", "two", false, "one two"},
      {"one ", " two", false, "one two"},
      {"one ", "  two", false, "one  two"},
      {"one\\n\\n", "\\n\\ntwo", false, "one\\n\\ntwo"},
      {"one\\n\\n", "\\ntwo", false, "one\\n\\ntwo"},
      {"one\\n\\n", " two", false, "one\\n\\n two"},
      {"one \\n", "\\n two", false, "one \\n\\n two"},
      {"one", "one", false, "oneone"},
      {"one \\u00e9", "", false, "one \\u00e9"},
      {" ", " one", false, " one"},
      {"one two", "one two, three", true, "one two, three"},
      {"one two ", "one two three", true, "one two three"},
      {"one two ", "one twothree", true, "one two three"},
      {"one two", ", three", true, "one two, three"},
      {"one two", "one three", true, "one twoone three"},
      {"one two ", " one three", true, "one two one three"},
      {"one two", "one two", true, "one two"},
      {"one two", "one", true, "one two"},
      {"\\u00e9\\/ \\ud83d\\ude00 \\\"x\\\\", "\u00e9/ \U0001F600 \\\"x\\\\ y", true,
       "\\u00e9\\/ \\ud83d\\ude00 \\\"x\\\\ y"},
      {"\u00e9/ \U0001F600 \\u0022x", "\\u00E9\\/ \\uD83D\\uDE00 \\\"x y", true, "\u00e9/ \U0001F600 \\u0022x y"},
      {"\\ud83d", "\\ud83d!", true, "\\ud83d!"},
  };
  for (const Join& join : joins) {
    const Bytes rest = join.rest;
    for (std::size_t first = 0; first <= rest.size(); ++first)
      for (std::size_t second = first; second <= rest.size(); ++second) {
        if (cuts_a_character(rest, first) || cuts_a_character(rest, second)) continue;
        ASSERT_EQ(joined(join.said, rest, join.repeats, first, second), "text:" + std::string(join.text))
            << join.said << '|' << rest << " cut at " << first << ", " << second;
      }
  }
}

TEST(Continued, WhatIsGivenToTheProviderHasNoSpaceAtItsEnd) {
  Answer answer;
  answer.begin().open(0).say("one \\t").say("two ").say("\\n\\r ");
  EXPECT_EQ(answer.continued.said(), "one \\ttwo");
}

TEST(Continued, UsageIsThatOfAllPartsTogether) {
  Answer answer;
  answer.begin().events({UsageReport{{.input = 10, .output = 1, .reported = true}}}).open(0).say("one");
  answer.resume(false, {.input = 10, .output = 3, .reported = true});
  answer.begin().events({UsageReport{{.input = 14, .reported = true}}});
  EXPECT_EQ(answer.client.usage, (dialect::Usage{.input = 24, .output = 3, .reported = true}));
  answer.open(0).say(" two").events({UsageReport{{.input = 14, .output = 2, .reported = true}}});
  answer.resume(false, {.input = 14, .output = 2, .reported = true});
  answer.open(0).say(" three").close().events({UsageReport{{.input = 20, .output = 9, .reported = true}}}).finish();
  EXPECT_EQ(answer.client.usage, (dialect::Usage{.input = 44, .output = 14, .reported = true}));
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one two three"});
  EXPECT_TRUE(answer.client.is_whole());
}

TEST(Continued, ThoughtsOfTheRestAreLeftOut) {
  Answer answer;
  answer.begin().open(0, BlockKind::reasoning).say("hm").close().open(1).say("one", 1).resume();
  answer.begin().open(0, BlockKind::reasoning).say("so").close().open(1).say(" two", 1).close(1).finish();
  EXPECT_EQ(answer.client.blocks, (std::vector<std::string>{"reasoning:hm", "text:one two"}));
  EXPECT_TRUE(answer.client.is_whole());
}

TEST(Continued, ATextThatHasEndedIsFollowedByAnother) {
  Answer answer;
  answer.begin().open(0).say("one").close().resume().begin().open(0).say(" two").close().finish();
  EXPECT_EQ(answer.client.blocks, (std::vector<std::string>{"text:one", "text: two"}));
}

TEST(Continued, NothingMoreMayBeSaid) {
  Answer answer;
  answer.begin().open(0).say("one").resume().begin().finish();
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one"});
  EXPECT_TRUE(answer.client.is_whole());
}

TEST(Continued, ACallOfTheRestComesBehindTheText) {
  Answer answer;
  answer.begin().open(0).say("one").resume().begin().open(0, BlockKind::tool_call);
  std::vector<Event> seen;
  answer.say("{}").close().open(1).say("two", 1).close(1).finish(FinishReason::tool_calls);
  EXPECT_EQ(answer.client.blocks, (std::vector<std::string>{"text:one", "tool_call:{}", "text:two"}));
  EXPECT_TRUE(answer.client.is_whole());
  EXPECT_EQ(answer.client.reason, FinishReason::tool_calls);
  EXPECT_FALSE(answer.continued.can_go_on());
}

TEST(Continued, SealsOfTheRestAreLeftOut) {
  Continued continued;
  const Event text[] = {BlockBegin{}, BlockDelta{.text = "one"}};
  continued.take(text);
  continued.resume({}, false);
  const Event call[] = {BlockBegin{.kind = BlockKind::tool_call, .id = "c", .name = "f", .signature = "seal"},
                        BlockEnd{.signature = "seal"}};
  const auto told = continued.take(call);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(std::get<BlockEnd>(told[0]).index, 0U);
  EXPECT_EQ(std::get<BlockBegin>(told[1]).index, 1U);
  EXPECT_EQ(std::get<BlockBegin>(told[1]).id, "c");
  EXPECT_EQ(std::get<BlockBegin>(told[1]).signature, "");
  EXPECT_EQ(std::get<BlockEnd>(told[2]).signature, "");
}

TEST(Continued, OtherChoicesOfTheRestAreLeftOut) {
  Answer answer;
  answer.begin().open(0).say("one").resume().begin().open(0);
  answer.events(
      {BlockBegin{.choice = 1}, BlockDelta{.choice = 1, .text = "no"}, BlockEnd{.choice = 1}, Finish{.choice = 1}});
  answer.say(" two").close().finish();
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one two"});
}

TEST(Continued, OnlyABeginningOfATextCanBeContinued) {
  const auto after = [](auto&& tell) {
    Answer answer;
    answer.begin().open(0).say("one");
    tell(answer);
    return answer.continued.can_go_on();
  };
  EXPECT_TRUE(after([](Answer&) {}));
  EXPECT_TRUE(after([](Answer& a) { a.close(); }));
  EXPECT_TRUE(after([](Answer& a) { a.close().open(1, BlockKind::reasoning).say("hm", 1).close(1); }));
  EXPECT_FALSE(after([](Answer& a) { a.close().open(1, BlockKind::reasoning).say("hm", 1); }));
  EXPECT_FALSE(after([](Answer& a) { a.open(1, BlockKind::tool_call); }));
  EXPECT_FALSE(after([](Answer& a) { a.close().open(1, BlockKind::refusal); }));
  EXPECT_FALSE(after([](Answer& a) { a.close().open(1, BlockKind::media); }));
  EXPECT_FALSE(after([](Answer& a) { a.events({Citation{.url = "https://example.com"}}); }));
  EXPECT_FALSE(after([](Answer& a) { a.events({BlockBegin{.choice = 1}}); }));
  EXPECT_FALSE(after([](Answer& a) { a.close().finish(); }));
}

TEST(Continued, ATextThatIsTooLongIsGivenUp) {
  Answer answer;
  const std::string piece(Continued::kMostSaid / 4, 'x');
  answer.begin().open(0);
  for (int i = 0; i < 4; ++i) answer.say(piece);
  EXPECT_TRUE(answer.continued.can_go_on());
  EXPECT_GE(answer.continued.bytes(), Continued::kMostSaid);
  answer.say("x");
  EXPECT_FALSE(answer.continued.can_go_on());
  EXPECT_LT(answer.continued.bytes(), 64U);
  EXPECT_EQ(answer.client.blocks[0].size(), Continued::kMostSaid + 6);
}

TEST(Continued, WhatIsGivenUpInTheMidstOfARepetitionIsNotToldTwice) {
  Answer answer;
  answer.begin().open(0).say("one two ").resume(true).begin().open(0).say("one");
  answer.continued.give_up();
  answer.say(" two").say(" three").close().finish();
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one two three"});
  EXPECT_FALSE(answer.continued.can_go_on());
}

TEST(Continued, WhatWasNoRepetitionIsNotHeldOnceItIsTold) {
  Answer answer;
  const std::string large(Continued::kMostSaid / 2, 'x');
  answer.begin().open(0).say("one two").resume(true).begin().open(0).say("one").say(large);
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one twoone" + large});
  const std::size_t held = answer.continued.bytes();
  answer.events({dialect::Ping{}});
  EXPECT_LT(answer.continued.bytes(), held - large.size() + 64);
}

TEST(Continued, ARepetitionThatWasCutIsNoText) {
  Answer answer;
  answer.begin().open(0).say("one two").resume(true).begin().open(0).say("one").resume(true);
  EXPECT_EQ(answer.continued.said(), "one two");
  answer.begin().open(0).say("one two three").close().finish();
  EXPECT_EQ(answer.client.blocks, std::vector<std::string>{"text:one two three"});
}

}  // namespace
}  // namespace weir::gateway
