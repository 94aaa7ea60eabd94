// Answers of providers in the Responses dialect, and what servers make of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/dialect/stream_runner.h"
#include "weir/dialect/openai_responses_decoder.h"

namespace weir::dialect {
namespace {

using openai_responses::Decoder;
using Runner = test::BasicStreamRunner<Decoder>;

/// The events of payloads, one per line, without the `begin` that all of them begin with.
Runner run(const std::vector<std::string>& payloads) {
  Runner runner;
  for (const std::string& payload : payloads) runner.feed("data: " + payload + "\n\n");
  runner.finish();
  EXPECT_EQ(runner.checker.broken_law(), "") << runner.lines;
  EXPECT_EQ(runner.facts, runner.tap_facts) << runner.lines;
  EXPECT_EQ(runner.tap.complete(), runner.decoder.complete());
  EXPECT_EQ(runner.tap.finish_reason(), runner.decoder.finish_reason());
  return runner;
}
std::string lines(const std::vector<std::string>& payloads) {
  const std::string all = run(payloads).lines;
  return all.starts_with("begin ") ? all.substr(all.find('\n') + 1) : all;
}

const std::string kCompleted = R"({"type":"response.completed","response":{"status":"completed","output":[]}})";
const std::string kFinish = "finish 0 stop native=\"completed\"\n";

TEST(ResponsesDecoder, ThePartsOfAnAnswer) {
  const Runner runner = run({
      R"({"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response",)"
      R"("created_at":17.9,"status":"in_progress","model":"m","output":[]}})",
      R"({"type":"response.in_progress","response":{"id":"resp_1"}})",
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[],)"
      R"("encrypted_content":"early"}})",
      R"({"type":"response.reasoning_summary_part.added","output_index":0,"summary_index":0,"part":{}})",
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"one"})",
      R"({"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"one"})",
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"two"})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":)"
      R"([{"type":"summary_text","text":"one"},{"type":"summary_text","text":"two"}],"encrypted_content":"late"}})",
      R"({"type":"response.output_item.added","output_index":1,"item":{"type":"message","content":[]}})",
      R"({"type":"response.content_part.added","output_index":1,"content_index":0,"part":{"type":"output_text"}})",
      R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"","logprobs":[]})",
      R"({"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"hi","obfuscation":"x"})",
      R"({"type":"response.output_text.annotation.added","output_index":1,"content_index":0,"annotation_index":0,)"
      R"("annotation":{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":2}})",
      R"({"type":"response.output_text.done","output_index":1,"content_index":0,"text":"hi"})",
      R"({"type":"response.refusal.delta","output_index":1,"content_index":1,"delta":"no"})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[)"
      R"({"type":"output_text","text":"hi","annotations":[{"type":"url_citation","url":"u","title":"t"}]},)"
      R"({"type":"refusal","refusal":"no"}]}})",
      R"({"type":"response.web_search_call.searching","output_index":2})",
      R"({"type":"response.output_item.done","output_index":2,"item":{"type":"web_search_call","id":"ws"}})",
      R"({"type":"response.output_item.added","output_index":3,"item":{"type":"function_call","id":"fc_1",)"
      R"("call_id":"call_1","name":"f","arguments":""}})",
      R"({"type":"response.function_call_arguments.delta","output_index":3,"delta":"{\"a\""})",
      R"({"type":"response.function_call_arguments.delta","output_index":3,"delta":":1}"})",
      R"({"type":"response.function_call_arguments.done","output_index":3,"arguments":"{\"a\":1}"})",
      R"({"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","call_id":"call_1",)"
      R"("name":"f","arguments":"{\"a\":1}"}})",
      R"({"type":"response.completed","response":{"id":"resp_1","status":"completed","output":[{"type":"message",)"
      R"("content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":10,"input_tokens_details":)"
      R"({"cached_tokens":4,"cache_write_tokens":1},"output_tokens":7,"output_tokens_details":)"
      R"({"reasoning_tokens":5},"total_tokens":17}}})",
      "[DONE]",
  });
  EXPECT_EQ(runner.lines,
            "begin id=\"resp_1\" model=\"m\" created=17\n"
            "block_begin 0.0 reasoning\n"
            "block_delta 0.0 \"one\"\n"
            "block_delta 0.0 \"\\n\\n\"\n"
            "block_delta 0.0 \"two\"\n"
            "block_end 0.0 signature=\"late\"\n"
            "block_begin 0.1 text\n"
            "block_delta 0.1 \"hi\"\n"
            "citation 0 url=\"u\" title=\"t\" at 0..2\n"
            "block_end 0.1\n"
            "block_begin 0.2 refusal\n"
            "block_delta 0.2 \"no\"\n"
            "block_end 0.2\n"
            "extra {\"type\":\"web_search_call\",\"id\":\"ws\"}\n"
            "block_begin 0.3 tool_call id=\"call_1\" name=\"f\"\n"
            "block_delta 0.3 \"{\\\"a\\\"\"\n"
            "block_delta 0.3 \":1}\"\n"
            "block_end 0.3\n"
            "usage input=5 cache_read=4 cache_write=1 output=2 reasoning=5\n"
            "finish 0 tool_calls native=\"completed\"\n");
  EXPECT_TRUE(runner.decoder.done());
  EXPECT_TRUE(runner.facts.back().ignored);
  const FrameFacts last = runner.facts[runner.facts.size() - 2];
  EXPECT_EQ(last, (FrameFacts{.finish = true, .usage = true, .done = true}));
}

TEST(ResponsesDecoder, RepetitionsAreToldWhenNothingElseCame) {
  const std::string text = "block_begin 0.0 text\nblock_delta 0.0 \"hi\"\nblock_end 0.0\n" + kFinish;
  const std::string done = R"({"type":"response.output_text.done","output_index":0,"content_index":0,"text":"hi"})";
  const std::string item = R"({"type":"message","content":[{"type":"output_text","text":"hi","annotations":[]}]})";
  const std::string item_done = R"({"type":"response.output_item.done","output_index":0,"item":)" + item + "}";
  const std::string last = R"({"type":"response.completed","response":{"output":[)" + item + "]}}";
  EXPECT_EQ(lines({done, item_done, last}), text);
  EXPECT_EQ(lines({item_done, last}), text);
  EXPECT_EQ(lines({last}), text);
  EXPECT_EQ(lines({R"({"object":"response","status":"completed","output":[)" + item + "]}"}), text);
  EXPECT_EQ(lines({R"({"object":"response","status":"completed","output":[{"type":"message","content":"hi"}]})"}),
            text);

  const std::string call = R"({"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{}"})";
  const std::string told =
      "block_begin 0.0 tool_call id=\"c\" name=\"f\"\nblock_delta 0.0 \"{}\"\nblock_end 0.0\n"
      "finish 0 tool_calls native=\"completed\"\n";
  const std::string added = R"({"type":"response.output_item.added","output_index":0,"item":)" + call + "}";
  const std::string call_done = R"({"type":"response.output_item.done","output_index":0,"item":)" + call + "}";
  const std::string arguments = R"({"type":"response.function_call_arguments.done","output_index":0,"arguments":"{}"})";
  EXPECT_EQ(lines({added, arguments, call_done, kCompleted}), told);
  EXPECT_EQ(lines({added, call_done, kCompleted}), told);
  EXPECT_EQ(lines({call_done, kCompleted}), told);
  EXPECT_EQ(lines({arguments, call_done, kCompleted}), told);
  EXPECT_EQ(lines({R"({"object":"response","output":[)" + call + "]}"}), told);

  const std::string thought = R"({"type":"reasoning","summary":[{"text":"a"},{"text":"b"}],"encrypted_content":"s"})";
  EXPECT_EQ(lines({R"({"type":"response.output_item.done","output_index":0,"item":)" + thought + "}", kCompleted}),
            "block_begin 0.0 reasoning\nblock_delta 0.0 \"a\"\nblock_delta 0.0 \"\\n\\n\"\nblock_delta 0.0 \"b\"\n"
            "block_end 0.0 signature=\"s\"\n" +
                kFinish);
}

TEST(ResponsesDecoder, ReasoningThatIsSealedOrEmpty) {
  EXPECT_EQ(lines({R"({"object":"response","output":[{"type":"reasoning","summary":[],"encrypted_content":"s"},)"
                   R"({"type":"reasoning","summary":[]},{"type":"reasoning","summary":[],"content":)"
                   R"([{"type":"reasoning_text","text":"raw"}]}]})"}),
            "block_begin 0.0 reasoning redacted\nblock_end 0.0 signature=\"s\"\n"
            "block_begin 0.1 reasoning\nblock_delta 0.1 \"raw\"\nblock_end 0.1\n" +
                kFinish);
}

TEST(ResponsesDecoder, ItemsThatShareAnIndexOrHaveNone) {
  const auto added = [](const std::string& id) {
    return R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":")" + id +
           R"(","name":"f"}})";
  };
  const std::string delta = R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"})";
  EXPECT_EQ(lines({added("a"), delta, added("b"), delta, kCompleted}),
            "block_begin 0.0 tool_call id=\"a\" name=\"f\"\nblock_delta 0.0 \"{}\"\nblock_end 0.0\n"
            "block_begin 0.1 tool_call id=\"b\" name=\"f\"\nblock_delta 0.1 \"{}\"\nblock_end 0.1\n"
            "finish 0 tool_calls native=\"completed\"\n");
  EXPECT_EQ(lines({R"({"type":"response.output_text.delta","delta":"a"})",
                   R"({"type":"response.output_text.delta","delta":"b"})", kCompleted}),
            "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_delta 0.0 \"b\"\nblock_end 0.0\n" + kFinish);
}

TEST(ResponsesDecoder, CitationsCountInTheWholeText) {
  EXPECT_EQ(lines({R"({"object":"response","output":[{"type":"message","content":[{"type":"output_text",)"
                   R"("text":"\u00e9\ud83d\ude00\n\"é","annotations":[]}]},{"type":"message","content":[)"
                   R"({"type":"output_text","text":"xyz","annotations":[{"type":"url_citation","url":"u","title":"",)"
                   R"("start_index":1,"end_index":3},{"type":"file_citation","file_id":"f"},)"
                   R"({"type":"url_citation","url":"v","title":"w"}]}]}]})"}),
            "block_begin 0.0 text\nblock_delta 0.0 \"\\u00e9\\ud83d\\ude00\\n\\\"é\"\nblock_end 0.0\n"
            "block_begin 0.1 text\nblock_delta 0.1 \"xyz\"\nblock_end 0.1\n"
            "citation 0 url=\"u\" title=\"\" at 6..8\n"
            "extra {\"type\":\"file_citation\",\"file_id\":\"f\"}\n"
            "citation 0 url=\"v\" title=\"w\"\n" +
                kFinish);
}

TEST(ResponsesDecoder, Endings) {
  const auto ended = [](const std::string& type, const std::string& members) {
    return lines({R"({"type":"response.)" + type + R"(","response":{)" + members + "}}"});
  };
  EXPECT_EQ(ended("completed", R"("status":"completed")"), kFinish);
  EXPECT_EQ(ended("completed", R"("status":"in_progress")"), kFinish);
  EXPECT_EQ(ended("completed", ""), kFinish);
  EXPECT_EQ(ended("incomplete", R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"})"),
            "finish 0 length native=\"max_output_tokens\"\n");
  EXPECT_EQ(ended("incomplete", R"("incomplete_details":{"reason":"content_filter"})"),
            "finish 0 content_filter native=\"content_filter\"\n");
  EXPECT_EQ(ended("incomplete", R"("incomplete_details":null)"), "finish 0 length native=\"incomplete\"\n");
  EXPECT_EQ(ended("failed", R"("status":"failed","error":{"code":"server_error","message":"boom"})"),
            "fault upstream_stream_error code=\"server_error\" type=\"\" message=\"boom\"\n");
  EXPECT_EQ(ended("cancelled", R"("status":"cancelled")"),
            "fault upstream_stream_error code=\"cancelled\" type=\"\" message=\"\"\n");
  EXPECT_EQ(lines({R"({"type":"response.created","response":{"id":"r"}})"}),
            "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n");
  EXPECT_EQ(lines({R"({"type":"response.output_text.delta","delta":"a"})", "[DONE]"}),
            "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\nfinish 0 unspecified native=\"\"\n");
  EXPECT_EQ(lines({R"({"output":[],"status":"completed"})", R"({"type":"response.output_text.delta","delta":"a"})",
                   R"({"output":[],"status":"completed"})", "[DONE]"}),
            kFinish);
  EXPECT_EQ(lines({R"({"type":"response.created","response":{"id":"r"}})", "[DONE]"}),
            "fault upstream_truncated code=\"\" type=\"\" message=\"\"\n");
}

TEST(ResponsesDecoder, Errors) {
  const struct {
    const char* payload;
    const char* told;
  } kCases[] = {
      {R"({"type":"error","sequence_number":2,"error":{"type":"insufficient_quota","code":"insufficient_quota",)"
       R"("message":"Pay.","param":null}})",
       "fault upstream_stream_error quota_exhausted code=\"insufficient_quota\" type=\"insufficient_quota\" "
       "message=\"Pay.\"\n"},
      {R"({"type":"error","code":"rate_limit_exceeded","message":"Slow.","param":null})",
       "fault upstream_stream_error rate_limit code=\"rate_limit_exceeded\" type=\"\" message=\"Slow.\"\n"},
      {R"({"error":{"message":"m","code":500}})", "fault upstream_stream_error code=\"500\" type=\"\" message=\"m\"\n"},
      {R"({"code":"Some code","error":"text"})",
       "fault upstream_stream_error code=\"Some code\" type=\"\" message=\"text\"\n"},
      {R"({"object":"response","status":"failed","error":{"code":"server_error","message":{"a":"b"}}})",
       "fault upstream_stream_error code=\"server_error\" type=\"\" message=\"{\\\"a\\\":\\\"b\\\"}\"\n"},
  };
  for (const auto& one : kCases) {
    const Runner runner = run({one.payload, kCompleted});
    EXPECT_EQ(runner.lines, one.told);
    EXPECT_TRUE(runner.decoder.failed());
    EXPECT_TRUE(runner.facts[0].fault);
    EXPECT_TRUE(runner.facts[1].ignored);
  }
  Runner malformed;
  malformed.feed("data: {\"type\":\n\n");
  EXPECT_TRUE(malformed.facts[0].malformed);
  EXPECT_TRUE(malformed.decoder.failed());
  EXPECT_FALSE(malformed.tap.failed());
}

TEST(ResponsesDecoder, WhatNobodyKnows) {
  EXPECT_EQ(
      lines({R"({"type":"keepalive","sequence_number":3})", R"({"type":"response.new_thing.delta","delta":"x"})",
             R"({"type":"response.new_thing.done","text":"x"})", R"({"type":"other"})", R"({"what":1})",
             R"({"type":"response.output_item.done","output_index":0,"item":{"type":"new_item"}})",
             R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":)"
             R"([{"type":"new_part"}]}})",
             R"({"type":"response.output_item.done","output_index":2})",
             R"({"type":"response.output_text.delta","output_index":-1,"content_index":"x","delta":7})", kCompleted}),
      "ping\nextra {\"type\":\"other\"}\nextra {\"what\":1}\nextra {\"type\":\"new_item\"}\n"
      "extra {\"type\":\"new_part\"}\n"
      "begin id=\"\" model=\"\" created=0\n" +
          kFinish);
}

TEST(ResponsesDecoder, Images) {
  EXPECT_EQ(lines({R"({"object":"response","output":[{"type":"image_generation_call","result":"QUJD",)"
                   R"("output_format":"webp"},{"type":"image_generation_call","result":null},)"
                   R"({"type":"image_generation_call","result":"https://e.x/i"}]})"}),
            "block_begin 0.0 media type=\"image/webp\"\nblock_delta 0.0 \"QUJD\"\nblock_end 0.0\n"
            "extra {\"type\":\"image_generation_call\",\"result\":null}\n"
            "extra {\"type\":\"image_generation_call\",\"result\":\"https://e.x/i\"}\n" +
                kFinish);
}

TEST(ResponsesDecoder, TooManyBlocksAreAFault) {
  Runner runner;
  for (std::size_t i = 0; i <= Decoder::kMaxBlocks; ++i)
    runner.feed(R"(data: {"type":"response.output_item.done","output_index":)" + std::to_string(i) +
                R"(,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}})" + "\n\n");
  EXPECT_TRUE(runner.decoder.failed());
  EXPECT_EQ(runner.decoder.error().code, "too_many_blocks");
  EXPECT_EQ(runner.checker.broken_law(), "");
  EXPECT_FALSE(runner.tap.failed());
}

TEST(ResponsesDecoder, ServesAnotherAnswerAfterAReset) {
  Runner runner;
  const std::string answer = R"({"object":"response","id":"r","output":[{"type":"message","content":"hi"}],)"
                             R"("usage":{"input_tokens":1,"output_tokens":2}})";
  runner.document(answer);
  const std::string first = runner.lines;
  runner.decoder.reset();
  runner.tap.reset();
  EXPECT_FALSE(runner.decoder.complete());
  EXPECT_FALSE(runner.decoder.usage().reported);
  runner.lines.clear();
  runner.document(answer);
  EXPECT_EQ(runner.lines, first);
}

}  // namespace
}  // namespace weir::dialect
