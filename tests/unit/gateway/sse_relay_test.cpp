// What a client gets of a stream must not depend on how the network cut it.
#include "sse_relay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/io/sim_world.h"

namespace weir::gateway {
namespace {

constexpr bool kWithhold = true;

#define ROLE R"({"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})"
#define TEXT R"({"choices":[{"index":0,"delta":{"content":"hi"}}]})"
#define STOP R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})"
#define USAGE R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}})"
#define ERROR R"({"error":{"message":"overloaded","code":503}})"

struct Row {
  std::string name;
  bool withhold;
  std::string in;
  std::string out;  // with what end_stream() puts behind it
  bool complete = true;
  bool done = true;
  bool fault = false;
};

/// Everything the relay said of one stream.
struct Told {
  std::string out;
  bool untouched = true;  // every part
  bool content = false, fault = false;
  bool complete = false, done = false;
  std::uint64_t output_tokens = 0;
};

/// Sends the stream through in these pieces, as Exchange::relay_stream does.
Told relay(io::test::SimWorld& world, bool withhold, const std::vector<Bytes>& pieces,
           dialect::Dialect dialect = dialect::Dialect::openai_chat) {
  Told told;
  SseRelay relay(dialect, withhold);
  for (const Bytes piece : pieces) {
    net::BodyPart part;
    part.chunk = world.chunk(piece);
    part.payloads[part.count++] = part.chunk.bytes();
    const auto facts = relay.read(part);
    told.content |= facts.content;
    told.fault |= facts.fault;
    told.untouched &= relay.untouched();
    if (relay.untouched()) {
      told.out += part.chunk.bytes();
    } else {
      for (const io::Chunk& chunk : relay.pass()) told.out += chunk.bytes();
    }
    if (facts.fault || facts.done) break;
  }
  if (relay.finish()) {
    for (const io::Chunk& chunk : relay.pass()) told.out += chunk.bytes();
    told.out += "\n\n";
  }
  if (relay.inside_frame()) told.out += "\n\n";
  if (relay.owes_line_feed()) told.out += "\n";
  told.complete = relay.complete();
  told.done = relay.done();
  told.output_tokens = relay.decoder().usage().output_total();
  return told;
}

/// The same stream with another line end.
std::string with_line_end(std::string_view text, std::string_view line_end) {
  std::string out;
  for (const char c : text) c == '\n' ? void(out += line_end) : out.push_back(c);
  return out;
}

const std::string kOrdinary = "data: " ROLE "\n\ndata: " TEXT "\n\ndata: " STOP "\n\n";

std::vector<Row> rows() {
  std::vector<Row> out;
  for (const char* line_end : {"\n", "\r\n", "\r"}) {
    const std::string label = line_end[0] == '\n' ? "LF" : line_end[1] ? "CRLF" : "CR";
    const auto add = [&](const char* name, bool withhold, std::string in, std::string passed, Row rest = {}) {
      rest.name = label + ", " + name;
      rest.withhold = withhold;
      rest.in = with_line_end(in, line_end);
      rest.out = with_line_end(passed, line_end);
      out.push_back(rest);
    };
    const std::string done = "data: [DONE]\n\n";
    const std::string usage = "data: " USAGE "\n\n";
    add("ordinary", false, kOrdinary + done, kOrdinary + done);
    add("usage asked for", false, kOrdinary + usage + done, kOrdinary + usage + done);
    add("usage withheld", kWithhold, kOrdinary + usage + done, kOrdinary + done);
    add("usage withheld in the middle", kWithhold, usage + kOrdinary + usage + usage + done, kOrdinary + done);
    add("comments", kWithhold, ": a\n\n" + kOrdinary + ":\n\n" + usage + ": b\n\n" + done,
        ": a\n\n" + kOrdinary + ":\n\n: b\n\n" + done);
    add("other fields", false, "event: x\nid: 1\n" + kOrdinary + done, "event: x\nid: 1\n" + kOrdinary + done);
    add("no end marker", false, kOrdinary, kOrdinary, {.complete = true, .done = false});
    add("truncated", false, "data: " TEXT "\n\n", "data: " TEXT "\n\n", {.complete = false, .done = false});
    add("half a frame at the end", false, "data: " TEXT "\n\ndata: {\"choi", "data: " TEXT "\n\n",
        {.complete = false, .done = false});
    add("data behind the end marker", false, kOrdinary + done + "data: " TEXT "\n\n", kOrdinary + done);
    add("error first", false, "data: " ERROR "\n\n" + kOrdinary, "data: " ERROR "\n\n",
        {.complete = false, .done = false, .fault = true});
    add("error behind a comment", false, ": a\n\ndata: " ERROR "\n\n", ": a\n\ndata: " ERROR "\n\n",
        {.complete = false, .done = false, .fault = true});
    add("error later", kWithhold, "data: " TEXT "\n\ndata: " ERROR "\n\n" + done,
        "data: " TEXT "\n\ndata: " ERROR "\n\n", {.complete = false, .done = false, .fault = true});
    // Without its blank line the last frame counts, and gets one.
    out.push_back({label + ", end marker without a blank line", false,
                   with_line_end(kOrdinary, line_end) + "data: [DONE]",
                   with_line_end(kOrdinary, line_end) + "data: [DONE]\n\n"});
    out.push_back({label + ", end marker with half a blank line", false,
                   with_line_end(kOrdinary + "data: [DONE]\n", line_end),
                   with_line_end(kOrdinary + "data: [DONE]\n", line_end) + "\n\n"});
    // Cut before its first word it says nothing: an event without data makes some clients stumble.
    for (const char* begun : {"data", "data:", "data: "})
      out.push_back({label + ", cut within " + begun, false, with_line_end(kOrdinary, line_end) + begun,
                     with_line_end(kOrdinary, line_end), true, false});
  }
  out.push_back({"mixed line ends", kWithhold,
                 "data: " ROLE "\r\n\ndata: " TEXT "\r\rdata: " STOP "\n\r\ndata: " USAGE "\r\n\rdata: [DONE]\n\n",
                 "data: " ROLE "\r\n\ndata: " TEXT "\r\rdata: " STOP "\n\r\ndata: [DONE]\n\n"});
  return out;
}

void check(const Row& row, const Told& told, std::size_t a, std::size_t b) {
  ASSERT_EQ(told.out, row.out) << "cut at " << a << " and " << b;
  ASSERT_EQ(told.complete, row.complete) << "cut at " << a << " and " << b;
  ASSERT_EQ(told.done, row.done) << "cut at " << a << " and " << b;
  ASSERT_EQ(told.fault, row.fault) << "cut at " << a << " and " << b;
}

TEST(SseRelay, PassesOnTheSameInEveryCut) {
  io::test::SimWorld world;
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const Bytes in = row.in;
    const Told whole = relay(world, row.withhold, {in});
    check(row, whole, 0, in.size());
    EXPECT_EQ(whole.untouched, row.in == row.out) << "whole frames with nothing to take out go on as they are";
    for (std::size_t a = 1; a < in.size(); ++a) {
      const Told told = relay(world, row.withhold, {in.substr(0, a), in.substr(a)});
      check(row, told, a, in.size());
      ASSERT_EQ(told.content, whole.content);
      ASSERT_EQ(told.output_tokens, whole.output_tokens);
      // A second cut close by: between the bytes of a line end, and around it.
      for (std::size_t b = a + 1; b < std::min(a + 6, in.size()); ++b)
        check(row, relay(world, row.withhold, {in.substr(0, a), in.substr(a, b - a), in.substr(b)}), a, b);
      if (testing::Test::HasFatalFailure()) break;
    }
    std::vector<Bytes> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(in.substr(i, 1));
    if (!testing::Test::HasFatalFailure()) check(row, relay(world, row.withhold, bytes), 1, 1);
  }
}

// One part may hold several payloads (HTTP chunks); frames run across them.
TEST(SseRelay, FramesRunAcrossThePayloadsOfAPart) {
  io::test::SimWorld world;
  const std::string in = kOrdinary + "data: " USAGE "\n\ndata: [DONE]\n\n";
  for (std::size_t a = 1; a < in.size(); ++a) {
    net::BodyPart part;
    part.chunk = world.chunk(in);
    part.payloads[part.count++] = part.chunk.bytes().substr(0, a);
    part.payloads[part.count++] = part.chunk.bytes().substr(a);
    SseRelay relay(dialect::Dialect::openai_chat, kWithhold);
    const auto facts = relay.read(part);
    EXPECT_TRUE(facts.done && facts.content && facts.data);
    EXPECT_FALSE(relay.untouched());
    std::string out;
    for (const io::Chunk& chunk : relay.pass()) out += chunk.bytes();
    ASSERT_EQ(out, kOrdinary + "data: [DONE]\n\n") << a;
  }
}

// A frame too large to be held goes through in pieces; what stands around it is read as ever.
TEST(SseRelay, LetsAnOversizeFrameThrough) {
  io::test::SimWorld world;
  const std::string large =
      R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(2 * SseRelay::kMaxHeldBytes, 'x') + "\"}}]}";
  for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
    const std::string end = with_line_end("\n\n", line_end);
    const std::string before = with_line_end(kOrdinary, line_end);
    const std::string behind = "data: " USAGE + end;
    const std::string done = "data: [DONE]" + end;
    const std::string in = before + large + end + behind + done;
    const std::size_t edge = before.size() + large.size();
    for (std::size_t shift = 0; shift < 16'000; shift = shift < 20 || shift > 15'900 ? shift + 1 : shift + 997) {
      std::vector<Bytes> pieces;
      // Receives of a buffer each, moved so that cuts fall on every byte around the frame's end.
      std::size_t at = (edge - 8 + shift) % 16'000 + 1;
      pieces.push_back(Bytes(in).substr(0, at));
      for (; at < in.size(); at += 16'000) pieces.push_back(Bytes(in).substr(at, 16'000));
      const Told told = relay(world, kWithhold, pieces);
      ASSERT_TRUE(told.out == before + large + end + done) << "shift " << shift << ", " << told.out.size();
      ASSERT_TRUE(told.done && told.complete);
      ASSERT_EQ(told.output_tokens, 2u);
    }
    // A connection that breaks inside of it: what went out is ended by a blank line.
    std::vector<Bytes> pieces;
    const Bytes begun = Bytes(in).substr(0, edge - 100);
    for (std::size_t at = 0; at < begun.size(); at += 16'000) pieces.push_back(begun.substr(at, 16'000));
    const Told cut = relay(world, kWithhold, pieces);
    EXPECT_TRUE(cut.out.ends_with("x\n\n"));
    EXPECT_FALSE(cut.done);
  }
}

/// The last event of the Responses repeats the answer; a picture of Gemini's comes as one frame with the finish in it.
TEST(SseRelay, ReadsAnOversizeFrame) {
  io::test::SimWorld world;
  const std::string text(3 * SseRelay::kMaxHeldBytes, 'x');
  const std::string responses =
      R"(data: {"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}})"
      "\n\n"
      R"(data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message",)"
      R"("content":[{"type":"output_text","text":")" +
      text + R"("}]}],"usage":{"input_tokens":5,"output_tokens":2,"total_tokens":7}}})";
  const std::string gemini =
      R"(data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":")" + text +
      R"("}}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":)"
      R"({"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7}})";
  for (const auto& [dialect, body] :
       {std::pair(dialect::Dialect::openai_responses, responses), std::pair(dialect::Dialect::gemini, gemini)})
    for (const std::string& end : {std::string("\n\n"), std::string("\r\n\r\n"), std::string()})
      for (std::size_t shift = 1; shift < 16'000; shift += 1999) {
        const std::string in = body + end;
        std::vector<Bytes> pieces = {Bytes(in).substr(0, shift)};
        for (std::size_t at = shift; at < in.size(); at += 16'000) pieces.push_back(Bytes(in).substr(at, 16'000));
        const Told told = relay(world, false, pieces, dialect);
        ASSERT_TRUE(told.out == in + (end.empty() ? "\n\n" : "")) << told.out.size() << " of " << in.size();
        ASSERT_TRUE(told.complete) << "shift " << shift;
        ASSERT_EQ(told.output_tokens, 2u);
        ASSERT_FALSE(told.fault);
      }
}

/// There was no memory to read the frame: it may have held the finish.
TEST(SseRelay, AnUnreadLastFrameMayHaveBeenTheEnd) {
  io::test::SimWorld world;
  SseRelay relay(dialect::Dialect::openai_chat, false);
  const auto read = [&](Bytes bytes) {
    net::BodyPart part;
    part.chunk = world.chunk(bytes);
    part.payloads[part.count++] = part.chunk.bytes();
    relay.read(part);
  };
  const Bytes stop = "data: " STOP "\n\n";
  read("data: " TEXT "\n\ndata: " TEXT "\n\n");
  read(stop.substr(0, 30));
  relay.let_go();
  EXPECT_TRUE(relay.inside_frame());
  EXPECT_FALSE(relay.complete());
  read(stop.substr(30));
  EXPECT_TRUE(relay.complete());
  read("data: " TEXT "\n\n");
  EXPECT_FALSE(relay.complete()) << "something followed, so it was not the end";
}

TEST(SseRelay, TailOfABodyWithoutMeaningIsMeantOrAnErrorOrNothing) {
  io::test::SimWorld world;
  const auto tail = [&](Bytes body) {
    SseRelay relay(dialect::Dialect::openai_chat, false);
    net::BodyPart part;
    part.chunk = world.chunk(body);
    part.payloads[part.count++] = part.chunk.bytes();
    relay.read(part);
    return relay.judge_tail();
  };
  EXPECT_EQ(tail(": comment\n\n"), SseRelay::Tail::nothing);
  EXPECT_EQ(tail("data: {\"choi"), SseRelay::Tail::nothing);
  EXPECT_EQ(tail("data: " ROLE "\n"), SseRelay::Tail::nothing);
  EXPECT_EQ(tail("data: " TEXT), SseRelay::Tail::meant);
  EXPECT_EQ(tail("data: " ROLE "\n\n"), SseRelay::Tail::nothing);
  EXPECT_EQ(tail("data: " ROLE "\n\ndata: "), SseRelay::Tail::nothing);
  EXPECT_EQ(tail("data: " ROLE "\n\ndata: {\"error\":{\"mess"), SseRelay::Tail::nothing) << "half an error is none";
  EXPECT_EQ(tail("data: " ROLE "\n\ndata: [DONE]\n"), SseRelay::Tail::meant) << "as if its blank line had come";
  EXPECT_EQ(tail("data: " ERROR), SseRelay::Tail::fault);
  EXPECT_EQ(tail("data: " ROLE "\n\ndata: " ERROR "\n"), SseRelay::Tail::fault) << "nothing meant came before it";
}

TEST(SseRelay, TellsTheProvidersError) {
  io::test::SimWorld world;
  const std::string in = "data: " ERROR "\n\n";
  for (std::size_t a = 1; a < in.size(); ++a) {
    SseRelay relay(dialect::Dialect::openai_chat, false);
    net::BodyPart part;
    for (const Bytes piece : {Bytes(in).substr(0, a), Bytes(in).substr(a)}) {
      part.chunk = world.chunk(piece);
      part.payloads[0] = part.chunk.bytes();
      part.count = 1;
      relay.read(part);
    }
    ASSERT_EQ(relay.error_payload(), ERROR);
    ASSERT_TRUE(relay.decoder().failed());
  }
}

TEST(SseRelay, WhatTheProvidersErrorSaysOutlivesItsFrame) {
  io::test::SimWorld world;
  const std::string message(5000, 'm');  // more than what is kept for the next exchange
  const std::string error = R"({"type":"error","code":"server_error",)"
                            "\n"
                            R"("message":")" +
                            message + R"("})";
  const std::string one_line = "data: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"" + message + "\"}\n";
  const std::string two_lines =
      "data: " + error.substr(0, error.find('\n')) + "\ndata: " + error.substr(error.find('\n') + 1) + "\n";
  for (const std::string& frame : {one_line, two_lines})
    for (const bool is_cut : {false, true})
      for (const bool is_whole : {false, true}) {
        SseRelay relay(dialect::Dialect::openai_responses, false);
        const std::string in = frame + (is_whole ? "\n" : "");
        const std::size_t cut = is_cut ? 4600 : in.size();
        for (const Bytes piece : {Bytes(in).substr(0, cut), Bytes(in).substr(cut)}) {
          if (piece.empty()) continue;
          net::BodyPart part;
          part.chunk = world.chunk(piece);
          part.payloads[part.count++] = part.chunk.bytes();
          relay.read(part);
        }
        if (!is_whole) EXPECT_EQ(relay.judge_tail(), SseRelay::Tail::fault);
        EXPECT_EQ(relay.error().message, message);
        EXPECT_EQ(relay.error().code, "server_error");
        EXPECT_TRUE(is_within(relay.error().message, relay.error_payload()));
        EXPECT_TRUE(is_within(relay.error().code, relay.error_payload()));
      }
}

TEST(SseRelay, TheProvidersErrorCountsWithoutItsBlankLine) {
  io::test::SimWorld world;
  for (const Bytes end : {"", "\n", "\r\n"}) {
    const std::string in = "data: " ERROR + std::string(end);
    SseRelay relay(dialect::Dialect::openai_chat, false);
    net::BodyPart part;
    part.chunk = world.chunk(in);
    part.payloads[0] = part.chunk.bytes();
    part.count = 1;
    relay.read(part);
    ASSERT_TRUE(relay.finish());
    std::string out;
    for (const io::Chunk& piece : relay.pass()) out += piece.bytes();
    EXPECT_EQ(out, in);
    EXPECT_TRUE(relay.decoder().failed());
    relay.pass().clear();
  }
}

// Held for at most one frame: nothing stays in the pool when the stream is over.
TEST(SseRelay, HoldsNothingBetweenFrames) {
  io::test::SimWorld world;
  SseRelay relay(dialect::Dialect::openai_chat, false);
  for (int i = 0; i < 100; ++i) {
    net::BodyPart part;
    part.chunk = world.chunk("data: " TEXT "\n\ndata: {\"cho");
    part.payloads[part.count++] = part.chunk.bytes();
    relay.read(part);
    EXPECT_GT(relay.tail_bytes(), 0U);
    part.chunk = world.chunk("ices\":[]}\n\n");
    part.payloads[0] = part.chunk.bytes();
    relay.read(part);
    EXPECT_FALSE(relay.tail_bytes() > 0);
    relay.pass().clear();
  }
  EXPECT_EQ(world.loop.buffers().held(), 0u);
}

}  // namespace
}  // namespace weir::gateway
