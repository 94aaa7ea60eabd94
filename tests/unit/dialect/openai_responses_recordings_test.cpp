// Replays the shared collection of real Responses answers and edge cases, where it is present: WEIR_SHARED, or
// ../shared beside the source tree. Its `expect` was made by an independent decoder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/dialect/openai_responses_decoder.h"

namespace weir::dialect {
namespace {

using Runner = test::BasicStreamRunner<openai_responses::Decoder>;
using test::unescaped;
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

fs::path shared_data() {
  const char* given = std::getenv("WEIR_SHARED");
  return (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data";
}

std::string string_at(const dom::element& root, const char* pointer) {
  std::string_view value;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS ? std::string(value) : "";
}
std::uint64_t number_at(const dom::element& root, const char* pointer) {
  std::uint64_t value = 0;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS ? value : 0;
}
bool has(const dom::element& root, const char* pointer) {
  dom::element value;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS && !value.is_null();
}

std::string minified(Bytes json) {
  dom::parser parser;
  dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS) return "?" + std::string(json);
  return simdjson::minify(value);
}

void compare(Runner& runner, const dom::element& expect) {
  EXPECT_EQ(runner.checker.broken_law(), "");
  const test::Answer& answer = runner.answers[0];
  EXPECT_EQ(runner.decoder.failed(), has(expect, "/stream_error"));
  if (runner.decoder.failed()) return;
  if (has(expect, "/text")) EXPECT_EQ(unescaped(answer.text), string_at(expect, "/text"));
  EXPECT_EQ(unescaped(answer.reasoning), string_at(expect, "/reasoning_text"));
  if (has(expect, "/finish_reason_native")) EXPECT_EQ(answer.finish_native, string_at(expect, "/finish_reason_native"));
  if (has(expect, "/finish_reason_openai"))
    EXPECT_EQ(to_string(answer.finish), string_at(expect, "/finish_reason_openai"));
  if (has(expect, "/usage_normalised")) {
    const Usage usage = runner.decoder.usage();
    EXPECT_EQ(usage.input_total(), number_at(expect, "/usage_normalised/input_tokens"));
    EXPECT_EQ(usage.output_total(), number_at(expect, "/usage_normalised/output_tokens"));
    EXPECT_EQ(usage.cache_read, number_at(expect, "/usage_normalised/cached_read_tokens"));
    EXPECT_EQ(usage.cache_write, number_at(expect, "/usage_normalised/cache_write_tokens"));
    EXPECT_EQ(usage.reasoning, number_at(expect, "/usage_normalised/reasoning_tokens"));
    EXPECT_EQ(runner.tap.usage(), usage);
  }
  EXPECT_EQ(runner.tap.complete(), runner.decoder.complete());
  EXPECT_EQ(runner.tap.finish_reason(), runner.decoder.finish_reason());
  dom::array calls;
  if (expect.at_pointer("/tool_calls").get(calls) != simdjson::SUCCESS) {
    EXPECT_TRUE(answer.tool_calls.empty());
    return;
  }
  ASSERT_EQ(answer.tool_calls.size(), calls.size());
  std::size_t i = 0;
  for (const dom::element call : calls) {
    const test::ToolCall& told = answer.tool_calls[i++];
    EXPECT_EQ(told.id, string_at(call, "/id"));
    EXPECT_EQ(told.name, string_at(call, "/name"));
    const std::string arguments = unescaped(told.arguments);
    if (has(call, "/arguments_text")) {
      EXPECT_EQ(arguments, string_at(call, "/arguments_text"));
    } else {
      EXPECT_EQ(minified(arguments), simdjson::minify(call.at_pointer("/arguments").value_unsafe()));
    }
  }
}

std::string base64_decoded(Bytes text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  constexpr Bytes kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == Bytes::npos) break;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if ((count += 6) >= 8) out += static_cast<char>(bits >> (count -= 8));
  }
  return out;
}

bool is_document(Bytes body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != Bytes::npos && body[first] == '{';
}

void replay(Runner& runner, Bytes body, std::size_t piece) {
  if (is_document(body)) return runner.document(body);
  for (std::size_t at = 0; at < body.size(); at += piece) runner.feed(body.substr(at, piece));
  runner.finish();
}

#define SKIP_WITHOUT(path)                                            \
  if (!fs::exists(path))                                              \
  GTEST_SKIP() << "the shared data are not here (" << (path).string() \
               << "); set WEIR_SHARED to the folder that holds data/recordings"

TEST(ResponsesRecordings, AllProviders) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  int replayed = 0, failed = 0, not_interpreted = 0;
  dom::parser parser;
  for (const auto& provider : fs::directory_iterator(root)) {
    const fs::path folder = provider.path() / "openai-responses";
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      SCOPED_TRACE(entry.path().string());
      dom::element file;
      ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
      const std::string body = string_at(file, "/response/body");
      dom::element expect;
      const bool expected = file.at_pointer("/expect").get(expect) == simdjson::SUCCESS && !expect.is_null();
      if (!expected) {
        // Errors; and a recording that lost a brace.
        Runner runner;
        replay(runner, body, body.size());
        EXPECT_TRUE(runner.decoder.failed());
        EXPECT_EQ(runner.checker.broken_law(), "");
        ++failed;
        continue;
      }
      const bool in_background = string_at(expect, "/finish_reason_native") == "queued";
      for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{113}}) {
        Runner runner;
        replay(runner, body, piece);
        if (in_background) {
          EXPECT_FALSE(runner.decoder.complete());
          EXPECT_EQ(runner.lines.find("finish"), std::string::npos);
        } else {
          compare(runner, expect);
        }
        EXPECT_EQ(runner.facts, runner.tap_facts);
        if (::testing::Test::HasFailure()) return;
      }
      ++replayed;
      not_interpreted += has(expect, "/other_items");
    }
  }
  EXPECT_GE(replayed, 278);
  EXPECT_GE(failed, 10);
  EXPECT_GE(not_interpreted, 66);
}

TEST(ResponsesStreamEdge, All) {
  const fs::path folder = shared_data() / "conformance/stream-edge";
  SKIP_WITHOUT(folder);
  dom::parser parser;
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    if (string_at(file, "/upstream_dialect") != "openai-responses") continue;
    SCOPED_TRACE(string_at(file, "/id"));
    dom::array segments;
    ASSERT_EQ(file.at_pointer("/upstream/segments_b64").get(segments), simdjson::SUCCESS);
    std::string body;
    for (const dom::element segment : segments) body += base64_decoded(std::string_view(segment));
    Runner as_given;
    replay(as_given, body, body.size());
    compare(as_given, file.at_pointer("/expect").value_unsafe());
    Runner by_byte;
    replay(by_byte, body, 1);
    EXPECT_EQ(by_byte.lines, as_given.lines);
    ++replayed;
  }
  EXPECT_GE(replayed, 4);
}

}  // namespace
}  // namespace weir::dialect
