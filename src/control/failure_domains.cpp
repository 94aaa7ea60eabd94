#include "failure_domains.h"

#include <algorithm>
#include <array>

namespace weir::control {
namespace {

using catalog::Ability;
using catalog::Catalog;
using catalog::Deployment;
using catalog::Model;
using catalog::Provider;

/// What a request may need; the others are the answer's, or of how it is sent.
constexpr std::array kNeeded = {Ability::tools, Ability::images,      Ability::audio,
                                Ability::files, Ability::json_schema, Ability::reasoning};

const Provider& provider_of(const Catalog& catalog, const Deployment& deployment) {
  return catalog.providers()[deployment.provider];
}

/// The operator's own machines may fail one by one.
bool is_domain(Bytes tag) { return !tag.empty() && tag != "own"; }

/// What all deployments depend on, in words; empty if there is nothing.
std::string shared_domain(const Catalog& catalog, const Model& model) {
  const Provider& first = provider_of(catalog, model.deployments[0]);
  const auto all = [&](auto&& depends) {
    return std::ranges::all_of(model.deployments,
                               [&](const Deployment& d) { return depends(provider_of(catalog, d)); });
  };
  if (all([&](const Provider& p) { return &p == &first; })) return "the provider " + first.name;
  if (!first.base_url.host.empty() && all([&](const Provider& p) {
        return p.base_url.host == first.base_url.host && p.base_url.port == first.base_url.port;
      }))
    return first.base_url.authority;
  for (const Bytes tag : first.kind->infrastructure)
    if (is_domain(tag) && all([tag](const Provider& p) {
          return std::ranges::find(p.kind->infrastructure, tag) != p.kind->infrastructure.end();
        }))
      return std::string(tag);
  return {};
}

/// Of what another deployment of the same model is known to be able to.
void add_lacking(const Catalog& catalog, const Model& model, std::vector<std::string>& notes) {
  const auto another_can = [&](Ability ability) {
    return std::ranges::any_of(model.deployments,
                               [&](const Deployment& d) { return d.facts && d.facts->can.has(ability); });
  };
  for (const Deployment& deployment : model.deployments) {
    if (!deployment.facts) continue;
    std::string list;
    for (const Ability ability : kNeeded)
      if (deployment.facts->cannot.has(ability) && another_can(ability))
        list += (list.empty() ? "" : ", ") + std::string(catalog::to_string(ability));
    if (!list.empty())
      notes.push_back("models." + model.name + ": " + provider_of(catalog, deployment).name + "/" +
                      deployment.model_id + " lacks " + list +
                      "; it does not stand in for the others where a request needs that.");
  }
}

/// Of a model whose streams shall go on elsewhere.
void add_stitching(const Catalog& catalog, const Model& model, std::vector<std::string>& notes) {
  std::vector<std::string> able;
  for (const Deployment& deployment : model.deployments)
    if (const Provider& provider = provider_of(catalog, deployment);
        catalog::continuing_dialect(provider, deployment.traits))
      able.push_back(provider.name + "/" + deployment.model_id);
  if (able.empty())
    notes.push_back(
        "models." + model.name +
        ": no deployment is known to go on with a text, so after_commit: stitch has no effect but its cost.");
  if (able.size() == 1)
    notes.push_back("models." + model.name + ": only " + able[0] +
                    " is known to go on with a text, so nobody else does when its own stream breaks off.");
}

}  // namespace

std::vector<std::string> notes_on_failover(const Catalog& catalog) {
  std::vector<std::string> notes;
  for (const Model& model : catalog.models()) {
    if (model.route.after_commit == catalog::AfterCommit::stitch) add_stitching(catalog, model, notes);
    if (model.deployments.size() < 2) continue;
    if (const std::string domain = shared_domain(catalog, model); !domain.empty())
      notes.push_back("models." + model.name + ": all " + std::to_string(model.deployments.size()) +
                      " deployments depend on " + domain + ", so they may fail together.");
    add_lacking(catalog, model, notes);
  }
  return notes;
}

}  // namespace weir::control
