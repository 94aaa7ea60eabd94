// The shared collection of real answers and edge cases, where it is present: WEIR_SHARED, or ../shared beside the
// source tree. Its `expect` was made by an independent decoder. Here: how an answer of any dialect is compared with it.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/dialect/any_dialect.h"
#include "unit/dialect/source_root.h"

namespace weir::dialect::test {

namespace fs = std::filesystem;
namespace dom = simdjson::dom;

inline fs::path shared_data() {
  const char* given = std::getenv("WEIR_SHARED");
  return (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data";
}

#define SKIP_WITHOUT(path)                                            \
  if (!fs::exists(path))                                              \
  GTEST_SKIP() << "the shared data are not here (" << (path).string() \
               << "); set WEIR_SHARED to the folder that holds data/recordings"

/// The string at a JSON pointer, "" when it is absent or null.
inline std::string string_at(const dom::element& root, const char* pointer) {
  std::string_view value;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS ? std::string(value) : "";
}
inline std::uint64_t number_at(const dom::element& root, const char* pointer) {
  std::uint64_t value = 0;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS ? value : 0;
}
inline bool has(const dom::element& root, const char* pointer) {
  dom::element value;
  return root.at_pointer(pointer).get(value) == simdjson::SUCCESS && !value.is_null();
}

inline std::string minified(Bytes json) {
  dom::parser parser;
  dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS) return "?" + std::string(json);
  return simdjson::minify(value);
}

/// The calls of an answer. Partial arguments the independent decoder does not put together.
inline void compare_calls(const std::vector<ToolCall>& told, const dom::element& expect) {
  dom::array calls;
  if (expect.at_pointer("/tool_calls").get(calls) != simdjson::SUCCESS) {
    EXPECT_TRUE(told.empty());
    return;
  }
  // Snowflake writes an empty function_call into every answer, which that decoder took for a call.
  const auto is_none = [](const dom::element& call) { return !has(call, "/id") && string_at(call, "/name").empty(); };
  ASSERT_EQ(told.size(), calls.size() - static_cast<std::size_t>(std::ranges::count_if(calls, is_none)));
  std::size_t i = 0;
  for (const dom::element call : calls) {
    if (is_none(call)) continue;
    const ToolCall& one = told[i++];
    if (const std::string id = string_at(call, "/id"); !id.starts_with('<')) EXPECT_EQ(one.id, id);
    EXPECT_EQ(one.name, string_at(call, "/name"));
    const std::string arguments = unescaped(one.arguments);
    if (has(call, "/arguments_text")) {
      EXPECT_EQ(arguments, string_at(call, "/arguments_text"));
    } else if (has(call, "/arguments")) {
      EXPECT_EQ(minified(arguments.empty() ? "{}" : Bytes(arguments)),
                simdjson::minify(call.at_pointer("/arguments").value_unsafe()));
    }
  }
}

inline void compare_answer(Dialect provider, const Answer& answer, const dom::element& expect) {
  if (has(expect, "/text") || provider != Dialect::openai_chat)
    EXPECT_EQ(unescaped(answer.text), string_at(expect, "/text"));
  EXPECT_EQ(unescaped(answer.reasoning), string_at(expect, "/reasoning_text"));
  if (has(expect, "/refusal")) EXPECT_EQ(unescaped(answer.refusal), string_at(expect, "/refusal"));
  if (has(expect, "/finish_reason_native")) EXPECT_EQ(answer.finish_native, string_at(expect, "/finish_reason_native"));
  if (has(expect, "/prompt_block_reason")) EXPECT_EQ(answer.finish_native, string_at(expect, "/prompt_block_reason"));
  // "unspecified" is what an encoder turns into stop or tool_calls; that is not the decoder's guess to make. Gemini has
  // one word for both.
  const FinishReason reason =
      provider == Dialect::gemini ? finish_told(answer.finish, !answer.tool_calls.empty()) : answer.finish;
  if (has(expect, "/finish_reason_openai") && answer.finished && reason != FinishReason::unspecified) {
    std::string wanted = string_at(expect, "/finish_reason_openai");
    if (wanted == "eos") wanted = "stop";  // kept there as Together wrote it
    EXPECT_EQ(to_string(reason), wanted == "function_call" ? "tool_calls" : wanted);
  }
  if (!has(expect, "/partial_args_stream")) compare_calls(answer.tool_calls, expect);
}

inline void compare_usage(const Usage& usage, const dom::element& expect) {
  EXPECT_EQ(usage.input_total(), number_at(expect, "/usage_normalised/input_tokens"));
  EXPECT_EQ(usage.output_total(), number_at(expect, "/usage_normalised/output_tokens"));
  EXPECT_EQ(usage.cache_read, number_at(expect, "/usage_normalised/cached_read_tokens"));
  EXPECT_EQ(usage.cache_write, number_at(expect, "/usage_normalised/cache_write_tokens"));
  EXPECT_EQ(usage.reasoning, number_at(expect, "/usage_normalised/reasoning_tokens"));
}

inline void compare(Dialect provider, const AnyRunner& runner, const dom::element& expect) {
  EXPECT_EQ(runner.checker.broken_law(), "");
  dom::array choices;
  if (expect.at_pointer("/choices").get(choices) == simdjson::SUCCESS) {
    std::uint32_t choice = 0;
    for (const dom::element one : choices) {
      ASSERT_TRUE(runner.answers.contains(choice));
      compare_answer(provider, runner.answers.at(choice++), one);
    }
  } else if (runner.answers.contains(0)) {
    compare_answer(provider, runner.answers.at(0), expect);
  } else {
    compare_answer(provider, {}, expect);
  }
  // Chat's numbers contradict each other at times: openai_chat_recordings_test.cpp.
  if (has(expect, "/usage_normalised") && provider != Dialect::openai_chat)
    compare_usage(runner.decoder.usage(), expect);
}

inline std::string base64_decoded(Bytes text) {
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

/// The bytes of a case of conformance/stream-edge, as the provider sends them.
inline std::vector<std::string> segments_of(const dom::element& file) {
  std::vector<std::string> pieces;
  dom::array segments;
  if (file.at_pointer("/upstream/segments_b64").get(segments) != simdjson::SUCCESS) return pieces;
  for (const dom::element segment : segments) pieces.push_back(base64_decoded(std::string_view(segment)));
  return pieces;
}

/// Calls visit(file) for every recording in folders of these names, whosever they are, until one of them fails.
template <class Visit>
void for_each_file(const std::vector<const char*>& names, Visit&& visit) {
  std::vector<fs::path> paths;
  for (const auto& provider : fs::directory_iterator(shared_data() / "recordings"))
    for (const char* name : names)
      if (const fs::path folder = provider.path() / name; fs::exists(folder))
        for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  dom::parser parser;
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.string());
    dom::element file;
    ASSERT_EQ(parser.load(path.string()).get(file), simdjson::SUCCESS);
    visit(file);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace weir::dialect::test
