// The golden cases in tests/golden/gemini/<case>/:
//   client_request.json       what a client of this dialect sends (optional)
//   upstream_<dialect>.json   what a provider of each dialect receives: a request, or why there is none
//   answer.sse | .json        the bytes of a provider of this dialect (optional)
//   events.txt                the neutral events
//   client_<dialect>.sse      the events as a client of each dialect gets them
//   client_<dialect>.json     the same in one document (not of answers that fail)
// Providers' models are those of model_of().
// WEIR_REGENERATE=1 writes everything but requests and answers anew; the difference is to be reviewed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "unit/dialect/encoded.h"
#include "unit/dialect/source_root.h"
#include "unit/dialect/stream_runner.h"
#include "weir/base/random.h"
#include "weir/catalog/model_traits.h"
#include "weir/dialect/gemini_decoder.h"
#include "weir/dialect/registry.h"

namespace weir::dialect {
namespace {

using Runner = test::BasicStreamRunner<gemini::Decoder>;
namespace fs = std::filesystem;

constexpr Dialect kHome = Dialect::gemini;

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
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_ROOT) / "tests/golden" / to_string(kHome)))
    all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

/// Whose traits count, by the provider's dialect.
Bytes model_of(Dialect provider) {
  switch (provider) {
    case Dialect::openai_chat:
    case Dialect::openai_responses:
      return "gpt-5";
    case Dialect::anthropic_messages:
      return "claude-sonnet-4-5";
    case Dialect::gemini:
      return "gemini-3-pro-preview";
  }
  return {};
}

fs::path beside(const fs::path& folder, const char* prefix, Dialect dialect, const char* suffix) {
  return folder / (prefix + std::string(to_string(dialect)) + suffix);
}

/// As a provider gets it: the body, and what it lost; or why it gets none.
std::string upstream(const std::string& body, Dialect provider) {
  const Bytes model = model_of(provider);
  Request request;
  Loss loss;
  read(kHome, body, request, loss);
  std::string written;
  if (!loss.refused())
    write(provider, request, {.model_id = model, .traits = catalog::model_traits(model), .stream = request.stream},
          written, loss);
  if (loss.refused())
    return "refused " + std::string(to_string(loss.refusal().fault)) + ' ' + loss.refusal().field + ": " +
           loss.refusal().why + '\n';
  written += '\n';
  for (const std::string& name : loss.dropped()) written += "dropped " + name + '\n';
  return written;
}

TEST(GeminiGolden, Requests) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "client_request.json")) continue;
    const std::string body = read_file(folder / "client_request.json");
    for (const Dialect provider : kDialects)
      compare(beside(folder, "upstream_", provider, ".json"), upstream(body, provider));
    ++compared;
  }
  EXPECT_GE(compared, 8);
}

/// What a client of some dialect gets.
struct Client {
  Client(Dialect dialect, const AnswerContext& context) : encoder(dialect, context) {}
  void take(std::span<const Event> events) {
    encoder.encode(events, out);
    collector.take(events);
    for (const Event& event : events) failed |= std::holds_alternative<FaultReport>(event);
  }
  Encoder encoder;
  Collector collector{1 << 20};
  std::string out;
  bool failed = false;
};

void compare_clients(const fs::path& folder, const std::vector<std::string>& payloads) {
  for (const Dialect dialect : kDialects) {
    const AnswerContext context{.provider = kHome, .seed = 7, .now = 1763600001, .model = "alias"};
    Client client(dialect, context);
    EventBatch batch(client);
    gemini::Decoder decoder;
    for (const std::string& payload : payloads) decoder.decode(payload, batch);
    decoder.end(batch);
    if (!client.failed) client.encoder.end(client.out);
    compare(beside(folder, "client_", dialect, ".sse"), client.out);
    if (client.failed) continue;
    std::string document;
    write_document(dialect, client.collector.answer(), context, document);
    compare(beside(folder, "client_", dialect, ".json"), document + '\n');
  }
}

TEST(GeminiGolden, Answers) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    SCOPED_TRACE(folder);
    compared += fs::exists(folder / "events.txt");
    if (fs::exists(folder / "answer.json")) {
      const std::string body = read_file(folder / "answer.json");
      Runner runner;
      runner.document(body);
      compare(folder / "events.txt", runner.lines);
      EXPECT_EQ(runner.checker.broken_law(), "");
      compare_clients(folder, {body});
      continue;
    }
    if (!fs::exists(folder / "answer.sse")) continue;
    const std::string stream = read_file(folder / "answer.sse");
    Runner whole;
    whole.feed(stream);
    whole.finish();
    compare(folder / "events.txt", whole.lines);
    EXPECT_EQ(whole.checker.broken_law(), "");
    EXPECT_EQ(whole.facts, whole.tap_facts);
    std::vector<std::string> payloads;
    test::for_each_payload(stream, [&](Bytes payload) { payloads.emplace_back(payload); });
    compare_clients(folder, payloads);

    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      Runner runner;
      runner.feed_cut(stream, cut);
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << "cut at " << cut;
    }
    Random random(1);
    for (int round = 0; round < 30; ++round) {
      Runner runner;
      for (Bytes rest = stream; !rest.empty();) {
        const std::size_t size = round == 0 ? 1 : 1 + random.below(std::min<std::size_t>(rest.size(), 300));
        runner.feed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      runner.finish();
      ASSERT_EQ(runner.lines, whole.lines) << "round " << round;
    }
  }
  EXPECT_GE(compared, 20);
}

}  // namespace
}  // namespace weir::dialect
