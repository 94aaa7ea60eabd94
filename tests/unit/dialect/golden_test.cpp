// The golden cases in tests/golden/openai_chat/<case>/:
//   request.json            what the client sends (optional)
//   upstream_request.json   what the provider receives, with its model "upstream-model" and usage asked for
//   answer.sse | .json      the provider's bytes
//   events.txt              the neutral events
// WEIR_REGENERATE=1 writes the second and the fourth anew; the difference is to be reviewed.
#include <gtest/gtest.h>

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

TEST(Golden, Requests) {
  int compared = 0;
  for (const fs::path& folder : cases()) {
    if (!fs::exists(folder / "request.json")) continue;
    const std::string body = read_file(folder / "request.json");
    const auto request = openai_chat::read_envelope(body);
    ASSERT_TRUE(request) << folder;
    std::string scratch;
    Rebuild rebuild{body, {}};
    openai_chat::write_passthrough(*request, "upstream-model", true, scratch).for_each_piece(body.size(), rebuild);
    compare(folder / "upstream_request.json", rebuild.out);
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

TEST(Golden, Answers) {
  const auto folders = cases();
  EXPECT_GE(folders.size(), 10U);
  for (const fs::path& folder : folders) {
    if (fs::exists(folder / "answer.json")) {
      StreamRunner runner;
      runner.document(read_file(folder / "answer.json"));
      compare(folder / "events.txt", runner.lines);
      EXPECT_EQ(runner.checker.broken_law(), "") << folder;
      continue;
    }
    const std::string stream = read_file(folder / "answer.sse");
    StreamRunner whole;
    whole.feed(stream);
    whole.finish();
    compare(folder / "events.txt", whole.lines);
    EXPECT_EQ(whole.checker.broken_law(), "") << folder;
    EXPECT_EQ(whole.facts, whole.tap_facts) << folder;

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
}

}  // namespace
}  // namespace weir::dialect
