#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "anthropic_messages_text.h"
#include "weir/dialect/anthropic_messages.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect {
namespace {

Part text(Bytes words) { return {.text = words}; }
Part call(Bytes id, Bytes name, Bytes arguments) {
  return {.kind = PartKind::tool_call, .id = id, .name = name, .arguments = {arguments, true}};
}
Part result(Bytes id, std::vector<Part> content) {
  return {.kind = PartKind::tool_result, .id = id, .content = std::move(content)};
}
Part thought(Bytes words, Seal seal) { return {.kind = PartKind::reasoning, .text = words, .seal = seal}; }
Part media(PartKind kind, Media::Source source, Bytes type, Bytes value) {
  return {.kind = kind, .media = {.source = source, .type = type, .value = value}};
}
Message says(Role role, std::vector<Part> parts) { return {.role = role, .parts = std::move(parts)}; }

/// What is true of some models.
const ModelTraits kBudget{.default_max_tokens = 64000};
const ModelTraits kAdaptive{.default_max_tokens = 64000,
                            .takes_adaptive_thinking = true,
                            .takes_output_schema = true,
                            .prefill = Prefill::refused};
const ModelTraits kNewest{.default_max_tokens = 128000,
                          .takes_sampling = false,
                          .takes_adaptive_thinking = true,
                          .takes_output_schema = true,
                          .takes_system_inside = true,
                          .prefill = Prefill::refused,
                          .takes_xhigh_effort = true};

struct Written {
  std::string body;
  Loss loss;
  std::string dropped() const {
    std::string all;
    for (const std::string& name : loss.dropped()) all += (all.empty() ? "" : " ") + name;
    return all;
  }
};

Written write(const Request& request, const ModelTraits& traits = kBudget, Unsupported policy = Unsupported::drop) {
  Written written{{}, Loss(policy)};
  anthropic_messages::write(request, {.model_id = "claude", .traits = traits}, written.body, written.loss);
  return written;
}

/// A request with one question, changed by `change`: what is between the question and the end of the body.
using Change = void (*)(Request& request);
Request asking(Change change) {
  Request request;
  request.messages.push_back(says(Role::user, {text("hi")}));
  change(request);
  return request;
}

struct Case {
  const char* name;
  const ModelTraits& traits;
  Change change;
  std::string body;  // without the model
  const char* dropped = "";
};

void check(const Case& one) {
  SCOPED_TRACE(one.name);
  const Written written = write(asking(one.change), one.traits);
  EXPECT_FALSE(written.loss.refused()) << written.loss.refusal().field;
  EXPECT_EQ(written.body, R"({"model":"claude",)" + one.body + "}");
  EXPECT_EQ(written.dropped(), one.dropped);
}

const std::string kHi = R"("messages":[{"role":"user","content":"hi"}])";
const std::string kMany = R"("max_tokens":64000,)" + kHi;
const std::string kMost = R"("max_tokens":128000,)" + kHi;

TEST(AnthropicWrite, Members) {
  const Case cases[] = {
      {"nothing but a question", kBudget, [](Request&) {}, kMany},
      {"a limit", kBudget, [](Request& r) { r.max_tokens = 5; }, R"("max_tokens":5,)" + kHi},
      {"stops; empty ones mean nothing", kBudget, [](Request& r) { r.stop = {"a\\n", "", "b"}; },
       kMany + R"(,"stop_sequences":["a\n","b"])"},
      {"the user", kBudget, [](Request& r) { r.user = "u\\u0041"; }, kMany + R"(,"metadata":{"user_id":"u\u0041"})"},
      {"service tiers", kBudget, [](Request& r) { r.service_tier = "default"; },
       kMany + R"(,"service_tier":"standard_only")"},
      {"other tiers are lost", kBudget, [](Request& r) { r.service_tier = "flex"; }, kMany, "service_tier"},
      {"hints that have no place", kBudget,
       [](Request& r) {
         r.seed = "7";
         r.presence_penalty = r.frequency_penalty = "0.5";
         r.logit_bias = "{}";
         r.logprobs = true;
         r.top_logprobs = 2;
         r.metadata = R"({"a":"b"})";
         r.store = true;
         r.verbosity = "low";
         r.prompt_cache_key = "k";
         r.messages[0].name = "me";
       },
       kMany,
       "name seed presence_penalty frequency_penalty logit_bias logprobs top_logprobs metadata store verbosity "
       "prompt_cache_key"},
      {"what is the default is no loss", kBudget,
       [](Request& r) {
         r.store = false;
         r.candidates = 1;
       },
       kMany},
      {"sampling", kBudget,
       [](Request& r) {
         r.temperature = "0.70";
         r.top_p = "0.9";
         r.top_k = "40";
       },
       kMany + R"(,"temperature":0.70,"top_p":0.9,"top_k":40)"},
      {"temperature is at most 1", kBudget, [](Request& r) { r.temperature = "1.7"; }, kMany + R"(,"temperature":1)",
       "temperature"},
      {"no sampling for the newest", kNewest,
       [](Request& r) {
         r.temperature = "0.7";
         r.top_p = "0.9";
         r.top_k = "40";
       },
       kMost, "temperature top_p top_k"},
      {"what they take means nothing", kNewest,
       [](Request& r) {
         r.temperature = "1.0";
         r.top_p = "1";
       },
       kMost},
      {"an absurd number", kBudget, [](Request& r) { r.temperature = "1e999"; }, kMany, "temperature"},
      {"json_object is an instruction", kBudget, [](Request& r) { r.format.kind = OutputFormat::Kind::json_object; },
       R"("max_tokens":64000,"system":[{"type":"text","text":"Answer with one valid JSON object and nothing else."}],)" +
           kHi},
  };
  for (const Case& one : cases) check(one);

  const ModelTraits either{.default_max_tokens = 64000, .takes_temperature_and_top_p = false};
  check({"temperature or top_p", either,
         [](Request& r) {
           r.temperature = "0.7";
           r.top_p = "0.9";
         },
         kMany + R"(,"temperature":0.7)", "top_p"});
  check({"a top_p that means nothing", either,
         [](Request& r) {
           r.temperature = "0.7";
           r.top_p = "1.0";
         },
         kMany + R"(,"temperature":0.7)"});
}

TEST(AnthropicWrite, Tools) {
  const std::string tool = R"(,"tools":[{"name":"f","description":"d","input_schema":{"type":"object","a":1}}])";
  const auto one_tool = [](Request& r) {
    r.tools.push_back({.name = "f", .description = "d", .parameters = R"({"type":"object","a":1})"});
  };
  const Case cases[] = {
      {"a function", kBudget, one_tool, kMany + tool},
      {"one without parameters", kBudget, [](Request& r) { r.tools.push_back({.name = "f"}); },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}])"},
      {"a schema without a type", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f", .parameters = " { \"a\":{}} "});
         r.tools.push_back({.name = "g", .parameters = "{}"});
         r.tools.push_back({.name = "h", .parameters = "true"});
       },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object", "a":{}}},)"
               R"({"name":"g","input_schema":{"type":"object"}},)"
               R"({"name":"h","input_schema":{"type":"object","properties":{}}}])"},
      {"strict where it is known", kAdaptive,
       [](Request& r) { r.tools.push_back({.name = "f", .parameters = R"({"properties":{"a":{}}})", .strict = true}); },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{"a":{}},)"
               R"("additionalProperties":false},"strict":true}])"},
      {"not where it would forbid what the schema allows", kAdaptive,
       [](Request& r) { r.tools.push_back({.name = "f", .parameters = R"({"type":"object"})", .strict = true}); },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object"}}])", "tools.strict"},
      {"cache marks", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f",
                            .parameters = R"({"type":"object"})",
                            .strict = true,
                            .cache_control = R"({"type":"ephemeral"})"});
       },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}])",
       "tools.strict"},
      {"required", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f"});
         r.tool_choice.mode = ToolChoice::Mode::required;
       },
       kMany +
           R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"})"},
      {"a named one, alone", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f"});
         r.tool_choice = {ToolChoice::Mode::named, "f", {}};
         r.parallel_tool_calls = false;
       },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],)"
               R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true})"},
      {"one at a time", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f"});
         r.parallel_tool_calls = false;
       },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],)"
               R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true})"},
      {"none", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f"});
         r.tool_choice.mode = ToolChoice::Mode::none;
         r.parallel_tool_calls = false;
       },
       kMany +
           R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"none"})"},
      {"a choice among no tools", kBudget, [](Request& r) { r.tool_choice.mode = ToolChoice::Mode::automatic; }, kMany},
      {"only some of them", kBudget,
       [](Request& r) {
         r.tools.push_back({.name = "f"});
         r.tools.push_back({.name = "g"});
         r.tool_choice = {ToolChoice::Mode::automatic, {}, {"g"}};
       },
       kMany +
           R"(,"tools":[{"name":"g","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"auto"})"},
  };
  for (const Case& one : cases) check(one);
}

std::string enforced(Bytes schema) {
  std::string out;
  const bool same = anthropic_messages::append_enforced_schema(out, schema);
  EXPECT_EQ(same, anthropic_messages::is_enforceable(schema));
  return same ? out : "map: " + out;
}

TEST(AnthropicWrite, EnforcedSchemas) {
  EXPECT_EQ(
      enforced(
          R"({"type":"object","properties":{"a":{"type":["object","null"],"properties":{"b":{}}},"additionalProperties":{}},"additionalProperties":true})"),
      R"({"type":"object","properties":{"a":{"type":["object","null"],"properties":{"b":{}},"additionalProperties":false},)"
      R"("additionalProperties":{}},"additionalProperties":false})")
      << "every object is closed; names of members are not words";
  EXPECT_EQ(
      enforced(R"({"type":"object","properties":{"n":{"type":"integer","minimum":0,"description":"d","maximum":9},)"
               R"("s":{"type":"string","pattern":"^\\d\"$","format":"date"},"z":{"type":"string","format":"phone"}}})"),
      R"({"type":"object","properties":{"n":{"type":"integer","description":"d\n\n{minimum: 0, maximum: 9}"},)"
      R"("s":{"type":"string","format":"date","description":"{pattern: \"^\\\\d\\\"$\"}"},)"
      R"("z":{"type":"string","description":"{format: \"phone\"}"}},"additionalProperties":false})")
      << "bounds are told in words";
  EXPECT_EQ(
      enforced(
          R"({"$schema":"x","type":"object","properties":{"l":{"type":"array","minItems":1,"maxItems":3,"items":{"$ref":"#/$defs/k"}},)"
          R"("u":{"oneOf":[{"type":"object","properties":{"k":{"const":1.50}},"required":["k"]},{"type":"string"}]}},"$defs":{"k":{"properties":{"x":{}}}}})"),
      R"({"type":"object","properties":{"l":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/k"},"description":"{maxItems: 3}"},)"
      R"("u":{"anyOf":[{"type":"object","properties":{"k":{"const":1.50}},"required":["k"],"additionalProperties":false},{"type":"string"}]}},)"
      R"("$defs":{"k":{"properties":{"x":{}},"additionalProperties":false}},"additionalProperties":false})");
  for (const Bytes map : {R"({"type":"object"})", R"({"type":"object","additionalProperties":true})",
                          R"({"type":"object","properties":{"a":{"type":"object"}}})",
                          R"({"type":"object","properties":{"a":{}},"additionalProperties":{"type":"string"}})"})
    EXPECT_EQ(enforced(map).substr(0, 4), "map:") << map;
  EXPECT_EQ(enforced(R"({"type":"object","properties":{},"additionalProperties":false})"),
            R"({"type":"object","properties":{},"additionalProperties":false})");
}

TEST(AnthropicWrite, Schemas) {
  const Change schema = [](Request& r) {
    r.format = {
        .kind = OutputFormat::Kind::json_schema, .schema = R"({"type":"object","properties":{"a":{}}})", .name = "n"};
  };
  const std::string emulated =
      R"({"name":"structured_output","description":"Gives the answer. Its arguments are the answer, in the form that )"
      R"(is asked for.","input_schema":{"type":"object","properties":{"a":{}}}})";
  const Case cases[] = {
      {"where the model has it", kAdaptive, schema,
       kMany + R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{}},)"
               R"("additionalProperties":false}}})"},
      {"a forced tool where closing its objects would change it, and no thinking beside it", kAdaptive,
       [](Request& r) {
         r.format = {.kind = OutputFormat::Kind::json_schema, .schema = R"({"type":"object"})", .description = "D"};
         r.reasoning.mode = Reasoning::Mode::adaptive;
       },
       kMany + R"(,"tools":[{"name":"structured_output","description":"D","input_schema":{"type":"object"}}],)"
               R"("tool_choice":{"type":"tool","name":"structured_output"})"},
      {"a forced tool elsewhere", kBudget, schema,
       kMany + ",\"tools\":[" + emulated + R"(],"tool_choice":{"type":"tool","name":"structured_output"})"},
      {"beside tools of the client", kBudget,
       [](Request& r) {
         r.format = {.kind = OutputFormat::Kind::json_schema, .schema = R"({"type":"object","properties":{"a":{}}})"};
         r.tools.push_back({.name = "f"});
       },
       kMany + R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}},)" + emulated +
           R"(],"tool_choice":{"type":"any"})"},
      {"not when the client wants a tool called", kBudget,
       [](Request& r) {
         r.format = {.kind = OutputFormat::Kind::json_schema, .schema = R"({"type":"object","properties":{"a":{}}})"};
         r.tools.push_back({.name = "f"});
         r.tool_choice.mode = ToolChoice::Mode::required;
       },
       kMany +
           R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"})"},
  };
  for (const Case& one : cases) {
    check(one);
    const Request request = asking(one.change);
    const Target target{.model_id = "claude", .traits = one.traits};
    EXPECT_EQ(anthropic_messages::emulates_schema(request, target), one.body.find(kSchemaTool) != std::string::npos);
  }
}

TEST(AnthropicWrite, Thinking) {
  const std::string adaptive = R"(,"thinking":{"type":"adaptive","display":"summarized"})";
  const std::string off = R"(,"thinking":{"type":"disabled"})";
  const Case cases[] = {
      {"effort as a budget", kBudget, [](Request& r) { r.reasoning.effort = "high"; },
       kMany + R"(,"thinking":{"type":"enabled","budget_tokens":4096})"},
      {"a budget is at least 1024", kBudget,
       [](Request& r) {
         r.reasoning.mode = Reasoning::Mode::on;
         r.reasoning.budget_tokens = 12;
       },
       kMany + R"(,"thinking":{"type":"enabled","budget_tokens":1024})"},
      {"and below the limit, which is raised", kBudget,
       [](Request& r) {
         r.reasoning.effort = "low";
         r.max_tokens = 100;
       },
       R"("max_tokens":1124,)" + kHi + R"(,"thinking":{"type":"enabled","budget_tokens":1024})"},
      {"thinking alone", kBudget, [](Request& r) { r.reasoning.mode = Reasoning::Mode::adaptive; },
       kMany + R"(,"thinking":{"type":"enabled","budget_tokens":2048})"},
      {"none", kBudget, [](Request& r) { r.reasoning.effort = "none"; }, kMany},
      {"a budget of nothing", kBudget, [](Request& r) { r.reasoning.budget_tokens = 0; }, kMany},
      {"thoughts that nobody wants to see", kBudget,
       [](Request& r) {
         r.reasoning.effort = "low";
         r.reasoning.show = false;
       },
       kMany + R"(,"thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"})"},
      {"no sampling while thinking", kBudget,
       [](Request& r) {
         r.reasoning.effort = "low";
         r.temperature = "0.5";
         r.top_p = "0.97";
         r.top_k = "3";
       },
       kMany + R"(,"thinking":{"type":"enabled","budget_tokens":1024},"top_p":0.97)", "temperature top_k"},
      {"no forced tool while thinking", kBudget,
       [](Request& r) {
         r.reasoning.effort = "low";
         r.tools.push_back({.name = "f"});
         r.tool_choice.mode = ToolChoice::Mode::required;
       },
       kMany +
           R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"})",
       "reasoning_effort"},
      {"effort", kAdaptive, [](Request& r) { r.reasoning.effort = "medium"; },
       kMany + adaptive + R"(,"output_config":{"effort":"medium"})"},
      {"efforts that it does not know", kAdaptive, [](Request& r) { r.reasoning.effort = "xhigh"; },
       kMany + adaptive + R"(,"output_config":{"effort":"max"})"},
      {"efforts that newer models know", kNewest, [](Request& r) { r.reasoning.effort = "xhigh"; },
       kMost + adaptive + R"(,"output_config":{"effort":"xhigh"})"},
      {"the least", kNewest, [](Request& r) { r.reasoning.effort = "minimal"; },
       kMost + adaptive + R"(,"output_config":{"effort":"low"})"},
      {"no effort at all", kNewest, [](Request& r) { r.reasoning.effort = "much"; }, kMost + adaptive,
       "reasoning_effort"},
      {"a budget as effort", kNewest,
       [](Request& r) {
         r.reasoning.mode = Reasoning::Mode::on;
         r.reasoning.budget_tokens = 4000;
       },
       kMost + adaptive + R"(,"output_config":{"effort":"high"})"},
      {"off", kNewest, [](Request& r) { r.reasoning.effort = "none"; }, kMost + off},
  };
  for (const Case& one : cases) check(one);
  ModelTraits always = kNewest;
  always.takes_thinking_off = false;
  check({"never off", always, [](Request& r) { r.reasoning.mode = Reasoning::Mode::off; }, kMost, "reasoning_effort"});
  ModelTraits never = kBudget;
  never.takes_thinking = false;
  check({"never on", never, [](Request& r) { r.reasoning.effort = "high"; }, kMany, "reasoning_effort"});
}

struct Talk {
  const char* name;
  const ModelTraits& traits;
  std::vector<Message> messages;
  std::string body;  // behind max_tokens
};

TEST(AnthropicWrite, Turns) {
  const Seal own{Vendor::anthropic, "sig"};
  const Seal redacted{Vendor::anthropic_redacted, "sealed"};
  const Seal foreign{Vendor::gemini, "theirs"};
  const Talk talks[] = {
      {"system in front",
       kBudget,
       {says(Role::system, {text("a")}), says(Role::developer, {text("b"), text(" ")}), says(Role::user, {text("c")})},
       R"("system":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"messages":[{"role":"user","content":"c"}])"},
      {"system in the middle goes to the front",
       kBudget,
       {says(Role::user, {text("a")}), says(Role::assistant, {text("b")}), says(Role::system, {text("s")}),
        says(Role::user, {text("c")})},
       R"("system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"a"},)"
       R"({"role":"assistant","content":"b"},{"role":"user","content":"c"}])"},
      {"newer models take it behind the user's turn",
       kNewest,
       {says(Role::system, {text("0")}), says(Role::user, {text("a")}), says(Role::assistant, {text("b")}),
        says(Role::system, {text("s")}), says(Role::system, {text("t")}), says(Role::user, {text("c")}),
        says(Role::assistant, {text("d")}), says(Role::user, {text("e")})},
       R"("system":[{"type":"text","text":"0"}],"messages":[{"role":"user","content":"a"},)"
       R"({"role":"assistant","content":"b"},{"role":"user","content":"c"},)"
       R"({"role":"system","content":[{"type":"text","text":"s"},{"type":"text","text":"t"}]},)"
       R"({"role":"assistant","content":"d"},{"role":"user","content":"e"}])"},
      {"never between a call and its result",
       kNewest,
       {says(Role::user, {text("a")}), says(Role::assistant, {call("c1", "f", "{}")}), says(Role::system, {text("s")}),
        says(Role::tool, {result("c1", {text("r")})})},
       R"("messages":[{"role":"user","content":"a"},)"
       R"({"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},)"
       R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"}]},)"
       R"({"role":"system","content":"s"}])"},
      {"a system message alone is the question",
       kBudget,
       {says(Role::system, {text("a")})},
       R"("messages":[{"role":"user","content":"a"}])"},
      {"neighbours are one turn, empty messages are none",
       kBudget,
       {says(Role::user, {text("a")}), says(Role::assistant, {text("\\n ")}), says(Role::user, {text("b"), text("")})},
       R"("messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])"},
      {"a beginning for the model, without white space at its end",
       kBudget,
       {says(Role::user, {text("a")}), says(Role::assistant, {text("The answer: \\\\n\\n\\t ")})},
       R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":"The answer: \\n"}])"},
      {"a loop of tools",
       kBudget,
       {says(Role::user, {text("q")}),
        says(Role::assistant, {text("wait"), call("c1", "f", "{\\\"a\\\": 1.50}"), call("c2", "g", "")}),
        says(Role::user, {text("quick")}), says(Role::tool, {result("c1", {text("r")})}),
        says(Role::tool, {result("c2", {})})},
       R"("messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"wait"},)"
       R"({"type":"tool_use","id":"c1","name":"f","input":{"a": 1.50}},)"
       R"({"type":"tool_use","id":"c2","name":"g","input":{}}]},)"
       R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"r"},)"
       R"({"type":"tool_result","tool_use_id":"c2"},{"type":"text","text":"quick"}]}])"},
      {"arguments that are no object",
       kBudget,
       {says(Role::assistant, {call("a", "f", "{\\\"x"), call("b", "f", "[1]"), call("c", "f", " null ")}),
        says(Role::user, {text("q")})},
       R"("messages":[{"role":"assistant","content":[)"
       R"({"type":"tool_use","id":"a","name":"f","input":{"arguments":"{\"x"}},)"
       R"({"type":"tool_use","id":"b","name":"f","input":{"arguments":"[1]"}},)"
       R"({"type":"tool_use","id":"c","name":"f","input":{}}]},{"role":"user","content":"q"}])"},
      {"thoughts go back to whom they came from",
       kBudget,
       {says(Role::assistant,
             {thought("t", own), thought("", redacted), thought("u", foreign), thought("v", {}), text("b")}),
        says(Role::assistant, {thought("only this", foreign)}), says(Role::user, {text("q")})},
       R"("messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"sig"},)"
       R"({"type":"redacted_thinking","data":"sealed"},{"type":"text","text":"b"}]},{"role":"user","content":"q"}])"},
      {"media",
       kBudget,
       {says(Role::user, {media(PartKind::image, Media::Source::data, "image/png", "AAAA"),
                          media(PartKind::image, Media::Source::url, "", "https:\\/\\/x"),
                          media(PartKind::file, Media::Source::data, "application/pdf", "BBBB"),
                          media(PartKind::file, Media::Source::text, "text/plain", "words")})},
       R"("messages":[{"role":"user","content":[)"
       R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},)"
       R"({"type":"image","source":{"type":"url","url":"https:\/\/x"}},)"
       R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}},)"
       R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}}]}])"},
      {"an image as a result",
       kBudget,
       {says(Role::assistant, {call("c1", "f", "{}")}),
        says(Role::tool, {result("c1", {text("see"), media(PartKind::image, Media::Source::data, "image/png", "A")})})},
       R"("messages":[{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{}}]},)"
       R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"see"},)"
       R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"A"}}]}]}])"},
  };
  for (const Talk& talk : talks) {
    SCOPED_TRACE(talk.name);
    Request request;
    request.max_tokens = 9;
    request.messages = talk.messages;
    const Written written = write(request, talk.traits);
    EXPECT_FALSE(written.loss.refused()) << written.loss.refusal().why;
    EXPECT_EQ(written.body, R"({"model":"claude","max_tokens":9,)" + talk.body + "}");
  }
}

/// The ids in a body, in order: of calls and of the results that answer them.
std::vector<std::string> ids_in(const std::string& body) {
  std::vector<std::string> ids;
  for (std::size_t at = 0; (at = body.find("id\":\"", at)) != std::string::npos;) {
    at += 5;
    ids.push_back(body.substr(at, body.find('"', at) - at));
  }
  return ids;
}

TEST(AnthropicWrite, IdsMatch) {
  Request request;
  request.messages = {
      says(Role::assistant, {call("call:0", "f", "{}"), call("call 1", "g", "{}")}),
      says(Role::tool, {result("call 1", {text("r1")}), result("call:0", {text("r0")})}),
      // Some clients count from 0 in every turn: an id may stand once in a conversation.
      says(Role::assistant, {call("call:0", "f", "{}"), call("ok-1", "f", "{}")}),
      says(Role::tool, {result("call:0", {text("r0")}), result("ok-1", {text("r1")})}),
      // Gemini's have none.
      says(Role::assistant, {call("", "f", "{}"), call("", "g", "{}"), call("", "f", "{}")}),
      says(Role::tool, {{.kind = PartKind::tool_result, .name = "g", .result = R"({"a":"b"})"},
                        {.kind = PartKind::tool_result, .name = "f", .result = "{}"},
                        {.kind = PartKind::tool_result, .name = "other", .result = "{}", .is_error = true}}),
  };
  const Written written = write(request);
  const std::vector<std::string> ids = ids_in(written.body);
  ASSERT_EQ(ids.size(), 14U);
  EXPECT_EQ(ids[2], ids[1]);
  EXPECT_EQ(ids[3], ids[0]);
  EXPECT_EQ(ids[6], ids[4]);
  EXPECT_EQ(ids[7], ids[5]);
  EXPECT_EQ(ids[5], "ok-1");
  EXPECT_EQ(ids[11], ids[9]);
  EXPECT_EQ(ids[12], ids[8]);
  EXPECT_EQ(ids[13], ids[10]);
  const std::vector<std::string> calls = {ids[0], ids[1], ids[4], ids[5], ids[8], ids[9], ids[10]};
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i].find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
              std::string::npos)
        << calls[i];
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(calls[i], calls[j]);
  }
  EXPECT_NE(written.body.find(R"("content":"{\"a\":\"b\"}")"), std::string::npos);
  EXPECT_NE(written.body.find(R"("is_error":true)"), std::string::npos);
  EXPECT_EQ(write(request).body, written.body);  // and in the next turn the same
}

/// With a budget, a turn of tools has to begin with a thought; where the history has none, there is no thinking.
TEST(AnthropicWrite, LoopsWithoutThoughts) {
  for (const bool thought_of : {false, true}) {
    Request request;
    request.reasoning.effort = "low";
    request.messages = {says(Role::user, {text("q")}), says(Role::assistant, {}),
                        says(Role::tool, {result("c1", {text("r")})})};
    if (thought_of) request.messages[1].parts.push_back(thought("t", {Vendor::anthropic, "sig"}));
    request.messages[1].parts.push_back(call("c1", "f", "{}"));
    const Written written = write(request);
    EXPECT_EQ(written.body.find("budget_tokens") != std::string::npos, thought_of);
    EXPECT_EQ(written.dropped(), thought_of ? "" : "reasoning_effort");
    EXPECT_NE(write(request, kAdaptive).body.find("adaptive"), std::string::npos);
  }
}

TEST(AnthropicWrite, Refuses) {
  struct Refused {
    const char* field;
    const ModelTraits& traits;
    Change change;
  };
  const Refused cases[] = {
      {"n", kBudget, [](Request& r) { r.candidates = 2; }},
      {"stop", kBudget, [](Request& r) { r.stop = {"\\n"}; }},
      {"tools", kBudget, [](Request& r) { r.tools.push_back({.hosted = "web_search_preview"}); }},
      {"messages", kBudget,
       [](Request& r) { r.messages[0].parts = {media(PartKind::audio, Media::Source::data, "audio/wav", "A")}; }},
      {"messages", kBudget,
       [](Request& r) { r.messages[0].parts = {media(PartKind::video, Media::Source::data, "video/mp4", "A")}; }},
      {"messages", kBudget,
       [](Request& r) { r.messages[0].parts = {media(PartKind::image, Media::Source::file_id, "", "file-1")}; }},
      {"messages", kBudget,
       [](Request& r) { r.messages[0].parts = {media(PartKind::file, Media::Source::data, "text/csv", "A")}; }},
      {"messages", kAdaptive, [](Request& r) { r.messages.push_back(says(Role::assistant, {text("b")})); }},
      {"messages", kBudget,
       [](Request& r) {
         r.messages.push_back(says(Role::system, {media(PartKind::image, Media::Source::url, "", "https://x")}));
       }},
  };
  for (const Refused& one : cases) {
    const Written written = write(asking(one.change), one.traits);
    ASSERT_TRUE(written.loss.refused()) << one.field;
    EXPECT_EQ(written.loss.refusal().fault, Fault::parameter_unsupported);
    EXPECT_EQ(written.loss.refusal().field, one.field);
    EXPECT_FALSE(written.loss.refusal().why.empty());
  }
  const Written strict = write(asking([](Request& r) { r.seed = "1"; }), kBudget, Unsupported::error);
  ASSERT_TRUE(strict.loss.refused());
  EXPECT_EQ(strict.loss.refusal().field, "seed");
}

TEST(AnthropicWrite, CountsTokens) {
  Request request = asking([](Request& r) {
    r.max_tokens = 7;
    r.temperature = "0.5";
    r.stop = {"x"};
    r.user = "u";
    r.stream = true;
    r.tools.push_back({.name = "f"});
    r.reasoning.effort = "low";
  });
  std::string body;
  Loss loss;
  anthropic_messages::write_count_tokens(request, {.model_id = "claude", .traits = kBudget, .stream = true}, body,
                                         loss);
  EXPECT_EQ(body, R"({"model":"claude",)" + kHi +
                      R"(,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],)"
                      R"("thinking":{"type":"enabled","budget_tokens":1024}})");
  EXPECT_EQ(anthropic_messages::read_token_count(R"({"input_tokens":12})"), 12U);
  for (const char* bad : {"", "[]", "{}", R"({"input_tokens":-1})", R"({"input_tokens":1)"})
    EXPECT_FALSE(anthropic_messages::read_token_count(bad)) << bad;
  std::string told;
  anthropic_messages::write_token_count(told, 12);
  EXPECT_EQ(told, R"({"input_tokens":12})");
}

TEST(AnthropicWrite, TheModelMayStandElsewhere) {
  std::string body;
  Loss loss;
  anthropic_messages::write(asking([](Request&) {}),
                            {.model_id = "claude", .quirks = {Quirk::model_in_path}, .traits = kBudget, .stream = true},
                            body, loss);
  EXPECT_EQ(body, R"({"max_tokens":64000,"stream":true,)" + kHi + "}");
}

}  // namespace
}  // namespace weir::dialect
