// Replays the shared collection of real answers and edge cases, where it is present: WEIR_SHARED, or ../shared beside
// the source tree. Its `expect` was made by an independent decoder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/dialect/openai_chat.h"

namespace weir::dialect {
namespace {

using test::Answer;
using test::StreamRunner;
using test::unescaped;
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

fs::path shared_data() {
  const char* given = std::getenv("WEIR_SHARED");
  return (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data";
}

/// The string at a JSON pointer, "" when it is absent or null.
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

void compare_answer(const Answer& answer, const dom::element& expect) {
  if (has(expect, "/text")) EXPECT_EQ(unescaped(answer.text), string_at(expect, "/text"));
  if (has(expect, "/reasoning_text")) EXPECT_EQ(unescaped(answer.reasoning), string_at(expect, "/reasoning_text"));
  if (has(expect, "/refusal")) EXPECT_EQ(unescaped(answer.refusal), string_at(expect, "/refusal"));
  if (has(expect, "/finish_reason_native")) EXPECT_EQ(answer.finish_native, string_at(expect, "/finish_reason_native"));
  // "unspecified" is what an encoder turns into stop or tool_calls; that is not the decoder's guess to make.
  if (has(expect, "/finish_reason_openai") && answer.finish != FinishReason::unspecified) {
    std::string wanted = string_at(expect, "/finish_reason_openai");
    if (wanted == "eos") wanted = "stop";  // kept there as Together wrote it
    EXPECT_EQ(to_string(answer.finish), wanted == "function_call" ? "tool_calls" : wanted);
  }
  dom::array calls;
  if (expect.at_pointer("/tool_calls").get(calls) != simdjson::SUCCESS) return;
  ASSERT_EQ(answer.tool_calls.size(), calls.size());
  std::size_t i = 0;
  for (const dom::element call : calls) {
    const test::ToolCall& told = answer.tool_calls[i++];
    if (const std::string id = string_at(call, "/id"); !id.starts_with('<')) EXPECT_EQ(told.id, id);
    EXPECT_EQ(told.name, string_at(call, "/name"));
    const std::string arguments = unescaped(told.arguments);
    if (has(call, "/arguments_text")) {
      EXPECT_EQ(arguments, string_at(call, "/arguments_text"));
    } else if (has(call, "/arguments")) {
      EXPECT_EQ(minified(arguments.empty() ? "{}" : Bytes(arguments)),
                simdjson::minify(call.at_pointer("/arguments").value_unsafe()));
    }
  }
}

void compare(const StreamRunner& runner, const dom::element& expect) {
  EXPECT_EQ(runner.checker.broken_law(), "");
  dom::array choices;
  if (expect.at_pointer("/choices").get(choices) == simdjson::SUCCESS) {
    std::uint32_t choice = 0;
    for (const dom::element one : choices) {
      ASSERT_TRUE(runner.answers.contains(choice));
      compare_answer(runner.answers.at(choice++), one);
    }
  } else if (runner.answers.contains(0)) {
    compare_answer(runner.answers.at(0), expect);
  } else {
    compare_answer({}, expect);
  }
  if (has(expect, "/usage_normalised")) {
    const NestedUsage& usage = runner.decoder.nested_usage();
    EXPECT_EQ(usage.get(NestedUsage::input_total), number_at(expect, "/usage_normalised/input_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::output_total), number_at(expect, "/usage_normalised/output_tokens"));
    if (has(expect, "/usage_normalised/cached_read_tokens"))  // theirs overlooks some of the fields that tell it
      EXPECT_EQ(usage.get(NestedUsage::cache_read), number_at(expect, "/usage_normalised/cached_read_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::cache_write), number_at(expect, "/usage_normalised/cache_write_tokens"));
    EXPECT_EQ(usage.get(NestedUsage::reasoning), number_at(expect, "/usage_normalised/reasoning_tokens"));
    EXPECT_EQ(runner.tap.usage(), runner.decoder.usage());
  }
}

/// White space may come first: some providers keep the connection awake with it.
bool is_document(Bytes body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != Bytes::npos && body[first] == '{';
}

void replay(StreamRunner& runner, Bytes body, bool torn, std::size_t piece) {
  if (is_document(body)) return runner.document(body);
  for (std::size_t at = 0; at < body.size(); at += piece) runner.feed(body.substr(at, piece));
  runner.finish(torn);
}

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

#define SKIP_WITHOUT(path)                                            \
  if (!fs::exists(path))                                              \
  GTEST_SKIP() << "the shared data are not here (" << (path).string() \
               << "); set WEIR_SHARED to the folder that holds data/recordings"

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
    dom::array segments;
    ASSERT_EQ(file.at_pointer("/upstream/segments_b64").get(segments), simdjson::SUCCESS);
    std::vector<std::string> pieces;
    for (const dom::element segment : segments) pieces.push_back(base64_decoded(std::string_view(segment)));
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
