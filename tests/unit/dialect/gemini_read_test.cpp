#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/dialect/gemini.h"
#include "weir/dialect/registry.h"

namespace weir::dialect::gemini {
namespace {

/// A neutral request in words: one line per message, each part in its own form.
std::string in_words(const Request& request) {
  constexpr const char* kRoles[] = {"system", "developer", "user", "assistant", "tool"};
  std::string out;
  const auto seal = [&](const Seal& of) {
    if (!of.empty()) out += " sealed(" + std::to_string(static_cast<int>(of.vendor)) + ' ' + std::string(of.data) + ')';
  };
  const auto media = [&](const Part& part) {
    out += " media" + std::to_string(static_cast<int>(part.kind)) + '/' +
           std::to_string(static_cast<int>(part.media.source)) + '(' + std::string(part.media.type) + ' ' +
           std::string(part.media.value) + ')';
  };
  for (const Message& message : request.messages) {
    out += kRoles[static_cast<int>(message.role)];
    for (const Part& part : message.parts) {
      switch (part.kind) {
        case PartKind::text:
          out += " \"" + std::string(part.text) + '"';
          break;
        case PartKind::reasoning:
          out += part.redacted ? " redacted" : " thought \"" + std::string(part.text) + '"';
          break;
        case PartKind::tool_call:
          out += " call " + std::string(part.id) + ' ' + std::string(part.name) + ' ' +
                 std::string(part.arguments.text) + (part.arguments.in_string ? "?" : "");
          break;
        case PartKind::tool_result:
          out += " result " + std::string(part.id) + ' ' + std::string(part.name) + ' ' + std::string(part.result) +
                 (part.is_error ? " error" : "");
          for (const Part& inner : part.content) media(inner);
          break;
        default:
          media(part);
      }
      seal(part.seal);
    }
    out += '\n';
  }
  return out;
}

struct Outcome {
  std::string words;
  Fault fault = Fault::cancelled;  // none
  std::string field;
  std::vector<std::string> dropped;
};

Outcome reading(Bytes body) {
  Outcome outcome;
  Request request;
  Loss loss;
  read(body, request, loss);
  outcome.dropped = loss.dropped();
  if (loss.refused()) {
    outcome.fault = loss.refusal().fault;
    outcome.field = loss.refusal().field;
  } else {
    outcome.words = in_words(request);
  }
  return outcome;
}

struct Case {
  const char* name;
  const char* body;
  const char* words;
};

TEST(GeminiRead, Contents) {
  const Case cases[] = {
      {"texts and roles",
       R"({"contents":[{"parts":[{"text":"a"},{"text":""}]},{"role":"model","parts":[{"text":"b\n"}]},{"role":"user","parts":[{"text":"c"}]}],
           "systemInstruction":{"role":"user","parts":[{"text":"S"}]}})",
       "system \"S\"\nuser \"a\"\nassistant \"b\\n\"\nuser \"c\"\n"},
      {"single values instead of lists, names in snake_case, nulls",
       R"({"contents":{"parts":{"text":"a","thought":null}},"system_instruction":{"parts":{"text":"S"}},"tools":null})",
       "system \"S\"\nuser \"a\"\n"},
      {"names written with escapes", R"({"content\u0073":[{"parts":[{"te\u0078t":"a"}]}]})", "user \"a\"\n"},
      {"media",
       R"({"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}},{"inline_data":{"mime_type":"audio/wav","data":"UklG"}},
           {"fileData":{"mimeType":"video/mp4","fileUri":"https://youtu.be/x"}},{"fileData":{"fileUri":"gs://b/c"}},
           {"file_data":{"mime_type":"application/pdf","file_uri":"https://generativelanguage.googleapis.com/v1beta/files/x"}}]}]})",
       "user media3/0(image/png iVBO) media4/0(audio/wav UklG) media6/1(video/mp4 https://youtu.be/x) media5/2( "
       "gs://b/c)"
       " media5/2(application/pdf https://generativelanguage.googleapis.com/v1beta/files/x)\n"},
      {"types with escapes and parameters",
       R"({"contents":[{"parts":[{"inlineData":{"mimeType":"image\/png","data":"iVBO"}},
           {"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=24000","data":"UklG"}}]}]})",
       "user media3/0(image/png iVBO) media4/0(audio/L16;codec=pcm;rate=24000 UklG)\n"},
      {"calls and results with ids",
       R"({"contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"x": 1.50}},"thoughtSignature":"QQ=="}]},
           {"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"error":"bad"},
             "parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]}},{"text":"and?"}]}]})",
       "user \"q\"\nassistant call 1 f {\"x\": 1.50} sealed(4 QQ==)\n"
       "tool result 1 f {\"error\":\"bad\"} error media3/0(image/png iVBO)\nuser \"and?\"\n"},
      {"calls without ids get some, results the ids of their calls by name and order",
       R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}},{"functionCall":{"name":"g","args":{}}},{"function_call":{"name":"f"}}]},
           {"role":"function","parts":[{"functionResponse":{"name":"g","response":{}}},{"functionResponse":{"name":"f","response":{"a":1}}}]},
           {"role":"user","parts":[{"functionResponse":{"name":"f"}},{"functionResponse":{"name":"f"}}]},
           {"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"function_response":{"name":"f"}}]}]})",
       "assistant call call_1 f  call call_2 g {} call call_3 f \n"
       "tool result call_2 g {} result call_1 f {\"a\":1} result call_3 f {} result call_4 f {}\n"
       "assistant call call_5 f \ntool result call_5 f {}\n"},
      {"a streamed history is one message with one thought",
       R"({"contents":[{"parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"a","thought":true}]},{"role":"model","parts":[{"text":"b","thought":true}]},
           {"role":"model","parts":[{"text":"","thought":true,"thoughtSignature":"weir/antc2ln"}]},{"role":"model","parts":[{"text":"x"}]},
           {"role":"model","parts":[{"text":"y"}]},{"role":"model","parts":[{"text":"","thoughtSignature":"QQ=="}]},{"parts":[{"text":"r"}]}]})",
       "user \"q\"\nassistant thought \"ab\" sealed(2 c2ln) \"x\" \"y\" thought \"\" sealed(4 QQ==)\nuser \"r\"\n"},
      {"a sealed text, foreign redacted data, and a seal that means none",
       R"({"contents":[{"role":"model","parts":[{"text":"x","thoughtSignature":"QQ=="},{"text":"","thoughtSignature":"weir/anrZGF0"},
           {"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"},{"text":"t","thought":true,"thoughtSignature":"weir/oaiZZ"}]}]})",
       "assistant \"x\" thought \"\" sealed(4 QQ==) redacted sealed(3 ZGF0) call call_1 f  thought \"t\" sealed(1 "
       "ZZ)\n"},
      {"of countTokens",
       R"({"generateContentRequest":{"model":"models/x","contents":[{"parts":[{"text":"a"}]}],"systemInstruction":{"parts":[{"text":"S"}]}}})",
       "system \"S\"\nuser \"a\"\n"},
  };
  for (const Case& one : cases) {
    const Outcome outcome = reading(one.body);
    EXPECT_EQ(outcome.field, "") << one.name;
    EXPECT_EQ(outcome.words, one.words) << one.name;
    EXPECT_TRUE(outcome.dropped.empty()) << one.name;
  }
}

const std::string kContents = R"({"contents":[{"parts":[{"text":"a"}]}],)";

Request request_of(const std::string& more, std::vector<std::string> dropped = {}) {
  static std::vector<std::string> bodies;  // views of the requests point into them
  bodies.reserve(1000);
  Request request;
  Loss loss;
  read(bodies.emplace_back(kContents + more + "}"), request, loss);
  EXPECT_FALSE(loss.refused()) << more << ": " << loss.refusal().field;
  EXPECT_EQ(loss.dropped(), dropped);
  return request;
}

TEST(GeminiRead, GenerationConfig) {
  const Request request = request_of(
      R"("generationConfig":{"temperature":0.70,"topP":1,"top_k":40.0,"candidateCount":2,"maxOutputTokens":64,"stopSequences":["X","\n"],)"
      R"("seed":42,"presencePenalty":0.1,"frequencyPenalty":-0.2,"responseLogprobs":true,"logprobs":3,"mediaResolution":"LOW"},)"
      R"("safetySettings":[],"labels":{"team":"x"},"serviceTier":"flex","model":"m","unknownThing":1)",
      {"generationConfig.mediaResolution", "safetySettings", "unknownThing"});
  EXPECT_EQ(request.temperature, "0.70");
  EXPECT_EQ(request.top_p, "1");
  EXPECT_EQ(request.top_k, "40");
  EXPECT_EQ(request.candidates, 2U);
  EXPECT_EQ(request.max_tokens, 64U);
  EXPECT_EQ(request.stop, (std::vector<Bytes>{"X", "\\n"}));
  EXPECT_EQ(request.seed, "42");
  EXPECT_EQ(request.presence_penalty, "0.1");
  EXPECT_EQ(request.frequency_penalty, "-0.2");
  EXPECT_TRUE(request.logprobs);
  EXPECT_EQ(request.top_logprobs, 3U);
  EXPECT_EQ(request.metadata, R"({"team":"x"})");
  EXPECT_EQ(request.service_tier, "flex");
  EXPECT_EQ(request.model, "");
}

TEST(GeminiRead, Formats) {
  using enum OutputFormat::Kind;
  const auto format = [](const std::string& config) {
    return request_of(R"("generationConfig":{)" + config + "}").format;
  };
  EXPECT_EQ(format(R"("responseMimeType":"text/plain")").kind, text);
  EXPECT_EQ(format(R"("responseMimeType":"application/json")").kind, json_object);
  const OutputFormat schema =
      format(R"("responseMimeType":"application/json","responseJsonSchema":{"type": ["string"]})");
  EXPECT_EQ(schema.kind, json_schema);
  EXPECT_EQ(schema.schema, R"({"type": ["string"]})");
  const std::string config =
      kContents +
      R"("generationConfig":{"response_mime_type":"application/json","response_schema":{"type":"STRING","nullable":true}}})";
  Request request;
  Loss loss;
  read(config, request, loss);
  EXPECT_EQ(request.format.kind, json_schema);
  EXPECT_EQ(request.format.schema, R"({"type":["string","null"]})");
}

TEST(GeminiRead, Thinking) {
  using Mode = Reasoning::Mode;
  const auto thinking = [](const std::string& config) {
    return request_of(R"("generationConfig":{"thinkingConfig":{)" + config + "}}");
  };
  const Request level = thinking(R"("thinkingLevel":"HIGH","includeThoughts":true)");
  EXPECT_EQ(level.reasoning.mode, Mode::on);
  EXPECT_EQ(level.reasoning.effort, "high");
  EXPECT_EQ(level.reasoning.show, true);
  EXPECT_EQ(thinking(R"("thinkingBudget":0)").reasoning.mode, Mode::off);
  EXPECT_EQ(thinking(R"("thinking_budget":-1)").reasoning.mode, Mode::adaptive);
  EXPECT_EQ(thinking(R"("thinkingBudget":512)").reasoning.budget_tokens, 512U);
  EXPECT_EQ(thinking(R"("include_thoughts":false)").reasoning.show, false);
}

TEST(GeminiRead, Tools) {
  const Request request = request_of(
      R"("tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}},)"
      R"({"name":"g","parametersJsonSchema":{"type": "object"}}]},{"functionDeclarations":{"name":"h"}},{"google_search":{}},{"codeExecution":{}}],)"
      R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f","g"]}})");
  ASSERT_EQ(request.tools.size(), 5U);
  EXPECT_EQ(request.tools[0].name, "f");
  EXPECT_EQ(request.tools[0].description, "d");
  EXPECT_EQ(request.tools[0].parameters, R"({"type":"object","properties":{"a":{"type":"string"}}})");
  EXPECT_EQ(request.tools[1].parameters, R"({"type": "object"})");
  EXPECT_EQ(request.tools[2].name, "h");
  EXPECT_EQ(request.tools[3].hosted, "googleSearch");
  EXPECT_EQ(request.tools[4].hosted, "codeExecution");
  EXPECT_EQ(request.tool_choice.mode, ToolChoice::Mode::required);
  EXPECT_EQ(request.tool_choice.allowed, (std::vector<Bytes>{"f", "g"}));

  const auto choice = [](const std::string& config) {
    return request_of(R"("tool_config":{"function_calling_config":{)" + config + "}}").tool_choice;
  };
  using enum ToolChoice::Mode;
  EXPECT_EQ(choice(R"("mode":"AUTO")").mode, automatic);
  EXPECT_EQ(choice(R"("mode":"VALIDATED")").mode, automatic);
  EXPECT_EQ(choice(R"("mode":"NONE")").mode, none);
  EXPECT_EQ(choice(R"("mode":"MODE_UNSPECIFIED")").mode, unset);
  EXPECT_EQ(choice(R"("mode":"ANY")").mode, required);
  const ToolChoice one = choice(R"("mode":"ANY","allowed_function_names":["f"])");
  EXPECT_EQ(one.mode, named);
  EXPECT_EQ(one.name, "f");
  EXPECT_TRUE(one.allowed.empty());
}

struct Wrong {
  const char* body;
  Fault fault;
  const char* field;
};

TEST(GeminiRead, WhatIsWrong) {
  const Wrong cases[] = {
      {"", Fault::json_malformed, ""},
      {"[", Fault::json_malformed, ""},
      {"[]", Fault::field_invalid, ""},
      {R"({"contents":[{"parts":[{"text":"a"}]}]} x)", Fault::json_malformed, ""},
      {R"({"contents":[{"parts":[{"text":"a}]}]})", Fault::json_malformed, ""},
      {"{}", Fault::field_missing, "contents"},
      {R"({"contents":[]})", Fault::field_missing, "contents"},
      {R"({"contents":[{"parts":[{"text":""}]}]})", Fault::field_missing, "contents"},
      {R"({"systemInstruction":{"parts":[{"text":"S"}]}})", Fault::field_missing, "contents"},
      {R"({"contents":"a"})", Fault::field_invalid, "contents"},
      {R"({"contents":[{"role":"system","parts":[{"text":"a"}]}]})", Fault::field_invalid, "contents.role"},
      {R"({"contents":[{"role":7,"parts":[{"text":"a"}]}]})", Fault::field_invalid, "contents.role"},
      {R"({"contents":[{"parts":["a"]}]})", Fault::field_invalid, "contents.parts"},
      {R"({"contents":[{"parts":[{"text":7}]}]})", Fault::field_invalid, "contents.parts.text"},
      {R"({"contents":[{"parts":[{"text":"a","inlineData":{}}]}]})", Fault::field_repeated, "contents.parts"},
      {R"({"contents":[{"parts":[{"text":"a","te\u0078t":"b"}]}]})", Fault::field_repeated, "contents.parts"},
      {R"({"contents":[{"parts":[{"inlineData":{"data":"x"}}]}]})", Fault::field_invalid,
       "contents.parts.inlineData.mimeType"},
      {R"({"contents":[{"parts":[{"inlineData":{"mimeType":"image/png;base64,QQ==","data":"x"}}]}]})",
       Fault::field_invalid, "contents.parts.inlineData.mimeType"},
      {R"({"contents":[{"parts":[{"inlineData":{"mimeType":"=","data":"x"}}]}]})", Fault::field_invalid,
       "contents.parts.inlineData.mimeType"},
      {R"({"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"thinkingConfig":{"thinkingLevel":"ENDLESS"}}})",
       Fault::field_invalid, "generationConfig.thinkingConfig.thinkingLevel"},
      {R"({"contents":[{"parts":[{"inlineData":{"mimeType":"audio/wav"}}]}]})", Fault::field_invalid,
       "contents.parts.inlineData.data"},
      {R"({"contents":[{"parts":[{"fileData":{}}]}]})", Fault::field_invalid, "contents.parts.fileData.fileUri"},
      {R"({"contents":[{"parts":[{"fileData":{"mimeType":"a b","fileUri":"https://x"}}]}]})", Fault::field_invalid,
       "contents.parts.fileData.mimeType"},
      {R"({"contents":[{"parts":[{"functionCall":{"name":"f"}}]}]})", Fault::field_invalid,
       "contents.parts.functionCall"},
      {R"({"contents":[{"role":"model","parts":[{"functionCall":{}}]}]})", Fault::field_invalid,
       "contents.parts.functionCall.name"},
      {R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":"{}"}}]}]})", Fault::field_invalid,
       "contents.parts.functionCall.args"},
      {R"({"contents":[{"role":"model","parts":[{"functionResponse":{"name":"f"}}]}]})", Fault::field_invalid,
       "contents.parts.functionResponse"},
      {R"({"contents":[{"parts":[{"functionResponse":{"response":{}}}]}]})", Fault::field_invalid,
       "contents.parts.functionResponse.name"},
      {R"({"contents":[{"role":"model","parts":[{"executableCode":{"code":"1"}}]}]})", Fault::parameter_unsupported,
       "contents.parts.executableCode"},
      {R"({"contents":[],"contents":[]})", Fault::field_repeated, "contents"},
      {R"({"tool_config":{},"toolConfig":{}})", Fault::field_repeated, "toolConfig"},
      {R"({"cachedContent":"c"})", Fault::parameter_unsupported, "cachedContent"},
      {R"({"generationConfig":{"temperature":"1"}})", Fault::field_invalid, "generationConfig.temperature"},
      {R"({"generationConfig":{"maxOutputTokens":1.5}})", Fault::field_invalid, "generationConfig.maxOutputTokens"},
      {R"({"generationConfig":{"maxOutputTokens":-1}})", Fault::field_invalid, "generationConfig.maxOutputTokens"},
      {R"({"generationConfig":{"topP":1,"top_p":1}})", Fault::field_repeated, "generationConfig.topP"},
      {R"({"generationConfig":{"logprobs":1,"logprobs":1}})", Fault::field_repeated, "generationConfig.logprobs"},
      {R"({"generationConfig":{"stopSequences":[7]}})", Fault::field_invalid, "generationConfig.stopSequences"},
      {R"({"generationConfig":{"responseModalities":["TEXT","IMAGE"]}})", Fault::parameter_unsupported,
       "generationConfig.responseModalities"},
      {R"({"generationConfig":{"speechConfig":{}}})", Fault::parameter_unsupported, "generationConfig.speechConfig"},
      {R"({"generationConfig":{"responseMimeType":"text/xml"}})", Fault::parameter_unsupported,
       "generationConfig.responseMimeType"},
      {R"({"generationConfig":{"thinkingConfig":{"thinkingBudget":1.5}}})", Fault::field_invalid,
       "generationConfig.thinkingConfig.thinkingBudget"},
      {R"({"tools":[{"functionDeclarations":[{}]}]})", Fault::field_invalid, "tools.functionDeclarations.name"},
      {R"({"toolConfig":{"functionCallingConfig":{"mode":"SOME"}}})", Fault::field_invalid,
       "toolConfig.functionCallingConfig.mode"},
  };
  for (const Wrong& one : cases) {
    const Outcome outcome = reading(one.body);
    EXPECT_EQ(outcome.fault, one.fault) << one.body;
    EXPECT_EQ(outcome.field, one.field) << one.body;
  }
  const std::string deep = R"({"x":)" + std::string(200, '[') + std::string(200, ']') + "}";
  EXPECT_EQ(reading(deep).fault, Fault::json_too_deep);
}

TEST(GeminiRead, WhatIsTooMuch) {
  const auto repeated = [](const std::string& piece, std::size_t times) {
    std::string all = piece;
    for (std::size_t i = 1; i < times; ++i) all += "," + piece;
    return "[" + all + "]";
  };
  EXPECT_EQ(reading(R"({"contents":)" + repeated(R"({"parts":[{"text":"a"}]})", 16'384) + "}").field, "");
  EXPECT_EQ(reading(R"({"contents":)" + repeated(R"({"parts":[{"text":"a"}]})", 16'385) + "}").field, "contents");
  EXPECT_EQ(reading(R"({"contents":[{"parts":)" + repeated(R"({"text":"a"})", 4096) + "}]}").field, "");
  EXPECT_EQ(reading(R"({"contents":[{"parts":)" + repeated(R"({"text":"a"})", 4097) + "}]}").field, "contents.parts");
  EXPECT_EQ(
      reading(kContents + R"("tools":)" + repeated(R"({"functionDeclarations":[{"name":"f"}]})", 1024) + "}").field,
      "");
  EXPECT_EQ(
      reading(kContents + R"("tools":)" + repeated(R"({"functionDeclarations":[{"name":"f"}]})", 1025) + "}").field,
      "tools");
}

TEST(GeminiRead, Envelope) {
  EXPECT_TRUE(read_envelope(R"({"contents":[]})"));
  EXPECT_EQ(read_envelope("{").error().fault, Fault::json_malformed);
  EXPECT_EQ(read_envelope("[]").error().fault, Fault::json_malformed);
  const std::string body = R"({"generateContentRequest":{"model": "models/mine","contents":[]}})";
  const auto envelope = read_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->model(), "mine");
  std::string scratch;
  Loss loss;
  const auto edits_for = [&](Bytes model) {
    return dialect::write_passthrough(Dialect::gemini, *envelope, body, {.model_id = model}, scratch, loss);
  };
  EXPECT_TRUE(edits_for("mine").empty());
  const codec::EditList edits = edits_for("gemini-x");
  ASSERT_EQ(edits.size(), 1U);
  std::string edited = body;
  edited.replace(edits.begin()->offset, edits.begin()->removed, edits.begin()->inserted);
  EXPECT_EQ(edited, R"({"generateContentRequest":{"model": "models/gemini-x","contents":[]}})");
  EXPECT_EQ(read_envelope(R"({"generateContentRequest":{},"generateContentRequest":{}})").error().fault,
            Fault::field_repeated);
}

/// What is read and written again asks the same.
TEST(GeminiRead, ThereAndBack) {
  const std::string body =
      R"({"contents":[{"role":"user","parts":[{"text":"q"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]},)"
      R"({"role":"model","parts":[{"functionCall":{"id":"1","name":"f","args":{"x":1.50}},"thoughtSignature":"QQ=="}]},)"
      R"({"role":"user","parts":[{"functionResponse":{"id":"1","name":"f","response":{"a":[1]}}},{"text":"and?"}]},)"
      R"({"role":"model","parts":[{"text":"x"},{"text":"","thoughtSignature":"Qg=="}]},{"role":"user","parts":[{"text":"r"}]}],)"
      R"("systemInstruction":{"parts":[{"text":"S"}]},)"
      R"("tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object"}}]}],)"
      R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},)"
      R"("generationConfig":{"maxOutputTokens":64,"temperature":0.7,"stopSequences":["E"],"candidateCount":2,)"
      R"("responseMimeType":"application/json","thinkingConfig":{"thinkingBudget":512,"includeThoughts":true}}})";
  Request request;
  Loss loss;
  read(body, request, loss);
  std::string out;
  write(request, {}, out, loss);
  EXPECT_FALSE(loss.refused()) << loss.refusal().field;
  EXPECT_TRUE(loss.dropped().empty());
  EXPECT_EQ(out, body);
}

}  // namespace
}  // namespace weir::dialect::gemini
