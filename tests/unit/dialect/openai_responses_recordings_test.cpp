// Replays the shared collection of real Responses answers and edge cases, where it is present: WEIR_SHARED, or
// ../shared beside the source tree. Its `expect` was made by an independent decoder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/dialect/openai_responses.h"
#include "weir/dialect/openai_responses_decoder.h"
#include "weir/dialect/openai_responses_encoder.h"

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

/// Encodes what it is told, as a stream and as a document.
class Translation {
 public:
  explicit Translation(const AnswerContext& context) : context_(context), encoder_(context), collector_(64 << 20) {}
  void take(std::span<const Event> events) {
    encoder_.encode(events, stream);
    collector_.take(events);
    for (const Event& event : events)
      if (!std::holds_alternative<Extra>(event)) lines += test::to_text(event) + '\n';
  }
  void end() {
    encoder_.end(stream);
    openai_responses::write_document(collector_.answer(), context_, document);
  }
  std::string stream;
  std::string document;
  std::string lines;  // of the events that this dialect carries to its own clients

 private:
  AnswerContext context_;
  openai_responses::Encoder encoder_;
  Collector collector_;
};

/// With the sources at the end: they may stand before or behind the end of the block.
std::string ordered(const std::string& lines) {
  std::string kept, sources;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    const Bytes line = Bytes(lines).substr(at, end - at);
    (line.starts_with("citation ") ? sources : kept) += line;
    at = end;
  }
  return kept + sources;
}

/// Encoded and decoded again, an answer is what it was; and so is its document.
void expect_fixed_point(Bytes body) {
  AnswerContext context;
  context.provider = Dialect::openai_responses;
  context.seed = 1;
  Translation translation(context);
  Runner again;
  openai_responses::Decoder decoder;
  EventBatch batch(translation);
  if (body.starts_with('{')) {
    decoder.decode(body, batch);
  } else {
    codec::SseScanner scanner;
    std::string scratch;
    while (!body.empty()) {
      const std::size_t end = std::min(scanner.find_end(body), body.size());
      const codec::SseFrame frame = codec::parse_sse_frame(body.substr(0, end), scratch);
      if (frame.has_data) decoder.decode(frame.data, batch);
      body.remove_prefix(end);
    }
  }
  decoder.end(batch);
  translation.end();
  again.feed(translation.stream);
  again.finish();
  const std::string first = ordered(translation.lines);
  const std::string second = ordered(again.lines);
  const auto differs = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
  EXPECT_EQ(Bytes(differs.first, first.end()).substr(0, 300), Bytes(differs.second, second.end()).substr(0, 300));
  EXPECT_EQ(again.checker.broken_law(), "");
  if (decoder.failed()) return;
  Runner document;
  document.document(translation.document);
  EXPECT_EQ(document.checker.broken_law(), "");
  test::Answer& as_document = document.answers[0];
  test::Answer& as_stream = again.answers[0];
  EXPECT_EQ(as_document.text, as_stream.text);
  EXPECT_EQ(as_document.reasoning, as_stream.reasoning);
  EXPECT_EQ(as_document.refusal, as_stream.refusal);
  EXPECT_EQ(as_document.finish_native, as_stream.finish_native);
  EXPECT_EQ(document.decoder.usage(), again.decoder.usage());
  ASSERT_EQ(as_document.tool_calls.size(), as_stream.tool_calls.size());
  for (std::size_t i = 0; i < as_stream.tool_calls.size(); ++i) {
    EXPECT_EQ(as_document.tool_calls[i].id, as_stream.tool_calls[i].id);
    EXPECT_EQ(as_document.tool_calls[i].arguments, as_stream.tool_calls[i].arguments);
  }
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
        if (piece == body.size() && !in_background) expect_fixed_point(body);
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

TEST(ResponsesRecordings, Requests) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  int accepted = 0, refused = 0;
  dom::parser parser;
  for (const auto& provider : fs::directory_iterator(root)) {
    const fs::path folder = provider.path() / "openai-responses";
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      SCOPED_TRACE(entry.path().string());
      dom::element file;
      ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
      const std::string body = string_at(file, "/request/body");
      if (!body.starts_with('{')) continue;
      Request request;
      Loss loss;
      openai_responses::read(body, request, loss);
      if (loss.refused()) {
        // Of real requests nothing is wrong: they want what only OpenAI has.
        EXPECT_EQ(loss.refusal().fault, Fault::parameter_unsupported) << loss.refusal().field << loss.refusal().why;
        ++refused;
        continue;
      }
      std::string written;
      openai_responses::write(request, {.model_id = "m", .quirks = {}, .traits = {}, .budgets = {}}, written, loss);
      dom::parser second;
      dom::element root_of_it;
      EXPECT_EQ(second.parse(written).get(root_of_it), simdjson::SUCCESS) << written;
      ++accepted;
    }
  }
  EXPECT_GE(accepted, 150);
  EXPECT_GE(refused, 20);
  RecordProperty("accepted", accepted);
  RecordProperty("refused", refused);
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
