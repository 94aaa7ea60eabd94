// The golden cases in tests/golden/openai_chat/<case>/:
//   request.json              what the client sends (optional)
//   upstream_request.json     what the provider receives when it is passed on, with its model "upstream-model" and
//   usage
//                             asked for
//   upstream_openai_chat.json the same after it was read and written anew
//   dropped.txt               the names of the fields that it lost then (passed on; written anew)
//   answer.sse | .json        the provider's bytes (optional)
//   events.txt                the neutral events
//   client_openai_chat.sse    the events as a client gets them
//   client_openai_chat.json   the same in one document (not of answers that fail)
// A case named quirk_<name> is written for a provider with that quirk, model_<trait> for such a model.
// WEIR_REGENERATE=1 writes everything but the first and the answer anew; the difference is to be reviewed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/base/random.h"
#include "weir/dialect/openai_chat.h"
#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

using test::StreamRunner;
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void compare(const fs::path& path, const std::string& actual) {
  if (std::getenv("WEIR_REGENERATE")) std::ofstream(path, std::ios::binary) << actual;
  EXPECT_EQ(read_file(path), actual) << path;
}

std::vector<fs::path> cases() {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_ROOT) / "tests/golden/openai_chat"))
    all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

struct Rebuild {
  Bytes body;
  std::string out;
  void operator()(codec::OriginalRange range) { out += body.substr(range.offset, range.size); }
  void operator()(Bytes inserted) { out += inserted; }
};

struct QuirkName {
  Bytes name;
  Quirk quirk;
};
constexpr QuirkName kQuirkNames[] = {
    {"max_tokens_only", Quirk::max_tokens_only},
    {"no_developer_role", Quirk::no_developer_role},
    {"no_stream_options", Quirk::no_stream_options},
    {"no_json_schema", Quirk::no_json_schema},
    {"random_seed", Quirk::random_seed},
    {"tool_choice_any", Quirk::tool_choice_any},
    {"nine_character_ids", Quirk::nine_character_ids},
    {"strict_fields", Quirk::strict_fields},
    {"model_in_path", Quirk::model_in_path},
    {"stream_only", Quirk::stream_only},
    {"reasoning_in_history", Quirk::reasoning_in_history},
};

Target target_of(const std::string& folder, bool client_streams) {
  Target target{.model_id = "upstream-model"};
  for (const QuirkName& row : kQuirkNames)
    if (folder == "quirk_" + std::string(row.name)) target.quirks = {row.quirk};
  target.traits.is_reasoning = folder == "model_is_reasoning";
  target.stream = client_streams || target.quirks.has(Quirk::stream_only);
  EXPECT_EQ(target.quirks.none(), !folder.starts_with("quirk_")) << folder;
  return target;
}

std::string joined(const std::vector<std::string>& names) {
  std::string line;
  for (const std::string& name : names) line += (line.empty() ? "" : " ") + name;
  return line + '\n';
}

TEST(Golden, Requests) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "request.json")) continue;
    const std::string body = read_file(folder / "request.json");
    const auto request = openai_chat::read_envelope(body);
    ASSERT_TRUE(request) << folder;
    const Target target = target_of(folder.filename(), request->stream);
    std::string scratch;
    Rebuild rebuild{body, {}};
    Loss passed;
    openai_chat::write_passthrough(*request, body, target, true, scratch, passed).for_each_piece(body.size(), rebuild);
    compare(folder / "upstream_request.json", rebuild.out);

    Request neutral;
    Loss loss;
    std::string out;
    read(Dialect::openai_chat, body, neutral, loss);
    write(Dialect::openai_chat, neutral, target, out, loss);
    EXPECT_FALSE(loss.refused()) << folder << ' ' << loss.refusal().field << ": " << loss.refusal().why;
    compare(folder / "upstream_openai_chat.json", out);
    if (!passed.dropped().empty() || !loss.dropped().empty())
      compare(folder / "dropped.txt", joined(passed.dropped()) + joined(loss.dropped()));
    ++compared;
  }
  EXPECT_GE(compared, 17);
}

/// What a client of the chat dialect gets.
struct Client {
  AnswerContext context{.seed = 7, .now = 1763600001, .model = "alias"};
  openai_chat::Encoder encoder{context};
  Collector collector{1 << 20};
  std::string out;

  void take(std::span<const Event> events) {
    encoder.encode(events, out);
    collector.take(events);
  }
};

void compare_client(const fs::path& folder, const StreamRunner& runner, const std::vector<std::string>& payloads) {
  Client client;
  OpenAiChatDecoder decoder;
  EventBatch batch(client);
  for (const std::string& payload : payloads) decoder.decode(payload, batch);
  decoder.end(batch);
  client.encoder.end(client.out);
  compare(folder / "client_openai_chat.sse", client.out);

  StreamRunner again;
  again.feed(client.out);
  again.finish();
  EXPECT_EQ(again.checker.broken_law(), "") << folder;
  EXPECT_EQ(again.decoder.failed(), runner.decoder.failed()) << folder;
  if (runner.decoder.failed()) return;
  EXPECT_EQ(again.decoder.usage(), runner.decoder.usage()) << folder;

  std::string document;
  openai_chat::write_document(client.collector.answer(), client.context, document);
  compare(folder / "client_openai_chat.json", document);
}

TEST(Golden, Answers) {
  const auto folders = cases();
  int compared = 0;
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / "answer.json")) {
      StreamRunner runner;
      const std::string body = read_file(folder / "answer.json");
      runner.document(body);
      compare(folder / "events.txt", runner.lines);
      EXPECT_EQ(runner.checker.broken_law(), "") << folder;
      compare_client(folder, runner, runner.payloads);
      ++compared;
      continue;
    }
    if (!fs::exists(folder / "answer.sse")) continue;
    ++compared;
    const std::string stream = read_file(folder / "answer.sse");
    StreamRunner whole;
    whole.feed(stream);
    whole.finish();
    compare(folder / "events.txt", whole.lines);
    EXPECT_EQ(whole.checker.broken_law(), "") << folder;
    EXPECT_EQ(whole.facts, whole.tap_facts) << folder;
    compare_client(folder, whole, whole.payloads);

    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      StreamRunner runner;
      runner.feed_cut(stream, cut);
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << folder << " cut at " << cut;
    }
    Random random(1);
    for (int round = 0; round < 30; ++round) {
      StreamRunner runner;
      for (Bytes rest = stream; !rest.empty();) {
        const std::size_t size = round == 0 ? 1 : 1 + random.below(std::min<std::size_t>(rest.size(), 300));
        runner.feed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << folder << " round " << round;
    }
  }
  EXPECT_GE(compared, 17);
}

}  // namespace
}  // namespace weir::dialect
