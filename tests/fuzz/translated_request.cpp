// Any bytes as a request in one dialect, for a provider of another. What is accepted is written as JSON that the
// provider's own dialect takes for a request, twice the same; no tool and no message of the client's is invented.
// The first byte chooses both dialects, the second the model, the next two the provider's quirks.
#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/catalog/model_traits.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/estimate.h"
#include "weir/dialect/quirk_words.h"
#include "weir/dialect/registry.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;

constexpr Bytes kModels[] = {"gpt-5",
                             "claude-3-5-haiku-20241022",
                             "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                             "claude-opus-4-6",
                             "claude-opus-4-8",
                             "claude-mythos-5",
                             "gemini-2.0-flash",
                             "gemini-2.5-pro",
                             "gemini-3-flash-preview",
                             "gemini-3-pro"};

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish() || json.too_deep();
}

Target target_of(const std::uint8_t* choice, bool stream) {
  Target target{.model_id = kModels[choice[1] % std::size(kModels)], .stream = stream};
  target.traits = weir::catalog::model_traits(target.model_id);
  const unsigned quirks = choice[2] | unsigned{choice[3]} << 8;
  for (const Quirk quirk : all_quirks())
    if (quirks >> static_cast<unsigned>(quirk) & 1U) target.quirks.add(quirk);
  return target;
}

void check_count(Dialect provider, Bytes body, Dialect client, const Target& target) {
  Request request;
  Loss loss;
  read_counted(client, body, request, loss);
  (void)estimate_tokens(request);
  if (loss.refused() || provider == Dialect::openai_chat) return;
  std::string out;
  write_count_tokens(provider, request, target, out, loss);
  WEIR_ASSERT(loss.refused() || is_json(out), "a written question for a count is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const Dialect client = kDialects[data[0] % kDialects.size()];
  const Dialect provider = kDialects[data[0] / kDialects.size() % kDialects.size()];
  const Bytes body(reinterpret_cast<const char*>(data) + 4, size - 4);
  Request request;
  Loss loss;
  read(client, body, request, loss);
  const Target target = target_of(data, request.stream);
  check_count(provider, body, client, target);
  if (loss.refused()) return 0;
  WEIR_ASSERT(is_json(body), "an accepted request is JSON");
  WEIR_ASSERT(estimate_tokens(request) <= 1000 * body.size(), "an estimate has a reason");

  std::string out;
  Loss again = loss;
  write(provider, request, target, out, loss);
  if (loss.refused()) return 0;
  WEIR_ASSERT(is_json(out), "what is written is JSON");
  std::string twice;
  write(provider, request, target, twice, again);
  WEIR_ASSERT(out == twice && again.dropped() == loss.dropped(), "written once more, it is the same");

  if (target.quirks.has(Quirk::model_in_path)) return 0;  // a request without its model is none
  Request read_again;
  Loss more;
  read(provider, out, read_again, more);
  if (more.refused()) {
    weir::codec::JsonReader json(out);
    json.skip_value();
    if (json.too_deep() || more.refusal().fault == weir::Fault::json_too_deep) return 0;
    // A conversation of nothing is the provider's to refuse.
    if (read_again.messages.empty() && more.refusal().field == "messages") return 0;
    weir::assert_failed(out.c_str(), (more.refusal().field + ": " + more.refusal().why).c_str(), __FILE__, __LINE__);
  }
  // One more tool emulates structured output.
  WEIR_ASSERT(read_again.tools.size() <= request.tools.size() + 1, "no tool is invented");
  return 0;
}
