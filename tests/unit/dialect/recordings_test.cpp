// Replays the shared collection of real answers, real requests and edge cases, where it is present, in every dialect.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/dialect/recorded.h"
#include "weir/dialect/error_report.h"

namespace weir::dialect {
namespace {

using namespace test;

/// What of the collection is in a dialect, and at least how much of it there is.
struct Row {
  std::vector<const char*> answers;   ///< names of the folders
  std::vector<const char*> requests;  ///< more folders, with requests
  Target target = {.model_id = "m"};  ///< of requests: one that refuses little
  int least_answers = 0;
  int least_failures = 0;
  int least_requests = 0;
  int most_refused = 0;   ///< of the requests: what only this provider has
  const char* edge = "";  ///< how the dialect's name begins in conformance/stream-edge
  int least_edges = 0;
  std::set<std::string> failing_edges;  ///< although the status is 200
};

const Row& row_of(Dialect dialect) {
  static const Row chat{
      .answers = {"openai-chat"},
      .least_answers = 365,
      .least_failures = 19,
      .least_requests = 340,
      .most_refused = 12,
      .edge = "openai-chat",
      .least_edges = 54,
      .failing_edges = {"openai-error-chunk-mid-stream", "openai-error-first-event", "openai-json-error-200",
                        "openai-reset-before-first-byte", "openai-reset-mid-event", "openai-eof-before-finish"},
  };
  static const Row responses{
      .answers = {"openai-responses"},
      .least_answers = 278,
      .least_failures = 10,
      .least_requests = 165,
      .most_refused = 80,
      .edge = "openai-responses",
      .least_edges = 4,
      .failing_edges = {"responses-failed"},
  };
  static const Row anthropic{
      .answers = {"anthropic-messages"},
      .target = {.model_id = "m", .traits = {.takes_adaptive_thinking = true, .takes_output_schema = true}},
      .least_answers = 150,
      .least_failures = 3,
      .least_requests = 86,
      .most_refused = 60,  // tools that Anthropic runs itself, files that were uploaded there
      .edge = "anthropic-messages",
      .least_edges = 15,
      .failing_edges = {"anthropic-eof-mid-block", "anthropic-error-before-start", "anthropic-error-mid-stream"},
  };
  static const Row gemini{
      .answers = {"gemini-generate", "gemini-stream"},
      .requests = {"gemini-count-tokens"},
      .target = {.model_id = "m", .quirks = {Quirk::fetches_urls}},
      .least_answers = 225,
      .least_failures = 10,
      .least_requests = 140,
      .most_refused = 44,
      .edge = "gemini",
      .least_edges = 11,
      .failing_edges = {"gemini-error-in-array"},
  };
  switch (dialect) {
    case Dialect::openai_chat:
      return chat;
    case Dialect::openai_responses:
      return responses;
    case Dialect::anthropic_messages:
      return anthropic;
    case Dialect::gemini:
      break;
  }
  return gemini;
}

/// The lines without what an encoding may change: ids that nobody gave and dates (in begin), how a text is cut, where
/// among the blocks sources and usage stand, and parts that only passing on keeps.
std::string comparable(const std::string& lines) {
  std::string kept, sources, last_delta;
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

/// Responses are told word for word, but that sources may stand before or behind the end of their block, and without
/// what only passing on keeps: raw JSON, whose lines begin with no word.
std::string ordered(const std::string& lines) {
  std::string kept, sources;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at) + 1;
    const Bytes line = Bytes(lines).substr(at, end - at);
    at = end;
    if (line.starts_with("extra ") || line[0] < 'a' || line[0] > 'z') continue;
    (line.starts_with("citation ") ? sources : kept) += line;
  }
  return kept + sources;
}

void expect_same_lines(const std::string& first, const std::string& second) {
  const auto differs = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
  EXPECT_EQ(Bytes(differs.first, first.end()).substr(0, 300), Bytes(differs.second, second.end()).substr(0, 300));
}

/// Told to a client of its own dialect, as a stream and as a document, and told by that client once more, an answer
/// says what it said.
void expect_survives_telling(Dialect dialect, const AnyRunner& first, bool array) {
  const AnswerContext context{.provider = dialect, .array = array, .seed = 7, .model = "m"};
  const Told once = tell(first.payloads, dialect, context);
  const AnyRunner stream = heard(dialect, once.stream);
  EXPECT_EQ(stream.decoder.failed(), first.decoder.failed());
  const auto lines = dialect == Dialect::openai_responses ? ordered : comparable;
  // Chat has no place for the words of a source, and another for the provider's reason to end.
  const bool is_chat = dialect == Dialect::openai_chat;
  if (!is_chat) expect_same_lines(lines(stream.lines), lines(first.lines));
  if (first.decoder.failed()) return;
  if (!is_chat) EXPECT_EQ(tell(stream.payloads, dialect, context).stream, once.stream);
  EXPECT_FALSE(minified(once.document).starts_with('?'));
  const AnyRunner document = heard(dialect, once.document);
  for (const AnyRunner* again : {&stream, &document}) {
    expect_same_answer(*again, first);
    if (::testing::Test::HasFatalFailure()) return;
    for (const auto& [index, said] : first.answers) {
      const test::Answer& told = again->answers.at(index);
      if (is_chat)
        for (const ToolCall& call : told.tool_calls) EXPECT_FALSE(call.id.empty());
      if (is_chat) EXPECT_EQ(told.finish, finish_told(said.finish, !said.tool_calls.empty()));
      if (!is_chat && said.finish != FinishReason::unspecified) EXPECT_EQ(told.finish_native, said.finish_native);
    }
  }
}

class Recordings : public ::testing::TestWithParam<Dialect> {};

TEST_P(Recordings, Answers) {
  SKIP_WITHOUT(shared_data() / "recordings");
  const Row& row = row_of(GetParam());
  int replayed = 0, failed = 0, open = 0, not_interpreted = 0;
  for_each_file(row.answers, [&](const dom::element& file) {
    const std::string body = string_at(file, "/response/body");
    dom::element expect;
    if (file.at_pointer("/expect").get(expect) != simdjson::SUCCESS || expect.is_null()) {
      // Errors; and a recording that lost a brace.
      AnyRunner runner(GetParam());
      replay(runner, body, false, body.size());
      EXPECT_TRUE(runner.decoder.failed());
      EXPECT_EQ(runner.checker.broken_law(), "");
      // Some that speak chat say it by the status alone.
      if (has(file, "/expect_error/class") && GetParam() != Dialect::openai_chat)
        EXPECT_EQ(to_string(runner.decoder.error().error_class), string_at(file, "/expect_error/class"));
      ++failed;
      return;
    }
    ASSERT_EQ(string_at(file, "/response/body_encoding"), "utf8");
    // Is asked for later.
    const bool in_background = string_at(expect, "/finish_reason_native") == "queued";
    for (const std::size_t piece : {body.size(), std::size_t{1}, std::size_t{113}}) {
      AnyRunner runner(GetParam());
      replay(runner, body, false, piece);
      expect_tap_agrees(runner);
      if (in_background) {
        EXPECT_FALSE(runner.decoder.complete());
        EXPECT_EQ(runner.lines.find("finish"), std::string::npos);
        continue;
      }
      if (has(expect, "/stream_error")) {
        EXPECT_TRUE(runner.decoder.failed());
      } else {
        compare(GetParam(), runner, expect);
        // Answers without a word about their end are complete only as documents with content.
        if (has(expect, "/finish_reason_native") || has(expect, "/finish_reason_openai") ||
            has(expect, "/prompt_block_reason"))
          EXPECT_FALSE(runner.decoder.failed()) << runner.lines;
        open += piece == body.size() && runner.decoder.failed();
      }
      if (piece == body.size())
        for (const bool array : {false, true})
          if (!array || GetParam() == Dialect::gemini) expect_survives_telling(GetParam(), runner, array);
      if (::testing::Test::HasFailure()) return;
    }
    ++replayed;
    not_interpreted += has(expect, "/other_items");
  });
  EXPECT_GE(replayed, row.least_answers);
  EXPECT_GE(not_interpreted, GetParam() == Dialect::openai_responses ? 66 : 0);
  EXPECT_GE(failed, row.least_failures);
  EXPECT_LE(open, 3);
}

/// A real request is read, and what is written of it is JSON that reads as the same again.
TEST_P(Recordings, Requests) {
  SKIP_WITHOUT(shared_data() / "recordings");
  const Row& row = row_of(GetParam());
  std::vector<const char*> folders = row.answers;
  folders.insert(folders.end(), row.requests.begin(), row.requests.end());
  int accepted = 0, refused = 0;
  for_each_file(folders, [&](const dom::element& file) {
    const std::string body = string_at(file, "/request/body");
    dom::parser parser;
    dom::element sent;
    if (!has(file, "/request/body") || string_at(file, "/request/body_encoding") != "utf8" ||
        parser.parse(body).get(sent) != simdjson::SUCCESS)
      return;
    const auto envelope = read_envelope(GetParam(), body);
    ASSERT_TRUE(envelope);
    if (has(sent, "/model")) EXPECT_EQ(envelope->model(), string_at(sent, "/model"));

    Request request;
    Loss loss;
    read(GetParam(), body, request, loss);
    Target target = row.target;
    target.stream = request.stream;
    std::string written;
    if (!loss.refused()) write(GetParam(), request, target, written, loss);
    if (loss.refused()) {
      // Of real requests nothing is wrong: they want what only this provider has. One of Gemini's has no contents.
      if ((GetParam() != Dialect::openai_chat || number_at(file, "/response/status") == 200) &&
          loss.refusal().field != "contents")
        EXPECT_EQ(loss.refusal().fault, Fault::parameter_unsupported) << loss.refusal().field << loss.refusal().why;
      ++refused;
      return;
    }
    dom::element json;
    ASSERT_EQ(parser.parse(written).get(json), simdjson::SUCCESS) << written;
    if (GetParam() == Dialect::anthropic_messages) EXPECT_GT(number_at(json, "/max_tokens"), 0U);
    Request again;
    Loss more;
    std::string twice;
    read(GetParam(), written, again, more);
    EXPECT_TRUE(more.dropped().empty());
    target.stream = again.stream || request.stream;
    write(GetParam(), again, target, twice, more);
    EXPECT_FALSE(more.refused()) << more.refusal().field << more.refusal().why;
    EXPECT_EQ(twice, written);
    ++accepted;
  });
  EXPECT_GE(accepted, row.least_requests);
  EXPECT_LE(refused, row.most_refused);
  RecordProperty("accepted", accepted);
  RecordProperty("refused", refused);
}

TEST_P(Recordings, StreamEdges) {
  const fs::path folder = shared_data() / "conformance/stream-edge";
  SKIP_WITHOUT(folder);
  const Row& row = row_of(GetParam());
  dom::parser parser;
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    const std::string id = string_at(file, "/id");
    if (!string_at(file, "/upstream_dialect").starts_with(row.edge)) continue;
    SCOPED_TRACE(id);
    const bool torn = string_at(file, "/upstream/close") == "reset";
    const std::vector<std::string> pieces = segments_of(file);
    std::string body;
    for (const std::string& piece : pieces) body += piece;
    AnyRunner as_given(GetParam());
    if (is_document(body)) {
      as_given.document(body);
    } else {
      for (const std::string& piece : pieces) as_given.feed(piece);
      as_given.finish(torn);
    }
    const bool refused = number_at(file, "/upstream/status") != 200;
    EXPECT_EQ(as_given.decoder.failed(), refused || row.failing_edges.contains(id));
    expect_tap_agrees(as_given);
    const dom::element expect = file.at_pointer("/expect").value_unsafe();
    EXPECT_TRUE(refused || !pieces.empty());
    if (!refused) compare(GetParam(), as_given, expect);
    if (has(expect, "/usage_normalised") && !refused) compare_usage(as_given.decoder.usage(), expect);
    if (GetParam() == Dialect::gemini && as_given.decoder.failed()) EXPECT_NE(as_given.fault_message, "");
    if (has(expect, "/text_length_chars"))
      EXPECT_EQ(unescaped(as_given.answers[0].text).size(), number_at(expect, "/text_length_chars"));
    if (has(expect, "/text_if_passthrough"))
      EXPECT_EQ(unescaped(as_given.answers[0].text), string_at(expect, "/text_if_passthrough"));

    if (body.size() < 100'000) {
      AnyRunner by_byte(GetParam());
      replay(by_byte, body, torn, 1);
      EXPECT_EQ(by_byte.lines, as_given.lines);
    }
    ++replayed;
  }
  EXPECT_GE(replayed, row.least_edges);
}

INSTANTIATE_TEST_SUITE_P(Dialects, Recordings, ::testing::ValuesIn(kDialects), test::name_of);

TEST(RecordedErrors, HaveTheirClass) {
  const fs::path root = shared_data();
  SKIP_WITHOUT(root / "recordings/index.csv");
  std::ifstream index(root / "recordings/index.csv");
  int compared = 0;
  constexpr std::size_t kClass = 7;  // path,provider,dialect,model,stream,status,features,error_class,...
  for (std::string line; std::getline(index, line);) {
    std::vector<std::string> columns(1);
    for (const char c : line) c == ',' ? void(columns.emplace_back()) : columns.back().push_back(c);
    if (columns.size() <= kClass || columns[kClass].empty() || columns[0] == "path") continue;
    SCOPED_TRACE(columns[0]);
    dom::parser parser;
    dom::element file;
    ASSERT_EQ(parser.load((root / columns[0]).string()).get(file), simdjson::SUCCESS);
    const std::string body = string_at(file, "/response/body");
    std::string scratch;
    const ErrorReport report = read_error(static_cast<int>(number_at(file, "/response/status")), body, scratch);
    EXPECT_EQ(to_string(report.error_class), columns[kClass]);
    EXPECT_EQ(static_cast<std::uint64_t>(status_for(Dialect::openai_chat, report)),
              number_at(file, "/expect_error/openai_client/status"));
    std::string out;
    write_error(out, Dialect::openai_chat, report);
    dom::parser told_parser;
    const dom::element told = told_parser.parse(out).value_unsafe();
    EXPECT_EQ(string_at(told, "/error/type"), string_at(file, "/expect_error/openai_client/type"));
    EXPECT_EQ(string_at(told, "/error/code"), string_at(file, "/expect_error/openai_client/code"));
    EXPECT_EQ(string_at(told, "/error/message"), unescaped(report.message));
    EXPECT_FALSE(report.message.empty());
    ++compared;
  }
  EXPECT_GE(compared, 60);
}

}  // namespace
}  // namespace weir::dialect
