#include "weir/codec/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/base/random.h"

namespace weir::codec {
namespace {

struct Frame {
  std::string event;
  std::string data;
  bool has_data;
  friend bool operator==(const Frame&, const Frame&) = default;
  friend void PrintTo(const Frame& frame, std::ostream* out) {
    *out << '{' << frame.event << '|' << frame.data << '|' << frame.has_data << '}';
  }
};

/// Feeds the pieces as they are and collects the frames that have any field we read; what is left at the end of the
/// stream counts as a frame, as a stream may end without its last blank line.
class Feeder {
 public:
  void feed(Bytes piece) {
    while (!piece.empty()) {
      const std::size_t end = scanner_.find_end(piece);
      if (end == SseScanner::npos) {
        pending_ += piece;
        return;
      }
      pending_ += piece.substr(0, end);
      piece.remove_prefix(end);
      take();
    }
  }
  std::vector<Frame> finish() {
    take();
    return frames_;
  }

 private:
  void take() {
    const SseFrame frame = parse_sse_frame(pending_, scratch_);
    if (const Bytes line = scanner_.only_line(); !line.empty() && !pending_.empty()) {
      const SseFrame of_line = parse_sse_line(line);
      EXPECT_EQ(line, Bytes(pending_).substr(0, pending_.size() - 2)) << "all but the two line feeds";
      EXPECT_EQ(of_line.data, frame.data);
      EXPECT_EQ(of_line.event, frame.event);
      EXPECT_EQ(of_line.has_data, frame.has_data);
    }
    if (frame.has_data || !frame.event.empty())
      frames_.push_back({std::string(frame.event), std::string(frame.data), frame.has_data});
    pending_.clear();
  }
  SseScanner scanner_;
  std::string pending_;
  std::string scratch_;
  std::vector<Frame> frames_;
};

std::vector<Frame> frames_of(Bytes stream) {
  Feeder feeder;
  feeder.feed(stream);
  return feeder.finish();
}

const Frame kA{"", "a", true};
const Frame kB{"", "b", true};

struct Case {
  const char* name;
  std::string stream;
  std::vector<Frame> frames;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"line feeds", "data: a\n\ndata: b\n\n", {kA, kB}},
      {"carriage returns and line feeds", "data: a\r\n\r\ndata: b\r\n\r\n", {kA, kB}},
      {"carriage returns", "data: a\r\rdata: b\r\r", {kA, kB}},
      {"all of them mixed", "data: a\r\n\ndata: b\n\r\ndata: a\r\n\rdata: b\r\r\n", {kA, kB, kA, kB}},
      {"no space", "data:a\n\ndata:b\n\n", {kA, kB}},
      {"only one space goes", "data:  a\n\n", {{"", " a", true}}},
      {"no last blank line", "data: a\n\ndata: b\n", {kA, kB}},
      {"no last line end", "data: a\n\ndata: b", {kA, kB}},
      {"several data lines", "data: a\r\ndata: b\r\ndata:\r\n\r\n", {{"", "a\nb\n", true}}},
      {"empty data", "data:\n\ndata: \n\ndata\n\n", {{"", "", true}, {"", "", true}, {"", "", true}}},
      {"comments", ": hello\n\n:\ndata: a\n: between\n\n", {kA}},
      {"an event's name", "event: error\ndata: a\n\nevent:x\nevent\ndata: b\n\n", {{"error", "a", true}, kB}},
      {"other fields", "id: 1\nretry: 5\nfoo: bar\nnocolon\ndatas: x\n\ndata: a\nid: 2\n\n", {kA}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "data: a\n\ndata: b\n\n",
       {kA, kB}},
      {"byte order mark and a blank line", "\xEF\xBB\xBF\n\ndata: a\n\n", {kA}},
      {"byte order mark behind a line end that may be cut",
       "data: a\r\n\r\n\xEF\xBB\xBF"
       "data: b\n\n",
       {kA, kB}},
      {"blank lines in plenty", "\n\n\r\r\n\n\ndata: a\n\n\n\r\ndata: b\n\n", {kA, kB}},
      {"field without data", "event: ping\n\ndata: a\n\n", {{"ping", "", false}, kA}},
      {"control bytes that end no line",
       std::string("data: x\x0b\x0c\0\x01y\n\n", 13),
       {{"", std::string("x\x0b\x0c\0\x01y", 6), true}}},
      {"long lines",
       "data: " + std::string(300, 'x') + "\n\ndata: " + std::string(64, '\t') + "y\r\n\r\n",
       {{"", std::string(300, 'x'), true}, {"", std::string(64, '\t') + "y", true}}},
      {"nothing", "", {}},
  };
  return all;
}

TEST(Sse, Cases) {
  for (const Case& c : cases()) EXPECT_EQ(frames_of(c.stream), c.frames) << c.name;
}

TEST(Sse, FramesDoNotDependOnOneCut) {
  for (const Case& c : cases())
    for (std::size_t cut = 0; cut <= c.stream.size(); ++cut) {
      Feeder feeder;
      feeder.feed(Bytes(c.stream).substr(0, cut));
      feeder.feed(Bytes(c.stream).substr(cut));
      EXPECT_EQ(feeder.finish(), c.frames) << c.name << " cut at " << cut;
    }
}

TEST(Sse, FramesDoNotDependOnAnyCuts) {
  Random random(7);
  for (const Case& c : cases())
    for (int round = 0; round < 50; ++round) {
      Feeder feeder;
      Bytes rest = c.stream;
      while (!rest.empty()) {
        const std::size_t size = round == 0 ? 1 : 1 + random.below(std::min<std::size_t>(rest.size(), 9));
        feeder.feed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      EXPECT_EQ(feeder.finish(), c.frames) << c.name << " round " << round;
    }
}

TEST(SseScanner, AFrameEndsAtItsLastByteAndNotLater) {
  SseScanner scanner;
  EXPECT_EQ(scanner.find_end("data: a\r\n\r\ndata"), 11U);
  EXPECT_EQ(scanner.find_end("data: b\n"), SseScanner::npos);
  EXPECT_EQ(scanner.find_end("\r"), 1U);                         // not held back for a line feed that may come
  EXPECT_EQ(scanner.find_end("\ndata: c\n"), SseScanner::npos);  // it came: no blank line of its own
  EXPECT_EQ(scanner.find_end("\n"), 1U);
}

TEST(SseScanner, LineEndsAreFoundAtEveryDistance) {
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string text = std::string(size, '\t') + '\r' + std::string(size % 20, 'x');
    EXPECT_EQ(find_line_end(text, 0), size);
    EXPECT_EQ(find_line_end(text, size + 1), text.size());
  }
}

TEST(SseScanner, KnowsTheOnlyLine) {
  const auto line_of = [](std::vector<Bytes> pieces) {
    SseScanner scanner;
    for (const Bytes piece : pieces)
      if (scanner.find_end(piece) != SseScanner::npos) return std::string(scanner.only_line());
    return std::string("no end");
  };
  EXPECT_EQ(line_of({"data: x\n\n"}), "data: x");
  EXPECT_EQ(line_of({": hello\n\ndata: x\n\n"}), ": hello");
  EXPECT_EQ(line_of({"data: x\r\n\r\n"}), "");
  EXPECT_EQ(line_of({"event: a\ndata: x\n\n"}), "");
  EXPECT_EQ(line_of({"da", "ta: x\n\n"}), "");
  EXPECT_EQ(line_of({"data: x\n", "\n"}), "");
  EXPECT_EQ(line_of({"\n"}), "");
}

}  // namespace
}  // namespace weir::codec
