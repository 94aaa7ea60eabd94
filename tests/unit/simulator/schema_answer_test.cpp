#include "schema_answer.h"

#include <gtest/gtest.h>

#include "weir/codec/json_reader.h"

namespace weir::simulator {
namespace {

std::string fitting(Bytes schema) {
  std::string out;
  append_fitting(out, schema);
  Bytes raw;
  codec::JsonReader json(out);
  EXPECT_TRUE(json.raw_value(raw) && json.finish()) << schema << "\n" << out;
  return out;
}

TEST(SchemaAnswer, FitsSimpleSchemas) {
  struct Case {
    Bytes schema;
    Bytes value;
  };
  for (const Case& c : {
           Case{R"({"type":"string"})", R"("simulated")"},
           Case{R"({"type":"STRING"})", R"("simulated")"},
           Case{R"({"type":["null","integer"],"minimum":7})", "7"},
           Case{R"({"type":"number","exclusiveMinimum":2})", "3"},
           Case{R"({"type":"integer","maximum":-4})", "-4"},
           Case{R"({"type":"integer","multipleOf":5})", "5"},
           Case{R"({"type":"boolean"})", "true"},
           Case{R"({"type":"null"})", "null"},
           Case{R"({"enum":["a","b"]})", R"("a")"},
           Case{R"({"const":{"x":[1]}})", R"({"x":[1]})"},
           Case{R"({"type":"string","default":"d"})", R"("d")"},
           Case{R"({"type":"string","format":"date"})", R"("2026-01-01")"},
           Case{R"({"type":"string","minLength":12,"maxLength":14})", R"("simulated simu")"},
           Case{R"({"type":"array","items":{"type":"integer"}})", "[1]"},
           Case{R"({"type":"array","items":{"type":"integer"},"minItems":3})", "[1,1,1]"},
           Case{R"({"type":"array","items":{"type":"integer"},"minItems":0})", "[]"},
           Case{R"({"prefixItems":[{"type":"null"},{"type":"boolean"}],"type":"array"})", "[null,true]"},
           Case{R"({"properties":{"a\"b":{"type":"boolean"},"c":{"properties":{}}}})", R"({"a\"b":true,"c":{}})"},
           Case{R"({"anyOf":[{"type":"integer"},{"type":"null"}]})", "1"},
           Case{R"({"$ref":"#/$defs/a","$defs":{"a":{"properties":{"b":{"$ref":"#/$defs/b"}}},"b":{"const":2}}})",
                R"({"b":2})"},
           Case{R"({})", R"("simulated")"},
           Case{"", "{}"},
           Case{"[1]", "{}"},
           Case{"nonsense", "{}"},
           Case{R"({"type":)", "{}"},
       })
    EXPECT_EQ(fitting(c.schema), c.value) << c.schema;
}

TEST(SchemaAnswer, EndsWhereSchemasDoNot) {
  // A tree of its own kind; a list that needs itself; references in a circle.
  const std::string tree =
      fitting(R"({"$defs":{"n":{"type":"object","properties":{"l":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]},)"
              R"("r":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["l","r"]}},"$ref":"#/$defs/n"})");
  EXPECT_LT(tree.size(), 100'000u);
  EXPECT_NE(tree.find("null"), std::string::npos);
  EXPECT_LT(fitting(R"({"type":"array","minItems":1000000,"items":{"$ref":"#"}})").size(), 200'000u);
  EXPECT_LT(fitting(R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})").size(), 1000u);
  // Ten of its own kind, all of them required.
  std::string properties, required;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    properties += (properties.empty() ? "\"" : ",\"") + std::string(name) + R"(":{"$ref":"#"})";
    required += (required.empty() ? "\"" : ",\"") + std::string(name) + "\"";
  }
  EXPECT_LT(fitting(R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}").size(),
            100'000u);
  EXPECT_EQ(fitting(R"({"$ref":"#/a","a":{"$ref":"#/b"},"b":{"$ref":"#/a"}})"), R"("simulated")");
  EXPECT_LT(fitting(R"({"anyOf":[{"$ref":"#"}]})").size(), 1000u);
}

}  // namespace
}  // namespace weir::simulator
