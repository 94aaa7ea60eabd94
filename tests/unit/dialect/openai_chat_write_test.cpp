// The provider's chat request, written from a neutral one as clients of other dialects ask, and passed on with quirks.
// Whole requests are golden: tests/golden/openai_chat.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>
#include <string>

#include "weir/base/random.h"
#include "weir/dialect/openai_chat.h"

namespace weir::dialect::openai_chat {
namespace {

namespace dom = simdjson::dom;

Part text(Bytes words) { return {.kind = PartKind::text, .text = words}; }
Part call(Bytes id, Bytes name, Arguments arguments = {}) {
  return {.kind = PartKind::tool_call, .id = id, .name = name, .arguments = arguments};
}
Part result(Bytes id, Bytes name, std::vector<Part> content) {
  return {.kind = PartKind::tool_result, .id = id, .name = name, .content = std::move(content)};
}
Part media(PartKind kind, Media::Source source, Bytes type, Bytes value) {
  return {.kind = kind, .media = {.source = source, .type = type, .value = value}};
}
Message says(Role role, std::vector<Part> parts) { return {.role = role, .parts = std::move(parts)}; }

struct Case {
  const char* name;
  std::vector<Message> messages;
  const char* written;
  Quirks quirks = {};
};

std::string written(const Request& request, const Target& target, Loss& loss) {
  std::string out;
  write(request, target, out, loss);
  dom::parser parser;
  EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS) << out;
  return out;
}

TEST(OpenAiChatUpstream, WritesMessages) {
  using enum Role;
  const std::vector<Case> cases = {
      {"texts are joined, empty ones are nothing",
       {says(system, {text("a"), text(""), text("b")}), says(user, {})},
       R"({"role":"system","content":"a\n\nb"},{"role":"user","content":""})"},
      {"pictures keep their places",
       {says(user, {text("a"), media(PartKind::image, Media::Source::data, "image/gif", "R0"), text("b"),
                    media(PartKind::image, Media::Source::url, "", "https://x")})},
       R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/gif;base64,R0"}},)"
       R"({"type":"text","text":"b"},{"type":"image_url","image_url":{"url":"https://x"}}]})"},
      {"files get a name, plain texts are text",
       {says(user, {media(PartKind::file, Media::Source::data, "application/pdf", "JVBE"),
                    media(PartKind::file, Media::Source::text, "text/plain", "plain")})},
       R"({"role":"user","content":[{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,JVBE"}},)"
       R"({"type":"text","text":"plain"}]})"},
      {"one turn of calls, thoughts stay behind",
       {says(assistant, {{.kind = PartKind::reasoning, .text = "secret"},
                         text("a"),
                         call("c1", "f", {R"({"x":"\u00e9"})", false})}),
        says(assistant, {call("c2", "g", {R"({\"y\":1.0})", true})}), says(tool, {result("c1", "", {text("1")})}),
        says(tool, {result("c2", "", {})})},
       R"({"role":"assistant","content":"a","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\":\"\\u00e9\"}"}},)"
       R"({"id":"c2","type":"function","function":{"name":"g","arguments":"{\"y\":1.0}"}}]},)"
       R"({"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":""})"},
      {"a turn of thoughts alone is nothing",
       {says(user, {text("q")}), says(assistant, {{.kind = PartKind::reasoning, .text = "secret"}}),
        says(user, {text("r")})},
       R"({"role":"user","content":"q"},{"role":"user","content":"r"})"},
      {"an error, a raw result, pictures of results after the last of them",
       {says(assistant, {call("a", "f"), call("b", "f"), call("c", "f")}),
        says(tool, {result("a", "", {media(PartKind::image, Media::Source::data, "image/png", "iV")}),
                    {.kind = PartKind::tool_result, .id = "b", .content = {text("no")}, .is_error = true}}),
        says(tool, {{.kind = PartKind::tool_result, .id = "c", .result = R"({"k":"\n"})"}}),
        says(user, {text("go on")})},
       R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}},)"
       R"({"id":"b","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
       R"({"role":"tool","tool_call_id":"a","content":"The result is in the next message of the user."},)"
       R"({"role":"tool","tool_call_id":"b","content":"Error: no"},{"role":"tool","tool_call_id":"c","content":"{\"k\":\"\\n\"}"},)"
       R"({"role":"user","content":[{"type":"text","text":"What the tools returned beside text:"},)"
       R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iV"}}]},{"role":"user","content":"go on"})"},
      {"ids of nine",
       {says(assistant, {call("toolu_01", "f"), call("abcDEF123", "f")}),
        says(tool, {result("abcDEF123", "", {}), result("toolu_01", "", {})})},
       R"({"role":"assistant","content":null,"tool_calls":[{"id":"CIENFBFqr","type":"function","function":{"name":"f","arguments":"{}"}},)"
       R"({"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
       R"({"role":"tool","tool_call_id":"abcDEF123","content":""},{"role":"tool","tool_call_id":"CIENFBFqr","content":""})",
       {Quirk::nine_character_ids}},
  };
  for (const Case& c : cases) {
    Request request;
    request.messages = c.messages;
    Loss loss;
    const std::string out = written(request, {.model_id = "m", .quirks = c.quirks}, loss);
    EXPECT_FALSE(loss.refused()) << c.name << loss.refusal().why;
    EXPECT_EQ(out, R"({"model":"m","messages":[)" + std::string(c.written) + "]}") << c.name;
  }
}

/// Calls that came without ids (Gemini's): every result finds its call, by name and in order, in every turn anew.
TEST(OpenAiChatUpstream, MadeIdsMatch) {
  for (const Quirks quirks : {Quirks{}, Quirks{Quirk::nine_character_ids}}) {
    Request request;
    request.messages = {
        says(Role::assistant, {call("", "f"), call("", "g"), call("", "f")}),
        says(Role::tool, {result("", "g", {text("1")}), result("", "f", {text("2")}), result("", "f", {text("3")})}),
        says(Role::assistant, {call("", "f")}), says(Role::tool, {result("", "", {text("4")})})};
    Loss loss;
    const std::string out = written(request, {.model_id = "m", .quirks = quirks}, loss);
    dom::parser parser;
    const dom::element root = parser.parse(out).value_unsafe();
    const auto at = [&](const std::string& pointer) {
      std::string_view value;
      EXPECT_EQ(root.at_pointer(pointer).get(value), simdjson::SUCCESS) << pointer << out;
      return std::string(value);
    };
    EXPECT_EQ(at("/messages/1/tool_call_id"), at("/messages/0/tool_calls/1/id"));
    EXPECT_EQ(at("/messages/2/tool_call_id"), at("/messages/0/tool_calls/0/id"));
    EXPECT_EQ(at("/messages/3/tool_call_id"), at("/messages/0/tool_calls/2/id"));
    EXPECT_EQ(at("/messages/5/tool_call_id"), at("/messages/4/tool_calls/0/id"));
    EXPECT_NE(at("/messages/4/tool_calls/0/id"), at("/messages/0/tool_calls/0/id"));
    EXPECT_NE(at("/messages/0/tool_calls/0/id"), at("/messages/0/tool_calls/2/id"));
    if (!quirks.none()) EXPECT_EQ(at("/messages/0/tool_calls/0/id").size(), 9U);
  }
}

TEST(OpenAiChatUpstream, AJsonObjectIsSpokenOf) {
  Request request;
  request.format.kind = OutputFormat::Kind::json_object;
  request.messages = {says(Role::user, {text("a list")})};
  Loss loss;
  EXPECT_NE(written(request, {.model_id = "m"}, loss).find(R"({"role":"system","content":"Answer with one valid JSON)"),
            std::string::npos);
  request.messages = {says(Role::user, {text("a list, as Json")})};
  EXPECT_EQ(written(request, {.model_id = "m"}, loss).find("Answer with"), std::string::npos);
}

struct FieldCase {
  const char* name;
  std::function<void(Request&, Target&)> make;
  const char* written;  // behind the messages
  const char* dropped = "";
};

TEST(OpenAiChatUpstream, WritesFields) {
  const FieldCase cases[] = {
      {"a budget becomes an effort",
       [](Request& r, Target&) {
         r.reasoning.mode = Reasoning::Mode::on;
         r.reasoning.budget_tokens = 4000;
       },
       R"("reasoning_effort":"high")"},
      {"no budget becomes a word that few models know",
       [](Request& r, Target&) {
         r.reasoning.mode = Reasoning::Mode::on;
         r.reasoning.budget_tokens = 31999;
       },
       R"("reasoning_effort":"high")"},
      {"unless this one does",
       [](Request& r, Target& t) {
         r.reasoning.mode = Reasoning::Mode::on;
         r.reasoning.budget_tokens = 31999;
         t.traits.takes_xhigh_effort = true;
       },
       R"("reasoning_effort":"xhigh")"},
      {"an effort beyond what the model knows",
       [](Request& r, Target& t) {
         r.reasoning.effort = "max";
         t.traits.is_reasoning = true;
       },
       R"("reasoning_effort":"high")"},
      {"a name of a user that is longer than OpenAI takes",
       [](Request& r, Target&) { r.user = r.keep(std::string(65, 'u')); }, "", "user"},
      {"cache marks of tools",
       [](Request& r, Target&) {
         r.tools.push_back({.name = "f", .parameters = "{}", .cache_control = R"({"type":"ephemeral"})"});
       },
       R"("tools":[{"type":"function","function":{"name":"f","parameters":{}}}])", "cache_control"},
      {"no thinking is no field", [](Request& r, Target&) { r.reasoning.mode = Reasoning::Mode::off; }, ""},
      {"a model that does not think",
       [](Request& r, Target& t) {
         r.reasoning.effort = "low";
         t.traits.takes_thinking = false;
       },
       "", "reasoning_effort"},
      {"Anthropic's word for a tier", [](Request& r, Target&) { r.service_tier = "standard_only"; },
       R"("service_tier":"default")"},
      {"not to be stored is what happens anyway", [](Request& r, Target&) { r.store = false; }, ""},
      {"one answer is what comes anyway", [](Request& r, Target&) { r.candidates = 1; }, ""},
      {"top_k is not known", [](Request& r, Target&) { r.top_k = "3"; }, "", "top_k"},
      {"a model that takes no sampling",
       [](Request& r, Target& t) {
         r.temperature = "1";
         r.top_p = "1";
         t.traits.takes_sampling = false;
       },
       "", "temperature top_p"},
      {"only some tools are allowed",
       [](Request& r, Target&) {
         r.tools = {{.name = "f"}, {.name = "g", .description = "d"}};
         r.tool_choice = {.mode = ToolChoice::Mode::required, .allowed = {"g"}};
         r.parallel_tool_calls = true;
       },
       R"("tools":[{"type":"function","function":{"name":"g","description":"d","parameters":{"type":"object","properties":{}}}}],)"
       R"("tool_choice":"required","parallel_tool_calls":true)"},
      {"no tools, no choice", [](Request& r, Target&) { r.tool_choice.mode = ToolChoice::Mode::automatic; }, ""},
      {"a schema without a name",
       [](Request& r, Target&) { r.format = {.kind = OutputFormat::Kind::json_schema, .schema = R"({"a":1})"}; },
       R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"a":1}}})"},
      {"any JSON", [](Request& r, Target&) { r.format.kind = OutputFormat::Kind::json_object; },
       R"("response_format":{"type":"json_object"})"},
  };
  for (const FieldCase& c : cases) {
    Request request;
    Target target{.model_id = "m\"n"};
    c.make(request, target);
    Loss loss;
    const std::string out = written(request, target, loss);
    EXPECT_FALSE(loss.refused()) << c.name;
    const std::string fields = c.written;
    EXPECT_EQ(out, R"({"model":"m\"n","messages":[])" + (fields.empty() ? "" : "," + fields) + "}") << c.name;
    std::string dropped;
    for (const std::string& name : loss.dropped()) dropped += (dropped.empty() ? "" : " ") + name;
    EXPECT_EQ(dropped, c.dropped) << c.name;
  }
}

TEST(OpenAiChatUpstream, RefusesWhatTheProviderCannotBeGiven) {
  const std::function<void(Request&)> cases[] = {
      [](Request& r) { r.tools = {{.name = "s", .hosted = "web_search"}}; },
      [](Request& r) { r.messages = {says(Role::user, {media(PartKind::video, Media::Source::url, "", "u")})}; },
      [](Request& r) { r.messages = {says(Role::user, {media(PartKind::image, Media::Source::file_id, "", "f")})}; },
      [](Request& r) { r.messages = {says(Role::user, {media(PartKind::file, Media::Source::file_id, "", "f")})}; },
      [](Request& r) { r.messages = {says(Role::user, {media(PartKind::file, Media::Source::url, "", "u")})}; },
      [](Request& r) {
        r.messages = {says(Role::user, {media(PartKind::audio, Media::Source::data, "audio/flac", "d")})};
      },
      [](Request& r) {
        r.messages = {says(Role::assistant, {media(PartKind::image, Media::Source::data, "image/png", "d")})};
      },
  };
  for (const auto& make : cases) {
    Request request;
    make(request);
    Loss loss;
    std::string out;
    write(request, {.model_id = "m"}, out, loss);
    EXPECT_TRUE(loss.refused());
    EXPECT_EQ(loss.refusal().fault, Fault::parameter_unsupported);
    EXPECT_FALSE(loss.refusal().why.empty());
  }
}

// ---- Passing on with quirks.

std::string passed_on(const std::string& body, const Target& target, Loss& loss) {
  const auto envelope = read_envelope(body);
  EXPECT_TRUE(envelope) << body;
  std::string scratch;
  std::string out;
  const auto edits = write_passthrough(*envelope, body, target, true, scratch, loss);
  edits.for_each_piece(body.size(), [&](auto piece) {
    if constexpr (std::is_same_v<decltype(piece), Bytes>) {
      out += piece;
    } else {
      out += body.substr(piece.offset, piece.size);
    }
  });
  return out;
}

TEST(OpenAiChatPassOn, QuirksAreEdits) {
  using enum Quirk;
  const struct {
    const char* body;
    Quirks quirks;
    const char* result;
    bool stream = false;
  } cases[] = {
      {R"({ "model":"a" , "x":1.0})", {random_seed}, R"({ "model":"p" , "x":1.0})"},
      // members go with their commas
      {R"({"a":1,"model":"a","b":2,"c":3})", {strict_fields}, R"({"model":"p"})"},
      {R"({"a":1, "b":2 ,"model":"a" , "c":3 , "top_p":1})", {strict_fields}, R"({"model":"p" , "top_p":1})"},
      {R"({"model":"a","a":{"model":"x"}})", {strict_fields, model_in_path}, R"({})"},
      {R"({"model":"a"})", {model_in_path}, R"({"stream_options":{"include_usage":true},"stream":true})", true},
      {R"({"model":"a","n":1})",
       {model_in_path},
       R"({"stream_options":{"include_usage":true},"stream":true,"n":1})",
       true},
      {R"({"stream_options":{"include_usage":true},"stream":true,"model":"a"})",
       {no_stream_options},
       R"({"stream":true,"model":"p"})"},
      {R"({"model":"a","stream":null})",
       {stream_only},
       R"({"stream_options":{"include_usage":true},"model":"p","stream":true})",
       true},
      // keys written with escapes are the same keys
      {R"({"model":"a","s\u0065ed":1,"max_\u0074okens":3})",
       {random_seed},
       R"({"model":"p","random_seed":1,"max_\u0074okens":3})"},
      {R"({"model":"a","\u0073tore":1})", {strict_fields}, R"({"model":"p"})"},
      // unexpected types stay as they are
      {R"({"model":"a","messages":7,"tool_choice":{"x":"required"},"response_format":"json"})",
       {no_developer_role, tool_choice_any, no_json_schema},
       R"({"model":"p","messages":7,"tool_choice":{"x":"required"},"response_format":"json"})"},
      {R"({"model":"a","messages":[1,{"role":2},{"tool_calls":[3,{"id":null}],"tool_call_id":4}]})",
       {no_developer_role, nine_character_ids},
       R"({"model":"p","messages":[1,{"role":2},{"tool_calls":[3,{"id":null}],"tool_call_id":4}]})"},
      {R"({"model":"a","response_format":{"type":"text"},"messages":[]})",
       {no_json_schema},
       R"({"model":"p","response_format":{"type":"text"},"messages":[]})"},
      {R"({"model":"a","messages":[],"response_format":{"json_schema":{"schema":{}},"type":"json_schema"}})",
       {no_json_schema},
       R"({"model":"p","messages":[{"role":"system","content":"Answer with one JSON value and nothing else. It must be valid against )"
       R"(this JSON schema: {}"}],"response_format":{"type":"json_object"}})"},
      {R"({"model":"a","messages":[{"content":"x","role":"d\u0065veloper","name":"n"},{"name":"n","content":"y","role":"user"}]})",
       {no_developer_role, strict_fields},
       R"({"model":"p","messages":[{"content":"x","role":"system"},{"content":"y","role":"user"}]})"},
  };
  for (const auto& c : cases) {
    Loss loss;
    EXPECT_EQ(passed_on(c.body, {.model_id = "p", .quirks = c.quirks, .stream = c.stream}, loss), c.result) << c.body;
  }
}

TEST(OpenAiChatPassOn, ALongConversationIsEditedEverywhere) {
  std::string body = R"({"model":"a","messages":[)";
  for (int i = 0; i < 3000; ++i)
    body += R"({"role":"developer","name":"n","content":""},{"role":"tool","tool_call_id":"call_)" + std::to_string(i) +
            R"("},)";
  body += R"({"role":"user","content":""}]})";
  Loss loss;
  const std::string out = passed_on(
      body, {.model_id = "p", .quirks = {Quirk::no_developer_role, Quirk::nine_character_ids, Quirk::strict_fields}},
      loss);
  dom::parser parser;
  EXPECT_EQ(parser.parse(out).error(), simdjson::SUCCESS);
  EXPECT_EQ(out.find("developer"), std::string::npos);
  EXPECT_EQ(out.find("call_0"), std::string::npos);
  EXPECT_EQ(out.find("\"n\""), std::string::npos);
}

TEST(OpenAiChatPassOn, AReasoningModelsLimitIsRenamedWithoutAnyQuirk) {
  Target target{.model_id = "p"};
  target.traits.is_reasoning = true;
  Loss loss;
  EXPECT_EQ(passed_on(R"({"model":"a","max_tokens":3})", target, loss), R"({"model":"p","max_completion_tokens":3})");
  EXPECT_EQ(passed_on(R"({"model":"a","max_completion_tokens":3})", target, loss),
            R"({"model":"p","max_completion_tokens":3})");
  EXPECT_EQ(passed_on(R"({"max_tokens":3,"max_completion_tokens":4,"model":"a"})", target, loss),
            R"({"max_completion_tokens":4,"model":"p"})");
}

}  // namespace
}  // namespace weir::dialect::openai_chat
