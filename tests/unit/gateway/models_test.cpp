#include "models.h"

#include <gtest/gtest.h>

#include <set>

#include "weir/codec/json_reader.h"

namespace weir::gateway {
namespace {

catalog::Provider provider(const char* name, const char* kind) {
  const catalog::ProviderKind* row = catalog::find_provider_kind(kind);
  EXPECT_NE(row, nullptr);
  catalog::Provider out = catalog::provider_of(*row);
  out.name = name;
  return out;
}

struct Entry {
  std::string id, object, owner;
};
/// One model object; checks that its shape is OpenAI's.
Entry read_model(codec::JsonReader& json) {
  Entry entry;
  codec::JsonString key, text;
  int members = 0;
  EXPECT_TRUE(json.enter_object());
  while (json.next_member(key)) {
    ++members;
    if (key.is("created")) {
      EXPECT_TRUE(json.unsigned_or_skip().has_value());
      continue;
    }
    EXPECT_TRUE(json.read_string(text));
    if (key.is("id")) entry.id = text.raw;
    if (key.is("object")) entry.object = text.raw;
    if (key.is("owned_by")) entry.owner = text.raw;
  }
  EXPECT_EQ(members, 4);
  EXPECT_EQ(entry.object, "model");
  return entry;
}

std::vector<Entry> read_list(const std::string& document) {
  std::vector<Entry> out;
  codec::JsonReader json(document);
  codec::JsonString key, text;
  EXPECT_TRUE(json.enter_object());
  while (json.next_member(key)) {
    if (key.is("data")) {
      EXPECT_TRUE(json.enter_array());
      while (json.next_element()) out.push_back(read_model(json));
    } else {
      EXPECT_TRUE(key.is("object") && json.read_string(text) && text.is("list"));
    }
  }
  EXPECT_TRUE(json.finish()) << document;
  return out;
}

catalog::Catalog make(bool expose) {
  std::vector<catalog::Provider> providers;
  providers.push_back(provider("simulated", "simulated"));
  providers.push_back(provider("openai", "openai"));
  providers.push_back(provider("second", "openai"));
  providers.push_back(provider("local", "openai_compatible"));
  std::vector<catalog::Model> models;
  models.push_back({"fast", {{1, "gpt-4o-mini"}, {2, "gpt-4o-mini"}}});
  models.push_back({"simulated/text", {{1, "gpt-4o-mini"}}});  // the name of a provider's sample, taken
  models.push_back({"odd \"name\"\n", {{3, "x"}}});
  return catalog::Catalog(std::move(providers), std::move(models), {.expose_provider_models = expose});
}

TEST(Models, ListsEveryNameOnce) {
  for (const bool expose : {false, true}) {
    const auto catalog = make(expose);
    const auto entries = read_list(models_document(catalog, dialect::Dialect::openai_chat));
    std::set<std::string> names;
    for (const Entry& entry : entries) EXPECT_TRUE(names.insert(entry.id).second) << entry.id << " is there twice";
    std::set<std::string> expected = {"fast", "simulated/text", "odd \\\"name\\\"\\n"};
    if (expose) expected.insert({"openai/gpt-4o-mini", "second/gpt-4o-mini"});
    EXPECT_EQ(names, expected);
    ASSERT_GE(entries.size(), 2u);
    EXPECT_EQ(entries[0].owner, "openai") << "the owner is the first deployment's provider";
    EXPECT_EQ(entries[1].owner, "openai");
  }
}

TEST(Models, WhatIsListedCanBeAskedFor) {
  const auto catalog = make(true);
  for (const char* name : {"fast", "simulated/text", "openai/gpt-4o-mini", "second/gpt-4o-mini", "local/anything"}) {
    SCOPED_TRACE(name);
    const auto resolution = catalog.find(name);
    ASSERT_TRUE(resolution);
    const std::string document = model_document(name, *resolution, dialect::Dialect::openai_chat);
    codec::JsonReader json(document);
    const Entry entry = read_model(json);
    EXPECT_TRUE(json.finish());
    EXPECT_EQ(entry.id, name);
    EXPECT_EQ(entry.owner, (*resolution)[0].provider->name);
  }
}

TEST(Models, AnEmptyCatalogGivesAnEmptyList) {
  EXPECT_TRUE(read_list(models_document(catalog::Catalog(), dialect::Dialect::openai_chat)).empty());
}

}  // namespace
}  // namespace weir::gateway
