// Any bytes as a chat request, or as a provider's error. What is accepted is JSON and is written as JSON, for a
// provider with any quirks; what is passed on with edits stays JSON with the provider's model; errors are told as JSON.
// The first two bytes choose the quirks.
#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/openai_chat.h"

namespace {

using namespace weir;           // NOLINT: a program of its own
using namespace weir::dialect;  // NOLINT

bool is_json(Bytes text) {
  codec::JsonReader json(text);
  json.skip_value();
  return json.finish();
}

Target target_of(std::uint8_t first, std::uint8_t second) {
  constexpr Quirk kQuirks[] = {Quirk::max_tokens_only,    Quirk::no_developer_role, Quirk::no_stream_options,
                               Quirk::no_json_schema,     Quirk::random_seed,       Quirk::tool_choice_any,
                               Quirk::nine_character_ids, Quirk::strict_fields};
  Quirks quirks;
  for (std::size_t i = 0; i < std::size(kQuirks); ++i)
    if ((first >> i) & 1U) quirks.add(kQuirks[i]);
  if (second & 1U) quirks.add(Quirk::model_in_path);
  if (second & 2U) quirks.add(Quirk::reasoning_in_history);
  Target target;
  target.model_id = "provider/model \"x\"";
  target.quirks = quirks;
  target.stream = second & 4U;
  target.traits.is_reasoning = second & 8U;
  return target;
}

void check_translated(Bytes body, const Target& target) {
  Request request;
  Loss loss;
  openai_chat::read(body, request, loss);
  if (loss.refused()) return;
  WEIR_ASSERT(is_json(body), "an accepted request is JSON");
  std::string out;
  openai_chat::write(request, target, out, loss);
  if (loss.refused()) return;
  WEIR_ASSERT(is_json(out), "what is written is JSON");
  if (target.quirks.has(Quirk::model_in_path)) return;

  Request again;
  Loss more;
  openai_chat::read(out, again, more);
  WEIR_ASSERT(!more.refused() || more.refusal().fault == Fault::json_too_deep, "what is written is a request");
  WEIR_ASSERT(again.tools.size() <= request.tools.size(), "no tool is invented");
}

void check_passed_on(Bytes body, const Target& target) {
  const auto envelope = openai_chat::read_envelope(body);
  if (!envelope) return;
  std::string scratch;
  std::string out;
  Loss loss;
  const auto edits = openai_chat::write_passthrough(*envelope, body, target, true, scratch, loss);
  edits.for_each_piece(body.size(), [&](auto piece) {
    if constexpr (std::is_same_v<decltype(piece), Bytes>) {
      out += piece;
    } else {
      out += body.substr(piece.offset, piece.size);
    }
  });
  WEIR_ASSERT(out.size() == edits.size_after(body.size()), "the size is told before");
  WEIR_ASSERT(is_json(out), "the edited body is JSON");
  const auto again = openai_chat::read_envelope(out);
  if (target.quirks.has(Quirk::model_in_path)) {
    WEIR_ASSERT(!again && again.error().field == "model", "the model is in the path alone");
    return;
  }
  WEIR_ASSERT(again && again->model() == target.model_id, "the provider reads its model");
  WEIR_ASSERT(again->stream == (envelope->stream || target.stream), "the provider is asked for what was wanted");
  if (target.quirks.has(Quirk::no_stream_options))
    WEIR_ASSERT(again->stream_options == Envelope::Presence::absent, "there are no stream options");
  if (target.quirks.has(Quirk::max_tokens_only))
    WEIR_ASSERT(again->max_completion_tokens_key.size == 0, "one limit is known");
}

void check_error(Bytes body, int status) {
  std::string scratch;
  const ErrorReport report = read_error(status, body, scratch);
  for (const Dialect client : kDialects) {
    std::string out;
    write_error(out, client, report);
    WEIR_ASSERT(is_json(out), "an error is told as JSON");
    const int told = status_for(client, report);
    WEIR_ASSERT(told >= 400 && told < 600, "an error has the status of one");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes body(reinterpret_cast<const char*>(data + 2), size - 2);
  const Target target = target_of(data[0], data[1]);
  check_translated(body, target);
  check_passed_on(body, target);
  check_error(body, data[1] < 128 ? 200 : 300 + data[0]);
  return 0;
}
