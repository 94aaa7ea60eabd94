// What a request says of its routing, in its head.
#include "weir/gateway/ask.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::gateway {
namespace {

constexpr std::int64_t kDollar = 1'000'000'000;

catalog::Catalog tagged() {
  std::vector<catalog::Provider> providers;
  providers.push_back(catalog::provider_of(*catalog::find_provider_kind("vllm")));
  providers[0].name = "one";
  providers[0].base_url = *catalog::parse_base_url("http://one.test/v1");
  std::vector<catalog::Model> models;
  models.push_back({.name = "m", .deployments = {{.provider = 0, .model_id = "x", .route = {.tags = {"eu", "soc2"}}}}});
  return {std::move(providers), std::move(models), {}};
}

struct Read {
  std::string wrong;
  routing::Ask ask;
};

Read read(const routing::Router& router, const std::vector<std::pair<Bytes, Bytes>>& lines) {
  codec::FieldList fields{};
  for (const auto& [name, value] : lines)
    EXPECT_TRUE(fields.add({.name = name, .value = value, .id = codec::find_header(name)}));
  Read read;
  read.wrong = read_fields(fields, router, read.ask);
  return read;
}

TEST(ReadFields, TagsAndCost) {
  const catalog::Catalog catalog = tagged();
  const routing::Router router(catalog);
  const std::uint64_t eu = *router.tag("eu"), soc2 = *router.tag("soc2");

  const Read nothing = read(router, {{"content-type", "application/json"}, {"x-weir-session", "s"}});
  EXPECT_EQ(nothing.wrong, "");
  EXPECT_EQ(nothing.ask.require_tags | nothing.ask.forbid_tags, 0U);
  EXPECT_EQ(nothing.ask.most_cost_nano_usd, -1);

  const Read all =
      read(router, {{"X-Weir-Tags", "eu,\tsoc2"}, {"x-weir-forbid-tags", "us"}, {"x-weir-max-cost", "0.02"}});
  EXPECT_EQ(all.wrong, "");
  EXPECT_EQ(all.ask.require_tags, eu | soc2);
  EXPECT_FALSE(all.ask.requires_unknown_tag);
  EXPECT_EQ(all.ask.forbid_tags, 0U) << "nobody has it";
  EXPECT_EQ(all.ask.most_cost_nano_usd, kDollar / 50);

  const Read lines = read(router, {{"x-weir-tags", "eu"}, {"x-weir-tags", "soc2"}, {"x-weir-forbid-tags", "soc2"}});
  EXPECT_EQ(lines.ask.require_tags, eu | soc2) << "several lines are one list";
  EXPECT_EQ(lines.ask.forbid_tags, soc2);
  EXPECT_TRUE(read(router, {{"x-weir-tags", "eu, mars"}}).ask.requires_unknown_tag);
  EXPECT_EQ(read(router, {{"x-weir-max-cost", "0"}}).ask.most_cost_nano_usd, 0);
}

TEST(ReadFields, WhatCannotBeRead) {
  const catalog::Catalog catalog = tagged();
  const routing::Router router(catalog);
  const std::string long_tag(65, 'a');
  for (const Bytes list : {Bytes(""), Bytes(","), Bytes("eu,"), Bytes(",eu"), Bytes("eu soc2"), Bytes("eu;soc2"),
                           Bytes("\"eu\""), Bytes("e\xc3\xbc"), Bytes(long_tag)})
    for (const Bytes name : {kTagsField, kForbidTagsField}) EXPECT_EQ(read(router, {{name, list}}).wrong, name) << list;
  for (const Bytes cost : {Bytes(""), Bytes("-1"), Bytes("$1"), Bytes("1e3"), Bytes("0,02"), Bytes("2000000")})
    EXPECT_EQ(read(router, {{kMaxCostField, cost}}).wrong, kMaxCostField) << cost;
  EXPECT_EQ(read(router, {{kMaxCostField, "1"}, {kMaxCostField, "2"}}).wrong, kMaxCostField) << "which one?";
  for (const Bytes name : {kTagsField, kForbidTagsField, kMaxCostField}) EXPECT_TRUE(advice_on(name).ends_with('.'));
}

TEST(UnknownField, IsNamedAsItWasSent) {
  const auto unknown = [](std::initializer_list<Bytes> names) {
    codec::FieldList fields{};
    for (const Bytes name : names) fields.add({.name = name, .value = "eu", .id = codec::find_header(name)});
    return std::string(unknown_field(fields));
  };
  EXPECT_EQ(unknown({}), "");
  EXPECT_EQ(unknown({"content-type", "x-weird", "x-weir", "weir-tags"}), "") << "nothing to do with weir";
  for (const Bytes name : kFields) {
    EXPECT_EQ(unknown({name, name}), "") << name;
    std::string capitals(name), folded(name), longer(name), shorter(name), swapped(name);
    for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    EXPECT_EQ(unknown({capitals}), "") << capitals;
    for (char& c : folded) c = c == '-' ? '_' : c;
    longer += 's';
    shorter.pop_back();
    std::swap(swapped[swapped.size() - 2], swapped[swapped.size() - 3]);
    for (const Bytes slip : {Bytes(folded), Bytes(longer), Bytes(shorter), Bytes(swapped)})
      EXPECT_EQ(unknown({"host", name, slip}), slip);
    EXPECT_NE(advice_on("x-weir-tgas").find(name), Bytes::npos) << "all there are";
  }
  EXPECT_EQ(unknown({"x-weir-"}), "x-weir-");
  EXPECT_EQ(unknown({"X-Weir-Tgas", "x-weir-tgas", "x-weir-cost"}), "X-Weir-Tgas") << "the first";
  for (const Bytes told : {"x-weir-deployment", "x-weir-attempts", "x-weir-cost", "x-weir-dropped", "x-weir-estimated"})
    EXPECT_EQ(unknown({told}), told) << "what weir tells is nothing that it is told";
}

}  // namespace
}  // namespace weir::gateway
