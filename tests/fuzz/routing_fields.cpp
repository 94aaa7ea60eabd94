// What a client says of routing in its head: the first byte chooses the field, the rest is its value.
#include <cstdint>

#include "weir/base/assert.h"
#include "weir/catalog/dollars.h"
#include "weir/gateway/ask.h"

using namespace weir;

namespace {

catalog::Catalog tagged() {
  std::vector<catalog::Provider> providers;
  providers.push_back(catalog::provider_of(*catalog::find_provider_kind("vllm")));
  providers[0].name = "one";
  std::vector<catalog::Model> models;
  models.push_back({.name = "m", .deployments = {{.provider = 0, .model_id = "x", .route = {.tags = {"eu", "soc2"}}}}});
  return {std::move(providers), std::move(models), {}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const catalog::Catalog catalog = tagged();
  static const routing::Router router(catalog);
  if (size == 0) return 0;
  constexpr Bytes kNames[] = {gateway::kTagsField, gateway::kForbidTagsField, gateway::kMaxCostField};
  const Bytes name = kNames[data[0] % 3];
  codec::FieldList fields{};
  fields.add({.name = name,
              .value = Bytes(reinterpret_cast<const char*>(data), size).substr(1),
              .id = codec::HeaderId::x_weir});
  routing::Ask ask;
  const Bytes wrong = gateway::read_fields(fields, router, ask);
  WEIR_ASSERT(wrong.empty() || wrong == name, "the field that is there is the one that is wrong");
  const std::uint64_t known = *router.tag("eu") | *router.tag("soc2");
  WEIR_ASSERT(((ask.require_tags | ask.forbid_tags) & ~known) == 0, "tags are of the catalog");
  WEIR_ASSERT(ask.most_cost_nano_usd <= catalog::kMostNanoDollars, "a cost is bounded");
  if (!wrong.empty()) return 0;
  const bool says_something = ask.require_tags != 0 || ask.requires_unknown_tag || ask.most_cost_nano_usd >= 0;
  WEIR_ASSERT(says_something || name == gateway::kForbidTagsField, "what can be read says something");
  return 0;
}
