// Any bytes as a request of Anthropic Messages. What the reader accepts is written for a provider of every kind of
// model as JSON that the reader accepts again, and then nothing changes any more.
#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/anthropic_messages.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish() || json.too_deep();
}

void check(const Request& request, const ModelTraits& traits) {
  const Target target{.model_id = "claude", .traits = traits, .stream = request.stream};
  Loss loss;
  std::string written;
  anthropic_messages::write(request, target, written, loss);
  WEIR_ASSERT(is_json(written), "a written request is JSON");
  std::string counted;
  Loss counting_loss;
  anthropic_messages::write_count_tokens(request, target, counted, counting_loss);
  WEIR_ASSERT(is_json(counted), "a written question for a count is JSON");
  if (loss.refused()) return;

  Request second;
  Loss second_loss;
  anthropic_messages::read(written, second, second_loss);
  weir::codec::JsonReader json(written);
  json.skip_value();
  if (json.too_deep()) return;
  const bool empty = second_loss.refused() && second_loss.refusal().field == "messages";
  WEIR_ASSERT(!second_loss.refused() || empty, "a written request is a request");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(reinterpret_cast<const char*>(data), size);
  (void)anthropic_messages::read_token_count(body);
  const auto envelope = anthropic_messages::read_envelope(body);
  Request request;
  Loss loss;
  anthropic_messages::read(body, request, loss);
  if (loss.refused()) return 0;
  WEIR_ASSERT(is_json(body), "an accepted request is JSON");
  WEIR_ASSERT(envelope || envelope.error().field == "model", "what is read can be passed on, but for long names");
  check(request, {});
  check(request, {.takes_sampling = false,
                  .takes_adaptive_thinking = true,
                  .takes_output_schema = true,
                  .takes_system_inside = true,
                  .prefill = Prefill::refused,
                  .takes_temperature_and_top_p = false});
  return 0;
}
