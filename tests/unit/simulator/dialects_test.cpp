// The simulated provider in all of its dialects: the same script says the same, whoever asks.
#include <gtest/gtest.h>

#include "narrator.h"
#include "unit/simulator/client_world.h"
#include "weir/codec/json_reader.h"

namespace weir::simulator {
namespace {

using dialect::Dialect;
using enum dialect::Dialect;

const std::string kUser = R"(Say \"hi\" now\n\u00e9\ud83d\ude00 ok)";

/// A turn with one user message. `more`: further members of the body, with a comma in front.
std::string turn(Dialect dialect, const std::string& model, bool stream, const std::string& items = {},
                 const std::string& more = {}) {
  const std::string fields = items.empty() ? "" : "x-simulate: " + items + "\r\n";
  const std::string begin = R"({"model":")" + model + "\",";
  const std::string streamed = stream ? R"(,"stream":true)" : "";
  switch (dialect) {
    case openai_chat:
      return chat(model, stream, items, more);
    case openai_responses:
      return post(begin + R"("input":")" + kUser + "\"" + streamed + more + "}", fields, "/v1/responses");
    case anthropic_messages:
      return post(begin + R"("max_tokens":2000,"messages":[{"role":"user","content":")" + kUser + "\"}]" + streamed +
                      more + "}",
                  fields, "/v1/messages");
    case gemini:
      break;
  }
  return post(R"({"contents":[{"role":"user","parts":[{"text":")" + kUser + "\"}]}]" + more + "}", fields,
              "/v1beta/models/" + model + (stream ? ":streamGenerateContent?alt=sse" : ":generateContent"));
}

/// What the client reads, whatever kind of block it is in.
std::string said(const Reading& reading) { return reading.text + reading.refusal; }

/// Gemini writes arguments anew, as a value.
std::string without_spaces(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// As a client is told: Gemini has no word of its own for calls.
dialect::FinishReason finish_of(const Reading& reading) {
  return finish_told(reading.decoder.finish_reason(), !reading.arguments.empty());
}

TEST(SimulatedDialects, SayTheSame) {
  for (const char* model : {"gpt-anything", "echo", "long=50", "tool-calls=3", "reasoning=5", "refusal", "filtered",
                            "reasoning=5,tool-calls=2"}) {
    const Reading chat_reading(ask(turn(openai_chat, model, true, "interval-ms=0")));
    for (const Dialect dialect : dialect::kDialects) {
      for (const bool stream : {true, false}) {
        SCOPED_TRACE(std::string(model) + " " + std::string(to_string(dialect)) + (stream ? " stream" : " document"));
        const Answer answer = ask(turn(dialect, model, stream, "interval-ms=0"));
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_TRUE(answer.whole);
        const Reading reading(answer, dialect);
        EXPECT_TRUE(reading.decoder.complete());
        EXPECT_EQ(said(reading), said(chat_reading));
        EXPECT_EQ(reading.reasoning, chat_reading.reasoning);
        EXPECT_EQ(without_spaces(reading.arguments), without_spaces(chat_reading.arguments));
        EXPECT_EQ(reading.decoder.usage(), chat_reading.decoder.usage());
        if (Bytes(model) != "refusal") {  // some dialects have a finish of its own for it
          EXPECT_EQ(finish_of(reading), finish_of(chat_reading));
        }
        const bool is_sealed = Bytes(model).starts_with("reasoning") && dialect != openai_chat;
        if (is_sealed) EXPECT_NE(answer.body.find(kSeal), std::string::npos) << answer.body;
      }
    }
  }
}

TEST(SimulatedDialects, ErrorsAreTheDialectsOwn) {
  for (const Dialect dialect : dialect::kDialects) {
    for (const int status : {400, 401, 403, 404, 413, 422, 429, 500, 503, 529}) {
      SCOPED_TRACE(std::string(to_string(dialect)) + " " + std::to_string(status));
      const Answer answer = ask(turn(dialect, "text", status % 2, "error=" + std::to_string(status)));
      EXPECT_EQ(answer.status, status);
      EXPECT_NE(answer.body.find("it was asked to fail like this"), std::string::npos) << answer.body;
      std::string scratch;
      const auto report = dialect::read_error(status, answer.body, scratch);
      Scenario scenario;
      scenario.error_status = static_cast<std::uint32_t>(status);
      if (status != 422) EXPECT_EQ(report.error_class, failure_of(scenario).error_class);
    }
    for (const char* items : {"quota", "context-length", "blocked"}) {
      SCOPED_TRACE(items);
      const Answer answer = ask(turn(dialect, "text", true, items));
      EXPECT_GE(answer.status, 400);
      EXPECT_NE(answer.body.find("it was asked to fail like this"), std::string::npos) << answer.body;
    }
  }
}

TEST(SimulatedDialects, StreamsFailAsTheyAreAskedTo) {
  for (const Dialect dialect : dialect::kDialects) {
    SCOPED_TRACE(to_string(dialect));
    const Answer first = ask(turn(dialect, "text", true, "error-first-event"));
    EXPECT_EQ(first.status, 200);
    EXPECT_TRUE(first.whole);
    const Reading first_reading(first, dialect);
    EXPECT_TRUE(first_reading.decoder.failed() && first_reading.deltas == 0);

    const Answer mid = ask(turn(dialect, "text", true, "error-mid-stream=4,error=503,interval-ms=0"));
    EXPECT_TRUE(mid.whole);
    const Reading mid_reading(mid, dialect);
    EXPECT_TRUE(mid_reading.decoder.failed()) << mid.body;
    EXPECT_EQ(mid_reading.deltas, 4);

    const Answer cut = ask(turn(dialect, "text", true, "cut-after=4,interval-ms=0"));
    EXPECT_FALSE(cut.whole);
    EXPECT_EQ(Reading(cut, dialect).deltas, 4);

    const Answer no_finish = ask(turn(dialect, "text", true, "no-finish,interval-ms=0"));
    EXPECT_TRUE(no_finish.whole);
    EXPECT_FALSE(Reading(no_finish, dialect).decoder.complete());

    const Answer document = ask(turn(dialect, "text", false, "error-first-event"));
    EXPECT_EQ(document.status, 200);
    EXPECT_NE(document.body.find("asked to fail"), std::string::npos);
  }
  const Answer no_done = ask(turn(anthropic_messages, "text", true, "no-done,interval-ms=0"));
  EXPECT_TRUE(no_done.whole);
  EXPECT_EQ(no_done.body.find("message_stop"), std::string::npos);
  EXPECT_NE(no_done.body.find("message_delta"), std::string::npos);
}

TEST(SimulatedDialects, GeminiStreamsAnArrayWithoutSse) {
  const Answer answer = ask(post(R"({"contents":[{"parts":[{"text":"x"}]}]})", "x-simulate: interval-ms=0\r\n",
                                 "/v1beta/models/long=40:streamGenerateContent"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("content-type: application/json"), std::string::npos);
  Reading reading(Answer(""), gemini);
  dialect::Decoder decoder(gemini);
  dialect::EventBatch batch(reading);
  codec::JsonReader json(answer.body);
  Bytes element;
  ASSERT_TRUE(json.enter_array()) << answer.body;
  while (json.next_element() && json.raw_value(element)) decoder.decode(element, batch);
  EXPECT_TRUE(json.finish()) << answer.body;
  EXPECT_TRUE(decoder.complete());
  EXPECT_EQ(decoder.usage().output, 40u);
}

/// The fields that ask each dialect for an answer that fits `schema`.
std::string asks_for(Dialect dialect, const std::string& schema) {
  switch (dialect) {
    case openai_chat:
      return R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":)" + schema + "}}";
    case openai_responses:
      return R"(,"text":{"format":{"type":"json_schema","name":"n","schema":)" + schema + "}}";
    case anthropic_messages:
      return R"(,"output_config":{"format":{"type":"json_schema","schema":)" + schema + "}}";
    case gemini:
      break;
  }
  return R"(,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":)" + schema + "}";
}

TEST(SimulatedDialects, AnswersFitASchema) {
  const std::string schema =
      R"({"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":18}}})";
  for (const Dialect dialect : dialect::kDialects) {
    SCOPED_TRACE(to_string(dialect));
    const Reading reading(ask(turn(dialect, "gpt-anything", true, "interval-ms=0", asks_for(dialect, schema))),
                          dialect);
    EXPECT_EQ(reading.text, R"({\"name\":\"simulated\",\"age\":18})");
  }
  // Who asks for a number of words gets words.
  EXPECT_TRUE(
      Reading(ask(turn(openai_chat, "long=5", true, "", asks_for(openai_chat, schema)))).text.starts_with("Hello"));
}

/// The fields that offer each dialect two functions; `forced`: the second one has to be called.
std::string offers_functions(Dialect dialect, bool forced) {
  const std::string one = R"({"type":"object","properties":{"id":{"type":"integer"}}})";
  const std::string two = R"({"type":"object","properties":{"word":{"enum":["yes","no"]}}})";
  const auto both = [&](const std::string& begin, const std::string& key, const std::string& end) {
    return begin + R"("name":"one",")" + key + "\":" + one + end + "," + begin + R"("name":"two",")" + key +
           "\":" + two + end;
  };
  switch (dialect) {
    case openai_chat:
      return R"(,"tools":[)" + both(R"({"type":"function","function":{)", "parameters", "}}") + "]" +
             (forced ? R"(,"tool_choice":{"type":"function","function":{"name":"two"}})" : "");
    case openai_responses:
      return R"(,"tools":[)" + both(R"({"type":"function",)", "parameters", "}") + "]" +
             (forced ? R"(,"tool_choice":{"type":"function","name":"two"})" : "");
    case anthropic_messages:
      return R"(,"tools":[)" + both("{", "input_schema", "}") + "]" +
             (forced ? R"(,"tool_choice":{"type":"tool","name":"two"})" : "");
    case gemini:
      break;
  }
  return R"(,"tools":[{"functionDeclarations":[)" + both("{", "parametersJsonSchema", "}") + "]}]" +
         (forced ? R"(,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["two"]}})" : "");
}

TEST(SimulatedDialects, CallWhatTheClientOffers) {
  for (const Dialect dialect : dialect::kDialects) {
    SCOPED_TRACE(to_string(dialect));
    const Reading asked(ask(turn(dialect, "tool-calls=2", true, "interval-ms=0", offers_functions(dialect, false))),
                        dialect);
    EXPECT_EQ(asked.arguments, R"({\"id\":1}{\"word\":\"yes\"})");
    EXPECT_EQ(finish_of(asked), dialect::FinishReason::tool_calls);
    const Reading forced(ask(turn(dialect, "gpt", true, "interval-ms=0", offers_functions(dialect, true))), dialect);
    EXPECT_EQ(forced.arguments, R"({\"word\":\"yes\"})");
    const Reading offered(ask(turn(dialect, "gpt", true, "interval-ms=0", offers_functions(dialect, false))), dialect);
    EXPECT_EQ(offered.arguments, "");
  }
}

TEST(SimulatedDialects, Count) {
  struct Case {
    std::string path;
    std::string body;
    std::string answer;
  };
  for (const Case& c : {
           Case{"/v1/messages/count_tokens", R"({"model":"m","messages":[{"role":"user","content":"a b c"}]})",
                R"("input_tokens":3)"},
           Case{"/v1/responses/input_tokens", R"({"model":"m","input":"a b c"})", R"("input_tokens":3)"},
           Case{"/v1beta/models/m:countTokens", R"({"contents":[{"parts":[{"text":"a b c"}]}]})", R"("totalTokens":3)"},
       }) {
    const Answer answer = ask(post(c.body, "", c.path));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_NE(answer.body.find(c.answer), std::string::npos) << answer.body;
  }
}

std::string request(const std::string& method, const std::string& path, const std::string& fields = {}) {
  return method + " " + path + " HTTP/1.1\r\nhost: x\r\n" + fields + "content-length: 0\r\n\r\n";
}

TEST(SimulatedDialects, ResponsesCanBeAskedForAgain) {
  World world;
  const auto exchange = [&world](const std::string& text) {
    Client client(world, text);
    world.run_for(10s);
    return Answer(client.answer);
  };
  const Answer first = exchange(turn(openai_responses, "echo", true, "interval-ms=0"));
  ASSERT_NE(first.body.find("resp_simulated-1"), std::string::npos) << first.body;
  const Reading told(first, openai_responses);

  const Answer again = exchange(request("GET", "/v1/responses/resp_simulated-1"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(Reading(again, openai_responses).text, told.text);
  const Answer streamed = exchange(request("GET", "/v1/responses/resp_simulated-1?stream=true"));
  EXPECT_NE(streamed.head.find("event-stream"), std::string::npos);
  EXPECT_EQ(Reading(streamed, openai_responses).text, told.text);
  EXPECT_EQ(exchange(request("POST", "/v1/responses/resp_simulated-1/cancel")).status, 200);
  EXPECT_EQ(exchange(request("GET", "/v1/responses/resp_other")).status, 404);
  const Answer deleted = exchange(request("DELETE", "/v1/responses/resp_simulated-1"));
  EXPECT_EQ(deleted.status, 200);
  EXPECT_NE(deleted.body.find(R"("deleted":true)"), std::string::npos);
  EXPECT_EQ(exchange(request("GET", "/v1/responses/resp_simulated-1")).status, 404);

  exchange(turn(openai_responses, "echo", false, "", R"(,"store":false)"));
  EXPECT_EQ(exchange(request("GET", "/v1/responses/resp_simulated-2")).status, 404);
  for (int i = 0; i < 65; ++i) exchange(turn(openai_responses, "text", false));
  EXPECT_EQ(exchange(request("GET", "/v1/responses/resp_simulated-3")).status, 404);  // the oldest of too many
  EXPECT_EQ(exchange(request("GET", "/v1/responses/resp_simulated-4")).status, 200);
}

TEST(SimulatedDialects, ListsHaveTheClientsShape) {
  const Answer openai = ask(request("GET", "/v1/models"));
  EXPECT_NE(openai.body.find(R"("object":"list")"), std::string::npos);
  const Answer anthropic = ask(request("GET", "/v1/models", "anthropic-version: 2023-06-01\r\n"));
  EXPECT_NE(anthropic.body.find(R"("has_more":false)"), std::string::npos);
  const Answer google = ask(request("GET", "/v1beta/models"));
  EXPECT_NE(google.body.find(R"("name":"models/echo")"), std::string::npos);
  EXPECT_EQ(ask(request("GET", "/v1beta/models/echo")).status, 200);
  EXPECT_NE(ask(request("GET", "/v1beta/nothing")).body.find(R"("status":"NOT_FOUND")"), std::string::npos);
  EXPECT_NE(ask(request("GET", "/v1/messages")).body.find(R"("type":"error")"), std::string::npos);
}

TEST(SimulatedDialects, ItemsInThePathMayBeEscaped) {
  const Answer answer = ask(post(R"({"contents":[{"parts":[{"text":"x"}]}]})", "",
                                 "/v1beta/models/long%3D3%2Cinterval-ms=0:generateContent"));
  EXPECT_EQ(Reading(answer, gemini).decoder.usage().output, 3u);
  EXPECT_EQ(ask(post("{}", "x-simulate: frobnicate\r\n", "/v1beta/models/m:generateContent")).status, 400);
}

TEST(SimulatedDialects, BadRequestsGetTheDialectsErrors) {
  EXPECT_NE(ask(post("{", "", "/v1/messages")).body.find(R"("type":"error")"), std::string::npos);
  EXPECT_NE(ask(post("{", "", "/v1beta/models/m:generateContent")).body.find(R"("status":"INVALID_ARGUMENT")"),
            std::string::npos);
  EXPECT_NE(ask(post("{", "", "/v1/responses")).body.find(R"("type":"invalid_request_error")"), std::string::npos);
}

}  // namespace
}  // namespace weir::simulator
