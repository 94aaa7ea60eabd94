// What does it cost to read a request and make it the provider's? Reference: simdjson's DOM, written out again with
// another model.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include "inputs.h"
#include "weir/base/assert.h"
#include "weir/dialect/openai_chat.h"

namespace weir::micro {
namespace {

constexpr Bytes kModel = "the-model-of-the-provider";
namespace dom = simdjson::dom;

/// Into `out`, as it would be sent.
bool edit(Bytes body, std::string& scratch, std::string& out) {
  const auto request = dialect::openai_chat::read_envelope(body);
  if (!request) return false;
  const auto edits = dialect::openai_chat::write_passthrough(*request, kModel, false, scratch);
  out.clear();
  edits.for_each_piece(body.size(), [&](auto piece) {
    if constexpr (std::is_same_v<decltype(piece), Bytes>)
      out.append(piece);
    else
      out.append(body.substr(piece.offset, piece.size));
  });
  return true;
}

bool edit_by_dom(dom::parser& parser, const std::string& body, std::string& out) {
  dom::object root;
  if (parser.parse(body).get(root) != simdjson::SUCCESS) return false;
  out = "{";
  for (const auto& [key, value] : root) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(key).append("\":");
    if (key == "model")
      out.append("\"").append(kModel).append("\"");
    else
      out += simdjson::minify(value);
  }
  out += '}';
  return true;
}

std::int64_t bytes_of_all() {
  std::size_t bytes = 0;
  for (const std::string& request : inputs().requests) bytes += request.size();
  return static_cast<std::int64_t>(bytes);
}

void json_edit_weir(benchmark::State& state) {
  std::string scratch;
  std::string out;
  std::string reference;
  dom::parser parser;
  for (const std::string& request : inputs().requests) {
    WEIR_ASSERT(edit(request, scratch, out), "the request is read");
    WEIR_ASSERT(edit_by_dom(parser, request, reference), "the reference reads it, too");
    dom::element ours;
    WEIR_ASSERT(parser.parse(out).get(ours) == simdjson::SUCCESS, "what was written is JSON");
    WEIR_ASSERT(std::string(simdjson::minify(ours)) == reference, "both write the same request");
  }
  for (auto _ : state)
    for (const std::string& request : inputs().requests) {
      edit(request, scratch, out);
      benchmark::DoNotOptimize(out.data());
    }
  state.SetBytesProcessed(state.iterations() * bytes_of_all());
}
BENCHMARK(json_edit_weir);

void json_edit_reference(benchmark::State& state) {
  std::string out;
  dom::parser parser;
  for (auto _ : state)
    for (const std::string& request : inputs().requests) {
      edit_by_dom(parser, request, out);
      benchmark::DoNotOptimize(out.data());
    }
  state.SetBytesProcessed(state.iterations() * bytes_of_all());
}
BENCHMARK(json_edit_reference);

}  // namespace
}  // namespace weir::micro
