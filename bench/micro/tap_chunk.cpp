// What does it cost to look into every payload of a stream for content, finish and usage? Reference: simdjson's DOM.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "inputs.h"
#include "weir/base/assert.h"
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

std::int64_t payloads_of_all() {
  std::size_t count = 0;
  for (const auto& stream : streams()) count += stream.size();
  return static_cast<std::int64_t>(count);
}

void tap_chunk_weir(benchmark::State& state) {
  dom::parser parser;
  for (const auto& stream : streams())
    WEIR_ASSERT(tap(stream) == tap_by_dom(parser, stream), "both see the same finishes and the same usage");
  for (auto _ : state)
    for (const auto& stream : streams()) benchmark::DoNotOptimize(tap(stream));
  state.SetItemsProcessed(state.iterations() * payloads_of_all());
}
BENCHMARK(tap_chunk_weir);

void tap_chunk_reference(benchmark::State& state) {
  dom::parser parser;
  for (auto _ : state)
    for (const auto& stream : streams()) benchmark::DoNotOptimize(tap_by_dom(parser, stream));
  state.SetItemsProcessed(state.iterations() * payloads_of_all());
}
BENCHMARK(tap_chunk_reference);

}  // namespace
}  // namespace weir::micro
