// `weir explain`: from a configuration and a request in a file to who would be asked.
#include "explanation.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <sstream>

#include "failure_domains.h"
#include "unit/control/source_root.h"
#include "weir/control/config.h"

namespace weir::control {
namespace {

struct Explained {
  explicit Explained(Bytes yaml) {
    auto read = read_config(yaml, "weir.yaml", [](const std::string& name) -> std::optional<std::string> {
      if (name == "SSL_CERT_FILE") return std::string(WEIR_TEST_CERTIFICATES) + "/root.pem";
      return "key";
    });
    EXPECT_TRUE(read.has_value()) << to_string(read.error()[0]);
    if (read) config = *std::move(read);
    router.emplace(config.catalog, nullptr, 0, routing::RouterOptions{.breaker = config.breaker});
  }
  std::expected<Explanation, ValueProblem> ask(const Question& question) {
    return explain(question, config.catalog, *router, Instant{});
  }
  std::string problem(const Question& question) {
    const auto explanation = ask(question);
    return explanation ? explanation->text : explanation.error().problem + " " + explanation.error().advice;
  }
  Config config;
  std::optional<routing::Router> router;
};

const Bytes kTwo =
    "providers: {one: {kind: vllm}, two: {kind: vllm, base_url: \"http://127.0.0.1:8001/v1\"}}\n"
    "models: {m: {deployments: [one/x, two/y], strategy: cost}}\n"
    "model_facts:\n"
    "  one/x: {price: {input: 3, output: 15}}\n"
    "  two/y: {price: {input: 1, output: 5}, cannot: [images]}\n";

const Bytes kText = R"({"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Hello."}]})";
const Bytes kImage =
    R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://e.test/a.png"}}]}]})";

TEST(Explanation, OrderAndReasons) {
  Explained world(kTwo);
  const auto text = world.ask({.body = kText});
  ASSERT_TRUE(text.has_value());
  EXPECT_TRUE(text->can_be_asked);
  EXPECT_TRUE(text->text.starts_with("model m, strategy cost: about ")) << text->text;
  EXPECT_LT(text->text.find("1. two/y: about $0.0005"), text->text.find("2. one/x: about $0.0015")) << text->text;
  const auto image = world.ask({.body = kImage});
  ASSERT_TRUE(image.has_value());
  EXPECT_NE(image->text.find("needs images\n1. one/x: "), Bytes::npos) << image->text;
  EXPECT_NE(image->text.find("- two/y: cannot images; "), Bytes::npos) << image->text;
}

TEST(Explanation, NobodyIsLeft) {
  Explained world(std::string(kTwo) + "  one/z: {}\n");
  Explained dear(
      "providers: {one: {kind: vllm}}\n"
      "models: {m: {deployments: [one/x], max_cost: 0.000001}}\n"
      "model_facts: {one/x: {price: {input: 3, output: 15}}}\n");
  const auto text = dear.ask({.body = kText});
  ASSERT_TRUE(text.has_value());
  EXPECT_FALSE(text->can_be_asked);
  EXPECT_NE(text->text.find("nobody can be asked; the cheapest would be $0.0015"), Bytes::npos) << text->text;
}

TEST(Explanation, FieldsOfTheHead) {
  Explained world(
      "providers: {one: {kind: vllm}}\n"
      "models: {m: {deployments: [{deployment: one/x, tags: [eu]}, one/y]}}\n"
      "model_facts: {one/y: {price: {input: 3, output: 15}}}\n");
  const auto with = [&](Bytes name, Bytes value) {
    codec::FieldList fields{};
    fields.add({.name = name, .value = value, .id = codec::find_header(name)});
    return world.problem({.body = kText, .fields = &fields});
  };
  EXPECT_NE(with("x-weir-tags", "eu").find("- one/y: lacks a required tag"), Bytes::npos);
  EXPECT_NE(with("x-weir-forbid-tags", "eu").find("- one/x: lacks a required tag, or has a forbidden one"),
            Bytes::npos);
  EXPECT_NE(with("x-weir-max-cost", "0.0001").find("- one/y: $0.001518 is more than $0.0001"), Bytes::npos)
      << with("x-weir-max-cost", "0.0001");
  EXPECT_EQ(with("x-weir-max-cost", "cheap"),
            "the header field x-weir-max-cost cannot be read. Write dollars, once, such as 0.02.");
  EXPECT_EQ(with("X-Weir-Forbid-Tgas", "eu"),
            "the header field X-Weir-Forbid-Tgas says nothing to weir. There is no such field. The fields for weir are "
            "x-weir-tags, x-weir-forbid-tags, x-weir-max-cost and x-weir-session.");
}

TEST(Explanation, InJson) {
  Explained world(kTwo);
  const auto answer = world.ask({.body = kText, .as_json = true});
  ASSERT_TRUE(answer.has_value());
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  ASSERT_EQ(parser.parse(answer->text).get(document), simdjson::SUCCESS) << answer->text;
  EXPECT_EQ(Bytes(document["strategy"]), "cost");
  EXPECT_EQ(Bytes(document["candidates"].at(0)["provider"]), "two");
  EXPECT_EQ(std::uint64_t(document["max_output_tokens"]), 100U);
}

TEST(Explanation, InOtherDialects) {
  Explained world(kTwo);
  const Bytes messages = R"({"model":"m","max_tokens":7,"messages":[{"role":"user","content":"Hello."}]})";
  const auto anthropic = world.ask({.dialect = dialect::Dialect::anthropic_messages, .body = messages});
  ASSERT_TRUE(anthropic.has_value());
  EXPECT_NE(anthropic->text.find("at most 7 out"), Bytes::npos) << anthropic->text;
  const Bytes contents = R"({"contents":[{"role":"user","parts":[{"text":"Hello."}]}]})";
  EXPECT_EQ(world.problem({.dialect = dialect::Dialect::gemini, .body = contents}),
            "the request names no model. In this dialect it stands in the address: name it with --model.");
  EXPECT_TRUE(world.ask({.dialect = dialect::Dialect::gemini, .body = contents, .model = "m"}).has_value());
}

TEST(Explanation, Mistakes) {
  Explained world(kTwo);
  EXPECT_EQ(world.problem({.body = kText, .model = "n"}), "no model \"n\" is configured. Did you mean m?");
  EXPECT_EQ(world.problem({.body = kText, .model = "gpt-5"}), "no model \"gpt-5\" is configured. The models are m.");
  EXPECT_TRUE(world.problem({.body = "{"}).starts_with("this is not a request that weir takes: "));
  EXPECT_TRUE(world.problem({.body = ""}).starts_with("this is not a request that weir takes: "));
}

/// What stands between two lines of the page.
std::string between(const std::string& page, const std::string& begin, const std::string& end) {
  const std::size_t from = page.find(begin);
  const std::size_t to = from == std::string::npos ? from : page.find(end, from + begin.size());
  EXPECT_NE(to, std::string::npos) << begin;
  return to == std::string::npos ? "" : page.substr(from + begin.size(), to - from - begin.size());
}

/// The page from this heading on.
std::string page_from(Bytes heading) {
  std::ifstream file(std::string(WEIR_SOURCE_ROOT) + "/docs/routing.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::size_t begin = text.str().find(heading);
  EXPECT_NE(begin, std::string::npos) << heading;
  return begin == std::string::npos ? "" : text.str().substr(begin);
}

TEST(Explanation, TheExampleOfThePageIsTrue) {
  const std::string page = page_from("## An example\n");
  Explained world(between(page, "```yaml\n", "```"));
  EXPECT_EQ(world.problem({.body = between(page, "```json\n", "```")}), between(page, "```text\n", "```"));
}

TEST(Explanation, TheExampleOfAnEquivalenceClassIsTrue) {
  std::string page = page_from("## Equivalence classes\n");
  Explained world(between(page, "```yaml\n", "```"));
  const std::string request = between(page, "```json\n", "```");
  EXPECT_EQ(world.problem({.body = request}), between(page, "```text\n", "```"));
  page = page.substr(page.find("with `--model small-quick`"));
  EXPECT_EQ(world.problem({.body = request, .model = "small-quick"}), between(page, "```text\n", "```"));
}

/// Of a model that stitches: it can be read, and there is nothing to be noted about it.
TEST(Explanation, TheSecondExampleOfThePageStitches) {
  std::ifstream file(std::string(WEIR_SOURCE_ROOT) + "/docs/routing.md");
  std::stringstream text;
  text << file.rdbuf();
  const std::string example = between(text.str(), "## After the first words", "## The breaker");
  Explained world(between(example, "```yaml\n", "```"));
  const catalog::Model& model = world.config.catalog.models()[0];
  EXPECT_EQ(model.route.after_commit, catalog::AfterCommit::stitch);
  EXPECT_EQ(notes_on_failover(world.config.catalog), std::vector<std::string>{});
  std::string trail = between(example, "```text\n: x-weir-attempts: ", "\n```");
  for (const catalog::Deployment& deployment : model.deployments) {
    const std::string name = world.config.catalog.providers()[deployment.provider].name + "/" + deployment.model_id;
    EXPECT_TRUE(trail.contains(name)) << name;
  }
}

}  // namespace
}  // namespace weir::control
