#include "stage.h"

#include "conversation.h"
#include "dialects.h"

namespace weir::path {
namespace {

constexpr Bytes kLog = "access.log";
constexpr Bytes kProviderName = "api.provider.test";
constexpr io::Address kProvider{.ip = {10, 0, 0, 2}, .port = 9100, .v6 = false};
constexpr io::Address kGateway{.ip = {127, 0, 0, 1}, .port = 8080, .v6 = false};

/// A network without faults and without cuts. A turn lasts as long as it does on a busy core, so that, as there, a turn
/// finds several things to do.
io::SimOptions network_options() {
  io::SimOptions options;
  options.turn_cost = 200us;
  options.link = {.latency = 50us, .jitter = 50us, .window = 1 << 20, .segment = 64 << 10};
  options.poison = false;
  return options;
}

Bytes kind_of(dialect::Dialect provider) {
  switch (provider) {
    case dialect::Dialect::openai_chat:
    case dialect::Dialect::openai_responses:
      break;
    case dialect::Dialect::anthropic_messages:
      return "anthropic";
    case dialect::Dialect::gemini:
      return "gemini";
  }
  return "openai";
}

catalog::Catalog make_catalog(const Workload& workload) {
  const dialect::Dialect dialect = workload.provider;
  std::vector<catalog::Provider> providers;
  providers.push_back(catalog::provider_of(*catalog::find_provider_kind(kind_of(dialect))));
  providers[0].dialects = {dialect};
  providers[0].name = "local";
  providers[0].base_url = *catalog::parse_base_url("http://" + std::string(kProviderName) + ":9100/v1");
  providers[0].credential = Secret(std::string(kCredential));
  std::vector<catalog::Model> models;
  for (int i = 0; i < 20; ++i) models.push_back({"model-" + std::to_string(i), {{0, "other"}}});
  models.push_back({std::string(kModel), {{0, std::string(kProviderModel)}}});
  for (std::size_t i = 1; i < workload.deployments; ++i)
    models.back().deployments.push_back({0, std::string(kProviderModel) + "-" + std::to_string(i)});
  return {std::move(providers), std::move(models), {.expose_provider_models = true}};
}

admission::KeyTable make_keys(std::size_t clients) {
  std::vector<admission::VirtualKey> keys;
  for (int i = 0; i < 100; ++i) keys.push_back({"team-" + std::to_string(i), admission::hash_key(std::to_string(i))});
  for (std::size_t i = 0; i < clients; ++i)
    keys.push_back({"client-" + std::to_string(i), admission::hash_key(key_of(i))});
  return {std::move(keys), false};
}

}  // namespace

Stage::Stage(const Workload& workload, Tally& tally)
    : workload_(workload),
      tally_(tally),
      network_(network_options()),
      catalog_(make_catalog(workload)),
      keys_(make_keys(workload.connections)),
      provider_(network_, kProvider, workload),
      log_(network_.open_file(std::string(kLog))),
      ring_(network_) {
  network_.set_meter(&tally_);
  network_.name(std::string(kProviderName), {{kProvider, 24h}});
  gateway::ShardOptions options;
  options.log = log_;
  options.clients = &client_table_;
  shard_ = std::make_unique<gateway::Shard>(0, ring_, options, catalog_, keys_, loads_);
  listener_ = std::make_unique<net::Listener>(shard_->loop(), *ring_.listen(kGateway, 512),
                                              [this](io::Fd connection) { place(connection); });
  for (std::size_t i = 0; i < workload.connections; ++i)
    clients_.push_back(std::make_unique<Client>(network_, kGateway, workload_,
                                                workload.authorized ? key_of(i) : std::string(kWrongKey)));
}

Stage::~Stage() = default;

/// As control's front does it.
void Stage::place(io::Fd connection) {
  const auto ticket = gate_.enter(ring_.peer_address(connection));
  WEIR_ASSERT(ticket, "every client may come in");
  shard_->serve(connection, 0, *ticket);
}

void Stage::turn() {
  {
    const io::SimSeam seam(&tally_, io::SimMeter::Side::above);
    shard_->loop().turn();
  }
  network_.step();
}

void Stage::run(std::size_t exchanges, std::size_t frames) {
  asked_ += exchanges;
  provider_.set_frames(frames);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const std::size_t share = (exchanges + clients_.size() - 1 - i) / clients_.size();
    clients_[i]->start(share, frames,
                       Duration(2ms) * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(clients_.size()));
  }
  const auto busy = [&] { return std::ranges::any_of(clients_, [](const auto& client) { return !client->done(); }); };
  while (busy()) turn();
  const Instant quiet = network_.now() + 50ms;  // log lines are written 20 ms after they were made
  while (network_.now() < quiet) turn();
}

io::Task<> Stage::finish() {
  co_await listener_->close();
  co_await shard_->drain();
  co_await shard_->finish();
  drained_ = true;
}

void Stage::drain() {
  shard_->scope().spawn(finish());
  while (!drained_ || shard_->scope().running() > 0) turn();
  ring_.close(log_);
}

std::vector<std::string> Stage::complaints() const {
  std::vector<std::string> all;
  const auto expect = [&](Bytes what, std::uint64_t is, std::uint64_t should) {
    if (is != should)
      all.push_back(std::string(what) + ": " + std::to_string(is) + " instead of " + std::to_string(should));
  };
  const gateway::Metrics metrics = shard_->measure();
  const Bytes log = network_.written(kLog);
  std::uint64_t input_tokens = 0;
  for (const auto& deployment : metrics.deployments) input_tokens += deployment.input_tokens;
  expect("exchanges", metrics.exchanges, asked_);
  expect("log lines", static_cast<std::uint64_t>(std::ranges::count(log, '\n')), asked_);
  expect("requests at the provider", provider_.requests(), workload_.authorized ? asked_ : 0);
  expect("input tokens", input_tokens, workload_.authorized ? kInputTokens * asked_ : 0);
  expect("refused", metrics.by_fault[static_cast<std::size_t>(Fault::unauthorized)], workload_.authorized ? 0 : asked_);
  return all;
}

}  // namespace weir::path
