// What a client says of routing in its head: the first byte chooses the field, the rest is its value; or the rest is
// the name of a field.
#include <algorithm>
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

void name_field(Bytes name) {
  codec::FieldList fields{};
  fields.add({.name = name, .value = "eu", .id = codec::find_header(name)});
  const auto is = [name](Bytes field) { return equals_ignore_case(name, field); };
  const bool is_ours = name.size() >= 7 && equals_ignore_case(name.substr(0, 7), "x-weir-");
  const Bytes unknown = gateway::unknown_field(fields);
  WEIR_ASSERT(unknown.empty() || unknown == name, "it is named as it was sent");
  const bool is_known = std::ranges::any_of(gateway::kFields, is);
  WEIR_ASSERT(!is_known || unknown.empty(), "what is known is taken");
  WEIR_ASSERT(!is_ours || is_known || !unknown.empty(), "nothing that is named like weir's own is passed over");
  WEIR_ASSERT(!is_ours || !codec::may_forward(fields.all()[0].id), "nothing that is weir's own goes to a provider");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const catalog::Catalog catalog = tagged();
  static const routing::Router router(catalog);
  if (size == 0) return 0;
  if (data[0] == 'n') return name_field(Bytes(reinterpret_cast<const char*>(data), size).substr(1)), 0;
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
