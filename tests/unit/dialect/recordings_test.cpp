// Replays the shared collection of real answers and edge cases, where it is present.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "unit/dialect/recorded.h"
#include "weir/dialect/openai_chat.h"

namespace weir::dialect {
namespace {

using namespace test;

void replay_folder(const fs::path& folder, int& replayed, int& requests) {
  dom::parser parser;
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().string());
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    if (has(file, "/request/body") && string_at(file, "/request/body_encoding") == "utf8") {
      const std::string body = string_at(file, "/request/body");
      dom::parser request_parser;
      dom::element request;
      if (request_parser.parse(body).get(request) == simdjson::SUCCESS && has(request, "/model")) {
        const auto read = openai_chat::read_envelope(body);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->model(), string_at(request, "/model"));
        ++requests;
      }
    }
    dom::element expect;
    if (file.at_pointer("/expect").get(expect) != simdjson::SUCCESS || expect.is_null()) continue;
    ASSERT_EQ(string_at(file, "/response/body_encoding"), "utf8");
    const std::string body = string_at(file, "/response/body");
    for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{113}}) {
      StreamRunner runner;
      replay(runner, body, false, piece);
      compare(runner, expect);
      EXPECT_EQ(runner.facts, runner.tap_facts);
      if (::testing::Test::HasFailure()) return;
    }
    ++replayed;
  }
}

TEST(Recordings, OpenAi) {
  const fs::path folder = shared_data() / "recordings/openai/openai-chat";
  SKIP_WITHOUT(folder);
  int replayed = 0, requests = 0;
  replay_folder(folder, replayed, requests);
  EXPECT_GE(replayed, 75);
  EXPECT_GE(requests, 70);
}

TEST(Recordings, CompatibleProviders) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  int replayed = 0, requests = 0;
  for (const auto& provider : fs::directory_iterator(root)) {
    const fs::path folder = provider.path() / "openai-chat";
    if (provider.path().filename() != "openai" && fs::exists(folder)) replay_folder(folder, replayed, requests);
  }
  EXPECT_GE(replayed, 290);
}

TEST(StreamEdge, OpenAiChat) {
  const fs::path folder = shared_data() / "conformance/stream-edge";
  SKIP_WITHOUT(folder);
  // What these expect is not in their payloads: HTTP status, headers and connections are other rooms' business.
  const std::set<std::string> other_rooms = {"errors-429-insufficient-quota", "errors-429-openai-headers",
                                             "errors-empty-body-503", "errors-html-502"};
  const std::set<std::string> failing = {"openai-error-chunk-mid-stream", "openai-error-first-event",
                                         "openai-json-error-200",         "openai-reset-before-first-byte",
                                         "openai-reset-mid-event",        "openai-eof-before-finish"};
  dom::parser parser;
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    const std::string id = string_at(file, "/id");
    if (string_at(file, "/upstream_dialect") != "openai-chat" || other_rooms.contains(id)) continue;
    SCOPED_TRACE(id);
    std::string body;
    StreamRunner as_given;
    const bool torn = string_at(file, "/upstream/close") == "reset";
    const std::vector<std::string> pieces = segments_of(file);
    ASSERT_FALSE(pieces.empty());
    for (const std::string& piece : pieces) body += piece;
    if (is_document(body)) {
      as_given.document(body);
    } else {
      for (const std::string& piece : pieces) as_given.feed(piece);
      as_given.finish(torn);
    }
    const dom::element expect = file.at_pointer("/expect").value_unsafe();
    compare(as_given, expect);
    EXPECT_EQ(as_given.decoder.failed(), failing.contains(id));
    EXPECT_EQ(as_given.facts, as_given.tap_facts);
    if (has(expect, "/text_length_chars"))
      EXPECT_EQ(unescaped(as_given.answers[0].text).size(), number_at(expect, "/text_length_chars"));
    if (has(expect, "/text_if_passthrough"))
      EXPECT_EQ(unescaped(as_given.answers[0].text), string_at(expect, "/text_if_passthrough"));

    if (body.size() < 100'000) {
      StreamRunner by_byte;
      replay(by_byte, body, torn, 1);
      EXPECT_EQ(by_byte.lines, as_given.lines);
    }
    ++replayed;
  }
  EXPECT_GE(replayed, 50);
}

}  // namespace
}  // namespace weir::dialect
