#include "weir/codec/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "weir/codec/json_reader.h"

namespace weir::codec {
namespace {

TEST(JsonWriter, WritesEveryKindOfValue) {
  std::string out = "log ";
  JsonWriter json(out);
  json.begin_object().member("text", "a\"b").key("n").integer(-7).key("u").unsigned_integer(~0ULL);
  json.key("list").begin_array().boolean(true).boolean(false).null().number(0.1).raw("[1]").end_array();
  json.key("empty").begin_object().end_object().key("none").begin_array().end_array();
  json.key("inside").escaped_string(R"(x\n)").end_object();
  EXPECT_EQ(out, R"(log {"text":"a\"b","n":-7,"u":18446744073709551615,"list":[true,false,null,0.1,[1]],)"
                 R"("empty":{},"none":[],"inside":"x\n"})");
}

TEST(JsonWriter, NumbersThatJsonDoesNotKnowAreNull) {
  std::string out;
  JsonWriter(out).begin_array().number(std::numeric_limits<double>::infinity()).number(std::nan("")).end_array();
  EXPECT_EQ(out, "[null,null]");
}

TEST(JsonWriter, EscapesEveryByte) {
  std::string text;
  for (int c = 0; c < 256; ++c) text += static_cast<char>(c);
  text += "\xC3\xA9\xF0\x9F\x98\x80\xC3";  // valid, valid, cut off
  std::string out;
  JsonWriter(out).string(text);
  JsonReader json(out);
  EXPECT_TRUE(json.skip_value() && json.finish()) << out;
  EXPECT_TRUE(out.ends_with("\xC3\xA9\xF0\x9F\x98\x80\\ufffd\""));

  std::string controls;
  append_json_escaped(controls, Bytes("\x00\x1f\n\r\t\"\\\x7f/", 9));
  EXPECT_EQ(controls, "\\u0000\\u001f\\n\\r\\t\\\"\\\\\x7f/");
}

// Texts are looked at sixteen and eight bytes at a time: what has to be escaped is found at every place.
TEST(JsonWriter, AssignsAStringOfAnySize) {
  std::string out = "what was there before, and is longer than some of the texts that follow";
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string plain(size, 'a');
    assign_json_string(out, plain);
    EXPECT_EQ(out, '"' + plain + '"');
    for (std::size_t at = 0; at < size; ++at)
      for (const char c : {'"', '\\', '\n', '\x1f', '\xff'}) {
        std::string text = plain;
        text[at] = c;
        std::string escaped = "\"";
        append_json_escaped(escaped, text);
        EXPECT_GT(escaped.size(), size + 1) << at;
        assign_json_string(out, text);
        EXPECT_EQ(out, escaped + '"');
      }
  }
}

TEST(JsonWriter, NeverWritesBeyondABuffer) {
  const std::string whole = R"({"key":"value","n":123456})";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::string room(size, '#');  // exactly as large, for the sanitizer
    JsonWriter json{MutableBytes(room)};
    json.begin_object().member("key", "value").key("n").integer(123456).end_object();
    EXPECT_EQ(json.overflowed(), size < whole.size());
    EXPECT_TRUE(whole.starts_with(json.written()));
    if (!json.overflowed()) EXPECT_EQ(json.written(), whole);
  }
}

}  // namespace
}  // namespace weir::codec
