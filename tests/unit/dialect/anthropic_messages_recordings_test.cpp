// Replays the shared recordings of Anthropic Messages and of endpoints compatible with it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "unit/dialect/encoded.h"
#include "unit/dialect/recorded.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/anthropic_messages_decoder.h"
#include "weir/dialect/anthropic_messages_encoder.h"

namespace weir::dialect {
namespace {

using namespace test;
using Runner = BasicStreamRunner<anthropic_messages::Decoder>;

using Encoder = anthropic_messages::Encoder;

/// What comes out of the encoder says what went in, and encoding it once more changes nothing.
void check_round_trip(Bytes body, const dom::element& expect) {
  const AnswerContext context{.provider = Dialect::anthropic_messages, .seed = 7, .model = "m"};
  auto once = recode<anthropic_messages::Decoder, Encoder>(body, is_document(body), context);
  Runner first;
  first.feed(once.stream);
  first.finish(true);
  EXPECT_EQ(first.checker.broken_law(), "");
  compare(first, expect);
  const auto twice = recode<anthropic_messages::Decoder, Encoder>(once.stream, false, context);
  EXPECT_EQ(twice.stream, once.stream);

  std::string document;
  anthropic_messages::write_document(once.collector.answer(), context, document);
  EXPECT_EQ(minified(document).substr(0, 1), "{") << document;
  Runner whole;
  whole.document(document);
  EXPECT_EQ(whole.checker.broken_law(), "");
  compare(whole, expect);
}

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
    check_round_trip(body, expect);
    if (::testing::Test::HasFailure()) return;
    ++replayed;
  }
  EXPECT_GE(replayed, 150);
  EXPECT_GE(errors, 3);
}

/// Recorded requests are read, and written again they are read the same.
TEST(AnthropicRecordings, Requests) {
  const fs::path folder = shared_data() / "recordings/anthropic/anthropic-messages";
  SKIP_WITHOUT(folder);
  dom::parser parser;
  dom::parser request_parser;
  int read = 0, refused = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().string());
    dom::element file;
    ASSERT_EQ(parser.load(entry.path().string()).get(file), simdjson::SUCCESS);
    if (!has(file, "/request/body")) continue;
    const std::string body = string_at(file, "/request/body");
    dom::element sent;
    ASSERT_EQ(request_parser.parse(body).get(sent), simdjson::SUCCESS);
    const auto envelope = anthropic_messages::read_envelope(body);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->model(), string_at(sent, "/model"));

    Request request;
    Loss loss;
    anthropic_messages::read(body, request, loss);
    const Target target{.model_id = envelope->model(),
                        .traits = {.takes_adaptive_thinking = true, .takes_output_schema = true},
                        .stream = request.stream};
    std::string written;
    anthropic_messages::write(request, target, written, loss);
    if (loss.refused()) {
      EXPECT_EQ(loss.refusal().fault, Fault::parameter_unsupported) << loss.refusal().field << loss.refusal().why;
      ++refused;
      continue;
    }
    dom::element again;
    ASSERT_EQ(request_parser.parse(written).get(again), simdjson::SUCCESS) << written;
    EXPECT_EQ(number_at(again, "/max_tokens") > 0, true);

    Request second;
    Loss second_loss;
    std::string twice;
    anthropic_messages::read(written, second, second_loss);
    anthropic_messages::write(second, target, twice, second_loss);
    EXPECT_FALSE(second_loss.refused()) << second_loss.refusal().field;
    EXPECT_EQ(twice, written);
    ++read;
  }
  EXPECT_GE(read, 80);
  EXPECT_LE(refused, 60);  // tools that Anthropic runs itself, files that were uploaded there
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
