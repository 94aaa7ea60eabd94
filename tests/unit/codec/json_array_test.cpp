#include "weir/codec/json_array.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::codec {
namespace {

struct Found {
  std::vector<std::string> elements;
  bool closed = false;
  bool malformed = false;
  friend bool operator==(const Found&, const Found&) = default;
};

class Feeder {
 public:
  void feed(Bytes input) {
    while (true) {
      const std::size_t end = scanner_.find_end(input);
      if (end == JsonArrayScanner::npos) break;
      pending_ += input.substr(0, end);
      input.remove_prefix(end);
      found_.elements.emplace_back(scanner_.element(pending_));
      pending_.clear();
    }
    pending_ += input;
  }
  Found finish() {
    found_.closed = scanner_.closed();
    found_.malformed = scanner_.malformed();
    return found_;
  }

 private:
  JsonArrayScanner scanner_;
  std::string pending_;
  Found found_;
};

Found found_in(Bytes text) {
  Feeder feeder;
  feeder.feed(text);
  return feeder.finish();
}

struct Case {
  const char* text;
  std::vector<std::string> elements;
  bool closed = true;
  bool malformed = false;
};

TEST(JsonArray, FindsElementsHoweverTheArrayIsCut) {
  const Case cases[] = {
      {"[]", {}},
      {" [ \r\n ] \n", {}},
      {"[{}]", {"{}"}},
      {"[{\n  \"a\": 1\n}\r\n,\r\n{\"b\":[1,{\"c\":\"]}\"}]}\r\n]\r\n",
       {"{\n  \"a\": 1\n}", R"({"b":[1,{"c":"]}"}]})"}},
      {R"([{"a":"\"}],["},{"b":"\\"},{}])", {R"({"a":"\"}],["})", R"({"b":"\\"})", "{}"}},
      {"[[1,2],[3]]", {"[1,2]", "[3]"}},
      {"[1, true ,null,\"a,b\" ,-2.5e3]", {"1", "true", "null", "\"a,b\"", "-2.5e3"}},
      {"[{\"a\":\"\xc3\xa4\"}]", {"{\"a\":\"\xc3\xa4\"}"}},
      {"", {}, false, false},
      {"[{\"a\":1}", {"{\"a\":1}"}, false, false},
      {"[{\"a\":1},", {"{\"a\":1}"}, false, false},
      {"[{\"a\":1", {}, false, false},
      {"{\"error\":{}}", {}, false, true},
      {"[,{}]", {}, false, true},
      {"[{},]", {"{}"}, false, true},
      {"[{} {}]", {"{}"}, false, true},
      {"[{},,{}]", {"{}"}, false, true},
      {"[{}]]", {"{}"}, false, true},
      {"[{}] x", {"{}"}, false, true},
  };
  for (const Case& one : cases) {
    const Bytes text = one.text;
    const Found wanted{one.elements, one.closed, one.malformed};
    EXPECT_EQ(found_in(text), wanted) << text;
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        Feeder feeder;
        feeder.feed(text.substr(0, first));
        feeder.feed(text.substr(first, second - first));
        feeder.feed(text.substr(second));
        ASSERT_EQ(feeder.finish(), wanted) << text << " cut at " << first << " and " << second;
      }
    }
  }
}

TEST(JsonArray, DepthIsBounded) {
  const std::string deep(JsonArrayScanner::kMaxDepth, '[');
  EXPECT_EQ(found_in("[" + deep + std::string(JsonArrayScanner::kMaxDepth, ']') + "]").elements.size(), 1U);
  EXPECT_TRUE(found_in("[[" + deep).malformed);
}

TEST(JsonArray, ResetBeginsAnew) {
  JsonArrayScanner scanner;
  EXPECT_EQ(scanner.find_end("x"), JsonArrayScanner::npos);
  EXPECT_TRUE(scanner.malformed());
  scanner.reset();
  EXPECT_EQ(scanner.find_end("[1]"), 2U);
}

}  // namespace
}  // namespace weir::codec
