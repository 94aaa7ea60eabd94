// The map from the name a client writes to the deployments that can answer it. Built once from a configuration,
// then immutable: shards read one Catalog without locks for as long as its snapshot lives. Move-only, because
// credentials are. All views it hands out live as long as the catalog.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/secret.h"
#include "weir/catalog/base_url.h"
#include "weir/catalog/model_row.h"
#include "weir/catalog/provider_kind.h"
#include "weir/catalog/proxy.h"
#include "weir/catalog/route_policy.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/target.h"
#include "weir/tls/context.h"

namespace weir::catalog {

/// A configured provider: a kind of provider at an address with a credential. What a configuration can change about
/// the kind is resolved here; readers need the row only for what cannot be changed.
struct Provider {
  std::string name;
  const ProviderKind* kind = nullptr;  ///< a row of the constant table, never null in a catalog
  DialectList dialects;                ///< what it is spoken to in, best first; never empty in a catalog
  dialect::Quirks quirks;
  UrlForm url_form = UrlForm::base;
  std::string api_version;  ///< empty: none is sent. Letters, digits, dots and hyphens
  BaseUrl base_url;
  Secret credential;                                         ///< empty = no authentication header is sent
  std::vector<Secret> other_credentials;                     ///< for when that one is refused or has used its quota up
  std::vector<std::pair<std::string, std::string>> headers;  ///< sent with every request; names in lower case
  std::vector<DefaultHeader> default_headers;  ///< sent in their dialect, unless the client sends its own of that name
  std::shared_ptr<const tls::ClientContext> tls;  ///< set exactly where base_url.needs_tls
  std::string tls_host;                           ///< whom its certificate has to name
  std::shared_ptr<const Proxy> proxy;             ///< null: it is reached directly
  std::uint32_t warm_connections = 0;             ///< kept ready by each shard
};

/// A provider as its row has it, without name, address and credential.
Provider provider_of(const ProviderKind& kind);

/// Whether the model's name stands in the address of what this provider is asked in this dialect.
bool has_model_in_path(const Provider& provider, dialect::Dialect dialect);
/// The provider's quirks as they hold in one of its dialects: a name that is not in the address is in the body.
dialect::Quirks quirks_in(const Provider& provider, dialect::Dialect dialect);

/// In what the provider's model can be asked for the rest of an answer that was cut (dialect/continuation.h); nothing:
/// it is not known to go on with a text.
std::optional<dialect::Dialect> continuing_dialect(const Provider& provider, const dialect::ModelTraits& traits);

/// One concrete callable: a provider and what it calls the model.
struct Deployment {
  std::size_t provider = 0;  ///< index into Catalog::providers()
  std::string model_id;
  dialect::ModelTraits traits = {};  ///< of model_id; looked up by the catalog
  std::uint32_t cell = 0;            ///< of the health table; given by the catalog, the same to equal deployments
  DeploymentPolicy route = {};
  const ModelRow* facts = nullptr;  ///< limits, abilities and price; null: not known. Looked up by the catalog
};

/// What the operator says of one model of one provider, written over what the registries say.
struct OwnFacts {
  std::size_t provider = 0;  ///< index into Catalog::providers()
  std::string model_id;
  ModelRow row;  ///< the whole truth; its id is set by the catalog
};

/// What becomes of models whose price nobody knows. They never count as free.
enum class UnknownPrice : std::uint8_t {
  allow,  ///< they are served; their cost is told to be unknown
  block,  ///< they are not served
};

/// What becomes of a request and its answer on their way, where a configuration has a say in it.
struct ModelPolicy {
  dialect::Unsupported unsupported_parameters = dialect::Unsupported::drop;
  bool include_reasoning = true;  ///< the client gets to see what the model thought
  friend bool operator==(const ModelPolicy&, const ModelPolicy&) = default;
};

/// A name a client may write, and who can answer it, best first.
struct Model {
  std::string name;
  std::vector<Deployment> deployments;  ///< never empty
  ModelPolicy policy;
  RoutePolicy route;
};

/// What holds for every request.
struct CatalogOptions {
  bool expose_provider_models = false;  ///< `provider/model` names are served too
  ModelPolicy default_policy;           ///< of those names
  dialect::ReasoningBudgets reasoning_budgets;
  UnknownPrice unknown_price = UnknownPrice::allow;
};

/// One answerer of a looked-up name. `model_id` is what the provider calls the model.
struct Target {
  const Provider* provider = nullptr;
  std::size_t provider_index = 0;
  Bytes model_id;
  const ModelPolicy* policy = nullptr;           ///< never null, owned by the catalog
  const dialect::ModelTraits* traits = nullptr;  ///< of model_id, owned by the catalog; null: to be looked up
  std::uint32_t cell = 0;  ///< of the health table: the deployment's, or the one of all models of a provider that is
                           ///< addressed directly
  const ModelRow* facts = nullptr;  ///< of model_id, lives as long as the catalog; null: not known

  /// Null or unknown: nobody knows.
  const Price* price() const { return facts ? &facts->price : nullptr; }
};

class Catalog;

/// What a model name stands for: the deployments of a configured model, or one provider addressed directly by
/// `provider/model`. In the second case the model id is a view into the name that was asked for, so the name must
/// outlive this.
class Resolution {
 public:
  std::size_t size() const { return model_ ? model_->deployments.size() : 1; }
  /// The i-th candidate, i < size().
  Target operator[](std::size_t i) const;
  /// The configured model; nullptr for a direct address.
  const Model* model() const { return model_; }

 private:
  friend class Catalog;
  Resolution(const Catalog& catalog, const Model& model) : catalog_(&catalog), model_(&model) {}
  Resolution(const Catalog& catalog, std::size_t provider, Bytes model_id, const ModelRow* facts)
      : catalog_(&catalog), provider_(provider), model_id_(model_id), facts_(facts) {}
  const Catalog* catalog_;
  const Model* model_ = nullptr;
  std::size_t provider_ = 0;
  Bytes model_id_;
  const ModelRow* facts_ = nullptr;
};

class Catalog {
 public:
  /// An empty catalog: every look-up fails.
  Catalog() = default;
  /// Names must be unique, kinds and dialects set, provider indices in range and deployments not empty: the
  /// configuration reader has reported all of that to the operator, so here it is asserted.
  Catalog(std::vector<Provider> providers, std::vector<Model> models, CatalogOptions options,
          std::vector<OwnFacts> facts = {});
  Catalog(Catalog&&) noexcept = default;
  Catalog& operator=(Catalog&&) noexcept = default;

  /// What `name` stands for, or nothing. Configured models come first; then, if enabled, `provider/anything` (with
  /// UnknownPrice::block: anything that has a price). A few hash look-ups and find_model(), no allocation.
  std::optional<Resolution> find(Bytes name) const;

  std::span<const Provider> providers() const { return providers_; }
  std::span<const Model> models() const { return models_; }
  /// How many cells a health table has: one for each deployment, one for each provider.
  std::size_t cells() const { return deployment_cells_ + providers_.size(); }
  std::uint32_t cell_of_provider(std::size_t provider) const {
    return static_cast<std::uint32_t>(deployment_cells_ + provider);
  }
  bool exposes_provider_models() const { return options_.expose_provider_models; }
  const ModelPolicy& default_policy() const { return options_.default_policy; }
  const dialect::ReasoningBudgets& reasoning_budgets() const { return options_.reasoning_budgets; }
  std::span<const OwnFacts> own_facts() const { return facts_; }
  UnknownPrice unknown_price() const { return options_.unknown_price; }

  /// The same catalog with every built-in provider (kind simulated) answering at `base_url`. The server calls this
  /// once, when it knows on which port its simulated provider listens, before any shard sees the catalog.
  Catalog with_built_in_at(const BaseUrl& base_url) &&;

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(Bytes name) const { return std::hash<Bytes>{}(name); }
  };
  using Index = std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>>;

  /// `name` is "provider/model".
  const ModelRow* facts_of(Bytes name, const ProviderKind& kind, Bytes model_id) const;

  std::vector<Provider> providers_;
  std::vector<Model> models_;
  std::vector<OwnFacts> facts_;  // never changed: deployments point into it
  Index facts_index_;            // by provider/model
  Index provider_index_;
  Index model_index_;
  CatalogOptions options_;
  std::size_t deployment_cells_ = 0;
};

}  // namespace weir::catalog
