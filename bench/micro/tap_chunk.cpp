// What does it cost to look into every payload of a stream for content, finish and usage? As the relay does it, which
// knows again a frame that differs from the one before in its text alone; with the decoder alone, which reads each one
// whole; and, as the reference, with simdjson's DOM.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "../../tests/unit/io/sim_world.h"
#include "inputs.h"
#include "sse_relay.h"
#include "weir/dialect/openai_chat_decoder.h"

namespace weir::micro {
namespace {

namespace dom = simdjson::dom;
using Field = dialect::NestedUsage::Field;

struct Seen {
  std::uint64_t finishes = 0;
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen tap(const std::vector<std::string>& stream) {
  dialect::OpenAiChatDecoder decoder;
  Seen seen;
  for (const std::string& payload : stream) seen.finishes += decoder.tap(payload).finish;
  seen.input = decoder.nested_usage().get(Field::input_total);
  seen.output = decoder.nested_usage().get(Field::output_total);
  return seen;
}

Seen tap_by_dom(dom::parser& parser, const std::vector<std::string>& stream) {
  Seen seen;
  for (const std::string& payload : stream) {
    dom::element root;
    if (parser.parse(payload).get(root) != simdjson::SUCCESS) continue;  // [DONE]
    dom::array choices;
    bool finish = false;
    if (root["choices"].get(choices) == simdjson::SUCCESS)
      for (const dom::element choice : choices) {
        std::string_view reason;
        finish |= choice["finish_reason"].get(reason) == simdjson::SUCCESS;
      }
    seen.finishes += finish;
    std::uint64_t tokens = 0;
    if (root["usage"]["prompt_tokens"].get(tokens) == simdjson::SUCCESS) seen.input = tokens;
    if (root["usage"]["completion_tokens"].get(tokens) == simdjson::SUCCESS) seen.output = tokens;
  }
  return seen;
}

/// Every recorded stream in payloads.
const std::vector<std::vector<std::string>>& streams() {
  static const std::vector<std::vector<std::string>> all = [] {
    std::vector<std::vector<std::string>> split;
    for (const std::string& stream : inputs().streams) split.push_back(payloads(stream));
    return split;
  }();
  return all;
}

/// The recorded streams as parts of a body: one frame in each, as most providers send them.
class Parts {
 public:
  Parts() {
    for (const auto& stream : streams()) {
      parts_.emplace_back();
      for (const std::string& payload : stream) {
        net::BodyPart& part = parts_.back().emplace_back();
        part.chunk = world_.chunk("data: " + payload + "\n\n");
        part.payloads[0] = part.chunk.bytes();
        part.count = 1;
      }
    }
  }
  const std::vector<std::vector<net::BodyPart>>& all() const { return parts_; }

 private:
  io::test::SimWorld world_;
  std::vector<std::vector<net::BodyPart>> parts_;
};

void relay(gateway::SseRelay& relay, const std::vector<net::BodyPart>& parts) {
  for (const net::BodyPart& part : parts) benchmark::DoNotOptimize(relay.read(part).content);
}

std::int64_t payloads_of_all() {
  std::size_t count = 0;
  for (const auto& stream : streams()) count += stream.size();
  return static_cast<std::int64_t>(count);
}

void tap_chunk_weir(benchmark::State& state) {
  const Parts parts;
  dom::parser parser;
  for (std::size_t i = 0; i < streams().size(); ++i) {
    gateway::SseRelay ours(dialect::Dialect::openai_chat, false);
    relay(ours, parts.all()[i]);
    const Seen plain = tap_by_dom(parser, streams()[i]);
    const dialect::Usage usage = ours.decoder().usage();
    WEIR_ASSERT(usage.input_total() == plain.input && usage.output_total() == plain.output, "both see the same usage");
    WEIR_ASSERT(ours.complete(), "the relay sees the end");
  }
  for (auto _ : state)
    for (const auto& stream : parts.all()) {
      gateway::SseRelay ours(dialect::Dialect::openai_chat, false);
      relay(ours, stream);
    }
  state.SetItemsProcessed(state.iterations() * payloads_of_all());
}
BENCHMARK(tap_chunk_weir);

void tap_payload_weir(benchmark::State& state) {
  dom::parser parser;
  for (const auto& stream : streams())
    WEIR_ASSERT(tap(stream) == tap_by_dom(parser, stream), "both see the same finishes and the same usage");
  for (auto _ : state)
    for (const auto& stream : streams()) benchmark::DoNotOptimize(tap(stream));
  state.SetItemsProcessed(state.iterations() * payloads_of_all());
}
BENCHMARK(tap_payload_weir);

void tap_chunk_reference(benchmark::State& state) {
  dom::parser parser;
  for (auto _ : state)
    for (const auto& stream : streams()) benchmark::DoNotOptimize(tap_by_dom(parser, stream));
  state.SetItemsProcessed(state.iterations() * payloads_of_all());
}
BENCHMARK(tap_chunk_reference);

}  // namespace
}  // namespace weir::micro
