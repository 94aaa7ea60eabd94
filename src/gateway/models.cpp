#include "models.h"

#include "weir/codec/json_writer.h"

namespace weir::gateway {

using dialect::Dialect;

namespace {

// When a model was made is the provider's knowledge.
constexpr Bytes kLongAgo = "1970-01-01T00:00:00Z";

void write_model(codec::JsonWriter& json, Dialect client, Bytes name, Bytes owner) {
  json.begin_object();
  switch (client) {
    case Dialect::openai_chat:
    case Dialect::openai_responses:
      json.member("id", name).member("object", "model").key("created").integer(0).member("owned_by", owner);
      break;
    case Dialect::anthropic_messages:
      json.member("type", "model").member("id", name).member("display_name", name).member("created_at", kLongAgo);
      break;
    case Dialect::gemini: {
      const std::string resource = "models/" + std::string(name);
      json.member("name", resource).member("displayName", name).member("version", "1");
      json.key("supportedGenerationMethods").begin_array();
      for (const Bytes method : {"generateContent", "streamGenerateContent", "countTokens"}) json.string(method);
      json.end_array();
      break;
    }
  }
  json.end_object();
}

/// Calls visit(name, owner) for every model that may be asked for by name.
template <class Visit>
void for_each_model(const catalog::Catalog& catalog, Visit&& visit) {
  for (const catalog::Model& model : catalog.models())
    visit(model.name, catalog.providers()[model.deployments.front().provider].name);
  if (!catalog.exposes_provider_models()) return;
  for (const catalog::Provider& provider : catalog.providers()) {
    if (provider.kind->sample_model.empty()) continue;
    const std::string name = provider.name + "/" + std::string(provider.kind->sample_model);
    const auto resolution = catalog.find(name);
    if (resolution && resolution->model()) continue;  // configured under this name, hence listed already
    visit(name, provider.name);
  }
}

}  // namespace

std::string models_document(const catalog::Catalog& catalog, Dialect client) {
  std::string out;
  codec::JsonWriter json(out);
  json.begin_object();
  if (client == Dialect::openai_chat || client == Dialect::openai_responses) json.member("object", "list");
  json.key(client == Dialect::gemini ? "models" : "data").begin_array();
  std::string first, last;
  for_each_model(catalog, [&](Bytes name, Bytes owner) {
    write_model(json, client, name, owner);
    if (first.empty()) first = name;
    last = name;
  });
  json.end_array();
  if (client == Dialect::anthropic_messages) {
    json.key("has_more").boolean(false);
    for (const auto& [key, id] : {std::pair<Bytes, Bytes>("first_id", first), {"last_id", last}}) {
      json.key(key);
      id.empty() ? json.null() : json.string(id);
    }
  }
  json.end_object();
  return out;
}

std::string model_document(Bytes name, const catalog::Resolution& resolution, Dialect client) {
  std::string out;
  codec::JsonWriter json(out);
  write_model(json, client, name, resolution[0].provider->name);
  return out;
}

}  // namespace weir::gateway
