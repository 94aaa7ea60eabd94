// Replays the shared collection of real answers and edge cases, where it is present.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "unit/dialect/recorded.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/openai_chat_encoder.h"

namespace weir::dialect {
namespace {

using namespace test;

/// What was decoded, given to a chat client as a stream and as a document, says the same.
void compare_encoded(const StreamRunner& runner) {
  struct Client {
    AnswerContext context{.seed = 3, .now = 5, .model = "alias"};
    openai_chat::Encoder encoder{context};
    Collector collector{64U << 20};
    std::string out;
    void take(std::span<const Event> events) {
      encoder.encode(events, out);
      collector.take(events);
    }
  } client;
  OpenAiChatDecoder decoder;
  EventBatch batch(client);
  for (const std::string& payload : runner.payloads) decoder.decode(payload, batch);
  decoder.end(batch);
  if (decoder.failed()) return;
  client.encoder.end(client.out);
  std::string document;
  openai_chat::write_document(client.collector.answer(), client.context, document);

  StreamRunner stream, whole;
  stream.feed(client.out);
  stream.finish();
  whole.document(document);
  for (StreamRunner* again : {&stream, &whole}) {
    EXPECT_EQ(again->checker.broken_law(), "");
    EXPECT_EQ(again->decoder.usage(), runner.decoder.usage());
    ASSERT_EQ(again->answers.size(), runner.answers.size());
    for (const auto& [index, answer] : runner.answers) {
      const test::Answer& told = again->answers.at(index);
      EXPECT_EQ(told.text, answer.text);
      EXPECT_EQ(told.reasoning, answer.reasoning);
      EXPECT_EQ(told.refusal, answer.refusal);
      EXPECT_EQ(told.finish, finish_told(answer.finish, !answer.tool_calls.empty()));
      ASSERT_EQ(told.tool_calls.size(), answer.tool_calls.size());
      for (std::size_t i = 0; i < told.tool_calls.size(); ++i) {
        EXPECT_EQ(told.tool_calls[i].name, answer.tool_calls[i].name);
        EXPECT_FALSE(told.tool_calls[i].id.empty());
        const std::string& arguments = answer.tool_calls[i].arguments;
        EXPECT_EQ(told.tool_calls[i].arguments, arguments.empty() ? "{}" : arguments);
      }
    }
  }
}

/// A real request is read, and what is written of it is JSON that reads as the same again.
void reread(const std::string& body, int& translated) {
  Request request;
  Loss loss;
  openai_chat::read(body, request, loss);
  if (loss.refused()) {
    // Only what no other dialect can carry may be refused.
    EXPECT_EQ(to_string(loss.refusal().fault), "parameter_unsupported") << loss.refusal().field << loss.refusal().why;
    return;
  }
  std::string out;
  openai_chat::write(request, {.model_id = "m"}, out, loss);
  if (loss.refused()) return;
  dom::parser parser;
  ASSERT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << out;
  Request again;
  Loss more;
  openai_chat::read(out, again, more);
  ASSERT_FALSE(more.refused()) << more.refusal().field;
  EXPECT_TRUE(more.dropped().empty());
  std::string twice;
  openai_chat::write(again, {.model_id = "m"}, twice, more);
  EXPECT_EQ(twice, out);
  ++translated;
}

void replay_folder(const fs::path& folder, int& replayed, int& requests, int& translated) {
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
        if (number_at(file, "/response/status") == 200) reread(body, translated);
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
      if (piece == body.size()) compare_encoded(runner);
      if (::testing::Test::HasFailure()) return;
    }
    ++replayed;
  }
}

TEST(Recordings, OpenAi) {
  const fs::path folder = shared_data() / "recordings/openai/openai-chat";
  SKIP_WITHOUT(folder);
  int replayed = 0, requests = 0, translated = 0;
  replay_folder(folder, replayed, requests, translated);
  EXPECT_GE(replayed, 75);
  EXPECT_GE(requests, 70);
  EXPECT_GE(translated, 60);
}

TEST(Recordings, CompatibleProviders) {
  const fs::path root = shared_data() / "recordings";
  SKIP_WITHOUT(root);
  int replayed = 0, requests = 0, translated = 0;
  for (const auto& provider : fs::directory_iterator(root)) {
    const fs::path folder = provider.path() / "openai-chat";
    if (provider.path().filename() != "openai" && fs::exists(folder))
      replay_folder(folder, replayed, requests, translated);
  }
  EXPECT_GE(replayed, 290);
  EXPECT_GE(translated, 200);
}

TEST(Recordings, ErrorsHaveTheirClass) {
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
