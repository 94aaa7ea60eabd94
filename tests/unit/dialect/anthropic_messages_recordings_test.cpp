// Replays the shared recordings of Anthropic Messages and of endpoints compatible with it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/dialect/recorded.h"
#include "weir/dialect/anthropic_messages_decoder.h"

namespace weir::dialect {
namespace {

using namespace test;
using Runner = BasicStreamRunner<anthropic_messages::Decoder>;

TEST(AnthropicRecordings, Answers) {
  const fs::path folder = shared_data() / "recordings/anthropic/anthropic-messages";
  SKIP_WITHOUT(folder);
  dom::parser parser;
  int replayed = 0, errors = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().string());
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    const std::string body = string_at(file, "/response/body");
    dom::element expect;
    if (file.at_pointer("/expect").get(expect) != simdjson::SUCCESS || expect.is_null()) {
      Runner runner;
      replay(runner, body, false, body.size());
      EXPECT_TRUE(runner.decoder.failed());
      EXPECT_EQ(to_string(runner.decoder.error().error_class), string_at(file, "/expect_error/class"));
      ++errors;
      continue;
    }
    for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{113}}) {
      Runner runner;
      replay(runner, body, false, piece);
      compare(runner, expect);
      EXPECT_EQ(runner.facts, runner.tap_facts);
      EXPECT_EQ(runner.decoder.complete(), runner.tap.complete());
      EXPECT_EQ(runner.decoder.finish_reason(), runner.tap.finish_reason());
      if (::testing::Test::HasFailure()) return;
    }
    ++replayed;
  }
  EXPECT_GE(replayed, 150);
  EXPECT_GE(errors, 3);
}

TEST(StreamEdge, AnthropicMessages) {
  const fs::path folder = shared_data() / "conformance/stream-edge";
  SKIP_WITHOUT(folder);
  const std::set<std::string> failing = {"anthropic-eof-mid-block", "anthropic-error-before-start",
                                         "anthropic-error-mid-stream"};
  // What these expect is HTTP status and headers: the business of other rooms.
  const std::set<std::string> other_rooms = {"errors-anthropic-429", "errors-anthropic-529"};
  dom::parser parser;
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    const std::string id = string_at(file, "/id");
    if (string_at(file, "/upstream_dialect") != "anthropic-messages" || other_rooms.contains(id)) continue;
    SCOPED_TRACE(id);
    std::string body;
    Runner as_given;
    for (const std::string& piece : segments_of(file)) {
      as_given.feed(piece);
      body += piece;
    }
    as_given.finish(string_at(file, "/upstream/close") == "reset");
    compare(as_given, file.at_pointer("/expect").value_unsafe());
    EXPECT_EQ(as_given.decoder.failed(), failing.contains(id));
    EXPECT_EQ(as_given.facts, as_given.tap_facts);
    Runner by_byte;
    replay(by_byte, body, string_at(file, "/upstream/close") == "reset", 1);
    EXPECT_EQ(by_byte.lines, as_given.lines);
    ++replayed;
  }
  EXPECT_GE(replayed, 13);
}

}  // namespace
}  // namespace weir::dialect
