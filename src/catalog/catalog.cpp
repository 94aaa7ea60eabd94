#include "weir/catalog/catalog.h"

#include <map>

#include "weir/base/assert.h"
#include "weir/catalog/model_traits.h"
#include "weir/dialect/continuation.h"

namespace weir::catalog {

Target Resolution::operator[](std::size_t i) const {
  WEIR_ASSERT(i < size(), "a candidate is asked for within the resolution");
  const std::size_t provider = model_ ? model_->deployments[i].provider : provider_;
  return {.provider = &catalog_->providers()[provider],
          .provider_index = provider,
          .model_id = model_ ? Bytes(model_->deployments[i].model_id) : model_id_,
          .policy = model_ ? &model_->policy : &catalog_->default_policy(),
          .traits = model_ ? &model_->deployments[i].traits : nullptr,
          .cell = model_ ? model_->deployments[i].cell : catalog_->cell_of_provider(provider_),
          .facts = model_ ? model_->deployments[i].facts : facts_};
}

Provider provider_of(const ProviderKind& kind) {
  const auto headers = default_headers();
  return {.kind = &kind,
          .dialects = kind.dialects,
          .quirks = kind.quirks,
          .url_form = kind.url_form,
          .api_version = std::string(kind.api_version),
          .default_headers = {headers.begin(), headers.end()}};
}

bool has_model_in_path(const Provider& provider, dialect::Dialect dialect) {
  return dialect == dialect::Dialect::gemini ||
         (dialect == dialect::Dialect::openai_chat && provider.url_form == UrlForm::azure_deployment);
}

dialect::Quirks quirks_in(const Provider& provider, dialect::Dialect dialect) {
  return has_model_in_path(provider, dialect) ? provider.quirks
                                              : provider.quirks.without(dialect::Quirk::model_in_path);
}

std::optional<dialect::Dialect> continuing_dialect(const Provider& provider, const dialect::ModelTraits& traits) {
  for (const dialect::Dialect dialect : provider.dialects.all())
    if (dialect::can_continue(dialect, provider.quirks, traits)) return dialect;
  return std::nullopt;
}

Catalog::Catalog(std::vector<Provider> providers, std::vector<Model> models, CatalogOptions options,
                 std::vector<OwnFacts> facts)
    : providers_(std::move(providers)), models_(std::move(models)), facts_(std::move(facts)), options_(options) {
  provider_index_.reserve(providers_.size());
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    WEIR_ASSERT(providers_[i].kind != nullptr, "a provider in a catalog has a kind");
    WEIR_ASSERT(!providers_[i].dialects.empty(), "a provider in a catalog speaks a dialect");
    const bool is_new = provider_index_.emplace(providers_[i].name, i).second;
    WEIR_ASSERT(is_new, "provider names in a catalog are unique");
  }
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    WEIR_ASSERT(facts_[i].provider < providers_.size(), "facts are of a provider in the catalog");
    facts_[i].row.id = facts_[i].model_id;
    const bool is_new = facts_index_.emplace(providers_[facts_[i].provider].name + "/" + facts_[i].model_id, i).second;
    WEIR_ASSERT(is_new, "facts in a catalog are unique");
  }
  model_index_.reserve(models_.size());
  std::map<std::pair<std::size_t, Bytes>, std::uint32_t> cells;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    WEIR_ASSERT(!models_[i].deployments.empty(), "a model in a catalog has a deployment");
    for (Deployment& deployment : models_[i].deployments) {
      WEIR_ASSERT(deployment.provider < providers_.size(), "a deployment's provider is in the catalog");
      deployment.traits = model_traits(deployment.model_id);
      const auto next = static_cast<std::uint32_t>(cells.size());
      deployment.cell = cells.try_emplace({deployment.provider, deployment.model_id}, next).first->second;
      const Provider& provider = providers_[deployment.provider];
      deployment.facts = facts_of(provider.name + "/" + deployment.model_id, *provider.kind, deployment.model_id);
    }
    const bool is_new = model_index_.emplace(models_[i].name, i).second;
    WEIR_ASSERT(is_new, "model names in a catalog are unique");
  }
  deployment_cells_ = cells.size();
}

std::optional<Resolution> Catalog::find(Bytes name) const {
  if (const auto model = model_index_.find(name); model != model_index_.end())
    return Resolution(*this, models_[model->second]);
  if (!options_.expose_provider_models) return std::nullopt;
  // The first slash separates; the ones after it belong to the provider's model id ("openrouter/openai/gpt-4o").
  const std::size_t slash = name.find('/');
  if (slash == Bytes::npos || slash + 1 == name.size()) return std::nullopt;
  const auto provider = provider_index_.find(name.substr(0, slash));
  if (provider == provider_index_.end()) return std::nullopt;
  const Bytes model_id = name.substr(slash + 1);
  const ModelRow* const facts = facts_of(name, *providers_[provider->second].kind, model_id);
  if (options_.unknown_price == UnknownPrice::block && !(facts && facts->price.known())) return std::nullopt;
  return Resolution(*this, provider->second, model_id, facts);
}

const ModelRow* Catalog::facts_of(Bytes name, const ProviderKind& kind, Bytes model_id) const {
  if (const auto own = facts_index_.find(name); own != facts_index_.end()) return &facts_[own->second].row;
  return find_model(kind, model_id);
}

Catalog Catalog::with_built_in_at(const BaseUrl& base_url) && {
  for (Provider& provider : providers_)
    if (provider.kind->place == Place::built_in) provider.base_url = base_url;
  return std::move(*this);
}

}  // namespace weir::catalog
