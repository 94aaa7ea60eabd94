// Requests to providers of the Responses dialect.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "weir/dialect/openai_responses.h"

namespace weir::dialect {
namespace {

struct Written {
  explicit Written(const Request& request,
                   const Target& target = {.model_id = "gpt", .quirks = {}, .traits = {}, .budgets = {}}) {
    openai_responses::write(request, target, body, loss);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_EQ(parser.parse(body).get(root), simdjson::SUCCESS) << body;
  }
  std::string at(const char* pointer) const {
    simdjson::dom::parser parser;
    simdjson::dom::element value;
    if (parser.parse(body).at_pointer(pointer).get(value) != simdjson::SUCCESS) return "(absent)";
    return simdjson::minify(value);
  }
  std::string refused() const { return loss.refused() ? loss.refusal().field : ""; }
  std::string dropped() const {
    std::string all;
    for (const std::string& name : loss.dropped()) all += (all.empty() ? "" : ",") + name;
    return all;
  }
  std::string body;
  Loss loss;
};

Part text(Bytes text) { return {.text = text}; }
Part image(Media media) {
  Part part{.kind = PartKind::image};
  part.media = media;
  return part;
}
Part call(Bytes id, Bytes name, Bytes arguments, bool in_string = false) {
  Part part{.kind = PartKind::tool_call};
  part.id = id;
  part.name = name;
  part.arguments = {arguments, in_string};
  return part;
}
Part result(Bytes id, std::vector<Part> content) {
  Part part{.kind = PartKind::tool_result};
  part.id = id;
  part.content = std::move(content);
  return part;
}
Request asks(std::vector<Message> messages) {
  Request request;
  request.model = "m";
  request.messages = std::move(messages);
  return request;
}
Request hello() { return asks({{.role = Role::user, .parts = {text("hi")}, .name = {}}}); }

TEST(ResponsesWrite, Smallest) {
  EXPECT_EQ(
      Written(hello()).body,
      R"({"model":"gpt","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],)"
      R"("store":false})");
  EXPECT_EQ(Written(hello(),
                    {.model_id = "gpt", .quirks = {Quirk::model_in_path}, .traits = {}, .budgets = {}, .stream = true})
                .body,
            R"({"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],)"
            R"("store":false,"stream":true})");
}

TEST(ResponsesWrite, Settings) {
  Request r = hello();
  r.max_tokens = 50;
  r.temperature = "0.50";
  r.top_p = "1";
  r.logprobs = true;
  r.top_logprobs = 2;
  r.metadata = R"({"a":"b"})";
  r.user = "u";
  r.service_tier = "flex";
  r.prompt_cache_key = "k";
  r.verbosity = "low";
  r.store = true;
  r.format = {.kind = OutputFormat::Kind::json_schema,
              .schema = R"({"x":1.0})",
              .name = "",
              .description = "d",
              .strict = true};
  r.reasoning = {.mode = Reasoning::Mode::on, .effort = "low", .budget_tokens = {}, .show = {}, .summary = {}};
  const Written written(r);
  EXPECT_EQ(written.body.substr(written.body.find("\"text\":{\"format\"")),
            R"("text":{"format":{"type":"json_schema","name":"structured_output","description":"d","schema":{"x":1.0},)"
            R"("strict":true},"verbosity":"low"},"max_output_tokens":50,"temperature":0.50,"top_p":1,"top_logprobs":2,)"
            R"("reasoning":{"effort":"low"},"include":["reasoning.encrypted_content",)"
            R"("message.output_text.logprobs"],"store":false,"metadata":{"a":"b"},"user":"u","service_tier":"flex",)"
            R"("prompt_cache_key":"k"})");
  EXPECT_EQ(written.dropped(), "logprobs,store");
}

TEST(ResponsesWrite, Reasoning) {
  using enum Reasoning::Mode;
  const struct {
    struct Reasoning reasoning;
    const char* written;
    bool sealed;
  } kCases[] = {
      {{}, "(absent)", false},
      {{.mode = on, .effort = "high", .budget_tokens = {}, .show = {}, .summary = {}}, R"({"effort":"high"})", true},
      {{.mode = off, .effort = "none", .budget_tokens = {}, .show = {}, .summary = {}}, R"({"effort":"none"})", false},
      {{.mode = off, .effort = {}, .budget_tokens = {}, .show = {}, .summary = {}}, "(absent)", false},
      // Clients of Anthropic and Gemini that switch thinking on see it.
      {{.mode = on, .effort = {}, .budget_tokens = 4096, .show = {}, .summary = {}},
       R"({"effort":"high","summary":"auto"})",
       true},
      {{.mode = adaptive, .effort = {}, .budget_tokens = {}, .show = {}, .summary = {}}, R"({"summary":"auto"})", true},
      {{.mode = adaptive, .effort = "max", .budget_tokens = {}, .show = false, .summary = {}},
       R"({"effort":"max"})",
       true},
      {{.mode = unset, .effort = {}, .budget_tokens = {}, .show = true, .summary = "detailed"},
       R"({"summary":"detailed"})",
       true},
  };
  for (const auto& one : kCases) {
    Request r = hello();
    r.reasoning = one.reasoning;
    const Written written(r);
    EXPECT_EQ(written.at("/reasoning"), one.written);
    EXPECT_EQ(written.at("/include"), one.sealed ? R"(["reasoning.encrypted_content"])" : "(absent)") << one.written;
  }
  Target thinker{.model_id = "gpt", .quirks = {}, .traits = {}, .budgets = {}};
  thinker.traits.is_reasoning = true;
  EXPECT_EQ(Written(hello(), thinker).at("/include/0"), R"("reasoning.encrypted_content")");
}

TEST(ResponsesWrite, WhatModelsRefuse) {
  Request r = hello();
  r.max_tokens = 1;
  r.temperature = "0.5";
  r.reasoning.effort = "minimal";
  EXPECT_EQ(Written(r).at("/max_output_tokens"), "16") << "OpenAI takes no less";
  Target target{.model_id = "m"};
  target.traits = {.takes_sampling = false, .is_reasoning = true, .takes_minimal_thinking = false};
  const Written thinker(r, target);
  EXPECT_EQ(thinker.at("/temperature"), "(absent)");
  EXPECT_EQ(thinker.at("/reasoning/effort"), "\"low\"");
  EXPECT_EQ(thinker.dropped(), "temperature");
  target.traits = {.takes_thinking = false};
  const Written plain(r, target);
  EXPECT_EQ(plain.at("/reasoning"), "(absent)");
  EXPECT_EQ(plain.at("/include"), "(absent)");
  EXPECT_EQ(plain.dropped(), "reasoning");
}

TEST(ResponsesWrite, AJsonObjectIsSpokenOf) {
  Request r = hello();
  r.format.kind = OutputFormat::Kind::json_object;
  EXPECT_NE(Written(r).at("/input/0").find("valid JSON object"), std::string::npos);
  r.messages.back().parts = {text("as Json, please")};
  EXPECT_EQ(Written(r).at("/input/0").find("valid JSON object"), std::string::npos);
}

TEST(ResponsesWrite, AFailedResultSaysSo) {
  Part failed = result("c", {text("no such file")});
  failed.is_error = true;
  Part silent = result("d", {});
  silent.is_error = true;
  const Written written(asks({{.role = Role::tool, .parts = {failed, silent}, .name = {}}}));
  EXPECT_EQ(written.at("/input/0/output"), "\"Error: no such file\"");
  EXPECT_EQ(written.at("/input/1/output"), "\"Error:\"");
}

TEST(ResponsesWrite, Tools) {
  Request r = hello();
  r.tools = {{.name = "f",
              .description = "d\\n",
              .parameters = R"({"type":"object"})",
              .strict = true,
              .cache_control = "{}",
              .hosted = {}},
             {.name = "g", .description = {}, .parameters = {}, .strict = {}, .cache_control = {}, .hosted = {}}};
  r.parallel_tool_calls = false;
  r.tool_choice = {.mode = ToolChoice::Mode::named, .name = "f", .allowed = {}};
  const Written written(r);
  EXPECT_EQ(written.at("/tools"),
            R"([{"type":"function","name":"f","description":"d\n","parameters":{"type":"object"},"strict":true},)"
            R"({"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":false}])");
  EXPECT_EQ(written.at("/tool_choice"), R"({"type":"function","name":"f"})");
  EXPECT_EQ(written.at("/parallel_tool_calls"), "false");
  EXPECT_EQ(written.dropped(), "cache_control");

  const struct {
    ToolChoice choice;
    const char* written;
  } kChoices[] = {
      {{}, "(absent)"},
      {{.mode = ToolChoice::Mode::automatic, .name = {}, .allowed = {}}, "\"auto\""},
      {{.mode = ToolChoice::Mode::none, .name = {}, .allowed = {}}, "\"none\""},
      {{.mode = ToolChoice::Mode::required, .name = {}, .allowed = {}}, "\"required\""},
      {{.mode = ToolChoice::Mode::required, .name = {}, .allowed = {"g"}},
       R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]})"},
  };
  for (const auto& one : kChoices) {
    r.tool_choice = one.choice;
    EXPECT_EQ(Written(r).at("/tool_choice"), one.written);
  }
  r.tools[0].hosted = "web_search";
  EXPECT_EQ(Written(r).refused(), "tools");
}

TEST(ResponsesWrite, Turns) {
  Part sealed{.kind = PartKind::reasoning};
  sealed.text = "thought";
  sealed.seal = {Vendor::openai, "c2Vj"};
  Part foreign = sealed;
  foreign.seal = {Vendor::anthropic, "Zm9y"};
  Part refusal{.kind = PartKind::refusal};
  refusal.text = "no";
  Part failing = result(
      "call_2",
      {text("bad"), image({.source = Media::Source::url, .type = {}, .value = "https://i", .name = {}, .detail = {}})});
  failing.is_error = true;
  const Request r = asks({
      {.role = Role::system, .parts = {text("S"), text("T")}, .name = {}},
      {.role = Role::user, .parts = {text("q"), text("")}, .name = "bob"},
      {.role = Role::assistant,
       .parts = {foreign, sealed, text("Let me look."), refusal, call("call_1", "f", R"({"a":1.0})"),
                 call("call_2", "g", R"({\"b\":2})", true)},
       .name = {}},
      {.role = Role::tool, .parts = {result("call_1", {text("15 C")}), failing, result("call_3", {})}, .name = {}},
      {.role = Role::developer, .parts = {text("now")}, .name = {}},
      {.role = Role::user, .parts = {text("")}, .name = {}},
      {.role = Role::assistant, .parts = {sealed}, .name = {}},  // nothing came of it
  });
  const Written written(r);
  EXPECT_EQ(written.at("/input"),
            R"([{"type":"message","role":"system","content":[{"type":"input_text","text":"S"},{"type":"input_text",)"
            R"("text":"T"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]},)"
            R"({"type":"reasoning","summary":[{"type":"summary_text","text":"thought"}],"encrypted_content":"c2Vj"},)"
            R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me look.",)"
            R"("annotations":[]},{"type":"refusal","refusal":"no"}]},)"
            R"({"type":"function_call","call_id":"call_1","name":"f","arguments":"{\"a\":1.0}"},)"
            R"({"type":"function_call","call_id":"call_2","name":"g","arguments":"{\"b\":2}"},)"
            R"({"type":"function_call_output","call_id":"call_1","output":"15 C"},)"
            R"({"type":"function_call_output","call_id":"call_2","output":[{"type":"input_text","text":"Error: "},)"
            R"({"type":"input_text","text":"bad"},)"
            R"({"type":"input_image","image_url":"https://i","detail":"auto"}]},)"
            R"({"type":"function_call_output","call_id":"call_3","output":""},)"
            R"({"type":"message","role":"developer","content":[{"type":"input_text","text":"now"}]}])");
  EXPECT_EQ(written.dropped(), "name");
}

TEST(ResponsesWrite, CallsWithoutIdsAndWithLongOnes) {
  Part first = result({}, {});
  first.name = "g";
  first.result = R"({"ok":true})";
  Part second = first;
  second.name = "f";
  const std::string long_id(100, 'x');
  const Request r = asks({{.role = Role::assistant,
                           .parts = {call({}, "f", "{}"), call({}, "g", "{}"), call(long_id, "h", {})},
                           .name = {}},
                          {.role = Role::tool, .parts = {first, second, result(long_id, {text("x")})}, .name = {}}});
  const Written written(r);
  EXPECT_EQ(written.at("/input/0/call_id"), "\"call_0\"");
  EXPECT_EQ(written.at("/input/1/call_id"), "\"call_1\"");
  EXPECT_EQ(written.at("/input/2/arguments"), "\"{}\"");
  EXPECT_EQ(written.at("/input/3/call_id"), "\"call_1\"");
  EXPECT_EQ(written.at("/input/3/output"), R"("{\"ok\":true}")");
  EXPECT_EQ(written.at("/input/4/call_id"), "\"call_0\"");
  EXPECT_EQ(written.at("/input/5/call_id"), written.at("/input/2/call_id"));
  EXPECT_LE(written.at("/input/5/call_id").size(), 66U);
}

TEST(ResponsesWrite, MediaAndFiles) {
  const auto file = [](Media media, Bytes title = {}) {
    Part part{.kind = PartKind::file};
    part.media = media;
    part.title = title;
    return part;
  };
  using enum Media::Source;
  const Request r = asks(
      {{.role = Role::user,
        .parts = {image({.source = data, .type = "image/gif", .value = "QQ==", .name = {}, .detail = "high"}),
                  file({.source = data, .type = "application/pdf", .value = "QQ==", .name = {}, .detail = {}}, "t.pdf"),
                  file({.source = data, .type = {}, .value = "QQ==", .name = {}, .detail = {}}),
                  file({.source = url, .type = {}, .value = "https://e.x/a.pdf", .name = {}, .detail = {}}),
                  file({.source = Media::Source::text, .type = {}, .value = "plain", .name = {}, .detail = {}})},
        .name = {}}});
  EXPECT_EQ(Written(r).at("/input/0/content"),
            R"([{"type":"input_image","image_url":"data:image/gif;base64,QQ==","detail":"high"},)"
            R"({"type":"input_file","filename":"t.pdf","file_data":"data:application/pdf;base64,QQ=="},)"
            R"({"type":"input_file","filename":"document.pdf","file_data":"data:application/pdf;base64,QQ=="},)"
            R"({"type":"input_file","file_url":"https://e.x/a.pdf"},{"type":"input_text","text":"plain"}])");

  const auto refused = [](Part part, Role role = Role::user) {
    return Written(asks({{.role = role, .parts = {std::move(part)}, .name = {}}})).refused();
  };
  EXPECT_EQ(refused({.kind = PartKind::audio}), "input_audio");
  EXPECT_EQ(refused({.kind = PartKind::video}), "video");
  EXPECT_EQ(refused(image({.source = file_id, .type = {}, .value = "f", .name = {}, .detail = {}})), "file_id");
  EXPECT_EQ(refused(file({.source = file_id, .type = {}, .value = "f", .name = {}, .detail = {}})), "file_id");
  EXPECT_EQ(refused({.kind = PartKind::image}, Role::assistant), "messages");
}

TEST(ResponsesWrite, Losses) {
  Request r = hello();
  r.top_k = "1";
  r.seed = "2";
  r.presence_penalty = "0";
  r.frequency_penalty = "0";
  r.logit_bias = "{}";
  const std::string long_user(65, 'u');
  r.user = long_user;
  const Written written(r);
  EXPECT_EQ(written.dropped(), "top_k,seed,presence_penalty,frequency_penalty,logit_bias,user");
  EXPECT_EQ(written.refused(), "");
  r.candidates = 1;
  EXPECT_EQ(Written(r).refused(), "");
  r.candidates = 2;
  EXPECT_EQ(Written(r).refused(), "n");
  r.candidates = {};
  r.stop = {"END"};
  EXPECT_EQ(Written(r).refused(), "stop");
}

TEST(ResponsesWrite, InputTokens) {
  Request r = hello();
  r.max_tokens = 5;
  r.temperature = "1";
  r.stop = {"END"};
  std::string body;
  Loss loss;
  openai_responses::write_input_tokens(r, {.model_id = "gpt", .quirks = {}, .traits = {}, .budgets = {}}, body, loss);
  EXPECT_EQ(
      body,
      R"({"model":"gpt","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}]})");
  EXPECT_FALSE(loss.refused());
}

}  // namespace
}  // namespace weir::dialect
