// Replays the shared collection of real Gemini and Vertex answers, where it is present: WEIR_SHARED, or ../shared
// beside the source tree. Its `expect` was made by an independent decoder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/gemini_decoder.h"
#include "weir/dialect/gemini_encoder.h"

namespace weir::dialect {
namespace {

using test::unescaped;
using Runner = test::BasicStreamRunner<gemini::Decoder>;
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
  EXPECT_EQ(unescaped(answer.text), string_at(expect, "/text"));
  EXPECT_EQ(unescaped(answer.reasoning), string_at(expect, "/reasoning_text"));
  if (has(expect, "/finish_reason_native")) EXPECT_EQ(answer.finish_native, string_at(expect, "/finish_reason_native"));
  if (has(expect, "/prompt_block_reason")) EXPECT_EQ(answer.finish_native, string_at(expect, "/prompt_block_reason"));
  if (has(expect, "/finish_reason_openai") && answer.finished)
    EXPECT_EQ(to_string(finish_told(answer.finish, !answer.tool_calls.empty())),
              string_at(expect, "/finish_reason_openai"));
  if (has(expect, "/usage_normalised")) {
    const Usage usage = runner.decoder.usage();
    EXPECT_EQ(usage.input_total(), number_at(expect, "/usage_normalised/input_tokens"));
    EXPECT_EQ(usage.output_total(), number_at(expect, "/usage_normalised/output_tokens"));
    EXPECT_EQ(usage.cache_read, number_at(expect, "/usage_normalised/cached_read_tokens"));
    EXPECT_EQ(usage.reasoning, number_at(expect, "/usage_normalised/reasoning_tokens"));
    EXPECT_EQ(runner.tap.usage(), usage);
  }
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.decoder.complete(), runner.tap.complete());
  EXPECT_EQ(runner.decoder.finish_reason(), runner.tap.finish_reason());
  dom::array calls;
  if (expect.at_pointer("/tool_calls").get(calls) != simdjson::SUCCESS) return;
  // The independent decoder does not put partial arguments together.
  if (has(expect, "/partial_args_stream")) {
    ASSERT_EQ(answer.tool_calls.size(), 4U);
    for (std::size_t i = 1; i < 4; ++i)
      EXPECT_EQ(unescaped(answer.tool_calls[i].arguments), std::string(R"({"id":")") + char('A' + i - 1) + "\"}");
    return;
  }
  ASSERT_EQ(answer.tool_calls.size(), calls.size());
  std::size_t i = 0;
  for (const dom::element call : calls) {
    const test::ToolCall& told = answer.tool_calls[i++];
    if (const std::string id = string_at(call, "/id"); !id.starts_with('<')) EXPECT_EQ(told.id, id);
    EXPECT_EQ(told.name, string_at(call, "/name"));
    const std::string arguments = unescaped(told.arguments);
    if (has(call, "/arguments"))
      EXPECT_EQ(minified(arguments.empty() ? "{}" : Bytes(arguments)),
                simdjson::minify(call.at_pointer("/arguments").value_unsafe()));
  }
}

bool is_document(Bytes body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != Bytes::npos && (body[first] == '{' || body[first] == '[');
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

TEST(Recordings, Gemini) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  int replayed = 0, errors = 0, failed = 0;
  dom::parser parser;
  for (const char* name :
       {"gemini/gemini-generate", "gemini/gemini-stream", "vertex/gemini-generate", "vertex/gemini-stream"}) {
    for (const auto& entry : fs::directory_iterator(root / name)) {
      SCOPED_TRACE(entry.path().string());
      dom::element file;
      ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
      const std::string body = string_at(file, "/response/body");
      dom::element expect;
      if (file.at_pointer("/expect").get(expect) != simdjson::SUCCESS || expect.is_null()) {
        Runner runner;
        replay(runner, body, body.size());
        EXPECT_TRUE(runner.decoder.failed());
        EXPECT_EQ(runner.checker.broken_law(), "");
        ++errors;
        continue;
      }
      for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{113}}) {
        Runner runner;
        replay(runner, body, piece);
        compare(runner, expect);
        // Answers without a word about their end are complete only as documents with content.
        const bool open = !has(expect, "/finish_reason_native") && !has(expect, "/prompt_block_reason");
        if (!open || has(expect, "/finish_reason_openai")) EXPECT_FALSE(runner.decoder.failed()) << runner.lines;
        if (piece == body.size()) failed += runner.decoder.failed();
        if (::testing::Test::HasFailure()) return;
      }
      ++replayed;
    }
  }
  EXPECT_GE(replayed, 225);
  EXPECT_GE(errors, 10);
  EXPECT_LE(failed, 3);
}

/// What a client of the same dialect would get, were its answer translated and not passed on.
struct Translated {
  explicit Translated(bool array) : encoder({.provider = Dialect::gemini, .array = array}) {}
  void take(std::span<const Event> events) {
    encoder.encode(events, stream);
    collector.take(events);
  }
  gemini::Encoder encoder;
  Collector collector{std::size_t{64} << 20};
  std::string stream;
};

/// The lines without what an encoding may change: dates, ids that nobody gave, how a text is cut, where among the
/// blocks sources and usage stand, and parts that only passing on keeps.
std::string comparable(const std::string& lines) {
  std::string kept, sources;
  std::string last_delta;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    const std::string line = lines.substr(at, end - at);
    at = end + 1;
    if (line == R"(finish 0 unspecified native="")") {  // which is written as what it amounts to
      kept += "finish 0 stop native=\"STOP\"\n";
      continue;
    }
    if (!line.starts_with("block_") && !line.starts_with("citation") && !line.starts_with("finish")) continue;
    if (line.starts_with("citation")) {
      sources += line + '\n';
      continue;
    }
    const std::string delta = line.starts_with("block_delta") ? line.substr(0, line.find('"')) : "";
    if (!delta.empty() && delta == last_delta) {
      kept.resize(kept.size() - 2);
      kept += line.substr(delta.size() + 1) + '\n';
    } else {
      kept += line + '\n';
    }
    last_delta = delta;
  }
  return kept + sources;
}

void decode_all(gemini::Decoder& decoder, Bytes body, EventBatch& batch) {
  if (is_document(body)) {
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
}

TEST(Recordings, GeminiAnswersSurviveTheirOwnEncoding) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  dom::parser parser;
  int compared = 0;
  for (const char* name :
       {"gemini/gemini-generate", "gemini/gemini-stream", "vertex/gemini-generate", "vertex/gemini-stream"}) {
    for (const auto& entry : fs::directory_iterator(root / name)) {
      SCOPED_TRACE(entry.path().string());
      dom::element file;
      ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
      if (number_at(file, "/response/status") != 200) continue;
      const std::string body = string_at(file, "/response/body");
      Runner first;
      replay(first, body, body.size());
      for (const bool array : {false, true}) {
        Translated translated(array);
        EventBatch batch(translated);
        gemini::Decoder decoder;
        decode_all(decoder, body, batch);
        translated.encoder.end(translated.stream);
        Runner again;
        replay(again, translated.stream, translated.stream.size());
        EXPECT_EQ(again.checker.broken_law(), "");
        if (first.decoder.failed()) {
          EXPECT_TRUE(again.decoder.failed());
          continue;
        }
        EXPECT_EQ(comparable(again.lines), comparable(first.lines));
        EXPECT_EQ(again.decoder.usage(), first.decoder.usage());
        std::string document;
        gemini::write_document(translated.collector.answer(), {.provider = Dialect::gemini}, document);
        Runner whole;
        whole.document(document);
        EXPECT_EQ(whole.checker.broken_law(), "");
        EXPECT_EQ(whole.answers[0].text, first.answers[0].text);
        EXPECT_EQ(whole.answers[0].reasoning, first.answers[0].reasoning);
        if (first.answers[0].finish != FinishReason::unspecified)
          EXPECT_EQ(whole.answers[0].finish_native, first.answers[0].finish_native);
        EXPECT_EQ(whole.answers[0].tool_calls.size(), first.answers[0].tool_calls.size());
        EXPECT_EQ(whole.decoder.usage(), first.decoder.usage());
      }
      if (::testing::Test::HasFailure()) return;
      ++compared;
    }
  }
  EXPECT_GE(compared, 225);
}

TEST(Recordings, GeminiRequests) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  dom::parser parser;
  int read = 0;
  std::map<std::string, int> refused;
  for (const char* name : {"gemini/gemini-generate", "gemini/gemini-stream", "vertex/gemini-generate",
                           "vertex/gemini-stream", "gemini/gemini-count-tokens", "vertex/gemini-count-tokens"}) {
    for (const auto& entry : fs::directory_iterator(root / name)) {
      SCOPED_TRACE(entry.path().string());
      dom::element file;
      ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
      const std::string body = string_at(file, "/request/body");
      if (body.empty() || string_at(file, "/request/body_encoding") != "utf8") continue;
      EXPECT_TRUE(gemini::read_envelope(body));
      Request request;
      Loss loss;
      gemini::read(body, request, loss);
      if (loss.refused()) {
        ++refused[loss.refusal().field];
        continue;
      }
      std::string out;
      gemini::write(request, {.quirks = {Quirk::fetches_urls}}, out, loss);
      if (loss.refused()) {
        ++refused[loss.refusal().field];
        continue;
      }
      EXPECT_FALSE(minified(out).starts_with('?')) << out;
      Request again;
      gemini::read(out, again, loss);
      EXPECT_FALSE(loss.refused()) << loss.refusal().field;
      ++read;
    }
  }
  std::string told;
  for (const auto& [field, count] : refused) told += field + ' ' + std::to_string(count) + '\n';
  EXPECT_GE(read, 140) << told;
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

TEST(StreamEdge, Gemini) {
  const fs::path folder = shared_data() / "conformance/stream-edge";
  SKIP_WITHOUT(folder);
  dom::parser parser;
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    const std::string id = string_at(file, "/id");
    if (!string_at(file, "/upstream_dialect").starts_with("gemini")) continue;
    SCOPED_TRACE(id);
    std::string body;
    dom::array segments;
    ASSERT_EQ(file.at_pointer("/upstream/segments_b64").get(segments), simdjson::SUCCESS);
    for (const dom::element segment : segments) body += base64_decoded(std::string_view(segment));
    ++replayed;
    Runner whole;
    replay(whole, body, body.size());
    if (number_at(file, "/upstream/status") != 200 || id == "gemini-error-in-array") {
      EXPECT_TRUE(whole.decoder.failed());
      EXPECT_NE(whole.fault_message, "");
      continue;
    }
    EXPECT_FALSE(whole.decoder.failed());
    compare(whole, file.at_pointer("/expect").value_unsafe());
    Runner by_byte;
    replay(by_byte, body, 1);
    EXPECT_EQ(by_byte.lines, whole.lines);
  }
  EXPECT_GE(replayed, 11);
}

}  // namespace
}  // namespace weir::dialect
