// The golden cases in tests/golden/openai_responses/<case>/:
//   client_request.json       what a client of this dialect sends (optional)
//   upstream_<dialect>.json   what a provider of each dialect receives, or why it receives nothing
//   dropped.txt               the names of the fields that each loses
//   answer.sse | .json        the provider's bytes (optional)
//   events.txt                the neutral events
//   client_<dialect>.sse      the events as a client of each dialect gets them
//   client_<dialect>.json     the same in one document (not of answers that fail)
// WEIR_REGENERATE=1 writes everything but the request and the answer anew; the difference is to be reviewed.
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
#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

using Runner = test::BasicStreamRunner<openai_responses::Decoder>;
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
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_ROOT) / "tests/golden/openai_responses"))
    all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

std::string name_of(Dialect dialect) { return std::string(to_string(dialect)); }

TEST(ResponsesGolden, Requests) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "client_request.json")) continue;
    const std::string body = read_file(folder / "client_request.json");
    std::string dropped;
    for (const Dialect provider : kDialects) {
      Request request;
      Loss loss;
      read(Dialect::openai_responses, body, request, loss);
      Target target;
      target.model_id = "upstream-model";
      target.stream = request.stream;
      std::string written;
      if (!loss.refused()) write(provider, request, target, written, loss);
      if (loss.refused()) written = loss.refusal().field + ": " + loss.refusal().why;
      compare(folder / ("upstream_" + name_of(provider) + ".json"), written + '\n');
      dropped += name_of(provider) + ':';
      for (const std::string& field : loss.dropped()) dropped += ' ' + field;
      dropped += '\n';
    }
    compare(folder / "dropped.txt", dropped);
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

/// A client of each dialect, as a stream and as a document.
struct Clients {
  Clients() : collector(1 << 20) {
    AnswerContext context;
    context.provider = Dialect::openai_responses;
    context.seed = 1;
    context.now = 1'700'000'000;
    context.model = "asked-model";
    for (const Dialect client : kDialects) {
      encoders.emplace_back(client, context);
      streams.emplace_back();
    }
    shared = context;
  }
  void take(std::span<const Event> events) {
    for (std::size_t i = 0; i < encoders.size(); ++i) encoders[i].encode(events, streams[i]);
    collector.take(events);
  }
  AnswerContext shared;
  std::vector<Encoder> encoders;
  std::vector<std::string> streams;
  Collector collector;
};

void decode(Bytes body, bool document, Clients& clients) {
  openai_responses::Decoder decoder;
  EventBatch batch(clients);
  if (document) {
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

TEST(ResponsesGolden, Answers) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    const bool document = fs::exists(folder / "answer.json");
    if (!document && !fs::exists(folder / "answer.sse")) continue;
    const std::string body = read_file(folder / (document ? "answer.json" : "answer.sse"));
    Runner whole;
    if (document) {
      whole.document(body);
    } else {
      whole.feed(body);
      whole.finish();
    }
    compare(folder / "events.txt", whole.lines);
    EXPECT_EQ(whole.checker.broken_law(), "") << folder;
    EXPECT_EQ(whole.facts, whole.tap_facts) << folder;

    Clients clients;
    decode(body, document, clients);
    for (std::size_t i = 0; i < kDialects.size(); ++i) {
      clients.encoders[i].end(clients.streams[i]);
      compare(folder / ("client_" + name_of(kDialects[i]) + ".sse"), clients.streams[i]);
      if (whole.decoder.failed()) continue;
      std::string answer;
      write_document(kDialects[i], clients.collector.answer(), clients.shared, answer);
      compare(folder / ("client_" + name_of(kDialects[i]) + ".json"), answer + '\n');
    }
    ++compared;

    if (document) continue;
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      Runner runner;
      runner.feed_cut(body, cut);
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << folder << " cut at " << cut;
    }
    Random random(1);
    for (int round = 0; round < 30; ++round) {
      Runner runner;
      for (Bytes rest = body; !rest.empty();) {
        const std::size_t size = round == 0 ? 1 : 1 + random.below(std::min<std::size_t>(rest.size(), 300));
        runner.feed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << folder << " round " << round;
    }
  }
  EXPECT_GE(compared, 8);
}

}  // namespace
}  // namespace weir::dialect
