#include "weir/routing/health_shape.h"

#include <map>
#include <numeric>

namespace weir::routing {

shared::HealthTable::Shape health_shape(const catalog::Catalog& catalog, std::uint32_t shards) {
  shared::HealthTable::Shape shape{.shards = shards,
                                   .cells = static_cast<std::uint32_t>(catalog.cells()),
                                   .credentials = first_credentials(catalog).back()};
  std::map<Bytes, std::uint32_t> groups;
  for (const catalog::Model& model : catalog.models())
    for (const catalog::Deployment& deployment : model.deployments) {
      const Bytes name = deployment.route.quota_group;
      if (name.empty()) continue;
      if (shape.groups.empty()) {
        shape.groups.resize(shape.cells);
        std::iota(shape.groups.begin(), shape.groups.end(), 0U);
      }
      shape.groups[deployment.cell] = groups.try_emplace(name, deployment.cell).first->second;
    }
  return shape;
}

std::vector<std::uint32_t> first_credentials(const catalog::Catalog& catalog) {
  std::vector<std::uint32_t> firsts;
  std::uint32_t next = 0;
  for (const catalog::Provider& provider : catalog.providers()) {
    firsts.push_back(next);
    next += 1 + static_cast<std::uint32_t>(provider.other_credentials.size());
  }
  firsts.push_back(next);
  return firsts;
}

}  // namespace weir::routing
