// The documents in docs/ are those the table makes, and every example in the table is one the reader accepts.
#include "weir/control/schema_documents.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "unit/control/source_root.h"
#include "weir/catalog/provider_kind.h"
#include "weir/control/config.h"
#include "weir/control/provider_documents.h"
#include "weir/dialect/quirk_words.h"

namespace weir::control {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(std::string(WEIR_SOURCE_ROOT) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const char* const kAdvice = "run tools/schema after a change of the table of keys or of the rows of providers";

TEST(SchemaDocuments, TheSchemaInTheTreeIsCurrent) {
  EXPECT_TRUE(contents("docs/weir.schema.json") == json_schema()) << kAdvice;
}

/// What tools/schema has written into a document.
std::string generated_part(const std::string& path) {
  const std::string begin = "<!-- reference: begin, made by tools/schema -->\n";
  const std::string end = "<!-- reference: end -->\n";
  const std::string page = contents(path);
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  if (from == std::string::npos || to == std::string::npos) return path + " has lost its reference marks";
  return page.substr(from + begin.size(), to - from - begin.size());
}

TEST(SchemaDocuments, TheReferenceInTheTreeIsCurrent) {
  EXPECT_TRUE(generated_part("docs/configuration.md") == markdown_reference()) << kAdvice;
}

TEST(SchemaDocuments, TheProvidersInTheTreeAreCurrent) {
  EXPECT_TRUE(generated_part("docs/providers.md") == providers_reference()) << kAdvice;
}

TEST(SchemaDocuments, TheProvidersAreAllThere) {
  const std::string page = providers_reference();
  for (const catalog::ProviderKind& kind : catalog::provider_kinds())
    EXPECT_NE(page.find("| `" + std::string(kind.name) + "` | " + std::string(kind.title) + " |"), std::string::npos)
        << kind.name;
  std::set<Bytes> names;
  for (const dialect::Quirk quirk : dialect::all_quirks()) {
    EXPECT_TRUE(names.insert(to_string(quirk)).second);
    EXPECT_TRUE(sentence_of(quirk).ends_with('.')) << to_string(quirk);
    EXPECT_NE(page.find("| `" + std::string(to_string(quirk)) + "` | " + std::string(sentence_of(quirk)) + " |"),
              std::string::npos)
        << to_string(quirk);
  }
  EXPECT_EQ(names.size(), dialect::kQuirkCount);
}

TEST(SchemaDocuments, TheExamplesOfThePagesAreConfigurations) {
  const std::string page =
      contents("docs/configuration.md") + contents("docs/providers.md") + contents("docs/simulator.md");
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "SSL_CERT_FILE" ? std::string(WEIR_TEST_CERTIFICATES) + "/root.pem" : "key";
  };
  int examples = 0;
  const std::string fence = "```yaml\n";
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
    at += fence.size();
    const std::size_t end = page.find("```", at);
    const auto config = read_config(Bytes(page).substr(at, end - at), "example", environment);
    std::string errors;
    if (!config)
      for (const ConfigError& error : config.error()) errors += to_string(error) + "\n";
    EXPECT_EQ(errors, "");
    ++examples;
    at = end;
  }
  EXPECT_GE(examples, 5);
}

struct Key {
  std::string path;  ///< "listen.0.address": names chosen by the operator and indices are those of kWhole
  YAML::Node schema;
};

// A file in which every section occurs, so that any key of the schema can be set in it.
const char* const kWhole = R"(
listen: [{address: "127.0.0.1:1"}]
admin: {address: "127.0.0.1:2"}
providers: {openai: {kind: openai_compatible, base_url: "http://127.0.0.1:3", credential: env:KEY}}
models: {m: {deployments: [{deployment: openai/m}]}}
keys: [{name: k, hash: "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]
model_facts: {openai/m: {price: {input: 1, output: 2}}}
limits: {}
timeouts: {}
log: {}
)";

// JSON is YAML, so the schema can be walked with the reader's own library.
void collect(const YAML::Node& section, const std::string& path, std::vector<Key>& keys) {
  for (const auto& property : section["properties"]) {
    const YAML::Node schema = property.second;
    const std::string key = path + property.first.Scalar();
    keys.push_back({key, schema});
    const YAML::Node values = schema["additionalProperties"];
    if (const YAML::Node items = schema["items"]) {
      // An entry may be short, or a section: the section has the keys.
      collect(items["anyOf"] ? items["anyOf"][1] : items, key + ".0.", keys);
    } else if (values && values.IsMap()) {
      collect(values, key + (key == "models" ? ".m." : key == "model_facts" ? ".openai/m." : ".openai."), keys);
    } else {
      collect(schema, key + ".", keys);
    }
  }
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  collect(YAML::Load(json_schema()), "", keys);
  return keys;
}

/// The example of a path names a file that is not on every machine: the tests' own one in its place.
std::string existing(std::string text) {
  const std::map<std::string, std::string> files = {
      {"/etc/weir/cert.pem", "server.pem"},   {"/etc/weir/key.pem", "server.key"},
      {"/etc/weir/clients.pem", "root.pem"},  {"/etc/weir/internal-ca.pem", "root.pem"},
      {"/etc/weir/client.pem", "client.pem"}, {"/etc/weir/client.key", "client.key"}};
  const auto file = files.find(text);
  return file == files.end() ? text : std::string(WEIR_TEST_CERTIFICATES) + "/" + file->second;
}

/// kWhole with one key set, and what that key cannot be without.
std::string with_key(const std::string& path, const YAML::Node& value) {
  YAML::Node whole = YAML::Load(kWhole);
  YAML::Node at = whole;
  std::stringstream parts(path);
  std::string part;
  std::getline(parts, part, '.');
  for (std::string next; std::getline(parts, next, '.'); part = next) at.reset(part == "0" ? at[0] : at[part]);
  if (path.starts_with("listen.0.tls.")) {
    at["certificate"] = existing("/etc/weir/cert.pem");
    at["key"] = existing("/etc/weir/key.pem");
  }
  if (path.starts_with("providers.openai.tls.")) whole["providers"]["openai"]["base_url"] = "https://127.0.0.1:3";
  if (path == "providers.openai.region")
    whole["providers"]["openai"] = YAML::Load("{kind: openai, credential: env:KEY}");
  if (path == "providers.openai.api_version") at["kind"] = "azure_openai";
  if (path == "providers.openai.tls.key") at["certificate"] = existing("/etc/weir/client.pem");
  if (path == "providers.openai.tls.certificate") at["key"] = existing("/etc/weir/client.key");
  at[part] = value;
  return YAML::Dump(whole);
}

TEST(SchemaDocuments, TheSchemaIsJsonAndHasEveryKey) {
  const YAML::Node schema = YAML::Load(json_schema());
  EXPECT_EQ(schema["$schema"].Scalar(), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"].Scalar(), "false");
  const std::vector<Key> keys = all_keys();
  const std::string reference = markdown_reference();
  for (const Key& key : keys) {
    const std::string name = key.path.substr(key.path.rfind('.') + 1);
    EXPECT_NE(reference.find("| `" + name + "` |"), std::string::npos) << key.path;
  }
  EXPECT_GT(keys.size(), 50U);
}

// This is what catches a row whose value type does not fit its member.
TEST(SchemaDocuments, EveryExampleAndDefaultIsAccepted) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "SSL_CERT_FILE" ? existing("/etc/weir/internal-ca.pem") : "key";
  };
  int values = 0;
  for (const Key& key : all_keys()) {
    SCOPED_TRACE(key.path);
    std::vector<YAML::Node> literals;
    if (key.schema["default"]) literals.push_back(key.schema["default"]);
    for (const auto& example : key.schema["examples"]) literals.push_back(example);
    for (const YAML::Node& literal : literals) {
      // Through text, as in a file: a number in quotes in the schema is a plain number there.
      const std::string yaml = with_key(key.path, YAML::Load(existing(literal.Scalar())));
      const auto config = read_config(yaml, "weir.yaml", environment);
      EXPECT_TRUE(config.has_value()) << to_string(config.error()[0]) << "\n" << yaml;
      ++values;
    }
  }
  EXPECT_GT(values, 55);
}

}  // namespace
}  // namespace weir::control
