#include "model_list.h"

#include <algorithm>
#include <array>
#include <map>

#include "weir/catalog/dollars.h"
#include "weir/codec/json_writer.h"

namespace weir::control {

using catalog::Ability;
using catalog::ModelRow;

namespace {

constexpr Bytes kUnknown = "?";

Bytes to_string(dialect::ServiceTier service) {
  static constexpr std::array<Bytes, 5> kNames = {"standard", "priority", "flex", "batch", "fast"};
  return kNames[static_cast<std::size_t>(service)];
}

std::string dollars(std::int64_t nano) {
  return nano < 0 ? std::string() : std::string(catalog::DollarText(nano).view());
}

std::string tokens(std::uint32_t count) { return count == 0 ? std::string(kUnknown) : std::to_string(count); }

std::string abilities(catalog::Abilities set) {
  std::string list;
  for (std::size_t i = 0; i < catalog::kAbilityCount; ++i)
    if (const auto ability = static_cast<Ability>(i); set.has(ability))
      list += (list.empty() ? "" : ",") + std::string(catalog::to_string(ability));
  return list;
}

std::string source(catalog::Registry registry) {
  const catalog::RegistryRow& row = catalog::registry_row(registry);
  return std::string(row.name) + (row.date.empty() ? "" : " " + std::string(row.date));
}

using Line = std::array<std::string, 9>;

Line line_of(const ListedModel& model) {
  if (!model.row) return {model.name, std::string(kUnknown), std::string(kUnknown), "", "", "", "", "", "not known"};
  const ModelRow& row = *model.row;
  const bool has_price = row.price.known();
  return {model.name,
          tokens(row.context),
          tokens(row.most_output),
          row.quality == 0 ? std::string(kUnknown) : std::to_string(row.quality),
          has_price ? dollars(row.price.rates.input) : std::string(kUnknown),
          has_price ? dollars(row.price.rates.cache_read) : "",
          has_price ? dollars(row.price.rates.output) : std::string(kUnknown),
          abilities(row.can),
          has_price ? source(row.price_from) : "price not known"};
}

void write_rates(codec::JsonWriter& out, const catalog::Rates& rates) {
  out.key("nano_usd_per_million").begin_object();
  for (const catalog::RateClass& one : catalog::rate_classes())
    if (rates.*one.rate >= 0) out.key(one.name).integer(rates.*one.rate);
  out.end_object();
}

void write_source(codec::JsonWriter& out, Bytes key, catalog::Registry registry) {
  if (registry == catalog::Registry::none) return;
  const catalog::RegistryRow& row = catalog::registry_row(registry);
  out.key(key).begin_object().member("name", row.name);
  if (!row.date.empty()) out.member("date", row.date);
  out.end_object();
}

void write_abilities(codec::JsonWriter& out, Bytes key, catalog::Abilities set) {
  out.key(key).begin_array();
  for (std::size_t i = 0; i < catalog::kAbilityCount; ++i)
    if (const auto ability = static_cast<Ability>(i); set.has(ability)) out.string(catalog::to_string(ability));
  out.end_array();
}

void write_row(codec::JsonWriter& out, const ModelRow& row) {
  if (row.context > 0) out.key("context").unsigned_integer(row.context);
  if (row.most_output > 0) out.key("most_output").unsigned_integer(row.most_output);
  write_abilities(out, "can", row.can);
  write_abilities(out, "cannot", row.cannot);
  if (row.quality > 0) out.key("quality").unsigned_integer(row.quality);
  if (row.price.known()) {
    out.key("price").begin_object();
    write_rates(out, row.price.rates);
    if (row.price.request > 0) out.key("nano_usd_per_request").integer(row.price.request);
    if (row.price.web_search > 0) out.key("nano_usd_per_web_search").integer(row.price.web_search);
    out.key("tiers").begin_array();
    for (const catalog::PriceTier& tier : row.price.tiers) {
      out.begin_object().member("service", to_string(tier.service));
      if (tier.above_input > 0) out.key("above_input_tokens").unsigned_integer(tier.above_input);
      write_rates(out, tier.rates);
      out.end_object();
    }
    out.end_array().end_object();
  }
  write_source(out, "price_from", row.price_from);
  write_source(out, "price_also_from", row.price_also_from);
  write_source(out, "facts_from", row.facts_from);
}

}  // namespace

std::vector<ListedModel> shipped_models() {
  std::vector<ListedModel> models;
  for (const ModelRow& row : catalog::model_rows())
    models.push_back({.name = std::string(row.kind) + "/" + std::string(row.id), .row = &row, .aliases = {}});
  return models;
}

std::vector<ListedModel> configured_models(const catalog::Catalog& catalog) {
  std::map<std::string, ListedModel> found;
  const auto add = [&](std::size_t provider, const std::string& id, const ModelRow* row) -> ListedModel& {
    const std::string name = catalog.providers()[provider].name + "/" + id;
    ListedModel& model = found[name];
    model.name = name;
    model.row = row;
    return model;
  };
  for (const catalog::Model& model : catalog.models())
    for (const catalog::Deployment& deployment : model.deployments)
      add(deployment.provider, deployment.model_id, deployment.facts).aliases.push_back(model.name);
  for (const catalog::OwnFacts& own : catalog.own_facts()) add(own.provider, own.model_id, &own.row);
  std::vector<ListedModel> models;
  for (auto& [name, model] : found) models.push_back(std::move(model));
  return models;
}

std::string models_table(const std::vector<ListedModel>& models) {
  std::vector<Line> lines = {
      {"model", "context", "output", "quality", "$/M input", "cached", "$/M output", "can", "price from"}};
  for (const ListedModel& model : models) lines.push_back(line_of(model));
  std::array<std::size_t, std::tuple_size_v<Line>> widths{};
  for (const Line& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool is_number = i >= 1 && i <= 6;
      const std::string blanks(widths[i] - line[i].size(), ' ');
      text += (i == 0 ? "" : "  ") + (is_number ? blanks + line[i] : line[i] + blanks);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string models_json(const std::vector<ListedModel>& models) {
  std::string text = "[";
  for (const ListedModel& model : models) {
    if (text.size() > 1) text += ',';
    text += '\n';
    codec::JsonWriter out(text);
    out.begin_object().member("name", model.name);
    if (!model.aliases.empty()) {
      out.key("models").begin_array();
      for (const std::string& alias : model.aliases) out.string(alias);
      out.end_array();
    }
    if (model.row) write_row(out, *model.row);
    out.end_object();
  }
  return text + "\n]\n";
}

}  // namespace weir::control
