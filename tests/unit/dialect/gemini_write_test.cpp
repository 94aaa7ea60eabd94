#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>
#include <string>
#include <vector>

#include "gemini_schema.h"
#include "weir/dialect/gemini.h"

namespace weir::dialect::gemini {
namespace {

std::string minified(Bytes json) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS) return "?" + std::string(json);
  return simdjson::minify(value);
}

struct Written {
  std::string body;
  std::string field;  // that was refused
  std::vector<std::string> dropped;
};

Written written(const Request& request, const Target& target = {}) {
  Written result;
  Loss loss;
  write(request, target, result.body, loss);
  EXPECT_FALSE(minified(result.body).starts_with('?')) << "no JSON: " << result.body;
  result.dropped = loss.dropped();
  if (loss.refused()) result.field = loss.refusal().field;
  return result;
}

Part text(Bytes words) { return {.kind = PartKind::text, .text = words}; }
Part call(Bytes id, Bytes name, Bytes arguments, bool in_string = true) {
  return {.kind = PartKind::tool_call, .id = id, .name = name, .arguments = {arguments, in_string}};
}
Part result(Bytes id, Bytes words) { return {.kind = PartKind::tool_result, .id = id, .content = {text(words)}}; }
Part thought(Bytes words, Seal seal) { return {.kind = PartKind::reasoning, .text = words, .seal = seal}; }

Request asking(std::vector<Message> messages) {
  Request request;
  request.messages = std::move(messages);
  return request;
}
Request hello() { return asking({{.role = Role::user, .parts = {text("hi")}}}); }

constexpr const char* kHello = R"("contents":[{"role":"user","parts":[{"text":"hi"}]}])";

struct Case {
  const char* name;
  std::vector<Message> messages;
  const char* body;
  ModelTraits traits = {};
};

TEST(GeminiWrite, Contents) {
  ModelTraits sealed;
  sealed.wants_signatures = true;
  const Seal own{Vendor::gemini, "QQ=="};
  const Seal foreign{Vendor::anthropic, "Zg=="};
  const Case cases[] = {
      {"system texts are lifted out, neighbours joined, empty texts left out",
       {{.role = Role::system, .parts = {text("S")}},
        {.role = Role::user, .parts = {text("a"), text("")}},
        {.role = Role::user, .parts = {text("b")}},
        {.role = Role::assistant, .parts = {text("")}},
        {.role = Role::assistant, .parts = {{.kind = PartKind::refusal, .text = "no"}}},
        {.role = Role::developer, .parts = {text("D")}},
        {.role = Role::user, .parts = {text("c")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]},{"role":"model","parts":[{"text":"no"}]},)"
       R"({"role":"user","parts":[{"text":"c"}]}],"systemInstruction":{"parts":[{"text":"S"},{"text":"D"}]}})"},
      {"system texts alone are what is asked",
       {{.role = Role::system, .parts = {text("S")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"S"}]}]})"},
      {"results find the name of their call, stand first and in its order",
       {{.role = Role::user, .parts = {text("q")}},
        {.role = Role::assistant,
         .parts = {text("look"), call("c1", "f", R"({\"x\": 1.50})"), call("c2", "g", ""),
                   call("c3", "h", "{}", false)}},
        {.role = Role::tool, .parts = {result("c2", R"({\"t\":\"12\"})")}},
        {.role = Role::tool, .parts = {result("c1", "15C")}},
        {.role = Role::tool,
         .parts = {{.kind = PartKind::tool_result, .id = "c3", .result = R"({"error":"no"})", .is_error = true}}},
        {.role = Role::user, .parts = {text("and?")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"look"},)"
       R"({"functionCall":{"id":"c1","name":"f","args":{"x": 1.50}}},{"functionCall":{"id":"c2","name":"g","args":{}}},)"
       R"({"functionCall":{"id":"c3","name":"h","args":{}}}]},{"role":"user","parts":[)"
       R"({"functionResponse":{"id":"c1","name":"f","response":{"result":"15C"}}},)"
       R"({"functionResponse":{"id":"c2","name":"g","response":{"t":"12"}}},)"
       R"({"functionResponse":{"id":"c3","name":"h","response":{"error":"no"}}},{"text":"and?"}]}]})"},
      {"ids that come again in every turn",
       {{.role = Role::user, .parts = {text("q")}},
        {.role = Role::assistant, .parts = {call("f:0", "f", "{}")}},
        {.role = Role::tool, .parts = {result("f:0", "1")}},
        {.role = Role::assistant, .parts = {call("f:0", "g", "{}")}},
        {.role = Role::tool, .parts = {result("f:0", "2")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"functionCall":{"id":"f:0","name":"f","args":{}}}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"id":"f:0","name":"f","response":{"result":"1"}}}]},)"
       R"({"role":"model","parts":[{"functionCall":{"id":"f:0","name":"g","args":{}}}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"id":"f:0","name":"g","response":{"result":"2"}}}]}]})"},
      {"images of results stand behind them",
       {{.role = Role::assistant, .parts = {call("c1", "f", "{}")}},
        {.role = Role::tool,
         .parts = {{.kind = PartKind::tool_result,
                    .id = "c1",
                    .content = {text("a"),
                                text("b"),
                                {.kind = PartKind::image,
                                 .media = {.source = Media::Source::data, .type = "image/png", .value = "iVBO"}}},
                    .is_error = true}}}},
       R"({"contents":[{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}}]},{"role":"user","parts":[)"
       R"({"functionResponse":{"id":"c1","name":"f","response":{"error":"a\nb"}}},)"
       R"({"inlineData":{"mimeType":"image/png","data":"iVBO"}}]}]})"},
      {"own seals go back, thoughts and foreign seals do not",
       {{.role = Role::user, .parts = {text("q")}},
        {.role = Role::assistant,
         .parts = {thought("t", own), call("c1", "f", "{}"), call("c2", "g", "{}"), thought("", foreign)}},
        {.role = Role::tool, .parts = {result("c1", "1"), result("c2", "2")}},
        {.role = Role::assistant, .parts = {thought("t", {}), text("a"), thought("", own)}},
        {.role = Role::user, .parts = {text("q")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[)"
       R"({"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"QQ=="},{"functionCall":{"id":"c2","name":"g","args":{}}}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"result":"1"}}},)"
       R"({"functionResponse":{"id":"c2","name":"g","response":{"result":"2"}}}]},)"
       R"({"role":"model","parts":[{"text":"a"},{"text":"","thoughtSignature":"QQ=="}]},{"role":"user","parts":[{"text":"q"}]}]})",
       sealed},
      {"a history that others made",
       {{.role = Role::user, .parts = {text("q")}},
        {.role = Role::assistant, .parts = {call("c1", "f", "{}"), call("c2", "f", "{}")}},
        {.role = Role::tool, .parts = {result("c1", "1"), result("c2", "2")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[)"
       R"({"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},)"
       R"({"functionCall":{"id":"c2","name":"f","args":{}}}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"result":"1"}}},)"
       R"({"functionResponse":{"id":"c2","name":"f","response":{"result":"2"}}}]}]})",
       sealed},
      {"a turn of which nothing is left does not part its neighbours",
       {{.role = Role::user, .parts = {text("a")}},
        {.role = Role::assistant, .parts = {thought("t", foreign), text("")}},
        {.role = Role::user, .parts = {text("b")}}},
       R"({"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}]})"},
      {"a call's own seal beside one of a thought",
       {{.role = Role::assistant,
         .parts = {thought("", own), {.kind = PartKind::tool_call, .name = "f", .seal = {Vendor::gemini, "Qg=="}}}},
        {.role = Role::tool, .parts = {{.kind = PartKind::tool_result, .content = {text("1")}}}}},
       R"({"contents":[{"role":"model","parts":[{"text":"","thoughtSignature":"QQ=="},)"
       R"({"functionCall":{"name":"f","args":{}},"thoughtSignature":"Qg=="}]},)"
       R"({"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"1"}}}]}]})"},
  };
  for (const Case& one : cases) {
    const Written out = written(asking(one.messages), {.traits = one.traits});
    EXPECT_EQ(out.field, "") << one.name;
    EXPECT_EQ(out.body, one.body) << one.name;
  }
}

TEST(GeminiWrite, Media) {
  const auto media = [](PartKind kind, Media of, Quirks quirks = {}) {
    return written(asking({{.role = Role::user, .parts = {{.kind = kind, .media = of}}}}), {.quirks = quirks});
  };
  using enum Media::Source;
  const auto one = [](const std::string& part) { return R"({"contents":[{"role":"user","parts":[)" + part + "]}]}"; };
  EXPECT_EQ(media(PartKind::audio, {data, "audio/wav", "UklGRg=="}).body,
            one(R"({"inlineData":{"mimeType":"audio/wav","data":"UklGRg=="}})"));
  EXPECT_EQ(media(PartKind::file, {text, {}, "words"}).body, one(R"({"text":"words"})"));
  const Quirks fetches{Quirk::fetches_urls};
  EXPECT_EQ(media(PartKind::image, {url, {}, "https://a.b/c.webp?x=1"}, fetches).body,
            one(R"({"fileData":{"mimeType":"image/webp","fileUri":"https://a.b/c.webp?x=1"}})"));
  EXPECT_EQ(media(PartKind::image, {url, {}, "https://a.b/c"}, fetches).body,
            one(R"({"fileData":{"mimeType":"image/jpeg","fileUri":"https://a.b/c"}})"));
  EXPECT_EQ(media(PartKind::image, {url, "image/png", "https://a.b/c"}).field, "image_url");
  EXPECT_EQ(media(PartKind::file, {url, {}, "https://a.b/c.pdf"}).field, "file");
  EXPECT_EQ(media(PartKind::video, {url, {}, "https://youtu.be/x"}).field, "");
  EXPECT_EQ(media(PartKind::file, {file_id, {}, "file-1"}).field, "file_id");
  EXPECT_EQ(media(PartKind::image, {data, {}, "iVBO"}).field, "messages");
  EXPECT_EQ(media(PartKind::image, {data, "image/png", "iVBO", {}, "low"}).dropped, std::vector<std::string>{"detail"});
}

TEST(GeminiWrite, WhatCannotBeWritten) {
  const auto field = [](std::vector<Message> messages) { return written(asking(std::move(messages))).field; };
  EXPECT_EQ(field({}), "messages");
  EXPECT_EQ(field({{.role = Role::user, .parts = {text("")}}}), "messages");
  EXPECT_EQ(field({{.role = Role::tool, .parts = {result("x", "1")}}}), "messages.tool_call_id");
  EXPECT_EQ(field({{.role = Role::assistant, .parts = {call("c", "f", "{")}}}),
            "messages.tool_calls.function.arguments");
  EXPECT_EQ(field({{.role = Role::assistant, .parts = {call("c", "f", "[]")}}}),
            "messages.tool_calls.function.arguments");
  EXPECT_EQ(
      field({{.role = Role::system, .parts = {{.kind = PartKind::image}}}, {.role = Role::user, .parts = {text("a")}}}),
      "messages");
}

struct FieldCase {
  std::function<void(Request&)> set;
  const char* config;  // what stands in generationConfig, "" for none
  std::vector<std::string> dropped = {};
  ModelTraits traits = {};
};

ModelTraits traits(bool level, bool thinking = true, std::uint32_t least = 0, bool minimal = true) {
  ModelTraits made;
  made.takes_thinking = thinking;
  made.takes_thinking_level = level;
  made.least_thinking = least;
  made.takes_minimal_thinking = minimal;
  return made;
}

TEST(GeminiWrite, GenerationConfig) {
  using Mode = Reasoning::Mode;
  const auto effort = [](Bytes word) { return [word](Request& r) { r.reasoning.effort = word; }; };
  const auto budget = [](std::uint64_t tokens) { return [tokens](Request& r) { r.reasoning.budget_tokens = tokens; }; };
  ModelTraits openapi;
  openapi.takes_json_schema = false;
  const FieldCase cases[] = {
      {[](Request& r) {
         r.max_tokens = 64, r.temperature = "0.50", r.top_p = "0.9", r.top_k = "40", r.seed = "3";
         r.presence_penalty = "0.1", r.frequency_penalty = "-0.2", r.stop = {"X", "\\n"};
       },
       R"("maxOutputTokens":64,"temperature":0.50,"topP":0.9,"topK":40,"seed":3,"presencePenalty":0.1,)"
       R"("frequencyPenalty":-0.2,"stopSequences":["X","\n"])"},
      {[](Request& r) { r.candidates = 1; }, ""},
      {[](Request& r) { r.candidates = 2, r.logprobs = true, r.top_logprobs = 4; },
       R"("candidateCount":2,"responseLogprobs":true,"logprobs":4)"},
      {[](Request& r) { r.format.kind = OutputFormat::Kind::json_object; }, R"("responseMimeType":"application/json")"},
      {[](Request& r) { r.format = {OutputFormat::Kind::json_schema, R"({"type":["integer","null"]})"}; },
       R"("responseMimeType":"application/json","responseJsonSchema":{"type":["integer","null"]})"},
      {[](Request& r) { r.format = {OutputFormat::Kind::json_schema, R"({"type":["integer","null"]})"}; },
       R"("responseMimeType":"application/json","responseSchema":{"type":"INTEGER","nullable":true})",
       {},
       openapi},
      {[](Request& r) {
         r.logit_bias = "{}", r.user = "u", r.metadata = "{}", r.store = true, r.verbosity = "low";
         r.prompt_cache_key = "k", r.service_tier = "scale", r.messages[0].name = "n";
       },
       "",
       {"name", "service_tier", "logit_bias", "user", "metadata", "store", "verbosity", "prompt_cache_key"}},
      {[](Request& r) { r.store = false, r.service_tier = "auto"; }, ""},
      // Thinking: a level or a budget, never both.
      {effort("low"), R"("thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":true})", {}, traits(true)},
      {effort("xhigh"), R"("thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true})", {}, traits(true)},
      {effort("minimal"), R"("thinkingConfig":{"thinkingLevel":"MINIMAL","includeThoughts":true})", {}, traits(true)},
      {effort("none"), R"("thinkingConfig":{"thinkingLevel":"MINIMAL","includeThoughts":false})", {}, traits(true)},
      {effort("none"),
       R"("thinkingConfig":{"thinkingLevel":"LOW","includeThoughts":false})",
       {},
       traits(true, true, 0, false)},
      {budget(3000), R"("thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true})", {}, traits(true)},
      {effort("medium"), R"("thinkingConfig":{"thinkingBudget":2048,"includeThoughts":true})"},
      {effort("none"), R"("thinkingConfig":{"thinkingBudget":0,"includeThoughts":false})"},
      {effort("none"),
       R"("thinkingConfig":{"thinkingBudget":128,"includeThoughts":false})",
       {},
       traits(false, true, 128)},
      {budget(5), R"("thinkingConfig":{"thinkingBudget":128,"includeThoughts":true})", {}, traits(false, true, 128)},
      {budget(100000), R"("thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true})"},
      {[](Request& r) { r.reasoning.mode = Mode::adaptive; },
       R"("thinkingConfig":{"thinkingBudget":-1,"includeThoughts":true})"},
      {[](Request& r) { r.reasoning.mode = Mode::adaptive; },
       R"("thinkingConfig":{"includeThoughts":true})",
       {},
       traits(true)},
      {[](Request& r) { r.reasoning.mode = Mode::on, r.reasoning.show = false; },
       R"("thinkingConfig":{"includeThoughts":false})"},
      {effort("low"), "", {"reasoning_effort"}, traits(false, false)},
      {effort("none"), "", {}, traits(false, false)},
  };
  for (const FieldCase& one : cases) {
    Request request = hello();
    one.set(request);
    const Written out = written(request, {.traits = one.traits});
    const std::string config = *one.config ? R"(,"generationConfig":{)" + std::string(one.config) + "}" : "";
    EXPECT_EQ(out.body, "{" + std::string(kHello) + config + "}");
    EXPECT_EQ(out.dropped, one.dropped);
    EXPECT_EQ(out.field, "");
  }
  Request stops = hello();
  stops.stop = {"1", "2", "3", "4", "5", "6"};
  EXPECT_EQ(written(stops).field, "stop");
  Request tier = hello();
  tier.service_tier = "flex";
  EXPECT_EQ(written(tier, {.traits = traits(true)}).body, "{" + std::string(kHello) + R"(,"serviceTier":"flex"})");
  EXPECT_EQ(written(tier).dropped, std::vector<std::string>{"service_tier"});
}

TEST(GeminiWrite, Tools) {
  Request request = hello();
  request.tools = {
      {.name = "f", .description = "d", .parameters = R"({"type":"object","properties":{}})", .strict = true},
      {.name = "g"}};
  const std::string tools =
      R"(,"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object","properties":{}}},{"name":"g"}]}])";
  const auto with = [&](const std::string& more) { return "{" + std::string(kHello) + more + "}"; };
  EXPECT_EQ(written(request).body, with(tools));
  EXPECT_EQ(written(request).dropped, std::vector<std::string>{"tools.strict"});

  using enum ToolChoice::Mode;
  const auto config = [](const std::string& inside) {
    return R"(,"toolConfig":{"functionCallingConfig":{)" + inside + "}}";
  };
  const auto choose = [&](ToolChoice choice) {
    request.tool_choice = std::move(choice);
    return written(request).body;
  };
  EXPECT_EQ(choose({automatic}), with(tools + config(R"("mode":"AUTO")")));
  EXPECT_EQ(choose({none}), with(tools + config(R"("mode":"NONE")")));
  EXPECT_EQ(choose({required}), with(tools + config(R"("mode":"ANY")")));
  EXPECT_EQ(choose({named, "f"}), with(tools + config(R"("mode":"ANY","allowedFunctionNames":["f"])")));
  EXPECT_EQ(choose({required, {}, {"f", "g"}}),
            with(tools + config(R"("mode":"ANY","allowedFunctionNames":["f","g"])")));
  EXPECT_EQ(choose({automatic, {}, {"g"}}),
            with(R"(,"tools":[{"functionDeclarations":[{"name":"g"}]}])" + config(R"("mode":"AUTO")")));
  request.tool_choice = {};
  request.parallel_tool_calls = false;
  EXPECT_EQ(written(request).dropped, (std::vector<std::string>{"tools.strict", "parallel_tool_calls"}));

  ModelTraits openapi;
  openapi.takes_json_schema = false;
  request.tools = {
      {.name = "f",
       .parameters = R"({"type":"object","properties":{"a":{"const":"x"}},"additionalProperties":false})"}};
  EXPECT_EQ(
      written(request, {.traits = openapi}).body,
      with(
          R"(,"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","enum":["x"]}}}}]}])"));
  request.tools = {{.name = "f", .parameters = R"({"$ref":"#"})"}};
  EXPECT_EQ(written(request, {.traits = openapi}).field, "$ref");
  request.tools = {{.hosted = "web_search"}};
  EXPECT_EQ(written(request).field, "tools.web_search");
}

TEST(GeminiWrite, CountTokens) {
  Request request = hello();
  request.tools = {{.name = "f"}};
  request.max_tokens = 5;
  std::string out;
  Loss loss;
  write_count_tokens(request, {.model_id = "gemini-x"}, out, loss);
  EXPECT_EQ(out, R"({"generateContentRequest":{"model":"models/gemini-x",)" + std::string(kHello) +
                     R"(,"tools":[{"functionDeclarations":[{"name":"f"}]}]}})");
  EXPECT_EQ(read_token_count("{\n \"totalTokens\": 6,\n \"totalBillableCharacters\": 16\n}\n"), 6U);
  EXPECT_EQ(read_token_count("{}"), std::nullopt);
  EXPECT_EQ(read_token_count("{\"totalTokens\":6"), std::nullopt);
  std::string answer;
  write_token_count(13, answer);
  EXPECT_EQ(answer, R"({"totalTokens":13,"promptTokensDetails":[{"modality":"TEXT","tokenCount":13}]})");
  EXPECT_EQ(read_token_count(answer), 13U);
}

TEST(GeminiSchema, ToTheSubset) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "{}"},
      {"true", "{}"},
      {R"({"type":"string","format":"date-time","minLength":1,"default":"x","$schema":"s"})",
       R"({"type":"STRING","format":"date-time","minLength":1})"},
      {R"({"type":"string","format":"uuid"})", R"({"type":"STRING"})"},
      {R"({"type":["string","null"],"description":"d"})", R"({"type":"STRING","description":"d","nullable":true})"},
      {R"({"type":["string","integer"],"maximum":3})",
       R"({"anyOf":[{"type":"STRING","maximum":3},{"type":"INTEGER","maximum":3}]})"},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"})",
       R"({"type":"STRING","description":"d","nullable":true})"},
      {R"({"oneOf":[{"type":"string"},{"type":"array","items":{"type":"number"}}]})",
       R"({"anyOf":[{"type":"STRING"},{"type":"ARRAY","items":{"type":"NUMBER"}}]})"},
      {R"({"allOf":[{"$ref":"#/$defs/A"}],"$defs":{"A":{"enum":["x","y",null]}}})",
       R"({"type":"STRING","enum":["x","y"]})"},
      {R"({"type":"integer","enum":[1,2]})", R"({"type":"INTEGER"})"},
      {R"({"type":"array"})", R"({"type":"ARRAY","items":{}})"},
      {R"({"properties":{"a":{"$ref":"#/definitions/B","description":"here"}},"required":["a"],"definitions":{"B":{"type":"boolean","description":"there"}}})",
       R"({"type":"OBJECT","properties":{"a":{"type":"BOOLEAN","description":"here"}},"required":["a"]})"},
      {R"({"type":"object","properties":{},"required":[]})", R"({"type":"OBJECT"})"},
  };
  for (const auto& [schema, wanted] : cases) {
    std::string out;
    EXPECT_EQ(append_openapi_schema(out, schema), SchemaFault::none) << schema;
    EXPECT_EQ(out, wanted) << schema;
  }
}

TEST(GeminiSchema, WhatHasNoEnd) {
  std::string out;
  EXPECT_EQ(append_openapi_schema(out, R"({"$ref":"#"})"), SchemaFault::reference);
  EXPECT_EQ(append_openapi_schema(out, R"({"$ref":"#/$defs/A","$defs":{"A":{"items":{"$ref":"#/$defs/A"}}}})"),
            SchemaFault::reference);
  EXPECT_EQ(append_openapi_schema(out, R"({"$ref":"#/nothing"})"), SchemaFault::reference);
  EXPECT_EQ(append_openapi_schema(out, R"({"$ref":"https://a.b/c"})"), SchemaFault::reference);
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += R"({"items":)";
  deep += "{}" + std::string(60, '}');
  EXPECT_EQ(append_openapi_schema(out, deep), SchemaFault::too_large);
  // Each definition holds the next one twice: 2^40 of the last.
  std::string wide = R"({"$ref":"#/$defs/d0","$defs":{)";
  for (int i = 0; i < 40; ++i)
    wide += "\"d" + std::to_string(i) + R"(":{"properties":{"a":{"$ref":"#/$defs/d)" + std::to_string(i + 1) +
            R"("},"b":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}}},";
  wide += R"("d40":{}}})";
  out.clear();
  EXPECT_EQ(append_openapi_schema(out, wide), SchemaFault::too_large);
  EXPECT_LT(out.size(), 2 * kMaxSchemaSize);
  EXPECT_EQ(append_openapi_schema(out, "\"" + std::string(kMaxSchemaSize, 'x') + "\""), SchemaFault::too_large);
}

TEST(GeminiSchema, FromTheSubset) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true},"b":{"type":"ARRAY","items":{"type":"INTEGER"},"minItems":"02","maxItems":"00"}},"propertyOrdering":["a"],"required":["a"]})",
       R"({"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":0}},"required":["a"]})"},
      {R"({"type":"STRING","enum":["x"],"nullable":true,"example":1})",
       R"({"type":["string","null"],"enum":["x",null]})"},
      {R"({"anyOf":[{"type":"NUMBER"}],"nullable":true})", R"({"anyOf":[{"type":"number"},{"type":"null"}]})"},
      {R"({"type":"object","additionalProperties":{"type":"BOOLEAN"}})",
       R"({"type":"object","additionalProperties":{"type":"boolean"}})"},
      {R"({"type":"TYPE_UNSPECIFIED","title":"t"})", R"({"title":"t"})"},
      {R"({"type":["string","null"]})", R"({"type":["string","null"]})"},
      {"{}", "{}"},
  };
  for (const auto& [schema, wanted] : cases) {
    std::string out;
    append_json_schema(out, schema);
    EXPECT_EQ(out, wanted) << schema;
  }
}

}  // namespace
}  // namespace weir::dialect::gemini
