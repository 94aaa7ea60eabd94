#include "access_log.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "weir/codec/json_reader.h"

namespace weir::gateway {
namespace {

std::string decoded(const codec::JsonString& string) {
  std::string out;
  codec::decode_json_string(
      string.raw,
      [](void* receiver, Bytes part) {
        static_cast<std::string*>(receiver)->append(part);
        return true;
      },
      &out);
  return out;
}

/// The members of a line, strings decoded, everything else as written. Fails when the line is not one JSON object in
/// one line, or has a member twice.
/// One for all tests, as a shard has one for all its lines.
Bytes at(std::int64_t unix_ns) {
  static LogTime time;
  return time.text(WallTime{unix_ns});
}

std::map<std::string, std::string> read(const AccessLine& line) {
  std::map<std::string, std::string> members;
  EXPECT_EQ(line.bytes().find_first_of("\r\n"), Bytes::npos);
  codec::JsonReader json(line.bytes());
  codec::JsonString key;
  EXPECT_TRUE(json.enter_object());
  while (json.next_member(key)) {
    std::string value;
    if (json.peek() == codec::JsonType::string) {
      codec::JsonString text;
      EXPECT_TRUE(json.read_string(text));
      value = decoded(text);
    } else {
      Bytes raw;
      EXPECT_TRUE(json.raw_value(raw));
      value = raw;
    }
    EXPECT_TRUE(members.emplace(decoded(key), value).second) << key.raw;
  }
  EXPECT_TRUE(json.finish()) << line.bytes();
  return members;
}

TEST(AccessLine, SaysWhatHappened) {
  Record record;
  record.id = 0x0123456789abcdef;
  record.status = 200;
  record.key = "team-a";
  record.model.assign("fast");
  record.provider = "openai";
  record.model_id = "gpt-4o-mini";
  record.provider_dialect = dialect::Dialect::gemini;
  record.stream = true;
  record.attempts = 2;
  record.tries = 2;
  record.trail.assign("azure/gpt-4o-mini 503");
  record.stitched = 1;
  record.fault = Fault::upstream_reset;
  record.finish = dialect::FinishReason::stop;
  record.usage = {.input = 10, .cache_read = 3, .output = 7, .reported = true};
  record.cost_nano_usd = 4100;
  record.cost_known = true;
  record.request_bytes = 123;
  record.answer_bytes = 4567;
  record.connect_ns = 0;
  record.ttfb_ns = 1'999;
  record.total_ns = 5'000'000;
  record.overhead_ns = 42;
  const AccessLine line(record, at(1'700'000'000'123'000'000));
  const auto members = read(line);
  const std::map<std::string, std::string> expected = {
      {"time", "2023-11-14T22:13:20.123Z"},
      {"id", "0123456789abcdef"},
      {"status", "200"},
      {"key", "team-a"},
      {"model", "fast"},
      {"deployment", "openai/gpt-4o-mini"},
      {"stream", "true"},
      {"attempts", "2"},
      {"trail", "azure/gpt-4o-mini 503"},
      {"stitched", "1"},
      {"dialect", "openai_chat"},
      {"provider_dialect", "gemini"},
      {"fault", std::string(to_string(Fault::upstream_reset))},
      {"finish", std::string(to_string(dialect::FinishReason::stop))},
      {"usage", R"({"input":10,"cache_read":3,"output":7})"},
      {"cost_nano_usd", "4100"},
      {"request_bytes", "123"},
      {"answer_bytes", "4567"},
      {"connect_us", "0"},
      {"ttfb_us", "1"},
      {"total_us", "5000"},
      {"overhead_ns", "42"},
  };
  EXPECT_EQ(members, expected);
}

TEST(AccessLine, LeavesOutWhatDidNotComeToPass) {
  const AccessLine line(Record{}, at(0));
  const auto members = read(line);
  for (const char* absent :
       {"key", "model", "deployment", "fault", "finish", "usage", "connect_us", "ttfb_us", "ttft_us", "overhead_ns"})
    EXPECT_FALSE(members.contains(absent)) << absent;
  EXPECT_EQ(members.at("time"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(members.at("id"), "0000000000000000");
}

TEST(AccessLine, WritesDatesOfEveryKind) {
  for (const auto& [seconds, text] : std::vector<std::pair<std::int64_t, const char*>>{
           {951'782'399, "2000-02-28T23:59:59.999Z"},
           {951'782'400, "2000-02-29T00:00:00.999Z"},
           {1'709'164'800, "2024-02-29T00:00:00.999Z"},
           {1'709'251'200, "2024-03-01T00:00:00.999Z"},
           {1'735'689'599, "2024-12-31T23:59:59.999Z"},
           {1'735'689'600, "2025-01-01T00:00:00.999Z"},
           {4'107'542'399, "2100-02-28T23:59:59.999Z"},
           {4'107'542'400, "2100-03-01T00:00:00.999Z"},
       })
    EXPECT_EQ(read(AccessLine(Record{}, at(seconds * 1'000'000'000 + 999'999'999))).at("time"), text);
}

// What a client writes into its request must not be able to write a line of its own, or to break ours.
TEST(AccessLine, HostileNamesStayInsideTheirStrings) {
  for (const std::string& name : {
           std::string("\"},{\"status\":999,\"x\":\""),
           std::string("a\nb\r\n{\"status\":1}"),
           std::string("\\"),
           std::string("back\\\"slash\\"),
           std::string("\0zero", 5),
           std::string("\x01\x1f\x7f"),
           std::string("\u00e9\U0001F600 \u2028"),
       }) {
    Record record;
    record.model.assign(name);
    record.provider = name;
    record.model_id = "m";
    record.key = name;
    const auto members = read(AccessLine(record, at(0)));
    EXPECT_EQ(members.at("model"), name);
    EXPECT_EQ(members.at("deployment"), name + "/m");
    EXPECT_EQ(members.at("key"), name);
    EXPECT_EQ(members.at("status"), "0");
  }
}

// Bytes that are no UTF-8, and characters that the bound of a text cuts in half.
TEST(AccessLine, BrokenTextIsStillJson) {
  for (const std::string& name :
       {std::string("\xff\xfe"), std::string("\xc3"), std::string("a\xed\xa0\x80z"), std::string(95, 'x') + "\u00e9",
        std::string(94, 'x') + "\U0001F600", std::string(127, 'x') + "\u00e9", std::string(500, '\xf0')}) {
    Record record;
    record.model.assign(name);
    record.provider = name;
    record.model_id = "m";
    record.key = name;
    read(AccessLine(record, at(0)));
  }
}

TEST(AccessLine, HasATrailWhereMoreThanOneWasTried) {
  Record record;
  record.trail.assign("a/m 400");
  record.tries = record.attempts = 1;
  EXPECT_FALSE(read(AccessLine(record, at(0))).contains("trail"));  // the status says it
  record.exhausted = true;
  const AccessLine lone(record, at(0));
  EXPECT_EQ(read(lone).at("trail"), "a/m 400");
  EXPECT_EQ(read(lone).at("exhausted"), "true");
  record.exhausted = false;
  record.tries = 2;  // it could not be given to the first one
  const AccessLine second(record, at(0));
  EXPECT_EQ(read(second).at("trail"), "a/m 400");
  EXPECT_FALSE(read(second).contains("exhausted"));
}

TEST(AccessLine, CutsATrailAtAWholeEntry) {
  const std::string entry = "provider/a-model-of-some-length 503";  // 35
  Record record;
  record.tries = 9;
  for (int i = 0; i < 5; ++i) record.trail.append((i > 0 ? ", " : "") + entry);
  EXPECT_EQ(read(AccessLine(record, at(0))).at("trail"), record.trail.view());  // 183
  record.trail.append(", " + entry);
  EXPECT_EQ(read(AccessLine(record, at(0))).at("trail"), record.trail.view().substr(0, 183));
  record.trail.assign(std::string(300, 'x'));
  EXPECT_EQ(read(AccessLine(record, at(0))).at("trail"), std::string(192, 'x'));
}

// The line is built in a fixed place: the largest one that can be must fit.
TEST(AccessLine, TheLargestRecordFits) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMostTokens = static_cast<std::uint64_t>(kMost);
  const std::string worst(1000, '\x01');
  Record record;
  record.id = ~std::uint64_t{0};
  record.model.assign(worst);
  record.provider = record.model_id = worst;
  record.key = worst;
  record.status = std::numeric_limits<int>::min();
  record.attempts = std::numeric_limits<int>::max();
  record.stitched = std::numeric_limits<int>::max();
  record.tries = 2;
  record.trail.assign(worst);
  record.exhausted = true;
  record.detail.assign(worst);
  record.fault = Fault::expectation_unsupported;
  record.finish = dialect::FinishReason::content_filter;
  record.usage = {kMostTokens, kMostTokens, kMostTokens, kMostTokens, kMostTokens, kMostTokens, kMostTokens, true};
  record.cost_nano_usd = std::numeric_limits<std::int64_t>::min();
  record.cost_known = true;
  record.request_bytes = record.answer_bytes = kMostTokens;
  record.connect_ns = record.ttfb_ns = record.ttft_ns = record.total_ns = kMost;
  record.overhead_ns = std::numeric_limits<std::int64_t>::min();
  const AccessLine line(record, at(kMost));
  const auto members = read(line);
  EXPECT_EQ(members.at("model"), std::string(96, '\x01'));
  EXPECT_EQ(members.at("key"), std::string(128, '\x01'));
  EXPECT_EQ(members.at("trail"), std::string(192, '\x01'));
  EXPECT_EQ(members.at("overhead_ns"), std::to_string(record.overhead_ns));
}

}  // namespace
}  // namespace weir::gateway
