#include "routing_metrics.h"

#include <algorithm>

namespace weir::control {
namespace {

using gateway::DeploymentCounts;
using gateway::Metrics;
using shared::HealthTable;

constexpr Bytes kAnyModel = "*";  // models that are addressed as provider/model, together

struct Deployment {
  std::string name;
  std::uint32_t cell = 0;
  DeploymentCounts counts;
};

DeploymentCounts counts_of(const Metrics& metrics, std::uint32_t cell) {
  return cell < metrics.deployments.size() ? metrics.deployments[cell] : DeploymentCounts{};
}

bool was_asked(const DeploymentCounts& counts) {
  return std::ranges::any_of(counts.attempts, [](std::uint64_t count) { return count > 0; });
}

/// Each once, however many models have it; of the providers those that can be addressed directly, or were asked for a
/// stored answer.
std::vector<Deployment> deployments_of(const catalog::Catalog& catalog, const Metrics& metrics) {
  std::vector<Deployment> all;
  const auto add = [&](const catalog::Provider& provider, Bytes model, std::uint32_t cell) {
    all.push_back({provider.name + "/" + std::string(model), cell, counts_of(metrics, cell)});
  };
  for (const catalog::Model& model : catalog.models())
    for (const catalog::Deployment& deployment : model.deployments)
      if (deployment.cell == all.size())  // they are numbered as they come
        add(catalog.providers()[deployment.provider], deployment.model_id, deployment.cell);
  for (std::size_t i = 0; i < catalog.providers().size(); ++i) {
    const std::uint32_t cell = catalog.cell_of_provider(i);
    if (catalog.exposes_provider_models() || was_asked(counts_of(metrics, cell)))
      add(catalog.providers()[i], kAnyModel, cell);
  }
  return all;
}

std::string labels(Bytes name, Bytes value, Bytes second_name = {}, Bytes second_value = {}) {
  std::string out = "{";
  out.append(name).append("=\"").append(value).append("\"");
  if (!second_name.empty()) out.append(",").append(second_name).append("=\"").append(second_value).append("\"");
  return out + "}";
}

std::string of(const Deployment& deployment, Bytes second_name = {}, Bytes second_value = {}) {
  return labels("deployment", deployment.name, second_name, second_value);
}

void write_counts(PrometheusPage& page, const std::vector<Deployment>& all) {
  page.head("weir_attempts_total", "counter",
            "Attempts that are over, by how they ended; misfit: it could not be given the request, nothing was sent.");
  for (const Deployment& deployment : all)
    for (std::size_t i = 0; i < routing::kBlameCount; ++i) {
      const auto blame = static_cast<routing::Blame>(i);
      const bool is_success = blame == routing::Blame::none;
      if (const std::uint64_t count = deployment.counts.attempts[i]; count > 0 || is_success)
        page.sample("weir_attempts_total", of(deployment, "outcome", is_success ? "success" : to_string(blame)), count);
    }
  page.head("weir_tokens_total", "counter", "Tokens as the providers counted them.");
  for (const Deployment& deployment : all) {
    page.sample("weir_tokens_total", of(deployment, "type", "input"), deployment.counts.input_tokens);
    page.sample("weir_tokens_total", of(deployment, "type", "output"), deployment.counts.output_tokens);
  }
  page.head("weir_cost_nano_usd_total", "counter", "What the answers cost, in nano-dollars, where the price is known.");
  for (const Deployment& deployment : all)
    page.sample("weir_cost_nano_usd_total", of(deployment), deployment.counts.cost_nano_usd);
  page.head("weir_cost_unknown_total", "counter", "Answers with usage of models whose price nobody knows.");
  for (const Deployment& deployment : all)
    page.sample("weir_cost_unknown_total", of(deployment), deployment.counts.cost_unknown);
}

void write_breakers(PrometheusPage& page, const std::vector<Deployment>& all, routing::Router& onlooker, Instant now) {
  using enum routing::BreakerState;
  page.head("weir_breaker_state", "gauge",
            "1 for the state that the breaker is in, else 0. It stays open until somebody asks after its cooldown.");
  for (const Deployment& deployment : all) {
    const auto is = routing::Breaker::unpack(onlooker.look(deployment.cell, now).breaker).state;
    for (const auto state : {closed, open, half_open, slow_start})
      page.sample("weir_breaker_state", of(deployment, "state", to_string(state)), state == is);
  }
}

void write_health(PrometheusPage& page, const std::vector<Deployment>& all, routing::Router& onlooker, Instant now) {
  page.head("weir_deployment_in_flight", "gauge", "Attempts under way.");
  for (const Deployment& deployment : all)
    page.sample("weir_deployment_in_flight", of(deployment), onlooker.look(deployment.cell, now).in_flight());
  page.head("weir_deployment_success_ratio", "gauge",
            "The part of the last minute's attempts that did not fail by overload or transport; 1 without any.");
  for (const Deployment& deployment : all)
    page.figure("weir_deployment_success_ratio", of(deployment), double{onlooker.look(deployment.cell, now).success});
  page.head("weir_deployment_ttft_seconds", "gauge",
            "From an attempt's start to the first content, on average, the last ones most; absent if not measured "
            "lately.");
  for (const Deployment& deployment : all)
    if (const float ms = onlooker.look(deployment.cell, now).ttft_ms; ms >= 0)
      page.figure("weir_deployment_ttft_seconds", of(deployment), double{ms} / 1000);
  page.head("weir_deployment_ttft_p95_seconds", "gauge",
            "The same of the slowest twentieth of the last half to whole minute, to 19 %.");
  for (const Deployment& deployment : all)
    if (const std::int64_t ms = onlooker.table().ttft_quantile(deployment.cell, 0.95, now); ms >= 0)
      page.figure("weir_deployment_ttft_p95_seconds", of(deployment), static_cast<double>(ms) / 1000);
  page.head("weir_deployment_headroom_ratio", "gauge",
            "The part of the provider's limit that is left, as it has told itself; 1 where it has not, or its time is "
            "over.");
  for (const Deployment& deployment : all)
    for (const auto& [limit, name] :
         {std::pair(HealthTable::Limit::requests, "requests"), std::pair(HealthTable::Limit::tokens, "tokens")}) {
      const shared::Headroom headroom = onlooker.table().headroom(deployment.cell, limit);
      const double left = headroom.until > now ? static_cast<double>(headroom.per_mille) / 1000 : 1;
      page.figure("weir_deployment_headroom_ratio", of(deployment, "limit", name), left);
    }
}

std::uint64_t count_at(const std::vector<std::uint64_t>& counts, std::size_t i) {
  return i < counts.size() ? counts[i] : 0;
}

}  // namespace

void write_routing_metrics(PrometheusPage& page, const Metrics& metrics, routing::Router& onlooker, Instant now) {
  const catalog::Catalog& catalog = onlooker.catalog();
  const std::vector<Deployment> all = deployments_of(catalog, metrics);
  // At 0 from the start, so that the first one is seen as a step.
  page.head("weir_chain_exhausted_total", "counter",
            "Requests that failed at all deployments that could be asked, by model.");
  for (std::size_t i = 0; i < catalog.models().size(); ++i)
    page.sample("weir_chain_exhausted_total", labels("model", catalog.models()[i].name),
                count_at(metrics.chain_exhausted, i));
  if (catalog.exposes_provider_models())
    page.sample("weir_chain_exhausted_total", labels("model", "*/*"),
                count_at(metrics.chain_exhausted, catalog.models().size()));
  page.head("weir_retries_refused_total", "counter",
            "Second attempts of a request at a provider that its retry budget did not allow.");
  for (std::size_t i = 0; i < catalog.providers().size(); ++i)
    page.sample("weir_retries_refused_total", labels("provider", catalog.providers()[i].name),
                count_at(metrics.retries_refused, i));
  write_counts(page, all);
  write_breakers(page, all, onlooker, now);
  write_health(page, all, onlooker, now);
}

}  // namespace weir::control
