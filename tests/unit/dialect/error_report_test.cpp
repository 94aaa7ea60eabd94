#include "weir/dialect/error_report.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "weir/codec/json_reader.h"

namespace weir::dialect {
namespace {

struct Case {
  const char* name;
  int status;
  const char* body;
  ErrorClass error_class;
  int told;  // the status for a chat client
  const char* message = "m";
};

TEST(ErrorReport, ReadsWhatProvidersSay) {
  using enum ErrorClass;
  const Case cases[] = {
      {"OpenAI", 429, R"({"error":{"message":"m","type":"tokens","param":null,"code":"rate_limit_exceeded"}})",
       rate_limit, 429},
      {"OpenAI's quota", 429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})",
       quota_exhausted, 429},
      {"a status of its own", 422, R"({"error":{"message":"m","type":"invalid_request_error"}})", invalid_request, 422},
      {"Anthropic", 529, R"({"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"})",
       overloaded, 503},
      {"Anthropic in a stream", 200, R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})",
       rate_limit, 429},
      {"Anthropic's credit", 400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})",
       quota_exhausted, 429, "Your credit balance is too low"},
      {"Gemini in an array", 400,
       R"([{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT","details":[{"@type":"x","reason":"API_KEY_INVALID"}]}}])",
       auth, 401},
      {"Mistral", 401, R"({"detail":"m"})", auth, 401},
      {"Mistral's message is an object", 422,
       R"({"object":"error","message":{"detail":[1]},"type":"invalid_request_error"})", invalid_request, 422,
       R"({\"detail\":[1]})"},
      {"Cohere", 400, R"({"id":"i","message":"m","error_type":"TOO_MANY_TOKENS"})", context_length, 400},
      {"xAI", 400, R"({"code":"invalid-argument","error":"Incorrect API key provided: \"x\""})", auth, 401,
       R"(Incorrect API key provided: \"x\")"},
      {"TGI", 429, R"({"error":"m","error_type":"overloaded"})", overloaded, 503},
      {"TGI's generation", 424, R"({"error":"m","error_type":"generation"})", server, 502},
      {"Azure's filter at status 200", 200,
       R"({"error":{"message":"m","type":null,"code":"content_filter","status":400,"innererror":{"code":"x"}}})",
       content_filter, 400},
      {"Azure's inner error alone", 400,
       R"({"error":{"message":"m","innererror":{"code":"ResponsibleAIPolicyViolation"}}})", content_filter, 400},
      {"OpenRouter in a stream", 200, R"({"error":{"code":502,"message":"m","metadata":{"raw":"{}"}}})", server, 502},
      {"too long, but told as a rate", 429, R"({"error":{"message":"maximum context length"}})", rate_limit, 429,
       "maximum context length"},
      {"Groq: too large for ever", 413, R"({"error":{"message":"m","code":"rate_limit_exceeded"}})", too_large, 413},
      {"DeepSeek", 402, R"({"error":{"message":"m"}})", quota_exhausted, 429},
      {"a gateway's time-out", 504, "upstream request timeout\n", timeout, 504, "upstream request timeout"},
      {"a page", 502, "<html><body>502 Bad Gateway</body></html>", server, 502, ""},
      {"nothing", 503, "", overloaded, 503, ""},
      {"white space first", 500, "\n\n {\"error\":{\"message\":\"m\"}}", server, 500},
      {"broken JSON", 500, R"({"error":{"message":"m")", server, 500, ""},
      {"text with bytes that are no text", 400, "a\xff\"", invalid_request, 400, R"(a\ufffd\")"},
      {"a redirect", 302, "", server, 502, ""},
      {"an empty error in a 200", 200, R"({"error":{}})", server, 502, ""},
      {"Responses: failed", 200,
       R"({"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"m"}}})",
       rate_limit, 429},
      {"Qwen's filter", 400,
       R"({"error":{"message":"m","type":"data_inspection_failed","code":"data_inspection_failed"}})", content_filter,
       400},
      {"Fireworks", 500, R"({"fault":{"faultstring":"m","detail":{"errorcode":"x"}}})", server, 500},
      {"vLLM, flat", 400, R"({"object":"error","message":"m","type":"BadRequestError","param":null,"code":400})",
       invalid_request, 400},
  };
  for (const Case& c : cases) {
    std::string scratch;
    const ErrorReport report = read_error(c.status, c.body, scratch);
    EXPECT_EQ(to_string(report.error_class), to_string(c.error_class)) << c.name;
    EXPECT_EQ(report.message, c.message) << c.name;
    EXPECT_EQ(status_for(Dialect::openai_chat, report), c.told) << c.name;
    for (const Dialect client : kDialects) {
      std::string out;
      write_error(out, client, report);
      simdjson::dom::parser parser;
      EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << c.name << ' ' << out;
      EXPECT_GE(status_for(client, report), 400) << c.name;
    }
  }
}

TEST(ErrorReport, TellsHowLongToWait) {
  const std::pair<const char*, std::int64_t> delays[] = {
      {"34.074824224s", 34'075},
      {"34s", 34'000},
      {"0.5s", 500},
      {"1.0010s", 1'001},
      {"1.0011s", 1'002},
      {"x", -1},
      {"-1s", -1},
      {"1.xs", -1},
      {"s", -1},
      {".5s", -1},
      {"", -1},
  };
  for (const auto& [delay, ms] : delays) {
    const std::string body =
        R"({"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[7,{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":")" +
        std::string(delay) + R"("}]}})";
    std::string scratch;
    const ErrorReport report = read_error(429, body, scratch);
    EXPECT_EQ(report.retry_after_ms, ms) << delay;
    EXPECT_EQ(to_string(report.error_class), "rate_limit");
  }
}

TEST(ErrorReport, ParamAndOwnWordsAreKept) {
  std::string scratch;
  const ErrorReport report = read_error(
      400,
      R"({"error":{"message":"say \"x\"","type":"invalid_request_error","param":"messages[0]","code":"invalid_value"}})",
      scratch);
  EXPECT_EQ(report.param, "messages[0]");
  EXPECT_EQ(report.code, "invalid_value");
  std::string out;
  write_error(out, Dialect::openai_chat, report);
  EXPECT_EQ(out,
            R"({"error":{"message":"say \"x\"","type":"invalid_request_error","param":"messages[0]","code":null}})");
}

TEST(ErrorReport, WhatSaidNothingIsTold) {
  std::string scratch;
  std::string out;
  write_error(out, Dialect::openai_chat, read_error(502, "<html>", scratch));
  EXPECT_EQ(out, R"({"error":{"message":"The provider answered with status 502 and no error that could be read.",)"
                 R"("type":"server_error","param":null,"code":null}})");
}

// ---- Faults of weir's own.

struct Read {
  std::string message, type, param, code;
};

/// The error object's members as raw JSON.
Read parse(Bytes body) {
  Read out;
  codec::JsonReader json(body);
  codec::JsonString key;
  EXPECT_TRUE(json.enter_object() && json.next_member(key) && key.is("error") && json.enter_object());
  const std::pair<Bytes, std::string*> members[] = {
      {"message", &out.message}, {"type", &out.type}, {"param", &out.param}, {"code", &out.code}};
  for (const auto& [name, value] : members) {
    Bytes raw;
    EXPECT_TRUE(json.next_member(key) && key.is(name) && json.raw_value(raw)) << name;
    *value = raw;
  }
  EXPECT_FALSE(json.next_member(key) || json.next_member(key));
  EXPECT_TRUE(json.finish()) << body;
  return out;
}

TEST(FaultForOpenAi, EveryFaultIsAValidErrorObject) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    std::string out;
    write_fault(out, Dialect::openai_chat, fault);
    const Read error = parse(out);
    EXPECT_EQ(error.message, '"' + std::string(row(fault).sentence) + '"');
    EXPECT_EQ(error.param, "null");
    EXPECT_NE(error.type, "\"\"");
  }
}

TEST(FaultForOpenAi, TypeAndCodeFollowTheClassOfTheError) {
  const struct {
    Fault fault;
    const char* type;
    const char* code;
  } rows[] = {
      {Fault::unauthorized, "\"invalid_request_error\"", "\"invalid_api_key\""},
      {Fault::model_not_found, "\"invalid_request_error\"", "\"model_not_found\""},
      {Fault::json_malformed, "\"invalid_request_error\"", "null"},
      {Fault::body_too_large, "\"invalid_request_error\"", "\"request_too_large\""},
      {Fault::shed, "\"server_error\"", "\"overloaded\""},
      {Fault::draining, "\"server_error\"", "\"overloaded\""},
      {Fault::upstream_reset, "\"server_error\"", "null"},
      {Fault::first_byte_timeout, "\"timeout\"", "\"timeout\""},
      {Fault::total_timeout, "\"timeout\"", "\"timeout\""},
  };
  for (const auto& expected : rows) {
    std::string out;
    write_fault(out, Dialect::openai_chat, expected.fault);
    const Read error = parse(out);
    EXPECT_EQ(error.type, expected.type) << to_string(expected.fault);
    EXPECT_EQ(error.code, expected.code) << to_string(expected.fault);
  }
}

TEST(FaultForOpenAi, DetailAndParamAreEscaped) {
  std::string out;
  write_fault(out, Dialect::openai_chat, Fault::field_missing, {.text = "say \"please\"\n", .param = "model"});
  const Read error = parse(out);
  EXPECT_EQ(error.message, R"("A required field is missing. say \"please\"\n")");
  EXPECT_EQ(error.param, "\"model\"");
}

TEST(FaultForOpenAi, AnEventIsOneFrame) {
  std::string out;
  write_fault_event(out, Dialect::openai_chat, Fault::idle_timeout, {.text = "two\n\nlines", .param = {}});
  ASSERT_TRUE(out.starts_with("data: {\"error\":") && out.ends_with("}}\n\n")) << out;
  EXPECT_EQ(out.find('\n'), out.size() - 2);
  parse(Bytes(out).substr(6, out.size() - 8));
}

}  // namespace
}  // namespace weir::dialect
