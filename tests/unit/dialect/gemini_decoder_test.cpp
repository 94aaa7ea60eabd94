#include "weir/dialect/gemini_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/dialect/stream_runner.h"
#include "weir/dialect/gemini_partial_arguments.h"

namespace weir::dialect::gemini {
namespace {

using Runner = test::BasicStreamRunner<Decoder>;

/// A stream of these payloads.
Runner run(const std::vector<std::string>& payloads) {
  Runner runner;
  for (const std::string& payload : payloads) runner.feed("data: " + payload + "\r\n\r\n");
  runner.finish();
  EXPECT_EQ(runner.checker.broken_law(), "");
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.decoder.complete(), runner.tap.complete());
  EXPECT_EQ(runner.decoder.usage(), runner.tap.usage());
  EXPECT_EQ(runner.decoder.finish_reason(), runner.tap.finish_reason());
  return runner;
}

std::string candidate(const std::string& parts, const std::string& more = "") {
  return R"({"candidates":[{"content":{"parts":[)" + parts + R"(],"role":"model"})" + more + "}]}";
}
std::string stop(const std::string& parts) { return candidate(parts, R"(,"finishReason":"STOP")"); }

constexpr const char* kBegin = "begin id=\"\" model=\"\" created=0\n";

struct Case {
  const char* name;
  std::vector<std::string> payloads;
  std::string lines;  // behind the begin
};

TEST(GeminiDecoder, TellsEvents) {
  const Case cases[] = {
      {"text goes on from payload to payload",
       {candidate(R"({"text":"Hel"})"), stop(R"({"text":"lo\n\"x\""},{"text":"!"})")},
       "block_begin 0.0 text\nblock_delta 0.0 \"Hel\"\nblock_delta 0.0 \"lo\\n\\\"x\\\"\"\nblock_delta 0.0 \"!\"\n"
       "block_end 0.0\nfinish 0 stop native=\"STOP\"\n"},
      {"thoughts, text and the signature behind them",
       {candidate(R"({"text":"hm","thought":true})"), candidate(R"({"text":"Hi"})"),
        stop(R"({"text":"","thoughtSignature":"Q0k="})")},
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"hm\"\nblock_end 0.0\nblock_begin 0.1 text\nblock_delta 0.1 "
       "\"Hi\"\n"
       "block_end 0.1\nblock_begin 0.2 reasoning\nblock_end 0.2 signature=\"Q0k=\"\nfinish 0 stop native=\"STOP\"\n"},
      {"a sealed thought ends its block",
       {stop(R"({"text":"hm","thought":true,"thoughtSignature":"AA=="},{"text":"Hi","thoughtSignature":"BB=="})")},
       "block_begin 0.0 reasoning\nblock_delta 0.0 \"hm\"\nblock_end 0.0 signature=\"AA==\"\nblock_begin 0.1 text\n"
       "block_delta 0.1 \"Hi\"\nblock_end 0.1\nblock_begin 0.2 reasoning\nblock_end 0.2 signature=\"BB==\"\n"
       "finish 0 stop native=\"STOP\"\n"},
      {"calls: with and without ids, arguments, signatures",
       {candidate(R"({"functionCall":{"name":"a","args":{"x": [1, "b \" c"]}},"thoughtSignature":"AbC="})"),
        stop(R"({"functionCall":{"id":"7","name":"a","args":{}}},{"functionCall":{"name":"b"}})")},
       "block_begin 0.0 tool_call id=\"\" name=\"a\" signature=\"AbC=\"\n"
       "block_delta 0.0 \"{\\\"x\\\":[1,\\\"b \\\\\\\" c\\\"]}\"\nblock_end 0.0\n"
       "block_begin 0.1 tool_call id=\"7\" name=\"a\"\nblock_end 0.1\n"
       "block_begin 0.2 tool_call id=\"\" name=\"b\"\nblock_end 0.2\nfinish 0 stop native=\"STOP\"\n"},
      {"a finish that comes in every payload counts at the end",
       {stop(R"({"text":"a"})"), stop(R"({"text":"b"})"), R"({"candidates":[{"finishReason":"RECITATION"}]})"},
       "block_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_delta 0.0 \"b\"\nblock_end 0.0\n"
       "finish 0 content_filter native=\"RECITATION\"\n"},
      {"media, and what only Gemini's clients know",
       {stop(R"({"inlineData":{"mimeType":"image/png","data":"iVBO"}},{"executableCode":{"code":"1"}})")},
       "block_begin 0.0 media type=\"image/png\"\nblock_delta 0.0 \"iVBO\"\nblock_end 0.0\n"
       "extra {\"executableCode\":{\"code\":\"1\"}}\nfinish 0 stop native=\"STOP\"\n"},
      {"candidates beside each other",
       {R"({"candidates":[{"index":1,"content":{"parts":[{"text":"b"}]}},{"index":0,"content":{"parts":[{"text":"a"}]}}]})",
        R"({"candidates":[{"index":0,"finishReason":"STOP"},{"index":1,"finishReason":"MAX_TOKENS"}]})"},
       "block_begin 1.0 text\nblock_delta 1.0 \"b\"\nblock_begin 0.0 text\nblock_delta 0.0 \"a\"\nblock_end 0.0\n"
       "finish 0 stop native=\"STOP\"\nblock_end 1.0\nfinish 1 length native=\"MAX_TOKENS\"\n"},
      {"a blocked prompt",
       {R"({"promptFeedback":{"blockReason":"SAFETY"},"candidates":[]})"},
       "finish 0 content_filter native=\"SAFETY\"\n"},
      {"contents without parts",
       {R"({"candidates":[{"content":{"role":"model"}}]})", R"({"candidates":[{"content":{}}]})",
        R"({"candidates":[{}]})", stop(""), R"({"candidates":[]})", "{}"},
       "finish 0 stop native=\"STOP\"\n"},
      {"citations and grounding",
       {stop(R"({"text":"abcdef"})")
            .insert(stop(R"({"text":"abcdef"})").size() - 3,
                    R"(,"citationMetadata":{"citations":[{"endIndex":2,"uri":"u"},{"license":"x"}]},)"
                    R"("groundingMetadata":{"groundingChunks":[{"web":{"uri":"w","title":"t"}},)"
                    R"({"retrievedContext":{"text":"q"}},{"web":{"uri":"v"}}],"groundingSupports":)"
                    R"([{"segment":{"startIndex":1,"endIndex":4},"groundingChunkIndices":[0,1,9]}]})")},
       "block_begin 0.0 text\nblock_delta 0.0 \"abcdef\"\ncitation 0 url=\"u\" title=\"\" at 0..2\n"
       "citation 0 url=\"w\" title=\"t\" at 1..4\ncitation 0 url=\"\" title=\"\" quoted=\"q\" at 1..4\n"
       "citation 0 url=\"v\" title=\"\"\nblock_end 0.0\nfinish 0 stop native=\"STOP\"\n"},
  };
  for (const Case& one : cases) {
    const Runner runner = run(one.payloads);
    EXPECT_EQ(runner.lines, kBegin + one.lines) << one.name;
    EXPECT_FALSE(runner.decoder.failed()) << one.name;
  }
}

TEST(GeminiDecoder, OffsetsAreToldOfAsciiOnly) {
  const char* const sources = R"(,"citationMetadata":{"citations":[{"endIndex":2,"uri":"u"}]})";
  for (const char* text : {"\xc3\xa4", "\\u00e4"})
    EXPECT_NE(run({candidate("{\"text\":\"" + std::string(text) + "\"}", sources), stop("")})
                  .lines.find("citation 0 url=\"u\" title=\"\"\n"),
              std::string::npos)
        << text;
}

TEST(GeminiDecoder, FinishWords) {
  const std::pair<const char*, FinishReason> words[] = {
      {"STOP", FinishReason::stop},
      {"MAX_TOKENS", FinishReason::length},
      {"SAFETY", FinishReason::content_filter},
      {"RECITATION", FinishReason::content_filter},
      {"LANGUAGE", FinishReason::content_filter},
      {"BLOCKLIST", FinishReason::content_filter},
      {"PROHIBITED_CONTENT", FinishReason::content_filter},
      {"SPII", FinishReason::content_filter},
      {"MODEL_ARMOR", FinishReason::content_filter},
      {"IMAGE_SAFETY", FinishReason::content_filter},
      {"IMAGE_PROHIBITED_CONTENT", FinishReason::content_filter},
      {"IMAGE_RECITATION", FinishReason::content_filter},
      {"IMAGE_OTHER", FinishReason::other},
      {"NO_IMAGE", FinishReason::other},
      {"OTHER", FinishReason::other},
      {"MALFORMED_FUNCTION_CALL", FinishReason::other},
      {"UNEXPECTED_TOOL_CALL", FinishReason::other},
      {"TOO_MANY_TOOL_CALLS", FinishReason::other},
      {"FINISH_REASON_UNSPECIFIED", FinishReason::unspecified},
      {"SOMETHING_NEW", FinishReason::other},
  };
  for (const auto& [word, reason] : words) {
    Runner runner = run({R"({"candidates":[{"finishReason":")" + std::string(word) + "\"}]}"});
    EXPECT_EQ(runner.answers[0].finish, reason) << word;
    EXPECT_EQ(runner.answers[0].finish_native, word);
    EXPECT_EQ(runner.decoder.finish_reason(), reason) << word;
  }
  EXPECT_TRUE(run({candidate(R"({"text":"a"})", R"(,"finishReason":"CONTINUATION")")}).decoder.failed());
  EXPECT_TRUE(run({candidate(R"({"text":"a"})", R"(,"finishReason":"")")}).decoder.failed());
}

TEST(GeminiDecoder, Usage) {
  // Cached is part of the prompt, thoughts are beside the candidates; what a later payload leaves out stays.
  const Runner runner = run({
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":30,)"
      R"("toolUsePromptTokenCount":7,"thoughtsTokenCount":20,"totalTokenCount":127,"trafficType":"ON_DEMAND",)"
      R"("promptTokensDetails":[{"modality":"TEXT","tokenCount":60},{"modality":"AUDIO","tokenCount":40}],)"
      R"("cacheTokensDetails":[{"modality":"AUDIO","tokenCount":10}]}})",
      R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":9,)"
      R"("candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":4}]}})",
      R"({"usageMetadata":{"trafficType":"ON_DEMAND"}})",
  });
  EXPECT_EQ(runner.decoder.usage(), (dialect::Usage{.input = 47,
                                                    .cache_read = 30,
                                                    .audio_input = 30,
                                                    .output = 5,
                                                    .reasoning = 20,
                                                    .audio_output = 4,
                                                    .reported = true,
                                                    .parts = {.audio_cache_read = 10}}));
  EXPECT_EQ(runner.facts[0], (FrameFacts{.content = true, .usage = true}));
  EXPECT_EQ(runner.facts[1], (FrameFacts{.finish = true, .usage = true}));
  EXPECT_EQ(runner.facts[2], FrameFacts{});
  EXPECT_NE(runner.lines.find("usage input=47 cache_read=30 audio_input=30 reasoning=20\n"), std::string::npos);

  const std::string same = candidate(R"({"text":"a"})").insert(1, R"("usageMetadata":{"promptTokenCount":1},)");
  std::size_t told = 0;
  const std::string lines = run({same, same, stop("")}).lines;
  for (std::size_t at = 0; (at = lines.find("usage ", at)) != std::string::npos; ++at) ++told;
  EXPECT_EQ(told, 1U) << "what does not change is not told again";
}

TEST(GeminiDecoder, BeginCarriesWhatIsThere) {
  EXPECT_TRUE(run({R"({"candidates":[{"finishReason":"STOP"}],"modelVersion":"g","responseId":"r",)"
                   R"("createTime":"2026-05-04T20:01:02.264968Z"})"})
                  .lines.starts_with("begin id=\"r\" model=\"g\" created=1777924862\n"));
  for (const char* date : {"2026-5-04T20:01:02Z", "x", "2026-13-04T20:01:02Z", "0000-00-00T00:00:00Z"})
    EXPECT_TRUE(run({R"({"createTime":")" + std::string(date) + R"(","candidates":[{"finishReason":"STOP"}]})"})
                    .lines.starts_with(kBegin))
        << date;
}

TEST(GeminiDecoder, Errors) {
  const std::string error =
      R"({"error":{"code":429,"message":"Slow \"down\"","status":"RESOURCE_EXHAUSTED","details":[{"a":1}]}})";
  for (const std::string& payload : {error, "[" + error + "]", "[\n" + error + "\n]"}) {
    Runner runner;
    runner.document(payload);
    EXPECT_TRUE(runner.decoder.failed());
    EXPECT_EQ(runner.decoder.error().code, "429");
    EXPECT_EQ(runner.decoder.error().type, "RESOURCE_EXHAUSTED");
    EXPECT_EQ(runner.decoder.error().error_class, ErrorClass::rate_limit);
    EXPECT_EQ(runner.fault_message, "Slow \\\"down\\\"");
    EXPECT_EQ(runner.facts, runner.tap_facts);
  }
  const Runner late = run({candidate(R"({"text":"a"})"), error, stop(R"({"text":"b"})")});
  EXPECT_TRUE(late.decoder.failed());
  EXPECT_TRUE(late.facts[2].ignored);
  EXPECT_EQ(late.lines.find("finish"), std::string::npos);
}

TEST(GeminiDecoder, WhatIsNoAnswer) {
  for (const std::string payload : {R"({"candidates":[)", "7", "[1", "{\"a\":1}}", "\"text\""}) {
    Runner runner;
    runner.document(payload);
    EXPECT_TRUE(runner.facts[0].malformed) << payload;
    EXPECT_EQ(runner.decoder.error().code, "invalid_json") << payload;
    EXPECT_TRUE(runner.tap_facts[0].malformed) << payload;
  }
  EXPECT_TRUE(run({candidate(R"({"text":"a"})")}).decoder.failed()) << "a stream without a finish";
  EXPECT_EQ(run({candidate(R"({"text":"a"})")}).decoder.error().fault, Fault::upstream_truncated);
  EXPECT_TRUE(run({"{}"}).decoder.failed());
  std::string many = R"({"candidates":[)";
  for (int i = 0; i < 200; ++i) many += "{},";
  EXPECT_EQ(run({many + "{}]}"}).decoder.error().code, "too_many_choices");
  EXPECT_EQ(run({R"({"candidates":[{"index":128}]})"}).decoder.error().code, "too_many_choices");
}

TEST(GeminiDecoder, ADocumentNeedNotSayThatItIsOver) {
  Runner printed;
  printed.document("{\n \"candidates\": [{\"content\": {\"parts\": [{\"text\": \"a\"}]}}]\n}");
  EXPECT_FALSE(printed.decoder.failed());
  EXPECT_TRUE(printed.tap.complete());
  EXPECT_NE(printed.lines.find("finish 0 unspecified native=\"\"\n"), std::string::npos);
  Runner empty;
  empty.document("{\n \"candidates\": [{\"content\": {}}]\n}");
  EXPECT_TRUE(empty.decoder.failed());
}

TEST(GeminiDecoder, AnArrayIsAStreamReadAtOnce) {
  Runner runner;
  runner.document("[" + candidate(R"({"text":"a"})") + ",\r\n" + stop(R"({"text":"b"})") + "]");
  EXPECT_FALSE(runner.decoder.failed());
  EXPECT_EQ(runner.answers[0].text, "ab");
  EXPECT_EQ(runner.facts, runner.tap_facts);
  EXPECT_EQ(runner.facts[0], (FrameFacts{.content = true, .finish = true}));
}

TEST(GeminiDecoder, PartialArguments) {
  const auto call = [](const std::string& inside) { return candidate(R"({"functionCall":{)" + inside + "}}"); };
  Runner runner = run({
      call(R"("name":"f","id":"1","willContinue":true)"),
      call(R"("partialArgs":[{"jsonPath":"$.a","stringValue":"x\"","willContinue":true}],"willContinue":true)"),
      call(
          R"("partialArgs":[{"jsonPath":"$.a","stringValue":"y"},{"jsonPath":"$.b.c[0]","numberValue":1.50}],"willContinue":true)"),
      call(
          R"("partialArgs":[{"jsonPath":"$.b.c[1].d","boolValue":true},{"jsonPath":"$.b.c[1].e","nullValue":"NULL_VALUE"}],"willContinue":true)"),
      call(R"("partialArgs":[{"jsonPath":"$['f g']","stringValue":"\u00e4","willContinue":true}],"willContinue":true)"),
      call(R"("partialArgs":[{"jsonPath":"nonsense","numberValue":1}],"willContinue":true)"),
      call(""),
      call(R"("name":"g")"),
      call(R"("name":"h","willContinue":true)"),
      call(R"("name":"i","partialArgs":[{"jsonPath":"$.z","numberValue":3}])"),
      stop(""),
  });
  EXPECT_FALSE(runner.decoder.failed());
  const auto& calls = runner.answers[0].tool_calls;
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls[0].id, "1");
  EXPECT_EQ(test::unescaped(calls[0].arguments), R"({"a":"x\"y","b":{"c":[1.50,{"d":true,"e":null}]},"f g":"\u00e4"})");
  EXPECT_EQ(calls[1].arguments, "");
  EXPECT_EQ(calls[2].arguments, "");
  EXPECT_EQ(test::unescaped(calls[3].arguments), R"({"z":3})");
  EXPECT_EQ(run({call(""), stop("")}).answers[0].tool_calls.size(), 0U) << "the end of no call";
}

TEST(GeminiDecoder, PartialPathsAreBounded) {
  PartialArguments arguments;
  std::string out;
  for (const std::string& path : {std::string("a"), std::string("$"), std::string("$."), std::string("$[0]"),
                                  std::string("$.a[x]"), std::string("$.a["), std::string("$['a"), std::string("$.a[]"),
                                  "$." + std::string(PartialArguments::kMaxPathSize, 'a')})
    EXPECT_FALSE(arguments.add({.path = path, .value = "1"}, out)) << path;
  std::string deep = "$";
  for (std::size_t i = 0; i <= PartialArguments::kMaxDepth; ++i) deep += ".a";
  EXPECT_FALSE(arguments.add({.path = deep, .value = "1"}, out));
  EXPECT_EQ(out, "");
  EXPECT_TRUE(arguments.add({.path = "$.a[0]", .value = "1"}, out));
  EXPECT_FALSE(arguments.add({.path = "$.a.b", .value = "1"}, out)) << "a list is no object";
  arguments.close(out);
  EXPECT_EQ(test::unescaped(out), R"({"a":[1]})");
}

TEST(GeminiDecoder, ResetIsReadyForAnotherAnswer) {
  Runner runner = run({stop(R"({"text":"a"})")});
  const std::string first = runner.lines;
  runner.decoder.reset();
  runner.tap.reset();
  runner.checker = {};
  runner.lines.clear();
  runner.feed("data: " + stop(R"({"text":"a"})") + "\r\n\r\n");
  runner.finish();
  EXPECT_EQ(runner.lines, first);
}

}  // namespace
}  // namespace weir::dialect::gemini
