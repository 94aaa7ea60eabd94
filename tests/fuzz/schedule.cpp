// The schedule of a small simulated world: one byte chooses the world (who asks what, what is answered, which limits
// hold), the others replace the network's stream of chance: what is cut, what comes late, what breaks, in which order
// results are told. All laws of docs/simulation.md hold. WEIR_STORY=1 prints what happens.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "weir/base/assert.h"
#include "world.h"

namespace {

using namespace weir;
using namespace weir::sim;

constexpr std::size_t kClients = 2;
constexpr std::size_t kRequests = 2;
constexpr std::size_t kAnswerBytes = 6000;

/// A world small enough to be run some hundred times a second, with every fault likely enough for one byte to ask for.
Plan small_plan(std::uint64_t seed) {
  Plan plan = make_plan(seed);
  plan.poison = false;  // most of the time under a sanitizer, and seeds have it
  std::vector<ClientPlan> clients;
  for (ClientPlan& client : plan.clients) {
    if (client.calm) continue;
    std::erase_if(client.requests, [](const RequestPlan& r) {
      return r.answer.wire.size() > kAnswerBytes || r.wire.size() > kAnswerBytes;
    });
    if (client.requests.empty()) continue;
    // The last ones: some requests may only be the last of their connection.
    while (client.requests.size() > kRequests) client.requests.erase(client.requests.begin());
    clients.push_back(std::move(client));
    if (clients.size() == kClients) break;
  }
  plan.clients = std::move(clients);
  plan.outage = false;  // the network has faults, too
  if (!plan.faultless) {
    plan.faults = io::SimFaults::rough();
    for (std::uint16_t io::SimFaults::* fault : {
#define X(name, meaning) &io::SimFaults::name,
             WEIR_SIM_FAULTS(X)
#undef X
         })
      plan.faults.*fault = std::max<std::uint16_t>(plan.faults.*fault, 16);  // four of 256 values
  }
  return plan;
}

void tell(Instant now, Lane lane, const std::string& text) {
  static constexpr const char* kLanes[] = {"client", "weir", "provider"};
  std::printf("%14.3f  %-10s%s\n", static_cast<double>(to_ns(now.time_since_epoch())) / 1e6,
              kLanes[static_cast<std::size_t>(lane)], text.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Plan plan = small_plan(1 + data[0]);
  if (plan.clients.empty()) return 0;
  const Bytes script(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome outcome = run_world(plan, data[0], std::getenv("WEIR_STORY") ? &tell : Story(), script);
  for (const std::string& law : outcome.broken) std::fprintf(stderr, "broken: %s\n", law.c_str());
  WEIR_ASSERT(outcome.broken.empty(), "a law is broken");
  return 0;
}
