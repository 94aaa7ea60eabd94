// Every class of mistake, with the exact place and words an operator gets.
#include <gtest/gtest.h>

#include <fstream>

#include "weir/control/config.h"

namespace weir::control {
namespace {

std::optional<std::string> variables(const std::string& name) {
  if (name == "KEY") return "provider-key";
  if (name == "EMPTY") return "";
  if (name == "BROKEN") return "two\nlines";
  return std::nullopt;
}

std::string report_of(Bytes yaml) {
  const auto config = read_config(yaml, "weir.yaml", variables);
  if (config) return "no error";
  std::string report;
  for (const ConfigError& error : config.error()) report += to_string(error) + "\n";
  return report;
}

// What every case needs and what is right about it: two lines, so that a case's own text begins in line 3.
const std::string kRest = "providers: {p: {kind: openai, credential: env:KEY}}\nexpose_provider_models: true\n";

struct Case {
  const char* what;
  std::string yaml;
  Bytes report;  ///< without "weir.yaml:", one line each
};

void expect_reports(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    std::string expected;
    std::size_t begin = 0;
    for (std::size_t end; (end = c.report.find('\n', begin)) != Bytes::npos; begin = end + 1)
      expected += "weir.yaml:" + std::string(c.report.substr(begin, end - begin)) + "\n";
    EXPECT_EQ(report_of(c.yaml), expected);
  }
}

TEST(ConfigErrors, TheRestIsRight) { EXPECT_EQ(report_of(kRest), "no error"); }

TEST(ConfigErrors, Shape) {
  expect_reports({
      {"empty", "", "1:1: the file is empty. docs/configuration.md begins with a small example.\n"},
      {"comment only", "# nothing\n", "1:1: the file is empty. docs/configuration.md begins with a small example.\n"},
      {"not a mapping", "- a\n", "1:1: this needs keys of its own. Write its keys below it, indented.\n"},
      {"not YAML", kRest + "keys: [\n",
       "4:1: this is not valid YAML: end of sequence flow not found. Check indentation, quotes and brackets on this "
       "line "
       "and "
       "the one above.\n"},
      {"two documents", kRest + "---\nshards: 2\n",
       "4:1: a second YAML document begins here and would be ignored. Keep one document in the file.\n"},
      {"unknown key", kRest + "timeout: {}\n", "3:1: timeout: there is no such key here. Did you mean timeouts?\n"},
      {"unknown key, nothing similar", kRest + "log: {rotation: 1}\n",
       "3:7: log.rotation: there is no such key here. The keys here are target.\n"},
      {"case matters", kRest + "Shards: 2\n", "3:1: Shards: there is no such key here. Did you mean shards?\n"},
      {"merge keys are keys", kRest + "limits: &l {max_head_bytes: 4KiB}\ntimeouts:\n  <<: *l\n",
       "5:3: timeouts.<<: there is no such key here. The keys here are connect_ms, first_byte_ms, idle_ms, total_ms, "
       "client_handshake_ms, client_head_ms, client_body_ms, client_idle_ms, client_write_ms, drain_ms.\n"},
      {"a key twice", kRest + "shards: 1\nshards: 2\n",
       "4:1: shards: it is written twice, first in line 3. Keep one of the two.\n"},
      {"a provider twice", "providers:\n  p: {kind: simulated}\n  p: {kind: simulated}\nexpose_provider_models: true\n",
       "3:3: providers.p: it is written twice, first in line 2. Keep one of the two.\n"},
      {"no value", kRest + "shards:\n", "3:1: shards: it has no value. For example: shards: 4\n"},
      {"no value in a section", kRest + "limits: ~\n",
       "3:1: limits: it has no value. Write its keys below it, indented.\n"},
      {"no value in a list", kRest + "models:\n  m:\n    deployments:\n      - p/x\n      -\n",
       "5:5: models.m.deployments[1]: it has no value. For example: deployments: [openai/gpt-4o-mini]\n"},
      {"list for a value", kRest + "shards: [1]\n",
       "3:9: shards: this must be a single value. For example: shards: 4\n"},
      {"value for a list", kRest + "listen: 127.0.0.1:8080\n",
       "3:9: listen: this must be a list. Begin each entry with a hyphen, or write the entries in brackets.\n"},
      {"value in a list of sections", kRest + "listen: [\"127.0.0.1:8080\"]\n",
       "3:10: listen[0]: this needs keys of its own. Write its keys below it, indented.\n"},
      {"empty list", kRest + "listen: []\n",
       "3:9: listen: it is empty. Where clients connect; `127.0.0.1:8080` if it is not written. An address that is not "
       "loopback needs `keys` or `allow_anonymous: true`.\n"},
      {"list as key", kRest + "? [a]\n: b\n", "3:3: a key must be plain text.\n"},
      {"required key", kRest + "listen:\n  - {}\n",
       "4:5: listen[0]: the key address is missing. For example: address: 127.0.0.1:8080\n"},
      {"required section", "shards: 1\nexpose_provider_models: true\n",
       "1:1: the key providers is missing. Whose APIs are called, by names of your choice.\n"},
  });
}

TEST(ConfigErrors, Values) {
  expect_reports({
      {"boolean", kRest + "allow_anonymous: yes\n",
       "3:18: allow_anonymous: \"yes\" is not a boolean. Write true or false, without quotes.\n"},
      {"quoted boolean", kRest + "allow_anonymous: \"true\"\n",
       "3:18: allow_anonymous: \"true\" is not a boolean. Write true or false, without quotes.\n"},
      {"count", kRest + "limits:\n  max_connections: many\n",
       "4:20: limits.max_connections: \"many\" is not a whole number. Write digits only, without quotes.\n"},
      {"count out of range", kRest + "limits:\n  max_connections: 0\n",
       "4:20: limits.max_connections: 0 is out of range. Choose a value from 1 to 1000000.\n"},
      {"shards", kRest + "shards: 1.5\n",
       "3:9: shards: \"1.5\" is not a whole number. Write auto, or a number such as 4.\n"},
      {"no shards", kRest + "shards: 0\n", "3:9: shards: 0 is out of range. Choose a value from 1 to 1024.\n"},
      {"size", kRest + "limits: {max_body_bytes: 3MB}\n",
       "3:26: limits.max_body_bytes: \"3MB\" is not a size. Write bytes as a number, or with KiB, MiB or GiB: "
       "64KiB.\n"},
      {"size overflows", kRest + "limits: {max_body_bytes: 99999999999GiB}\n",
       "3:26: limits.max_body_bytes: \"99999999999GiB\" is not a size. Write bytes as a number, or with KiB, MiB or "
       "GiB: "
       "64KiB.\n"},
      {"size out of range", kRest + "limits: {max_head_bytes: 2MiB}\n",
       "3:26: limits.max_head_bytes: 2MiB is out of range. Choose a value from 1KiB to 1MiB.\n"},
      {"duration", kRest + "timeouts:\n  connect_ms: 5 seconds\n",
       "4:15: timeouts.connect_ms: \"5 seconds\" is not a duration. Write milliseconds as a number, or with ms, s, m "
       "or "
       "h: 5s.\n"},
      {"duration out of range", kRest + "timeouts: {idle_ms: 0}\n",
       "3:21: timeouts.idle_ms: 0 is out of range. Choose a value from 1ms to 24h.\n"},
      {"address", kRest + "listen:\n  - address: example.com:80\n",
       "4:14: listen[0].address: \"example.com:80\" is not an address to listen on. Write a numeric IP address and a "
       "port: 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for all interfaces.\n"},
      {"log target", kRest + "log: {target: stdin}\n",
       "3:15: log.target: \"stdin\" is not a log target. Write stdout, stderr, none, or the path of a file (with a "
       "slash "
       "in it: ./access.log).\n"},
      {"provider's name",
       "providers:\n  a/b: {kind: simulated}\n  c: {kind: simulated}\nexpose_provider_models: true\n",
       "2:3: providers: \"a/b\" cannot be a name. Use 1 to 64 letters, digits, dots, underscores and hyphens.\n"},
      {"model's name", kRest + "models: {\"a b\": {deployments: [p/x]}}\n",
       "3:10: models: \"a b\" cannot be a model's name. Use 1 to 256 visible ASCII characters without spaces, quotes "
       "and "
       "backslashes.\n"},
  });
}

TEST(ConfigErrors, Providers) {
  const std::string expose = "expose_provider_models: true\n";
  expect_reports({
      {"unknown kind", expose + "providers: {p: {kind: opnai}}\n",
       "2:23: providers.p.kind: there is no provider kind \"opnai\". Did you mean openai?\n"},
      {"unknown kind, nothing similar", expose + "providers: {p: {kind: skynet}}\n",
       "2:23: providers.p.kind: there is no provider kind \"skynet\". The kinds are openai, azure_openai, "
       "azure_openai_v1, anthropic, gemini, mistral, deepseek, qwen, fireworks, together, groq, xai, perplexity, "
       "openrouter, tokenmix, cerebras, moonshot, zai, huggingface, tgi, vllm, sglang, ollama, lmstudio, litellm, "
       "portkey, openai_compatible, simulated; openai_compatible fits any server that speaks the OpenAI chat API.\n"},
      {"another name", expose + "providers: {p: {kind: azure}}\n",
       "2:23: providers.p.kind: there is no provider kind \"azure\". Write azure_openai.\n"},
      {"another dialect", expose + "providers: {p: {kind: bedrock}}\n",
       "2:23: providers.p.kind: this version of weir does not speak the API of \"bedrock\". If it offers an "
       "OpenAI-compatible address, use kind openai_compatible with that base_url.\n"},
      {"no kind", expose + "providers:\n  p: {credential: env:KEY}\n",
       "3:6: providers.p: the key kind is missing. For example: kind: openai\n"},
      {"bad URL, and nothing else because of it", expose + "providers: {p: {kind: openai, base_url: \"host/v1\"}}\n",
       "2:41: providers.p.base_url: this is not a base URL. It must begin with http:// or https://.\n"},
      {"no URL", expose + "providers:\n  p: {kind: openai_compatible}\n",
       "3:3: providers.p: the key base_url is missing. For example: base_url: http://127.0.0.1:8000/v1\n"},
      {"URL for the built-in one", expose + "providers:\n  p: {kind: simulated, base_url: \"http://x\"}\n",
       "3:34: providers.p.base_url: a simulated provider is inside weir and has no address. Remove the line, or use "
       "kind "
       "openai_compatible to reach a simulated provider in another process.\n"},
      {"credential for the built-in one", expose + "providers:\n  p: {kind: simulated, credential: env:KEY}\n",
       "3:36: providers.p.credential: a simulated provider needs no credential. Remove the line.\n"},
      {"no credential", expose + "providers:\n  p: {kind: groq}\n",
       "3:3: providers.p: the key credential is missing; api.groq.com asks for one. For example: credential: "
       "env:GROQ_API_KEY\n"},
      {"header of ours", expose + "providers:\n  p: {kind: openai, credential: env:KEY, headers: {Authorization: x}}\n",
       "3:52: providers.p.headers: the header authorization is written by weir itself. API keys belong in the key "
       "credential.\n"},
      {"not a header", expose + "providers:\n  p: {kind: openai, credential: env:KEY, headers: {\"a b\": x}}\n",
       "3:52: providers.p.headers: \"a b\" is not a header name. Header names hold no spaces and no colons.\n"},
      {"not a header's value",
       expose + "providers:\n  p: {kind: openai, credential: env:KEY, headers: {a: \"x\\r\\ny\"}}\n",
       "3:55: providers.p.headers.a: this cannot be a header's value. Use at most 4096 visible ASCII characters and "
       "spaces between them.\n"},
  });
}

TEST(ConfigErrors, WhereAProviderIsAndWhatItSpeaks) {
  const std::string begin = "expose_provider_models: true\nproviders:\n  p: {credential: env:KEY, kind: ";
  expect_reports({
      {"unknown region", begin + "xai, region: mars}\n",
       "3:47: providers.p.region: the kind xai has no region \"mars\". Its regions are us, eu-west-1.\n"},
      {"no regions", begin + "groq, region: eu}\n",
       "3:48: providers.p.region: the kind groq has no region \"eu\". It has no regions: write base_url instead.\n"},
      {"region and URL", begin + "openai, region: eu, base_url: \"http://127.0.0.1:1\"}\n",
       "3:50: providers.p.region: base_url says already where it is. Remove one of the two.\n"},
      {"region that cannot be one", begin + "openai, region: \"e u\"}\n",
       "3:50: providers.p.region: \"e u\" cannot be a name. Use 1 to 64 letters, digits, dots, underscores and "
       "hyphens.\n"},
      {"no URL of Azure", begin + "azure_openai}\n",
       "3:3: providers.p: the key base_url is missing. For example: base_url: https://RESOURCE.openai.azure.com\n"},
      {"too much of Azure's URL", begin + "azure_openai_v1, base_url: \"https://r.openai.azure.com/openai/v1\"}\n",
       "3:61: providers.p.base_url: requests to this kind append /openai themselves. Write the resource alone: "
       "https://r.openai.azure.com.\n"},
      {"API version of another", begin + "openai, api_version: 2024-10-21}\n",
       "3:55: providers.p.api_version: the kind openai has no such parameter. Remove the line.\n"},
      {"API version that cannot be one",
       begin + "azure_openai, base_url: \"http://127.0.0.1:1\", api_version: \"a&b\"}\n",
       "3:93: providers.p.api_version: \"a&b\" is not a version of an API. Write it as in 2024-10-21.\n"},
      {"unknown dialect", begin + "openai, dialects: [openai_chta]}\n",
       "3:53: providers.p.dialects[0]: there is no dialect \"openai_chta\". Did you mean openai_chat?\n"},
      {"unknown dialect, nothing similar", begin + "openai, dialects: [morse]}\n",
       "3:53: providers.p.dialects[0]: there is no dialect \"morse\". The dialects are openai_chat, openai_responses, "
       "anthropic_messages, gemini.\n"},
      {"dialect twice", begin + "openai, dialects: [gemini, gemini]}\n",
       "3:61: providers.p.dialects[1]: this dialect is in the list already. Remove one.\n"},
      {"no dialect", begin + "openai, dialects: []}\n",
       "3:52: providers.p.dialects: it is empty. For example: dialects: [openai_chat, openai_responses]\n"},
  });
}

TEST(ConfigErrors, Translation) {
  expect_reports({
      {"policy", kRest + "unsupported_parameters: keep\n",
       "3:25: unsupported_parameters: \"keep\" is not a policy. Write drop or error.\n"},
      {"policy of a model", kRest + "models: {m: {deployments: [p/x], unsupported_parameters: Drop}}\n",
       "3:58: models.m.unsupported_parameters: \"Drop\" is not a policy. Write drop or error.\n"},
      {"budget", kRest + "reasoning_budgets: {low: some}\n",
       "3:26: reasoning_budgets.low: \"some\" is not a whole number. Write digits only, without quotes.\n"},
      {"budget out of range", kRest + "reasoning_budgets: {low: 0}\n",
       "3:26: reasoning_budgets.low: 0 is out of range. Choose a value from 1 to 10000000.\n"},
      {"budgets that fall", kRest + "reasoning_budgets: {low: 3000, xhigh: 4000, max: 3999}\n",
       "3:20: reasoning_budgets.max: 3999 is less than xhigh has, 4000. Give more effort at least as many tokens.\n"
       "3:20: reasoning_budgets.medium: 2048 is less than low has, 3000. Give more effort at least as many tokens.\n"
       "3:20: reasoning_budgets.xhigh: 4000 is less than high has, 4096. Give more effort at least as many tokens.\n"},
  });
}

TEST(ConfigErrors, Secrets) {
  const std::string before = "expose_provider_models: true\nproviders:\n  p:\n    kind: openai\n    credential: ";
  expect_reports({
      {"literal", before + "sk-proj-very-secret\n",
       "5:17: providers.p.credential: a secret must not stand in the configuration itself. Put it into an environment "
       "variable and write env:NAME, or into a file and write file:PATH.\n"},
      {"reference to nothing", before + "'env:'\n",
       "5:17: providers.p.credential: a secret must not stand in the configuration itself. Put it into an environment "
       "variable and write env:NAME, or into a file and write file:PATH.\n"},
      {"missing variable", before + "env:MISSING\n",
       "5:17: providers.p.credential: the environment variable MISSING is not set. Set it before weir is started: "
       "export "
       "MISSING=...\n"},
      {"empty variable", before + "env:EMPTY\n",
       "5:17: providers.p.credential: the environment variable EMPTY is empty. Put the provider's API key into it.\n"},
      {"two lines", before + "env:BROKEN\n",
       "5:17: providers.p.credential: the environment variable BROKEN does not hold an API key. It must be one line of "
       "at "
       "most 16 KiB without spaces around it.\n"},
      {"missing file", before + "file:/nonexistent/key\n",
       "5:17: providers.p.credential: the file /nonexistent/key cannot be read: No such file or directory. Correct the "
       "path or its permissions.\n"},
  });
  EXPECT_EQ(report_of(before + "sk-proj-very-secret\n").find("sk-proj"), std::string::npos);
}

TEST(ConfigErrors, References) {
  expect_reports({
      {"not a deployment", kRest + "models: {m: {deployments: [gpt-4o]}}\n",
       "3:28: models.m.deployments[0]: \"gpt-4o\" is not a deployment. Write the provider's name, a slash, and what "
       "that "
       "provider calls the model: openai/gpt-4o-mini.\n"},
      {"unknown provider", kRest + "models: {m: {deployments: [p/x, somebody/x]}}\n",
       "3:33: models.m.deployments[1]: there is no provider \"somebody\". Name one of the entries of providers before "
       "the "
       "slash.\n"},
      {"mistyped provider", kRest + "models: {m: {deployments: [q/x]}}\n",
       "3:28: models.m.deployments[0]: there is no provider \"q\". Did you mean p?\n"},
      {"the same deployment twice", kRest + "models: {m: {deployments: [p/x, p/y, p/x]}}\n",
       "3:38: models.m.deployments[2]: this deployment is in the list already. Remove one of the two.\n"},
      {"no deployment", kRest + "models: {m: {deployments: []}}\n",
       "3:27: models.m.deployments: it is empty. For example: deployments: [openai/gpt-4o-mini]\n"},
      {"limits that do not fit", kRest + "shards: 1\nlimits:\n  max_body_bytes: 1GiB\n",
       "5:3: limits.max_buffered_bytes: 512MiB cannot hold one largest request. Make it at least max_head_bytes + "
       "max_body_bytes, or those smaller.\n"},
  });
  EXPECT_EQ(
      report_of("providers: {p: {kind: simulated}}\n"),
      "weir.yaml: there is no model that a client could ask for. Add models, or write expose_provider_models: true "
      "to offer provider/model names.\n");
}

TEST(ConfigErrors, ListenersAndKeys) {
  const std::string hash(64, 'a');
  const std::string key = "  - {name: app, hash: \"sha256:" + hash + "\"}\n";
  expect_reports({
      {"open to the world", kRest + "listen:\n  - address: 0.0.0.0:8080\n",
       "4:14: listen[0].address: everybody who can reach 0.0.0.0:8080 could use your providers. Add keys (weir keys "
       "create --name NAME prints one), listen on 127.0.0.1, or write allow_anonymous: true.\n"},
      {"open to the world, IPv6", kRest + "listen:\n  - address: \"[::]:8080\"\n",
       "4:14: listen[0].address: everybody who can reach [::]:8080 could use your providers. Add keys (weir keys "
       "create "
       "--name NAME prints one), listen on 127.0.0.1, or write allow_anonymous: true.\n"},
      {"an address twice", kRest + "listen:\n  - address: 127.0.0.1:80\n  - address: localhost:80\n",
       "5:14: listen[1].address: this address is in the list already. Remove one of the two.\n"},
      {"admin on a client address", kRest + "admin: {address: 127.0.0.1:80}\nlisten: [{address: 127.0.0.1:80}]\n",
       "3:18: admin.address: clients connect to this address already. Choose another port.\n"},
      {"a key in place of its hash", kRest + "keys:\n  - {name: app, hash: wk_secret}\n",
       "4:23: keys[0].hash: this is not sha256: and 64 hexadecimal digits. Make a key with `weir keys create --name "
       "NAME`; it prints the line for this file.\n"},
      {"the empty key",
       kRest + "keys:\n  - {name: app, hash: "
               "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}\n",
       "4:23: keys[0].hash: this is the hash of an empty key, with which everybody could call. Make a key with `weir "
       "keys "
       "create --name NAME`.\n"},
      {"a name twice", kRest + "keys:\n" + key + "  - {name: app, hash: \"sha256:" + std::string(64, 'b') + "\"}\n",
       "5:12: keys[1].name: another key has this name, in line 4. Give each key its own name.\n"},
      {"a key twice", kRest + "keys:\n" + key + "  - {name: app2, hash: \"sha256:" + std::string(64, 'A') + "\"}\n",
       "5:24: keys[1].hash: this is the same key as in line 4. Make one key for each.\n"},
      {"a reserved name", kRest + "keys:\n  - {name: anonymous, hash: \"sha256:" + hash + "\"}\n",
       "4:12: keys[0].name: this name is used for clients without a key. Choose another name.\n"},
      {"broken keys are not taken for none", kRest + "listen: [{address: 0.0.0.0:80}]\nkeys: {}\n",
       "4:7: keys: this must be a list. Begin each entry with a hyphen, or write the entries in brackets.\n"},
  });
}

TEST(ConfigErrors, AllAreReportedInTheOrderOfTheFile) {
  expect_reports(
      {{"several", "shards: x\nproviders:\n  p: {kind: opnai}\nmodels:\n  m: {deployments: [z9/x]}\nlogs: {}\n",
        "1:9: shards: \"x\" is not a whole number. Write auto, or a number such as 4.\n"
        "3:13: providers.p.kind: there is no provider kind \"opnai\". Did you mean openai?\n"
        "5:21: models.m.deployments[0]: there is no provider \"z9\". Name one of the entries of providers "
        "before the slash.\n"
        "6:1: logs: there is no such key here. Did you mean log?\n"}});
}

TEST(ConfigErrors, HostileFilesEndInAnErrorNotInTrouble) {
  const std::string deep(100000, '[');
  EXPECT_NE(report_of(deep), "no error");
  EXPECT_NE(report_of("a: &a [*a]\n"), "no error");
  EXPECT_NE(report_of(kRest + "keys: &k\n  - *k\n"), "no error");
  EXPECT_NE(report_of(std::string("\xff\xfe\x00", 3)), "no error");
  EXPECT_NE(report_of(kRest + "shards: !!binary x\n"), "no error");
}

TEST(ConfigErrors, Files) {
  const auto missing = load_config("/nonexistent/weir.yaml", variables);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(to_string(missing.error()[0]),
            "/nonexistent/weir.yaml: the file cannot be read: No such file or directory. Name a YAML file; "
            "docs/configuration.md begins with a small one.");
  const auto folder = load_config("/tmp", variables);
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error()[0].problem, "the file cannot be read: Is a directory.");
  const auto endless = load_config("/dev/zero", variables);
  ASSERT_FALSE(endless.has_value());
  EXPECT_EQ(endless.error()[0].problem, "the file cannot be read: it is larger than 4194304 bytes.");
}

}  // namespace
}  // namespace weir::control
