#include "models.h"

#include "weir/codec/json_writer.h"

namespace weir::gateway {
namespace {

void write_model(codec::JsonWriter& json, Bytes name, Bytes owner) {
  json.begin_object()
      .member("id", name)
      .member("object", "model")
      .key("created")
      .integer(0)  // when a model was made is the provider's knowledge
      .member("owned_by", owner)
      .end_object();
}

}  // namespace

std::string models_document(const catalog::Catalog& catalog) {
  std::string out;
  codec::JsonWriter json(out);
  json.begin_object().member("object", "list").key("data").begin_array();
  for (const catalog::Model& model : catalog.models())
    write_model(json, model.name, catalog.providers()[model.deployments.front().provider].name);
  if (catalog.exposes_provider_models()) {
    for (const catalog::Provider& provider : catalog.providers()) {
      if (provider.kind->sample_model.empty()) continue;
      const std::string name = provider.name + "/" + std::string(provider.kind->sample_model);
      const auto resolution = catalog.find(name);
      if (resolution && resolution->model()) continue;  // configured under this name, hence listed already
      write_model(json, name, provider.name);
    }
  }
  json.end_array().end_object();
  return out;
}

std::string model_document(Bytes name, const catalog::Resolution& resolution) {
  std::string out;
  codec::JsonWriter json(out);
  write_model(json, name, resolution[0].provider->name);
  return out;
}

}  // namespace weir::gateway
