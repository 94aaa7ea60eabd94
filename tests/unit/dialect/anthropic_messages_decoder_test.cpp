#include "weir/dialect/anthropic_messages_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/dialect/stream_runner.h"

namespace weir::dialect {
namespace {

using Runner = test::BasicStreamRunner<anthropic_messages::Decoder>;

const std::string kStart =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"c","content":[],)"
    R"("stop_reason":null,"usage":{"input_tokens":5,"output_tokens":1}}})";
const std::string kStop = R"({"type":"message_stop"})";
std::string ends(const std::string& reason, const std::string& usage = R"({"output_tokens":9 })") {
  return R"({"type":"message_delta","delta":{"stop_reason":)" + reason + R"(,"stop_sequence":null},"usage":)" + usage +
         "}";
}
std::string opens(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}";
}
std::string adds(int index, const std::string& delta) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + delta + "}";
}
std::string closes(int index) { return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}"; }
const std::string kText = R"({"type":"text","text":""})";
std::string words(const std::string& text) { return R"({"type":"text_delta","text":")" + text + R"("})"; }
std::string json(const std::string& text) { return R"({"type":"input_json_delta","partial_json":")" + text + R"("})"; }

const std::string kBegins = "begin id=\"msg_1\" model=\"c\" created=0\nusage input=5 output=1\n";
const std::string kEnds = "usage input=5 output=9\nfinish 0 stop native=\"end_turn\"\n";

/// All payloads, in order, and the end of the stream.
Runner run(const std::vector<std::string>& payloads) {
  Runner runner;
  for (const std::string& payload : payloads) runner.feed("data: " + payload + "\n\n");
  runner.finish();
  return runner;
}

struct Case {
  const char* name;
  std::vector<std::string> payloads;
  std::string events;
};

void check(const Case& one) {
  SCOPED_TRACE(one.name);
  const Runner runner = run(one.payloads);
  EXPECT_EQ(runner.lines, one.events);
  EXPECT_EQ(runner.checker.broken_law(), "");
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.decoder.usage(), runner.tap.usage());
  EXPECT_EQ(runner.decoder.complete(), runner.tap.complete());
  EXPECT_EQ(runner.decoder.finish_reason(), runner.tap.finish_reason());
}

TEST(AnthropicDecoder, TellsWhatWasSaid) {
  const Case cases[] = {
      {"text",
       {kStart, R"({"type":"ping"})", opens(0, kText), adds(0, words("a\\n")), adds(0, words("")), adds(0, words("b")),
        closes(0), ends("\"end_turn\""), kStop},
       kBegins + "ping\nblock_begin 0.0 text\nblock_delta 0.0 \"a\\n\"\nblock_delta 0.0 \"b\"\nblock_end 0.0\n" +
           kEnds},
      {"thoughts with their seal, and thoughts that are kept",
       {kStart, opens(0, R"({"type":"thinking","thinking":"","signature":""})"),
        adds(0, R"({"type":"thinking_delta","thinking":"t"})"),
        adds(0, R"({"type":"signature_delta","signature":"si"})"),
        adds(0, R"({"type":"signature_delta","signature":"g"})"), closes(0),
        opens(1, R"({"type":"redacted_thinking","data":"d"})"), closes(1),
        opens(2, R"({"type":"thinking","thinking":"","signature":""})"),
        adds(2, R"({"type":"signature_delta","signature":"only"})"), closes(2),
        opens(3, R"({"type":"thinking","thinking":"","signature":""})"), closes(3), ends("\"end_turn\""), kStop},
       kBegins +
           "block_begin 0.0 reasoning\nblock_delta 0.0 \"t\"\nblock_end 0.0 signature=\"sig\"\n"
           "block_begin 0.1 reasoning redacted\nblock_end 0.1 signature=\"d\"\n"
           "block_begin 0.2 reasoning\nblock_end 0.2 signature=\"only\"\n" +
           kEnds},
      {"tools: fragments, none at all, and all at once in the start",
       {kStart, opens(0, R"({"type":"tool_use","id":"t1","name":"f","input":{}})"), adds(0, json("")),
        adds(0, json("{\\\"a\\\":")), adds(0, json("1}")), closes(0),
        opens(1, R"({"type":"tool_use","id":"t2","name":"g","input":{}})"), closes(1),
        opens(2, R"({"type":"tool_use","id":"t3","name":"h","input":{"b":"\n"}})"), closes(2),
        opens(3, R"({"type":"tool_use","id":"t4","name":"i","input":{"b":1}})"), adds(3, json("{}")), closes(3),
        ends("\"tool_use\""), kStop},
       kBegins +
           "block_begin 0.0 tool_call id=\"t1\" name=\"f\"\nblock_delta 0.0 \"{\\\"a\\\":\"\nblock_delta 0.0 \"1}\"\n"
           "block_end 0.0\nblock_begin 0.1 tool_call id=\"t2\" name=\"g\"\nblock_end 0.1\n"
           "block_begin 0.2 tool_call id=\"t3\" name=\"h\"\nblock_delta 0.2 \"{\\\"b\\\":\\\"\\\\n\\\"}\"\n"
           "block_end 0.2\nblock_begin 0.3 tool_call id=\"t4\" name=\"i\"\nblock_delta 0.3 \"{}\"\nblock_end 0.3\n"
           "usage input=5 output=9\nfinish 0 tool_calls native=\"tool_use\"\n"},
      {"members in another order, and names with escapes",
       {kStart, R"({"content_block":{"text":"","typ\u0065":"text"},"index":0,"type":"content_block_start"})",
        R"({"delta":{"text":"a","type":"text\u005fdelta"},"type":"content_block_delta","index":0})", closes(0),
        R"({"usage":{"output_tokens":9},"delta":{"stop_sequence":"END","stop_reason":"stop_sequence"},)"
        R"("type":"message_delta"})",
        kStop},
       kBegins + "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nusage input=5 output=9\n"
                 "finish 0 stop native=\"stop_sequence\" at \"END\"\n"},
      {"sources",
       {kStart, opens(0, R"({"type":"text","text":"","citations":[]})"),
        adds(0, R"({"type":"citations_delta","citation":{"type":"web_search_result_location","url":"u","title":"t",)"
                R"("cited_text":"q","encrypted_index":"e"}})"),
        adds(0, words("a")),
        adds(0, R"({"type":"citations_delta","citation":{"type":"char_location","cited_text":"r",)"
                R"("document_index":0,"document_title":"d","start_char_index":1,"end_char_index":2}})"),
        adds(0, R"({"type":"citations_delta","citation":{"type":"x"}})"), closes(0), ends("\"end_turn\""), kStop},
       kBegins +
           "block_begin 0.0 text\ncitation 0 url=\"u\" title=\"t\" quoted=\"q\"\nblock_delta 0.0 \"a\"\n"
           "citation 0 url=\"\" title=\"d\" quoted=\"r\"\nextra {\"type\":\"x\"}\nblock_end 0.0\n" +
           kEnds},
      {"usage is corrected, not added",
       {R"({"type":"message_start","message":{"id":"msg_1","model":"c","usage":{"input_tokens":100,"output_tokens":1,)"
        R"("cache_read_input_tokens":null}}})",
        ends("\"end_turn\"",
             R"({"input_tokens":10,"cache_read_input_tokens":80,"cache_creation_input_tokens":10,"output_tokens":7,)"
             R"("output_tokens_details":{"thinking_tokens":3},"server_tool_use":{"web_search_requests":1}})"),
        kStop},
       "begin id=\"msg_1\" model=\"c\" created=0\nusage input=100 output=1\n"
       "usage input=10 cache_read=80 cache_write=10 output=4 reasoning=3\nfinish 0 stop native=\"end_turn\"\n"},
  };
  for (const Case& one : cases) check(one);
}

TEST(AnthropicDecoder, StopReasons) {
  const std::pair<const char*, const char*> reasons[] = {
      {"end_turn", "stop"},       {"stop_sequence", "stop"},
      {"max_tokens", "length"},   {"tool_use", "tool_calls"},
      {"pause_turn", "stop"},     {"refusal", "content_filter"},
      {"compaction", "stop"},     {"model_context_window_exceeded", "length"},
      {"of the future", "other"},
  };
  for (const auto& [native, reason] : reasons) {
    const Runner runner = run({kStart, ends('"' + std::string(native) + '"'), kStop});
    EXPECT_NE(runner.lines.find("finish 0 " + std::string(reason) + " native=\"" + native + '"'), std::string::npos)
        << runner.lines;
    EXPECT_EQ(to_string(runner.decoder.finish_reason()), reason);
  }
}

TEST(AnthropicDecoder, ToleratesWhatOthersMakeOfIt) {
  const std::string future = R"({"type":"future_event","usage":{"output_tokens":99}})";
  const std::string search = R"({"type":"server_tool_use","id":"s","name":"web_search","input":{}})";
  const Case cases[] = {
      {"what is not known",
       {kStart, future, opens(0, search), adds(0, json("{}")), closes(0), opens(1, kText),
        adds(1, R"({"type":"future_delta","text":"x"})"), adds(1, words("a")), closes(1), ends("\"end_turn\""), kStop},
       kBegins + "extra " + future + "\nextra " + opens(0, search) + "\nextra " +
           adds(1, R"({"type":"future_delta","text":"x"})") +
           "\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n" + kEnds},
      {"no stop of a block, and blocks with one number",
       {kStart, opens(0, kText), adds(0, words("a")), opens(0, kText), adds(0, words("b")), opens(1, kText),
        adds(1, words("c")), ends("\"end_turn\""), kStop},
       kBegins + "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nblock_begin 0.1 text\n"
                 "block_delta 0.1 \"b\"\nblock_end 0.1\nblock_begin 0.2 text\nblock_delta 0.2 \"c\"\n"
                 "usage input=5 output=9\nblock_end 0.2\nfinish 0 stop native=\"end_turn\"\n"},
      {"texts that interleave",
       {kStart, opens(0, kText), adds(0, words("a")), opens(1, kText), adds(1, words("b")), adds(0, words("c")),
        ends("\"end_turn\""), kStop},
       kBegins + "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nblock_begin 0.1 text\n"
                 "block_delta 0.1 \"b\"\nblock_end 0.1\nblock_begin 0.2 text\nblock_delta 0.2 \"c\"\n"
                 "usage input=5 output=9\nblock_end 0.2\nfinish 0 stop native=\"end_turn\"\n"},
      {"no start of the message nor of a block",
       {adds(0, words("a")), ends("\"end_turn\"")},
       "begin id=\"\" model=\"\" created=0\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nusage output=9\n"
       "block_end 0.0\nfinish 0 stop native=\"end_turn\"\n"},
      {"no stop reason",
       {kStart, opens(0, kText), adds(0, words("a")), closes(0), kStop},
       kBegins + "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 unspecified native=\"\"\n"},
      {"the end marker of another dialect, and what follows it",
       {kStart, ends("\"end_turn\""), "[DONE]", "[DONE]", kStop},
       kBegins + kEnds},
      {"usage once more behind the finish",
       {kStart, ends("\"end_turn\""), ends("\"end_turn\"", R"({"output_tokens":11})"), closes(3), kStop},
       kBegins + kEnds + "usage input=5 output=11\n"},
      {"what comes behind the finish is not told",
       {kStart, ends("\"end_turn\""), opens(0, kText), adds(0, words("a")), kStop},
       kBegins + kEnds + "extra " + opens(0, kText) + "\nextra " + adds(0, words("a")) + "\n"},
      {"deltas of another kind than their block",
       {kStart, opens(0, kText), adds(0, json("{}")), closes(0), ends("\"end_turn\""), kStop},
       kBegins + "extra " + adds(0, json("{}")) + "\n" + kEnds},
  };
  for (const Case& one : cases) check(one);
}

TEST(AnthropicDecoder, Faults) {
  const Case cases[] = {
      {"an error first",
       {R"({"type":"error","error":{"type":"overloaded_error","message":"Over\"loaded"},"request_id":"r"})", kStart},
       "fault upstream_stream_error overloaded code=\"\" type=\"overloaded_error\" message=\"Over\\\"loaded\"\n"},
      {"an error in the stream",
       {kStart, R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})", kStop},
       kBegins + "fault upstream_stream_error rate_limit code=\"\" type=\"rate_limit_error\" message=\"m\"\n"},
      {"errors of other servers",
       {R"({"error":{"code":503,"message":{"a":"\""}}})"},
       "fault upstream_stream_error overloaded code=\"503\" type=\"\" message=\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\"\n"},
      {"an error that is a sentence",
       {R"({"error":"No such model"})"},
       "fault upstream_stream_error code=\"\" type=\"\" message=\"No such model\"\n"},
      {"no error",
       {kStart, R"({"error":null,"type":"ping"})", kStop},
       kBegins + "ping\nfinish 0 unspecified native=\"\"\n"},
      {"the end is missing",
       {kStart, opens(0, kText), adds(0, words("a"))},
       kBegins + "block_begin 0.0 text\nblock_delta 0.0 \"a\"\n"
                 "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n"},
      {"nothing", {}, "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    const Runner runner = run(one.payloads);
    EXPECT_EQ(runner.lines, one.events);
    EXPECT_EQ(runner.checker.broken_law(), "");
    EXPECT_EQ(runner.facts, runner.tap_facts);
  }
  const Runner torn = run({kStart, R"({"type":"content_block_start")"});
  EXPECT_EQ(torn.lines, kBegins + "fault upstream_stream_error code=\"invalid_json\" type=\"\" message=\"\"\n");
  EXPECT_TRUE(torn.facts[1].malformed && torn.tap_facts[1].malformed);
  const Runner alone = run({kStop});
  EXPECT_EQ(alone.lines, "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n");
}

TEST(AnthropicDecoder, Facts) {
  const FrameFacts nothing{};
  const Runner runner =
      run({kStart, R"({"type":"ping"})", opens(0, kText), adds(0, words("")), adds(0, words("a")), closes(0),
           opens(1, R"({"type":"tool_use","id":"t","name":"f","input":{}})"), ends("\"end_turn\""), kStop, kStop});
  const std::vector<FrameFacts> facts = {
      {.usage = true},   nothing,          nothing,           nothing,
      {.content = true}, nothing,          {.content = true}, {.finish = true, .usage = true},
      {.done = true},    {.ignored = true}};
  EXPECT_EQ(runner.facts, facts);
  EXPECT_EQ(runner.tap_facts, facts);
}

TEST(AnthropicDecoder, Documents) {
  Runner runner;
  runner.document(
      R"({"id":"msg_1","type":"message","role":"assistant","model":"c","content":[
        {"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"},
        {"type":"text","text":"a","citations":[{"url":"u","title":null,"cited_text":"q"}]},{"type":"text","text":""},
        {"type":"tool_use","id":"t1","name":"f","input":{"x": 1.50}},{"type":"tool_use","id":"t2","name":"g","input":{ }},
        {"type":"server_tool_use","id":"s1"},7],
        "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4}})");
  EXPECT_EQ(runner.lines,
            "begin id=\"msg_1\" model=\"c\" created=0\n"
            "block_begin 0.0 reasoning\nblock_delta 0.0 \"t\"\nblock_end 0.0 signature=\"s\"\n"
            "block_begin 0.1 reasoning redacted\nblock_end 0.1 signature=\"d\"\n"
            "block_begin 0.2 text\nblock_delta 0.2 \"a\"\ncitation 0 url=\"u\" title=\"\" quoted=\"q\"\nblock_end 0.2\n"
            "block_begin 0.3 tool_call id=\"t1\" name=\"f\"\nblock_delta 0.3 \"{\\\"x\\\": 1.50}\"\nblock_end 0.3\n"
            "block_begin 0.4 tool_call id=\"t2\" name=\"g\"\nblock_end 0.4\n"
            "extra {\"type\":\"server_tool_use\",\"id\":\"s1\"}\nextra 7\n"
            "usage input=3 output=4\nfinish 0 tool_calls native=\"tool_use\"\n");
  EXPECT_EQ(runner.checker.broken_law(), "");
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.facts[0], (FrameFacts{.content = true, .finish = true, .usage = true, .done = true}));
  EXPECT_TRUE(runner.decoder.complete() && runner.tap.complete());
}

TEST(AnthropicDecoder, OpenBlocksAreBounded) {
  std::vector<std::string> payloads = {kStart};
  for (int i = 0; i <= static_cast<int>(anthropic_messages::Decoder::kMaxOpenBlocks); ++i)
    payloads.push_back(opens(i, kText));
  const Runner runner = run(payloads);
  EXPECT_EQ(runner.lines, kBegins + "fault upstream_stream_error code=\"too_many_blocks\" type=\"\" message=\"\"\n");
  EXPECT_TRUE(runner.decoder.failed());
  EXPECT_FALSE(runner.tap.failed());
}

TEST(AnthropicDecoder, OneDecoderServesManyAnswers) {
  struct Lines {
    std::string all;
    void take(std::span<const Event> events) {
      for (const Event& event : events) all += test::to_text(event) + '\n';
    }
  };
  const std::vector<std::string> payloads = {kStart, opens(0, kText), adds(0, words("a"))};
  anthropic_messages::Decoder decoder;
  std::string first;
  for (int round = 0; round < 3; ++round) {
    Lines lines;
    EventBatch batch(lines);
    for (const std::string& payload : payloads) decoder.decode(payload, batch);
    if (round == 0) first = lines.all;
    EXPECT_EQ(lines.all, first);
    decoder.reset();
    EXPECT_FALSE(decoder.complete() || decoder.done() || decoder.failed() || decoder.usage().reported);
  }
}

}  // namespace
}  // namespace weir::dialect
