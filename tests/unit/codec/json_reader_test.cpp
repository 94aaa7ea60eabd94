#include "weir/codec/json_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace weir::codec {
namespace {

/// The text in a block of exactly its size, so that sanitizers see every byte read too much.
bool is_valid(Bytes text) {
  const auto exact = std::make_unique<char[]>(text.size());
  text.copy(exact.get(), text.size());
  JsonReader json(Bytes(exact.get(), text.size()));
  json.skip_value();
  return json.finish();
}

std::string nested(int depth, bool close = true) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += i % 2 ? "[" : R"({"k":)";
  text += "0";
  for (int i = depth; close && i-- > 0;) text += i % 2 ? "]" : "}";
  return text;
}

TEST(JsonReader, AcceptsEveryValidText) {
  const std::vector<std::string> valid = {"0",
                                          "-0",
                                          "-1",
                                          "10",
                                          "1.5",
                                          "0.0",
                                          "1e9",
                                          "1E+9",
                                          "-1.25e-3",
                                          "true",
                                          "false",
                                          "null",
                                          R"("")",
                                          R"("a")",
                                          R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")",
                                          R"("\ud83d")",
                                          "\"\x7f\"",
                                          "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
                                          "[]",
                                          "{}",
                                          "[1]",
                                          "[1,2,[3,[]],{}]",
                                          R"({"a":1})",
                                          R"({"a":{"b":[{"c":null}]},"a":2})",
                                          " \t\r\n[ 1 , 2 ] \n",
                                          R"( { "a" : [ ] , "b" : { } } )",
                                          "\"" + std::string(100, 'x') + "\"",
                                          nested(128)};
  for (const std::string& text : valid) EXPECT_TRUE(is_valid(text)) << text;
}

TEST(JsonReader, RefusesEverythingElse) {
  const std::vector<std::string> invalid = {"",
                                            " ",
                                            "01",
                                            "+1",
                                            "-",
                                            ".5",
                                            "1.",
                                            "1e",
                                            "1e+",
                                            "0x1",
                                            "1 2",
                                            "tru",
                                            "nul",
                                            "falsey",
                                            "True",
                                            "NaN",
                                            "\"",
                                            "\"a",
                                            "\"\\",
                                            "\"\\x\"",
                                            "\"\\u12\"",
                                            "\"\\u12g4\"",
                                            "\"\\\"",
                                            "\"\x1f\"",
                                            "\"a\nb\"",
                                            std::string("\"\0\"", 3),
                                            "\"\x80\"",
                                            "\"\xC3\"",
                                            "\"\xC0\xAF\"",
                                            "\"\xE0\x80\xAF\"",
                                            "\"\xED\xA0\x80\"",
                                            "\"\xF4\x90\x80\x80\"",
                                            "\"\xF8\x88\x80\x80\x80\"",
                                            "\"\xE2\x82\"",
                                            "\"\xC3x\"",
                                            "[",
                                            "]",
                                            "{",
                                            "}",
                                            "[1",
                                            "[1,",
                                            "[1,]",
                                            "[,]",
                                            "[,1]",
                                            "[1 2]",
                                            "{]",
                                            "[}",
                                            R"({"a")",
                                            R"({"a":)",
                                            R"({"a":1)",
                                            R"({"a":1,})",
                                            R"({,})",
                                            R"({"a" 1})",
                                            R"({a:1})",
                                            R"({"a":1 "b":2})",
                                            R"({"a",1})",
                                            R"([{"a":1],2])",
                                            "{}{}",
                                            "[]]",
                                            "\xEF\xBB\xBF{}",
                                            std::string("[1]\0", 4),
                                            "'a'",
                                            "// c\n1",
                                            nested(129),
                                            nested(5000),
                                            nested(100, false)};
  for (const std::string& text : invalid) EXPECT_FALSE(is_valid(text)) << text;
}

TEST(JsonReader, NestingIsBoundedAndNamed) {
  const auto depth_error = [](Bytes text) {
    JsonReader json(text);
    json.skip_value();
    return json.too_deep();
  };
  EXPECT_FALSE(depth_error(nested(JsonReader::kMaxDepth)));
  EXPECT_TRUE(depth_error(nested(JsonReader::kMaxDepth + 1)));
  EXPECT_FALSE(depth_error("[}"));

  const std::string deep(static_cast<std::size_t>(JsonReader::kMaxDepth) + 1, '[');  // entered one by one
  JsonReader json(deep);
  for (int i = 0; i < JsonReader::kMaxDepth; ++i) ASSERT_TRUE(json.enter_array() && json.next_element());
  EXPECT_FALSE(json.enter_array());
  EXPECT_TRUE(json.too_deep());
}

TEST(JsonReader, StringsEndAtEveryDistance) {
  for (std::size_t size = 0; size < 70; ++size)
    for (std::size_t tail = 0; tail < 20; ++tail) {
      const std::string inside(size, 'x');
      EXPECT_TRUE(is_valid("[\"" + inside + "\"" + std::string(tail, ' ') + "]"));
      EXPECT_FALSE(is_valid("[\"" + inside + "\x01" + std::string(tail, ' ') + "\"]"));
      EXPECT_TRUE(is_valid("[\"" + inside + "\xC3\xA9" + std::string(tail, ' ') + "\"]"));
      EXPECT_FALSE(is_valid("[\"" + inside));
    }
}

TEST(JsonReader, EveryPrefixOfADocumentIsRefused) {
  const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\n",{"b":[true,false,null]}],"c":"\ud83d\ude00)"
                           "\xE2\x82\xAC\"}";
  ASSERT_TRUE(is_valid(text));
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(is_valid(Bytes(text).substr(0, size))) << size;
}

TEST(JsonReader, WalksObjectsAndArrays) {
  JsonReader json(R"( {"name" : "we\u0069r", "list":[1, 22 ,"x",4.5,-6], "on":true, "off":false, "skip":{"a":[]}} )");
  JsonString key;
  JsonString string;
  ASSERT_TRUE(json.enter_object());
  ASSERT_TRUE(json.next_member(key) && key.is("name"));
  EXPECT_EQ(json.peek(), JsonType::string);
  ASSERT_TRUE(json.read_string(string));
  EXPECT_EQ(string.raw, R"(we\u0069r)");
  EXPECT_TRUE(string.is("weir"));
  EXPECT_FALSE(string.is("wei") || string.is("weirs") || string.is(R"(we\u0069r)"));

  ASSERT_TRUE(json.next_member(key) && json.enter_array());
  ASSERT_TRUE(json.next_element());
  EXPECT_EQ(json.unsigned_or_skip(), 1U);
  ASSERT_TRUE(json.next_element());
  EXPECT_EQ(json.unsigned_or_skip(), 22U);
  for (int i = 0; i < 3; ++i) {  // a string, a fraction and a negative number are skipped
    ASSERT_TRUE(json.next_element());
    EXPECT_EQ(json.unsigned_or_skip(), std::nullopt);
  }
  EXPECT_FALSE(json.next_element());

  bool flag = false;
  ASSERT_TRUE(json.next_member(key) && json.read_boolean(flag));
  EXPECT_TRUE(flag);
  ASSERT_TRUE(json.next_member(key) && json.read_boolean(flag));
  EXPECT_FALSE(flag);
  Bytes raw;
  ASSERT_TRUE(json.next_member(key) && json.raw_value(raw));
  EXPECT_EQ(raw, R"({"a":[]})");
  EXPECT_FALSE(json.next_member(key));
  EXPECT_TRUE(json.finish());
}

TEST(JsonReader, ErrorsStick) {
  JsonReader json(R"({"a":tru,"b":1})");
  JsonString key;
  ASSERT_TRUE(json.enter_object() && json.next_member(key));
  EXPECT_FALSE(json.skip_value());
  EXPECT_FALSE(json.next_member(key));
  EXPECT_FALSE(json.next_element());
  EXPECT_FALSE(json.enter_object());
  EXPECT_EQ(json.peek(), JsonType::none);
  EXPECT_FALSE(json.ok() || json.finish() || json.too_deep());
}

std::string decoded(Bytes raw) {
  std::string out;
  decode_json_string(
      raw,
      [](void* receiver, Bytes part) {
        *static_cast<std::string*>(receiver) += part;
        return true;
      },
      &out);
  return out;
}

TEST(JsonString, Decodes) {
  EXPECT_EQ(decoded(R"(a\"\\\/\b\f\n\r\tz)"), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(decoded(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"(\u0000)"), std::string(1, '\0'));
  constexpr const char* kReplaced = "\xEF\xBF\xBD";
  EXPECT_EQ(decoded(R"(\ud83d)"), kReplaced);
  EXPECT_EQ(decoded(R"(\ud83dx)"), kReplaced + std::string("x"));
  EXPECT_EQ(decoded(R"(\ude00\ud83d)"), kReplaced + std::string(kReplaced));
  EXPECT_EQ(decoded(R"(\ud83d\u0041)"), kReplaced + std::string("A"));
}

}  // namespace
}  // namespace weir::codec
