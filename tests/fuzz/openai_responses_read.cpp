// Any bytes as a client's Responses request. What is accepted is written as JSON, and that is accepted again.
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/openai_responses.h"

namespace {

using weir::Bytes;
using namespace weir::dialect;

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);
  const Bytes body(exact.data(), exact.size());
  (void)openai_responses::read_envelope(body);
  (void)openai_responses::read_input_tokens(body);

  Request request;
  Loss loss;
  openai_responses::read(body, request, loss);
  std::string written;
  Target target;
  target.model_id = "model";
  if (loss.refused()) return 0;
  openai_responses::write(request, target, written, loss);
  WEIR_ASSERT(is_json(written), "what is written is JSON");
  if (loss.refused()) return 0;

  Request again;
  Loss second;
  openai_responses::read(written, again, second);
  WEIR_ASSERT(!second.refused(), "what is written can be read");
  std::string rewritten;
  openai_responses::write(again, target, rewritten, second);
  WEIR_ASSERT(written == rewritten, "written once more, it is the same");
  return 0;
}
