// Clients' requests in the Responses dialect.
#include <gtest/gtest.h>

#include <string>

#include "weir/codec/json_edit.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect {
namespace {

struct Read {
  explicit Read(std::string text, Unsupported policy = Unsupported::drop) : body(std::move(text)), loss(policy) {
    openai_responses::read(body, request, loss);
  }
  std::string fault() const {
    if (!loss.refused()) return "";
    return std::string(to_string(loss.refusal().fault)) + ' ' + loss.refusal().field;
  }
  std::string body;
  Request request;
  Loss loss;
};

std::string with(const std::string& members) { return R"({"model":"m","input":"hi",)" + members + "}"; }
std::string items(const std::string& elements) { return R"({"model":"m","input":[)" + elements + "]}"; }

TEST(ResponsesRead, Settings) {
  const Read read(R"({"model":"gpt","input":"hi \n","instructions":"Be \"brief\".","max_output_tokens":50,)"
                  R"("temperature":0.70,"top_p":1e0,"top_logprobs":3,"include":["message.output_text.logprobs",)"
                  R"("reasoning.encrypted_content"],"parallel_tool_calls":false,"store":true,"stream":true,)"
                  R"("metadata":{"a":"b"},"safety_identifier":"u1","service_tier":"flex","prompt_cache_key":"k",)"
                  R"("reasoning":{"effort":"low","summary":"auto"},"truncation":"disabled","background":false,)"
                  R"("previous_response_id":null,"tools":null,)"
                  R"("text":{"verbosity":"high","format":{"type":"json_schema","name":"n","strict":true,)"
                  R"("description":"d","schema":{"type":"object"}}}})");
  ASSERT_EQ(read.fault(), "");
  EXPECT_TRUE(read.loss.dropped().empty());
  const Request& r = read.request;
  EXPECT_EQ(r.model, "gpt");
  EXPECT_EQ(r.max_tokens, 50U);
  EXPECT_EQ(r.temperature, "0.70");
  EXPECT_EQ(r.top_p, "1e0");
  EXPECT_EQ(r.top_logprobs, 3U);
  EXPECT_TRUE(r.logprobs);
  EXPECT_EQ(r.parallel_tool_calls, false);
  EXPECT_EQ(r.store, true);
  EXPECT_TRUE(r.stream);
  EXPECT_EQ(r.metadata, R"({"a":"b"})");
  EXPECT_EQ(r.user, "u1");
  EXPECT_EQ(r.service_tier, "flex");
  EXPECT_EQ(r.prompt_cache_key, "k");
  EXPECT_EQ(r.verbosity, "high");
  EXPECT_EQ(r.reasoning.mode, Reasoning::Mode::on);
  EXPECT_EQ(r.reasoning.effort, "low");
  EXPECT_EQ(r.reasoning.summary, "auto");
  EXPECT_EQ(r.reasoning.show, true);
  EXPECT_EQ(r.format.kind, OutputFormat::Kind::json_schema);
  EXPECT_EQ(r.format.name, "n");
  EXPECT_EQ(r.format.schema, R"({"type":"object"})");
  EXPECT_EQ(r.format.strict, true);
  ASSERT_EQ(r.messages.size(), 2U);
  EXPECT_EQ(r.messages[0].role, Role::system);
  EXPECT_EQ(r.messages[0].parts[0].text, R"(Be \"brief\".)");
  EXPECT_EQ(r.messages[1].role, Role::user);
  EXPECT_EQ(r.messages[1].parts[0].text, "hi \\n");
}

TEST(ResponsesRead, ToolsAndTheirChoice) {
  const Read read(with(R"("tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},)"
                       R"("strict":true},{"name":"g","type":"fun\u0063tion","parameters":null,"strict":null}],)"
                       R"("tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function",)"
                       R"("name":"g"}]})"));
  ASSERT_EQ(read.fault(), "");
  ASSERT_EQ(read.request.tools.size(), 2U);
  EXPECT_EQ(read.request.tools[0].strict, true);
  EXPECT_EQ(read.request.tools[1].name, "g");
  EXPECT_EQ(read.request.tools[1].strict, std::nullopt);
  EXPECT_EQ(read.request.tool_choice.mode, ToolChoice::Mode::required);
  EXPECT_EQ(read.request.tool_choice.allowed, std::vector<Bytes>{"g"});

  const Read named(with(R"("tool_choice":{"name":"f","type":"function"})"));
  EXPECT_EQ(named.request.tool_choice.mode, ToolChoice::Mode::named);
  EXPECT_EQ(named.request.tool_choice.name, "f");
  EXPECT_EQ(Read(with(R"("tool_choice":"none")")).request.tool_choice.mode, ToolChoice::Mode::none);
  EXPECT_EQ(Read(with(R"("tool_choice":"auto")")).request.tool_choice.mode, ToolChoice::Mode::automatic);
}

TEST(ResponsesRead, Items) {
  const Read read(items(
      R"({"role":"developer","content":"rules"},)"
      R"({"role":"user","content":[{"type":"input_text","text":"look"},)"
      R"({"type":"input_image","image_url":"data:image\/png;base64,QUI\/","detail":"low"},)"
      R"({"type":"input_image","image_url":"https://e.x/i.png"},{"type":"input_image","file_id":"file-1"},)"
      R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="},)"
      R"({"type":"input_file","file_data":"QQ=="},{"type":"input_file","file_url":"https://e.x/a.pdf"},)"
      R"({"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}}]},)"
      R"({"type":"reasoning","id":"rs_0","summary":[]},)"
      R"({"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"one"},)"
      R"({"type":"summary_text","text":"two"}],"encrypted_content":"c2Vj"},)"
      R"({"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text",)"
      R"("text":"hm","annotations":[],"logprobs":[]},{"type":"refusal","refusal":"no"}]},)"
      R"({"type":"reasoning","summary":[],"encrypted_content":"weir/anrZGF0"},)"
      R"({"arguments":"{\"a\":1}","call_id":"c1","id":"fc_1","name":"f","type":"function_call"},)"
      R"({"type":"function_call","call_id":"c2","name":"g","arguments":""},)"
      R"({"type":"function_call_output","call_id":"c1","output":"fine"},)"
      R"({"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"x"},)"
      R"({"type":"input_image","image_url":"https://e.x/j.png"}]},)"
      R"({"role":"assistant","content":"done"})"));
  ASSERT_EQ(read.fault(), "");
  const auto& messages = read.request.messages;
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].role, Role::developer);

  const auto& user = messages[1].parts;
  ASSERT_EQ(user.size(), 8U);
  EXPECT_EQ(user[1].kind, PartKind::image);
  EXPECT_EQ(user[1].media.source, Media::Source::data);
  EXPECT_EQ(user[1].media.type, "image/png");  // needless escapes are gone
  EXPECT_EQ(user[1].media.value, "QUI/");
  EXPECT_EQ(user[1].media.detail, "low");
  EXPECT_EQ(user[2].media.source, Media::Source::url);
  EXPECT_EQ(user[3].media.source, Media::Source::file_id);
  EXPECT_EQ(user[4].media.name, "a.pdf");
  EXPECT_EQ(user[4].media.type, "application/pdf");
  EXPECT_EQ(user[5].media.source, Media::Source::data);
  EXPECT_EQ(user[6].media.source, Media::Source::url);
  EXPECT_EQ(user[7].kind, PartKind::audio);
  EXPECT_EQ(user[7].media.type, "audio/mpeg");

  const auto& said = messages[2].parts;  // one turn is one message
  ASSERT_EQ(messages[2].role, Role::assistant);
  ASSERT_EQ(said.size(), 6U);
  EXPECT_EQ(said[0].text, "one\\n\\ntwo");
  EXPECT_EQ(said[0].seal.vendor, Vendor::openai);
  EXPECT_EQ(said[0].seal.data, "c2Vj");
  EXPECT_FALSE(said[0].redacted);
  EXPECT_EQ(said[2].kind, PartKind::refusal);
  EXPECT_EQ(said[3].seal.vendor, Vendor::anthropic_redacted);
  EXPECT_EQ(said[3].seal.data, "ZGF0");
  EXPECT_TRUE(said[3].redacted);
  EXPECT_EQ(said[4].id, "c1");
  EXPECT_EQ(said[4].arguments.text, R"({\"a\":1})");
  EXPECT_TRUE(said[4].arguments.in_string);
  EXPECT_TRUE(said[5].arguments.text.empty());

  ASSERT_EQ(messages[3].role, Role::tool);
  ASSERT_EQ(messages[3].parts.size(), 2U);
  EXPECT_EQ(messages[3].parts[0].content[0].text, "fine");
  EXPECT_EQ(messages[3].parts[1].id, "c2");
  EXPECT_EQ(messages[3].parts[1].content[1].kind, PartKind::image);
  EXPECT_EQ(messages[4].role, Role::assistant);
}

TEST(ResponsesRead, SealOverACallComesBackToIt) {
  const Read read(items(R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"weir/gemc2ln"},)"
                        R"({"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},)"
                        R"({"type":"function_call","call_id":"c2","name":"g","arguments":"{}"})"));
  ASSERT_EQ(read.fault(), "");
  const auto& parts = read.request.messages[0].parts;
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].seal.vendor, Vendor::gemini);
  EXPECT_EQ(parts[0].seal.data, "c2ln");
  EXPECT_TRUE(parts[1].seal.empty());
}

TEST(ResponsesRead, WhatIsDropped) {
  const Read read(with(R"("seed":1,"max_tool_calls":3,"truncation":"auto","include":["file_search_call.results"],)"
                       R"("we\u0069rd":{},"prompt_cache_retention":"24h")"));
  EXPECT_EQ(read.fault(), "");
  EXPECT_EQ(read.loss.dropped(), (std::vector<std::string>{"seed", "max_tool_calls", "truncation", "include", "unknown",
                                                           "prompt_cache_retention"}));
  EXPECT_EQ(Read(with(R"("seed":1)"), Unsupported::error).fault(), "parameter_unsupported seed");
}

TEST(ResponsesRead, WhatIsRefused) {
  const struct {
    std::string body;
    const char* fault;
  } kCases[] = {
      {with(R"("previous_response_id":"resp_1")"), "parameter_unsupported previous_response_id"},
      {with(R"("conversation":{"id":"conv_1"})"), "parameter_unsupported conversation"},
      {with(R"("prompt":{"id":"p"})"), "parameter_unsupported prompt"},
      {with(R"("background":true)"), "parameter_unsupported background"},
      {with(R"("tools":[{"type":"web_search"}])"), "parameter_unsupported tools"},
      {with(R"("tools":[{"type":"custom","name":"x"}])"), "parameter_unsupported tools"},
      {with(R"("tools":[{"type":"mcp","server_label":"x","require_approval":{}}])"), "parameter_unsupported tools"},
      {with(R"("tools":[{"type":"function"}])"), "field_missing tools.name"},
      {with(R"("tools":[1])"), "field_invalid tools"},
      {with(R"("tool_choice":{"type":"file_search"})"), "parameter_unsupported tool_choice"},
      {with(R"("tool_choice":"any")"), "field_invalid tool_choice"},
      {with(R"("stream":1)"), "field_invalid stream"},
      {with(R"("max_output_tokens":-1)"), "field_invalid max_output_tokens"},
      {with(R"("max_output_tokens":1.5)"), "field_invalid max_output_tokens"},
      {with(R"("temperature":"1")"), "field_invalid temperature"},
      {with(R"("text":{"format":{"type":"json_schema","name":"n"}})"), "field_missing text.format.schema"},
      {with(R"("text":{"format":{"type":"grammar"}})"), "parameter_unsupported text.format.type"},
      {with(R"("reasoning":"high")"), "field_invalid reasoning"},
      {with(R"("reasoning":{"effort":"endless"})"), "field_invalid reasoning.effort"},
      {with(R"("model":"other")"), "field_repeated model"},
      {with(R"("\u0069nput":"other")"), "field_repeated input"},
      {with(R"("x":01)"), "json_malformed "},
      {R"({"model":"m","input":"hi"} x)", "json_malformed "},
      {"[]", "json_malformed "},
      {"", "json_malformed "},
      {R"({"input":"hi"})", "field_missing model"},
      {R"({"model":"m"})", "field_missing input"},
      {R"({"model":1,"input":"hi"})", "field_invalid model"},
      {R"({"model":"m","input":1})", "field_invalid input"},
      {items("1"), "field_invalid input"},
      {items(R"({"role":"tool","content":"x"})"), "field_invalid input.role"},
      {items(R"({"role":"user"})"), "field_missing input.content"},
      {items(R"({"role":"user","content":1})"), "field_invalid input.content"},
      {items(R"({"role":"user","content":[1]})"), "field_invalid input.content"},
      {items(R"({"role":"user","content":[{"type":"input_image"}]})"), "field_missing input.content.image_url"},
      {items(R"({"role":"user","content":[{"type":"input_image","image_url":"data:image/png,x"}]})"),
       "field_invalid input.content"},
      {items(R"({"role":"user","content":[{"type":"input_image","image_url":"data:a b;base64,x"}]})"),
       "field_invalid input.content"},
      {items(R"({"role":"user","content":[{"type":"hologram"}]})"), "parameter_unsupported input.content"},
      {items(R"({"type":"item_reference","id":"msg_1"})"), "parameter_unsupported input"},
      {items(R"({"type":"web_search_call","id":"ws_1","status":"completed"})"), "parameter_unsupported input"},
      {items(R"({"type":"custom_tool_call","call_id":"c","name":"n","input":"x"})"), "parameter_unsupported input"},
      {items(R"({"type":"function_call","name":"n","arguments":"{}"})"), "field_missing input.call_id"},
      {items(R"({"type":"function_call_output","call_id":"c"})"), "field_missing input.output"},
  };
  for (const auto& one : kCases) {
    const Read read(one.body);
    EXPECT_EQ(read.fault(), one.fault) << one.body;
  }
  std::string deep = R"({"model":"m","input":"x","y":)";
  for (int i = 0; i < 200; ++i) deep += '[';
  EXPECT_EQ(Read(deep).fault(), "json_too_deep ");
}

TEST(ResponsesRead, Bounds) {
  const auto many = [](std::size_t count, const std::string& one) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += (i ? "," : "") + one;
    return all;
  };
  const std::string message = R"({"role":"user","content":"x"})";
  EXPECT_EQ(Read(items(many(openai_responses::kMaxItems, message))).fault(), "");
  EXPECT_EQ(Read(items(many(openai_responses::kMaxItems + 1, message))).fault(), "field_invalid input");
  const std::string part = R"({"type":"input_text","text":"x"})";
  const auto content = [&](std::size_t count) {
    return items(R"({"role":"user","content":[)" + many(count, part) + "]}");
  };
  EXPECT_EQ(Read(content(openai_responses::kMaxParts)).fault(), "");
  EXPECT_EQ(Read(content(openai_responses::kMaxParts + 1)).fault(), "field_invalid input.content");
  const std::string tool = R"({"type":"function","name":"f"})";
  EXPECT_EQ(Read(with("\"tools\":[" + many(openai_responses::kMaxTools, tool) + "]")).fault(), "");
  EXPECT_EQ(Read(with("\"tools\":[" + many(openai_responses::kMaxTools + 1, tool) + "]")).fault(),
            "field_invalid tools");
  // However they are spread over messages, parts are bounded together.
  const std::string half = R"({"role":"user","content":[)" + many(4000, part) + "]}";
  EXPECT_EQ(Read(items(many(40, half))).fault(), "field_invalid input");
}

struct Rebuild {
  Bytes body;
  std::string out;
  void operator()(codec::OriginalRange range) { out += body.substr(range.offset, range.size); }
  void operator()(Bytes inserted) { out += inserted; }
};

TEST(ResponsesEnvelope, PassesOnWithItsModelChanged) {
  const std::string body = R"({ "input": [1.0, {"model": "not this"}], "mod\u0065l" : "a\/b", "stream":true })";
  const auto envelope = openai_responses::read_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->model(), "a/b");
  EXPECT_TRUE(envelope->stream);
  EXPECT_TRUE(envelope->include_usage);
  std::string scratch;
  EXPECT_TRUE(openai_responses::write_passthrough(*envelope, "a/b", scratch).empty());
  Rebuild rebuild{body, {}};
  openai_responses::write_passthrough(*envelope, "gpt \"5\"", scratch).for_each_piece(body.size(), rebuild);
  EXPECT_EQ(rebuild.out, R"({ "input": [1.0, {"model": "not this"}], "mod\u0065l" : "gpt \"5\"", "stream":true })");

  EXPECT_EQ(envelope->previous_answer.size, 0U);
  const std::string next = R"({"model":"a","previous_response_id": "resp_1" ,"input":"x"})";
  const auto following = openai_responses::read_envelope(next);
  ASSERT_TRUE(following);
  EXPECT_EQ(next.substr(following->previous_answer.offset, following->previous_answer.size), "resp_1");
  EXPECT_EQ(openai_responses::read_envelope(R"({"model":"a","previous_response_id":null})")->previous_answer.size, 0U);

  const struct {
    const char* body;
    Fault fault;
    const char* field;
  } kCases[] = {
      {R"({"input":"x"})", Fault::field_missing, "model"},
      {R"({"model":""})", Fault::field_invalid, "model"},
      {R"({"model":7})", Fault::field_invalid, "model"},
      {R"({"model":"a","stream":"yes"})", Fault::field_invalid, "stream"},
      {R"({"model":"a","model":"b"})", Fault::field_repeated, "model"},
      {R"({"model":"a","stream":true,"stream":false})", Fault::field_repeated, "stream"},
      {R"({"model":"a")", Fault::json_malformed, ""},
  };
  for (const auto& one : kCases) {
    const auto read = openai_responses::read_envelope(one.body);
    ASSERT_FALSE(read) << one.body;
    EXPECT_EQ(read.error().fault, one.fault) << one.body;
    EXPECT_EQ(read.error().field, one.field) << one.body;
  }
}

TEST(ResponsesSmallAnswers, Counts) {
  std::string out;
  openai_responses::write_input_tokens_answer(out, 12);
  EXPECT_EQ(out, R"({"object":"response.input_tokens","input_tokens":12})");
  EXPECT_EQ(openai_responses::read_input_tokens(out), 12U);
  EXPECT_EQ(openai_responses::read_input_tokens("{}"), std::nullopt);
}

TEST(ResponsesErrors, Shapes) {
  std::string out;
  openai_responses::write_error_body(out, ErrorClass::rate_limit, 429, R"(Too \"fast\".)", {}, {});
  EXPECT_EQ(out, R"({"error":{"message":"Too \"fast\".","type":"rate_limit_error","param":null,)"
                 R"("code":"rate_limit_exceeded"}})");
  out.clear();
  openai_responses::write_error_event(out, ErrorClass::server, 502, "Bad.", "x", "input");
  EXPECT_EQ(out,
            "event: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"error\":{\"message\":\"Bad.\",\"type\":"
            "\"server_error\",\"param\":\"input\",\"code\":\"x\"}}\n\n");
}

}  // namespace
}  // namespace weir::dialect
