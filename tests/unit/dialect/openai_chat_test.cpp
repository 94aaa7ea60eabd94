#include "weir/dialect/openai_chat.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::dialect::openai_chat {
namespace {

std::string apply(const codec::EditList& edits, Bytes body) {
  struct Rebuild {
    Bytes body;
    std::string out;
    void operator()(codec::OriginalRange range) { out += body.substr(range.offset, range.size); }
    void operator()(Bytes inserted) { out += inserted; }
  } rebuild{body, {}};
  edits.for_each_piece(body.size(), rebuild);
  EXPECT_EQ(rebuild.out.size(), edits.size_after(body.size()));
  return rebuild.out;
}

TEST(OpenAiChatRead, FindsWhatTheGatewayNeeds) {
  const auto request =
      read_envelope(R"( {"messages":[{"role":"user","content":"hi"}], "model" : "gpt-\u0078" ,"stream":true})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model(), "gpt-x");
  EXPECT_EQ(request->model_value.offset, 57U);
  EXPECT_EQ(request->model_value.size, 12U);
  EXPECT_TRUE(request->stream);
  EXPECT_FALSE(request->include_usage);
  EXPECT_EQ(request->first_member, 2U);
  EXPECT_EQ(request->stream_options, Envelope::Presence::absent);
}

TEST(OpenAiChatRead, ReadsStreamOptions) {
  using enum Envelope::Presence;
  const auto asked = read_envelope(R"({"model":"m","stream_options":{"a":[1],"include_usage":true}})");
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->include_usage);
  EXPECT_EQ(asked->stream_options, object);
  EXPECT_EQ(asked->include_usage_option, value);
  const auto null_option = read_envelope(R"({"model":"m","stream":null,"stream_options":{"include_usage":null}})");
  ASSERT_TRUE(null_option);
  EXPECT_FALSE(null_option->stream || null_option->include_usage);
  EXPECT_EQ(null_option->include_usage_option, null);
  EXPECT_EQ(read_envelope(R"({"model":"m","stream_options":null})")->stream_options, null);
}

struct Refusal {
  std::string body;
  Fault fault;
  Bytes field;
};

TEST(OpenAiChatRead, RefusesWithTheNameOfTheField) {
  const std::string deep(200, '[');
  const Refusal refusals[] = {
      {"", Fault::json_malformed, ""},
      {"[]", Fault::json_malformed, ""},
      {"null", Fault::json_malformed, ""},
      {R"({"model":"m"} x)", Fault::json_malformed, ""},
      {R"({"model":"m")", Fault::json_malformed, ""},
      {R"({"model":"m)", Fault::json_malformed, ""},
      {R"({"model":"m","n":01})", Fault::json_malformed, ""},
      {R"({"model":"m","stream":tru})", Fault::json_malformed, ""},
      {"{\"model\":\"m\",\"messages\":[\"\xFF\"]}", Fault::json_malformed, ""},
      {R"({"model":"m","stream_options":{"include_usage":true})", Fault::json_malformed, ""},
      {R"({"model":"m","messages":)" + deep, Fault::json_too_deep, ""},
      {"{}", Fault::field_missing, "model"},
      {R"({"messages":[{"model":"m"}]})", Fault::field_missing, "model"},
      {R"({"model":null})", Fault::field_invalid, "model"},
      {R"({"model":""})", Fault::field_invalid, "model"},
      {R"({"model":["m"]})", Fault::field_invalid, "model"},
      {R"({"model":")" + std::string(257, 'm') + R"("})", Fault::field_invalid, "model"},
      {R"({"model":"m","stream":"true"})", Fault::field_invalid, "stream"},
      {R"({"model":"m","stream":1})", Fault::field_invalid, "stream"},
      {R"({"model":"m","stream_options":[]})", Fault::field_invalid, "stream_options"},
      {R"({"model":"m","stream_options":{"include_usage":"yes"}})", Fault::field_invalid,
       "stream_options.include_usage"},
      {R"({"model":"a","model":"b"})", Fault::field_repeated, "model"},
      {R"({"model":"a","mod\u0065l":"b"})", Fault::field_repeated, "model"},
      {R"({"stream":true,"model":"a","stream":null})", Fault::field_repeated, "stream"},
      {R"({"model":"a","stream_options":null,"stream_options":null})", Fault::field_repeated, "stream_options"},
      {R"({"model":"a","stream_options":{"include_usage":false,"include_usage":true}})", Fault::field_repeated,
       "stream_options.include_usage"},
  };
  for (const Refusal& refusal : refusals) {
    const auto request = read_envelope(refusal.body);
    ASSERT_FALSE(request) << refusal.body;
    EXPECT_EQ(to_string(request.error().fault), to_string(refusal.fault)) << refusal.body;
    EXPECT_EQ(request.error().field, refusal.field) << refusal.body;
  }
}

TEST(OpenAiChatRead, RepeatedFieldsThatPassThroughAreTheProvidersBusiness) {
  EXPECT_TRUE(read_envelope(R"({"model":"m","temperature":1,"temperature":2})"));
}

TEST(OpenAiChatRead, TheLongestModelNameFits) {
  const std::string name(Envelope::kMaxModelSize, 'm');
  const auto request = read_envelope(R"({"model":")" + name + R"("})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model(), name);
}

struct Rewrite {
  const char* body;
  const char* model;
  bool ask_usage;
  const char* result;
};

TEST(OpenAiChatWrite, ChangesNothingElse) {
  const Rewrite rewrites[] = {
      // the model
      {R"({"model":"a","x":1.50}  )", "a", true, R"({"model":"a","x":1.50}  )"},
      {R"({"\u006dodel" : "\u0061"})", "a", false, R"({"\u006dodel" : "\u0061"})"},
      {R"({"z":1, "model" : "a" ,"b":[ ]})", "provider/b", false, R"({"z":1, "model" : "provider/b" ,"b":[ ]})"},
      {R"({"model":"a"})", "q\"\\\n", false, R"({"model":"q\"\\\n"})"},
      // usage
      {R"({"model":"a"})", "a", true, R"({"model":"a"})"},
      {R"({"model":"a","stream":false})", "a", true, R"({"model":"a","stream":false})"},
      {R"({"model":"a","stream":true})", "a", false, R"({"model":"a","stream":true})"},
      {R"({ "model":"a","stream":true})", "b", true,
       R"({"stream_options":{"include_usage":true}, "model":"b","stream":true})"},
      {R"({"stream":true,"stream_options":{},"model":"a"})", "b", true,
       R"({"stream":true,"stream_options":{"include_usage":true},"model":"b"})"},
      {R"({"stream_options": { } ,"stream":true,"model":"a"})", "a", true,
       R"({"stream_options": {"include_usage":true } ,"stream":true,"model":"a"})"},
      {R"({"stream":true,"stream_options":{"include_obfuscation":false},"model":"a"})", "a", true,
       R"({"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"model":"a"})"},
      {R"({"stream":true,"stream_options":null,"model":"a"})", "a", true,
       R"({"stream":true,"stream_options":{"include_usage":true},"model":"a"})"},
      {R"({"stream":true,"stream_options":{"x":1,"include_usage":false},"model":"a"})", "a", true,
       R"({"stream":true,"stream_options":{"x":1,"include_usage":true},"model":"a"})"},
      {R"({"stream":true,"stream_options":{"include_usage": null },"model":"a"})", "a", true,
       R"({"stream":true,"stream_options":{"include_usage": true },"model":"a"})"},
      {R"({"stream":true,"stream_options":{"include_usage":true},"model":"a"})", "a", true,
       R"({"stream":true,"stream_options":{"include_usage":true},"model":"a"})"},
  };
  for (const Rewrite& rewrite : rewrites) {
    const auto request = read_envelope(rewrite.body);
    ASSERT_TRUE(request) << rewrite.body;
    std::string scratch;
    const auto edits = write_passthrough(*request, rewrite.model, rewrite.ask_usage, scratch);
    const std::string result = apply(edits, rewrite.body);
    EXPECT_EQ(result, rewrite.result);
    EXPECT_EQ(edits.empty(), result == rewrite.body);
    const auto again = read_envelope(result);
    ASSERT_TRUE(again) << result;
    EXPECT_EQ(again->model(), rewrite.model);
  }
}

}  // namespace
}  // namespace weir::dialect::openai_chat
