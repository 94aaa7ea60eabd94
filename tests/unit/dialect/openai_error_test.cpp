#include "weir/dialect/openai_error.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/codec/json_reader.h"

namespace weir::dialect::openai_error {
namespace {

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

TEST(OpenAiError, EveryFaultIsAValidErrorObject) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    std::string out;
    write_body(out, fault);
    const Read error = parse(out);
    EXPECT_EQ(error.message, '"' + std::string(row(fault).sentence) + '"');
    EXPECT_EQ(error.param, "null");
    EXPECT_NE(error.type, "\"\"");
  }
}

TEST(OpenAiError, TypeAndCodeFollowTheClassOfTheError) {
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
    write_body(out, expected.fault);
    const Read error = parse(out);
    EXPECT_EQ(error.type, expected.type) << to_string(expected.fault);
    EXPECT_EQ(error.code, expected.code) << to_string(expected.fault);
  }
}

TEST(OpenAiError, DetailAndParamAreEscaped) {
  std::string out;
  write_body(out, Fault::field_missing, {.text = "say \"please\"\n", .param = "model"});
  const Read error = parse(out);
  EXPECT_EQ(error.message, R"("A required field is missing. say \"please\"\n")");
  EXPECT_EQ(error.param, "\"model\"");
}

TEST(OpenAiError, AnEventIsOneFrame) {
  std::string out;
  write_event(out, Fault::idle_timeout, {.text = "two\n\nlines", .param = {}});
  ASSERT_TRUE(out.starts_with("data: {\"error\":") && out.ends_with("}}\n\n")) << out;
  EXPECT_EQ(out.find('\n'), out.size() - 2);
  parse(Bytes(out).substr(6, out.size() - 8));
}

}  // namespace
}  // namespace weir::dialect::openai_error
