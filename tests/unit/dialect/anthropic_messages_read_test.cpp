#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "weir/dialect/anthropic_messages.h"

namespace weir::dialect {
namespace {

struct Read {
  std::string body;
  Request request;
  Loss loss;
};

/// A valid request with these members more.
std::string with(const std::string& members) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}
std::string talk(const std::string& messages) {
  return R"({"model":"m","max_tokens":9,"messages":[)" + messages + "]}";
}

void read_into(Read& read, std::string body) {
  read.body = std::move(body);
  anthropic_messages::read(read.body, read.request, read.loss);
}

std::string to_text(const Part& part) {
  const auto more = [](const char* name, Bytes value) {
    return value.empty() ? "" : std::string(" ") + name + '=' + std::string(value);
  };
  constexpr const char* kKinds[] = {"text", "refusal", "reasoning", "image", "audio",
                                    "file", "video",   "call",      "result"};
  constexpr const char* kSources[] = {"data", "url", "file_id", "text"};
  constexpr const char* kVendors[] = {"none", "openai", "anthropic", "anthropic_redacted", "gemini"};
  std::string line = kKinds[static_cast<int>(part.kind)];
  if (part.kind == PartKind::image || part.kind == PartKind::file)
    line += std::string(" ") + kSources[static_cast<int>(part.media.source)];
  line += more("text", part.text) + more("value", part.media.value) + more("type", part.media.type) +
          more("id", part.id) + more("name", part.name) + more("arguments", part.arguments.text) +
          more("title", part.title) + more("context", part.context) + more("cache", part.cache_control);
  if (part.is_error) line += " error";
  if (part.redacted) line += " redacted";
  if (!part.seal.empty()) line += more("seal", part.seal.data) + " of " + kVendors[static_cast<int>(part.seal.vendor)];
  for (const Part& inside : part.content) line += " [" + to_text(inside) + ']';
  return line;
}

std::string to_text(const Request& request) {
  constexpr const char* kRoles[] = {"system", "developer", "user", "assistant", "tool"};
  std::string lines;
  for (const Message& message : request.messages) {
    lines += std::string(kRoles[static_cast<int>(message.role)]) + ':';
    for (const Part& part : message.parts) lines += ' ' + to_text(part) + ';';
    lines += '\n';
  }
  return lines;
}

TEST(AnthropicRead, Messages) {
  struct Case {
    const char* name;
    std::string body;
    const char* messages;
  };
  const Case cases[] = {
      {"a string", with(""), "user: text text=hi;\n"},
      {"system as a string, wherever it stands", with(R"("system":"be \"kind\"")"),
       "system: text text=be \\\"kind\\\";\nuser: text text=hi;\n"},
      {"system as blocks",
       with(R"("system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"text":"b","type":"text"}])"),
       "system: text text=a cache={\"type\":\"ephemeral\"}; text text=b;\nuser: text text=hi;\n"},
      {"system among the messages",
       talk(R"({"role":"user","content":"a"},{"content":[{"type":"text","text":"s"}],"role":"system"})"),
       "user: text text=a;\nsystem: text text=s;\n"},
      {"empty content", talk(R"({"role":"user","content":""},{"role":"assistant","content":[]})"),
       "user:\nassistant:\n"},
      {"media", talk(R"({"role":"user","content":[
         {"type":"image","source":{"type":"base64","media_type":"image\/png","data":"AAAA"}},
         {"type":"image","source":{"type":"url","url":"https://x"}},
         {"type":"image","source":{"type":"file","file_id":"file_1"}},
         {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"B"},"title":"t","context":"c"},
         {"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"},"citations":{"enabled":true}},
         {"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},
         {"type":"search_result","source":"https://y","title":"t","content":[{"type":"text","text":"found"}]}]})"),
       "user: image data value=AAAA type=image/png; image url value=https://x; image file_id value=file_1; "
       "file data value=B type=application/pdf title=t context=c; file text value=words type=text/plain; "
       "file text value=a\\nb type=text/plain; file text value=t\\nhttps://y\\n\\nfound type=text/plain;\n"},
      {"tools: results come first, in a message of their own",
       talk(R"({"role":"assistant","content":[{"type":"text","text":"a"},
         {"type":"tool_use","id":"t1","name":"f","input":{"x": 1.50},"caller":{"type":"direct"}}]},
         {"role":"user","content":[{"type":"text","text":"b"},{"type":"tool_result","tool_use_id":"t1","content":"r"},
         {"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"s"},
         {"type":"image","source":{"type":"url","url":"u"}}]},{"type":"tool_result","tool_use_id":"t3"}]})"),
       "assistant: text text=a; call id=t1 name=f arguments={\"x\": 1.50};\n"
       "tool: result id=t1 [text text=r]; result id=t2 error [text text=s] [image url value=u]; result id=t3;\n"
       "user: text text=b;\n"},
      {"thoughts and whose they are",
       talk(R"({"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"s1"},
         {"type":"redacted_thinking","data":"d"},{"type":"thinking","thinking":"b","signature":"weir/oaie"},
         {"type":"thinking","thinking":"c"}]})"),
       "assistant: reasoning text=a seal=s1 of anthropic; reasoning redacted seal=d of anthropic_redacted; "
       "reasoning text=b seal=e of openai; reasoning text=c;\n"},
      {"a call's seal of another vendor stands in front of it",
       talk(R"({"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"weir/gemS"},
         {"type":"tool_use","id":"t","name":"f","input":{}},
         {"type":"thinking","thinking":"","signature":"weir/gemT"},{"type":"text","text":"a"}]})"),
       "assistant: call id=t name=f arguments={} seal=S of gemini; reasoning seal=T of gemini; text text=a;\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    Read read;
    read_into(read, one.body);
    EXPECT_FALSE(read.loss.refused()) << read.loss.refusal().field << ": " << read.loss.refusal().why;
    EXPECT_EQ(to_text(read.request), one.messages);
    EXPECT_TRUE(read.loss.dropped().empty());
  }
}

TEST(AnthropicRead, Members) {
  Read read;
  read_into(read, with(R"("str\u0065am":true,"temperature":0.50,"top_p":1,"top_k":40,"stop_sequences":["a","b\n"],
      "metadata":{"user_id":"u"},"service_tier":"standard_only",
      "tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,"cache_control":{"type":"x"}},
               {"type":"custom","name":"g","input_schema":{}},{"type":"web_search_20250305","name":"web_search","max_uses":5}],
      "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
      "thinking":{"type":"enabled","budget_tokens":2000,"display":"omitted"},
      "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"a":1}}})"));
  const Request& request = read.request;
  EXPECT_FALSE(read.loss.refused()) << read.loss.refusal().field;
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.max_tokens, 9U);
  EXPECT_TRUE(request.stream);
  EXPECT_EQ(request.temperature, "0.50");
  EXPECT_EQ(request.top_p, "1");
  EXPECT_EQ(request.top_k, "40");
  EXPECT_EQ(request.stop, (std::vector<Bytes>{"a", "b\\n"}));
  EXPECT_EQ(request.user, "u");
  EXPECT_EQ(request.service_tier, "default");
  ASSERT_EQ(request.tools.size(), 3U);
  EXPECT_EQ(request.tools[0].name, "f");
  EXPECT_EQ(request.tools[0].description, "d");
  EXPECT_EQ(request.tools[0].parameters, R"({"type":"object"})");
  EXPECT_EQ(request.tools[0].strict, true);
  EXPECT_EQ(request.tools[0].cache_control, R"({"type":"x"})");
  EXPECT_EQ(request.tools[1].hosted, "");
  EXPECT_EQ(request.tools[2].hosted, "web_search_20250305");
  EXPECT_EQ(request.tool_choice.mode, ToolChoice::Mode::named);
  EXPECT_EQ(request.tool_choice.name, "f");
  EXPECT_EQ(request.parallel_tool_calls, false);
  EXPECT_EQ(request.reasoning.mode, Reasoning::Mode::on);
  EXPECT_EQ(request.reasoning.budget_tokens, 2000U);
  EXPECT_EQ(request.reasoning.show, false);
  EXPECT_EQ(request.reasoning.effort, "high");
  EXPECT_EQ(request.format.kind, OutputFormat::Kind::json_schema);
  EXPECT_EQ(request.format.schema, R"({"a":1})");
}

TEST(AnthropicRead, Words) {
  const auto read_with = [](const std::string& members) {
    auto read = std::make_unique<Read>();
    read_into(*read, with(members));
    EXPECT_FALSE(read->loss.refused()) << read->loss.refusal().field;
    return read;
  };
  using enum ToolChoice::Mode;
  const std::pair<const char*, ToolChoice::Mode> choices[] = {
      {R"("tool_choice":{"type":"auto"})", automatic},
      {R"("tool_choice":{"type":"any"})", required},
      {R"("tool_choice":{"type":"none"})", none},
      {R"("tool_choice":{"type":"\u006eone"})", none},
      {R"("tool_choice":null)", unset},
  };
  for (const auto& [members, mode] : choices) EXPECT_EQ(read_with(members)->request.tool_choice.mode, mode) << members;
  const std::pair<const char*, Reasoning::Mode> thoughts[] = {
      {R"("thinking":{"type":"adaptive"})", Reasoning::Mode::adaptive},
      {R"("thinking":{"type":"between_tools"})", Reasoning::Mode::adaptive},
      {R"("thinking":{"type":"disabled"})", Reasoning::Mode::off},
      {R"("thinking":null)", Reasoning::Mode::unset},
  };
  for (const auto& [members, mode] : thoughts) EXPECT_EQ(read_with(members)->request.reasoning.mode, mode) << members;
  EXPECT_EQ(read_with(R"("output_format":{"type":"json_schema","schema":{"b":1}})")->request.format.schema,
            R"({"b":1})");
}

TEST(AnthropicRead, DropsHints) {
  Read read;
  read_into(read,
            with(R"("cache_control":{"type":"ephemeral"},"speed":"fast","future":1,"nothing":null,"mcp_servers":[],
      "a\nb":1,"metadata":{"x":1},"thinking":{"type":"adaptive","y":1},"output_config":{"task_budget":{}},
      "tools":[{"name":"f","input_schema":{},"defer_loading":true,"input_examples":[]}])"));
  EXPECT_FALSE(read.loss.refused()) << read.loss.refusal().field;
  EXPECT_EQ(read.loss.dropped(),
            (std::vector<std::string>{"cache_control", "speed", "future", "unknown", "metadata.x", "thinking.y",
                                      "output_config.task_budget", "tools.defer_loading", "tools.input_examples"}));
}

TEST(AnthropicRead, Refuses) {
  struct Case {
    std::string body;
    Fault fault;
    const char* field;
  };
  const auto block = [](const std::string& inside) { return talk(R"({"role":"user","content":[)" + inside + "]}"); };
  const Case cases[] = {
      {"", Fault::json_malformed, ""},
      {"[]", Fault::json_malformed, ""},
      {with("") + "x", Fault::json_malformed, ""},
      {with(R"("system":"\x")"), Fault::json_malformed, ""},
      {with(R"("x":)" + std::string(200, '[') + std::string(200, ']')), Fault::json_too_deep, ""},
      {R"({"max_tokens":9,"messages":[{"role":"user","content":"hi"}]})", Fault::field_missing, "model"},
      {R"({"model":"m","messages":[{"role":"user","content":"hi"}]})", Fault::field_missing, "max_tokens"},
      {R"({"model":"m","max_tokens":9})", Fault::field_missing, "messages"},
      {R"({"model":"m","max_tokens":9,"messages":null})", Fault::field_missing, "messages"},
      {R"({"model":"","max_tokens":9,"messages":[{"role":"user","content":"hi"}]})", Fault::field_invalid, "model"},
      {with(R"("mod\u0065l":"n")"), Fault::field_repeated, "model"},
      {with(R"("max_tokens":1)"), Fault::field_repeated, "max_tokens"},
      {R"({"model":"m","max_tokens":"9","messages":[]})", Fault::field_invalid, "max_tokens"},
      {R"({"model":"m","max_tokens":-1,"messages":[]})", Fault::field_invalid, "max_tokens"},
      {R"({"model":"m","max_tokens":1,"messages":[]})", Fault::field_invalid, "messages"},
      {R"({"model":"m","max_tokens":1,"messages":{}})", Fault::field_invalid, "messages"},
      {with(R"("stream":1)"), Fault::field_invalid, "stream"},
      {with(R"("temperature":"1")"), Fault::field_invalid, "temperature"},
      {with(R"("system":5)"), Fault::field_invalid, "system"},
      {with(R"("system":[{"type":"image","source":{"type":"url","url":"u"}}])"), Fault::field_invalid, "system"},
      {with(R"("stop_sequences":"a")"), Fault::field_invalid, "stop_sequences"},
      {with(R"("tools":{})"), Fault::field_invalid, "tools"},
      {with(R"("tools":[1])"), Fault::field_invalid, "tools.0"},
      {with(R"("tools":[{"input_schema":{}}])"), Fault::field_missing, "tools.0.name"},
      {with(R"("tools":[{"name":"f","input_schema":[]}])"), Fault::field_invalid, "tools.0.input_schema"},
      {with(R"("tool_choice":"auto")"), Fault::field_invalid, "tool_choice"},
      {with(R"("tool_choice":{"type":"x"})"), Fault::field_invalid, "tool_choice.type"},
      {with(R"("tool_choice":{"type":"tool"})"), Fault::field_missing, "tool_choice.name"},
      {with(R"("thinking":{"type":"x"})"), Fault::field_invalid, "thinking.type"},
      {with(R"("output_config":{"effort":"endless"})"), Fault::field_invalid, "output_config.effort"},
      {with(R"("output_config":{"format":{"type":"json_schema"}})"), Fault::field_missing,
       "output_config.format.schema"},
      {with(R"("container":"c1")"), Fault::parameter_unsupported, "container"},
      {with(R"("mcp_servers":[{}])"), Fault::parameter_unsupported, "mcp_servers"},
      {with(R"("inference_geo":"eu")"), Fault::parameter_unsupported, "inference_geo"},
      {talk("1"), Fault::field_invalid, "messages.0"},
      {talk(R"({"content":"a"})"), Fault::field_missing, "messages.0.role"},
      {talk(R"({"role":"tool","content":"a"})"), Fault::field_invalid, "messages.0.role"},
      {talk(R"({"role":"user"})"), Fault::field_missing, "messages.0.content"},
      {talk(R"({"role":"user","content":7})"), Fault::field_invalid, "messages.0.content"},
      {block("1"), Fault::field_invalid, "messages.0.content.0"},
      {block("{}"), Fault::field_missing, "messages.0.content.0.type"},
      {block(R"({"type":"text","text":1})"), Fault::field_invalid, "messages.0.content.0.text"},
      {block(R"({"type":"server_tool_use","id":"i","name":"web_search","input":{}})"), Fault::parameter_unsupported,
       "messages.0.content.0.type"},
      {block(R"({"type":"image","source":{"type":"x"}})"), Fault::field_invalid, "messages.0.content.0.source.type"},
      {block(R"({"type":"image","source":{"type":"text","data":"a"}})"), Fault::field_invalid,
       "messages.0.content.0.source.type"},
      {block(R"({"type":"image","source":{"type":"base64","media_type":"image/png"}})"), Fault::field_missing,
       "messages.0.content.0.source.data"},
      {block(R"({"type":"image","source":{"type":"url","url":""}})"), Fault::field_missing,
       "messages.0.content.0.source.url"},
      {block(R"({"type":"document","source":{"type":"file"}})"), Fault::field_missing,
       "messages.0.content.0.source.file_id"},
      {block(R"({"type":"image","source":{"type":"base64","media_type":"image/png,","data":"AAAA"}})"),
       Fault::field_invalid, "messages.0.content.0.source.media_type"},
      {block(R"({"type":"tool_use","name":"f","input":{}})"), Fault::field_missing, "messages.0.content.0.id"},
      {block(R"({"type":"tool_result","content":"a"})"), Fault::field_missing, "messages.0.content.0.tool_use_id"},
      {block(R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"thinking","thinking":"a"}]})"),
       Fault::field_invalid, "messages.0.content.0.content"},
      {block(R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"tool_result","tool_use_id":"t","content":)"
             R"([{"type":"tool_result","tool_use_id":"t","content":"a"}]}]})"),
       Fault::field_invalid, "messages.0.content.0.content.0.content.0.content"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.body);
    Read read;
    read_into(read, one.body);
    ASSERT_TRUE(read.loss.refused());
    EXPECT_EQ(to_string(read.loss.refusal().fault), to_string(one.fault));
    EXPECT_EQ(read.loss.refusal().field, one.field);
  }
}

TEST(AnthropicRead, IsBounded) {
  const auto many = [](std::size_t count, const std::string& one) {
    std::string all = one;
    for (std::size_t i = 1; i < count; ++i) all += ',' + one;
    return all;
  };
  const std::string message = R"({"role":"user","content":"a"})", block = R"({"type":"text","text":"a"})",
                    tool = R"({"name":"f"})";
  for (const bool too_many : {false, true}) {
    const std::size_t more = too_many;
    Read messages, blocks, tools;
    read_into(messages, talk(many(16'384 + more, message)));
    read_into(blocks, talk(R"({"role":"user","content":[)" + many(4'096 + more, block) + "]}"));
    read_into(tools, with("\"tools\":[" + many(1'024 + more, tool) + "]"));
    EXPECT_EQ(messages.request.messages.size(), 16'384U);
    EXPECT_EQ(blocks.request.messages[0].parts.size(), 4'096U);
    EXPECT_EQ(tools.request.tools.size(), 1'024U);
    for (const Read* read : {&messages, &blocks, &tools}) EXPECT_EQ(read->loss.refused(), too_many);
  }
}

TEST(AnthropicRead, CountsTokensWithoutALimit) {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";
  Request request;
  Loss loss;
  anthropic_messages::read_count_tokens(body, request, loss);
  EXPECT_FALSE(loss.refused());
  EXPECT_EQ(request.messages.size(), 1U);
}

TEST(AnthropicRead, Envelope) {
  const std::string body = "{ \"messages\":[],\"model\" : \"cl\\u0061ude\",\"stream\":true}";
  const auto envelope = anthropic_messages::read_envelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->model(), "claude");
  EXPECT_TRUE(envelope->stream);
  std::string scratch;
  EXPECT_TRUE(anthropic_messages::write_passthrough(*envelope, "claude", scratch).empty());
  std::string edited;
  for (const codec::Edit& edit : anthropic_messages::write_passthrough(*envelope, "x\"y", scratch))
    edited = body.substr(0, edit.offset) + std::string(edit.inserted) + body.substr(edit.offset + edit.removed);
  EXPECT_EQ(edited, "{ \"messages\":[],\"model\" : \"x\\\"y\",\"stream\":true}");

  const std::pair<const char*, Fault> faults[] = {
      {R"({"model":"m","model":"n"})", Fault::field_repeated},
      {R"({"model":1})", Fault::field_invalid},
      {R"({"model":""})", Fault::field_invalid},
      {R"({"model":"m","stream":"yes"})", Fault::field_invalid},
      {R"({"stream":true})", Fault::field_missing},
      {R"({"model":"m")", Fault::json_malformed},
      {R"(["model"])", Fault::json_malformed},
  };
  for (const auto& [text, fault] : faults) {
    const auto read = anthropic_messages::read_envelope(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(to_string(read.error().fault), to_string(fault)) << text;
  }
}

}  // namespace
}  // namespace weir::dialect
