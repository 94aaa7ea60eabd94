// Any bytes as a request of Gemini. What the reader accepts is written for models of every kind as JSON that the reader
// accepts again, and a second writing changes nothing; what is passed on stays JSON.
#include <cstdint>
#include <string>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/gemini.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish() || json.too_deep();
}

std::string written(const Request& request, const Target& target, Loss& loss) {
  std::string counted;
  Loss counting;
  gemini::write_count_tokens(request, target, counted, counting);
  WEIR_ASSERT(is_json(counted), "a written question for a count is JSON");
  std::string out;
  gemini::write(request, target, out, loss);
  WEIR_ASSERT(is_json(out), "a written request is JSON");
  return out;
}

void check(const Request& request, const ModelTraits& traits) {
  const Target target{.model_id = "gemini", .quirks = {Quirk::fetches_urls}, .traits = traits};
  Loss loss;
  const std::string once = written(request, target, loss);
  if (loss.refused()) return;
  Request second;
  Loss more;
  gemini::read(once, second, more);
  if (more.refused() && more.refusal().fault == weir::Fault::json_too_deep) return;
  WEIR_ASSERT(!more.refused(), "a written request is a request");
  if (!traits.takes_json_schema) return;  // the subset cannot say everything
  const std::string twice = written(second, target, more);
  WEIR_ASSERT(!more.refused(), "what was written can be written again");
  if (once != twice) weir::assert_failed(once.c_str(), twice.c_str(), __FILE__, __LINE__);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes body(reinterpret_cast<const char*>(data), size);
  (void)gemini::read_token_count(body);
  const auto envelope = gemini::read_envelope(body);
  if (envelope) {
    std::string scratch;
    std::string edited;
    gemini::write_passthrough(*envelope, "gemini-x", scratch).for_each_piece(body.size(), [&](auto piece) {
      if constexpr (std::is_same_v<decltype(piece), Bytes>) {
        edited += piece;
      } else {
        edited += body.substr(piece.offset, piece.size);
      }
    });
    WEIR_ASSERT(is_json(edited), "what is passed on is JSON");
  }
  Request request;
  Loss loss;
  gemini::read(body, request, loss);
  if (loss.refused()) return 0;
  WEIR_ASSERT(is_json(body), "an accepted request is JSON");
  WEIR_ASSERT(envelope || !envelope.error().field.empty(), "what is read can be passed on");
  check(request, {});
  check(request, {.takes_thinking_level = true, .wants_signatures = true, .takes_minimal_thinking = false});
  check(request, {.takes_thinking = false, .takes_json_schema = false});
  return 0;
}
