// What a client gets of a translated stream must not depend on how the network cut it: frames that come whole may be
// known again from the one before and are then not read, frames that were cut are always read. So every stream goes
// through twice, and the fast way is held against the ordinary one.
#include "translation.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "unit/gateway/cut_within_frames.h"
#include "unit/gateway/source_root.h"
#include "weir/base/random.h"
#include "weir/dialect/dialect.h"

namespace weir::gateway {
namespace {

using dialect::Dialect;
namespace fs = std::filesystem;
namespace dom = simdjson::dom;

/// Everything that a translation said of one answer.
struct Told {
  std::string out;
  bool failed = false, begun = false, done = false, content = false;
  Fault fault{};
  dialect::Usage usage;
  dialect::FinishReason finish{};
  std::size_t most_held = 0;
  friend bool operator==(const Told& a, const Told& b) {
    return a.out == b.out && a.failed == b.failed && a.begun == b.begun && a.done == b.done && a.content == b.content &&
           a.fault == b.fault && a.usage == b.usage && a.finish == b.finish;
  }
};

Told translate(Dialect client, Dialect provider, const std::vector<Bytes>& pieces, bool breaks_off = false) {
  Translation translation(client, {.provider = provider, .seed = 7, .now = 1700000000, .model = "m"}, false);
  Told told;
  for (const Bytes piece : pieces) {
    net::BodyPart part;
    part.payloads[part.count++] = piece;
    translation.read(part, told.out);
    told.most_held = std::max(told.most_held, translation.held_bytes());
    if (translation.failed() || translation.done()) break;
  }
  if (breaks_off) {
    if (translation.begun()) translation.fail(Fault::upstream_truncated, told.out);
  } else if (!translation.failed()) {
    translation.end(told.out);
  }
  told.failed = translation.failed();
  told.begun = translation.begun();
  told.done = translation.done();
  told.content = translation.has_content();
  told.fault = translation.fault();
  told.usage = translation.decoder().usage();
  told.finish = translation.decoder().finish_reason();
  return told;
}

void expect_same(Dialect provider, Bytes body, bool breaks_off = false) {
  const std::vector<Bytes> cut = test::cut_within_frames(body);
  for (const Dialect client : dialect::kDialects) {
    const Told whole = translate(client, provider, {body}, breaks_off);
    const Told ordinary = translate(client, provider, cut, breaks_off);
    ASSERT_EQ(whole.out, ordinary.out) << "client " << static_cast<int>(client) << "\n" << body;
    ASSERT_TRUE(whole == ordinary) << "client " << static_cast<int>(client) << "\n" << body;
  }
}

// ---- Recorded streams.

fs::path shared_data() {
  const char* given = std::getenv("WEIR_SHARED");
  return (given ? fs::path(given) : fs::path(WEIR_SOURCE_ROOT) / ".." / "shared") / "data";
}

TEST(TranslatedFrames, RecordedStreamsInEveryClientsDialect) {
  const fs::path recordings = shared_data() / "recordings";
  if (!fs::exists(recordings)) GTEST_SKIP() << "the shared data are not here (" << recordings.string() << ")";
  constexpr std::pair<const char*, Dialect> kFolders[] = {{"openai-chat", Dialect::openai_chat},
                                                          {"openai-responses", Dialect::openai_responses},
                                                          {"anthropic-messages", Dialect::anthropic_messages},
                                                          {"gemini-stream", Dialect::gemini}};
  std::size_t streams[std::size(kFolders)] = {};
  dom::parser parser;
  for (const auto& file : fs::recursive_directory_iterator(recordings)) {
    if (file.path().extension() != ".json") continue;
    for (std::size_t i = 0; i < std::size(kFolders); ++i) {
      if (file.path().parent_path().filename() != kFolders[i].first) continue;
      dom::element root;
      bool stream = false;
      std::string_view body, encoding;
      if (parser.load(file.path().string()).get(root) != simdjson::SUCCESS ||
          root["stream"].get(stream) != simdjson::SUCCESS || !stream ||
          root["response"]["body"].get(body) != simdjson::SUCCESS ||
          root["response"]["body_encoding"].get(encoding) != simdjson::SUCCESS || encoding != "utf8" || body.empty())
        continue;
      if (body.find_first_not_of(" \t\r\n") != Bytes::npos &&
          Bytes("{[").contains(body[body.find_first_not_of(" \t\r\n")]))
        continue;  // no server-sent events
      SCOPED_TRACE(file.path().string());
      expect_same(kFolders[i].second, body);
      expect_same(kFolders[i].second, body.substr(0, body.size() / 2), true);
      if (testing::Test::HasFatalFailure()) return;
      ++streams[i];
    }
  }
  for (const std::size_t count : streams) EXPECT_GT(count, 20u);
}

// ---- Streams of our own, with anything in them.

std::string escaped_word(Random& random) {
  constexpr Bytes kWords[] = {"a",      " word",
                              "\\n",    "\\u00e9",
                              "\u00e9", " \U0001F600",
                              "<b>",    "\\\"quoted\\\"",
                              "{}",     "}  }",
                              "\\\\",   "data: x",
                              "12345",  " a longer run of plain words that takes more than sixty-four bytes to write"};
  std::string text;
  for (std::uint64_t n = 1 + random.below(3); n > 0; --n) text += kWords[random.below(std::size(kWords))];
  return text;
}

std::string number(std::uint64_t n) { return std::to_string(n); }

/// The n-th frame of a stream; most are texts of one block.
std::string frame_of(Dialect provider, Random& random, std::uint64_t n) {
  const std::string text = escaped_word(random);
  const std::uint64_t kind = random.below(12);
  switch (provider) {
    case Dialect::openai_chat: {
      const std::string head = R"(data: {"id":"c1","created":1700000000,"model":"m","choices":[)";
      const std::string tail = random.one_in(2) ? R"(,"obfuscation":")" + std::string(random.below(9), 'x') + "\"" : "";
      if (kind == 0) return ": comment\n\n";
      if (kind == 1)
        return head + R"({"index":0,"delta":{"tool_calls":[{"index":)" + number(random.below(2)) +
               R"(,"id":"call_1","function":{"name":"f","arguments":")" + text + R"("}}]}}]})" + "\n\n";
      if (kind == 2)
        return head + R"({"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":")" + text +
               R"("}}]}}]})" + "\n\n";
      if (kind == 3)
        return head + R"({"index":0,"delta":{"content":")" + text + R"("}}],"usage":{"prompt_tokens":)" + number(n) +
               R"(,"completion_tokens":3}})" + "\n\n";
      return head + R"({"index":)" + (random.one_in(8) ? "1" : "0") + R"(,"delta":{")" +
             (random.one_in(5) ? "reasoning_content" : "content") + R"(":")" + text + R"("}}])" + tail + "}\n\n";
    }
    case Dialect::openai_responses: {
      const std::string sequence = R"(,"sequence_number":)" + number(n * (random.one_in(20) ? 1'000'003 : 1));
      const std::string padding =
          random.one_in(2) ? R"(,"obfuscation":")" + std::string(random.below(9), 'x') + "\"" : "";
      const auto event = [&](const std::string& type, const std::string& members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + sequence + members + "}\n\n";
      };
      if (kind == 0)
        return event("response.output_text.done", R"(,"output_index":0,"content_index":0,"text":")" + text + "\"");
      if (kind == 1)
        return event("response.output_item.added",
                     R"(,"output_index":1,"item":{"type":"function_call","id":"fc","call_id":"call_1","name":"f"})");
      if (kind == 2)
        return event("response.function_call_arguments.delta",
                     R"(,"output_index":1,"delta":")" + text + "\"" + padding);
      if (kind == 3)
        return event("response.function_call_arguments.done", R"(,"output_index":1,"arguments":")" + text + "\"");
      if (kind == 4)
        return event("response.reasoning_summary_text.delta",
                     R"(,"output_index":2,"summary_index":)" + number(random.below(2)) + R"(,"delta":")" + text + "\"");
      return event("response.output_text.delta",
                   R"(,"item_id":"msg_1","output_index":0,"content_index":0,"delta":")" + text + "\"" + padding);
    }
    case Dialect::anthropic_messages: {
      const auto event = [](const std::string& type, const std::string& members) {
        return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + members + "}\n\n";
      };
      if (kind == 0) return event("ping", "");
      if (kind == 1)
        return event("content_block_start",
                     R"(,"index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}})");
      if (kind == 2)
        return event("content_block_delta",
                     R"(,"index":1,"delta":{"type":"input_json_delta","partial_json":")" + text + "\"}");
      if (kind == 3) return event("content_block_stop", R"(,"index":)" + number(random.below(3)));
      if (kind == 4)
        return event("content_block_delta",
                     R"(,"index":2,"delta":{"type":"thinking_delta","thinking":")" + text + "\"}");
      if (kind == 5)
        return event("content_block_delta", R"(,"index":2,"delta":{"type":"signature_delta","signature":"c2ln"})");
      return event("content_block_delta", R"(,"index":0,"delta":{"type":"text_delta","text":")" + text + "\"}" +
                                              std::string(random.below(5), ' '));
    }
    case Dialect::gemini:
      break;
  }
  const std::uint64_t output = random.one_in(3) ? n : random.below(3) == 0 ? 9 + n * 7 : 1'000'000 + n;
  std::string usage = R"(,"usageMetadata": {"promptTokenCount": 200,"candidatesTokenCount": )" + number(output) +
                      R"(,"totalTokenCount": )" + number(200 + output) +
                      R"(,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 200}]})";
  if (random.one_in(10)) usage = "";
  std::string part = R"({"text": ")" + text + "\"" + (random.one_in(6) ? R"(,"thought": true)" : "") + "}";
  if (kind == 0) part = R"({"functionCall": {"name": "f","args": {"a": 1}}})";
  if (kind == 1) part += R"(,{"text": "more"})";
  std::string citation;
  if (kind == 2)
    citation = R"(,"citationMetadata": {"citations": [{"startIndex": 1,"endIndex": 4,"uri": "http://x"}]})";
  return R"(data: {"candidates": [{"content": {"parts": [)" + part + R"(],"role": "model"})" + citation +
         R"(,"index": )" + (random.one_in(8) ? "1" : "0") + "}]" + usage +
         R"(,"modelVersion": "m","responseId": "r"})" + "\r\n\r\n";
}

std::string end_of(Dialect provider, Random& random) {
  switch (provider) {
    case Dialect::openai_chat:
      return "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    case Dialect::openai_responses:
      return "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[],"
             "\"usage\":{\"input_tokens\":2,\"output_tokens\":3}}}\n\n";
    case Dialect::anthropic_messages:
      return "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
             "\"usage\":{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n";
    case Dialect::gemini:
      break;
  }
  // With counts, or without: then those of the last frame hold.
  return std::string("data: {\"candidates\": [{\"finishReason\": \"STOP\",\"index\": 0}]") +
         (random.one_in(2) ? ",\"usageMetadata\": {\"candidatesTokenCount\": 77}" : "") + "}\r\n\r\n";
}

void change(std::string& body, Random& random) {
  constexpr Bytes kBytes = "\"\\\n\r{}[]:,0123456789-.e \x01\xc3\xa9x";
  const std::size_t at = random.below(body.size());
  const char c = kBytes[random.below(kBytes.size())];
  switch (random.below(3)) {
    case 0:
      body[at] = c;
      break;
    case 1:
      body.insert(at, 1, c);
      break;
    default:
      body.erase(at, 1);
  }
}

TEST(TranslatedFrames, FramesThatAreKnownAgainSayWhatReadingSays) {
  Random random(11);
  for (int round = 0; round < 3000; ++round) {
    for (const Dialect provider : dialect::kDialects) {
      std::string body;
      const std::uint64_t frames = 4 + random.below(12);
      for (std::uint64_t n = 1; n <= frames; ++n) {
        // Mostly runs of the same kind, as streams have them.
        Random kind(random.one_in(4) ? random.next() : 3);
        body += frame_of(provider, random.one_in(3) ? random : kind, n * n);
      }
      if (!random.one_in(5)) body += end_of(provider, random);
      if (random.one_in(3)) change(body, random);
      expect_same(provider, body, random.one_in(5));
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// Where a source stands is told while all text is ASCII: a known frame may be what ends that.
TEST(TranslatedFrames, SourcesBehindTextsThatWereKnown) {
  const auto frame = [](const std::string& text, const std::string& more) {
    return R"(data: {"candidates": [{"content": {"parts": [{"text": ")" + text + R"("}],"role": "model"})" + more +
           R"(,"index": 0}],"modelVersion": "m"})" + "\r\n\r\n";
  };
  const std::string source =
      R"(,"citationMetadata": {"citations": [{"startIndex": 1,"endIndex": 4,"uri": "http://x"}]})";
  for (const std::string last : {"plain", "\u00e9", "\\u00e9"}) {
    const std::string body = frame("one ", "") + frame("two ", "") + frame(last, "") + frame("end", source) +
                             frame("", R"(,"finishReason": "STOP")");
    expect_same(Dialect::gemini, body);
    const Told told = translate(Dialect::openai_chat, Dialect::gemini, {body});
    EXPECT_EQ(told.out.contains(R"("start_index":1,"end_index":4)"), last == "plain") << told.out;
  }
}

// ---- Bounds.

std::vector<Bytes> pieces_of(Bytes body, std::size_t size) {
  std::vector<Bytes> pieces;
  for (std::size_t at = 0; at < body.size(); at += size) pieces.push_back(body.substr(at, size));
  return pieces;
}

// One event of 10 MB: held until it is whole, once, and told once.
TEST(TranslatedFrames, AnEventOfTenMegabytes) {
  constexpr std::size_t kSize = 10 << 20;
  const std::string text(kSize, 'x');
  const std::string body =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
      "{\"type\":\"text_delta\",\"text\":\"" +
      text + "\"}}\n\n";
  for (const Dialect client : {Dialect::openai_chat, Dialect::gemini}) {
    const Told told = translate(client, Dialect::anthropic_messages, pieces_of(body, 16 * 1024));
    EXPECT_TRUE(told.out.contains(text));
    EXPECT_LT(told.out.size(), kSize + 4096);
    EXPECT_LT(told.most_held, 2 * kSize + 65'536) << "what is held grows by doubling";
  }
  // One that is larger than what may be held ends the stream, and nothing of it is kept.
  const std::string begun =
      "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
      "{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n";
  std::string endless = begun + "data: {\"text\":\"";
  endless.append(Translation::kMaxHeld + (1 << 20), 'x');
  const Told told = translate(Dialect::openai_chat, Dialect::anthropic_messages, pieces_of(endless, 16 * 1024));
  EXPECT_TRUE(told.failed);
  EXPECT_EQ(told.fault, Fault::answer_too_large);
  EXPECT_LE(told.most_held, 2 * Translation::kMaxHeld + 65'536);
}

// Thousands of the smallest events in one segment: nothing is held, and each becomes one frame.
TEST(TranslatedFrames, ThousandsOfTinyEventsInOneSegment) {
  constexpr std::size_t kEvents = 20'000;
  std::string body = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n";
  for (std::size_t i = 0; i < kEvents; ++i) body += "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
  for (const Dialect client : dialect::kDialects) {
    const Told told = translate(client, Dialect::openai_chat, {body});
    std::size_t frames = 0;
    codec::SseScanner scanner;
    for (Bytes rest = told.out; !rest.empty(); ++frames) {
      const std::size_t size = scanner.find_end(rest);
      ASSERT_NE(size, codec::SseScanner::npos);
      rest.remove_prefix(size);
    }
    EXPECT_GE(frames, kEvents);
    EXPECT_LE(frames, kEvents + 16);
    EXPECT_LT(told.most_held, 4096u);
    EXPECT_LT(told.out.size(), kEvents * 400);
  }
}

}  // namespace
}  // namespace weir::gateway
