// Any bytes as an answer. The events must be lawful, must not depend on how the stream was cut, and the tap must report
// the same facts as the decoder. The first byte chooses document or stream and seeds the cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/base/random.h"

namespace {

using weir::Bytes;
using weir::dialect::FrameFacts;
using weir::dialect::test::StreamRunner;

/// Some things only a decoder minds: what is malformed or boundless ends its events, but passes a tap.
bool decoder_gave_up(const StreamRunner& runner) {
  for (std::size_t i = 0; i < runner.facts.size(); ++i)
    if (runner.facts[i].fault && !runner.tap_facts[i].fault) return true;
  return false;
}

void check(const StreamRunner& runner) {
  if (!runner.checker.broken_law().empty())
    weir::assert_failed(runner.lines.c_str(), runner.checker.broken_law().c_str(), __FILE__, __LINE__);
  if (decoder_gave_up(runner)) return;
  WEIR_ASSERT(runner.facts == runner.tap_facts, "the tap reports other facts");
  WEIR_ASSERT(runner.tap.usage() == runner.decoder.usage(), "the tap counts other usage");
  WEIR_ASSERT(runner.tap.complete() == runner.decoder.complete(), "the tap sees another end");
  WEIR_ASSERT(runner.tap.finish_reason() == runner.decoder.finish_reason(), "the tap sees another finish");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(reinterpret_cast<const char*>(data + 1), size - 1);
  StreamRunner whole;
  if (data[0] % 4 == 0) {
    const std::vector<char> exact(input.begin(), input.end());
    whole.document(Bytes(exact.data(), exact.size()));
    check(whole);
    return 0;
  }
  whole.feed(input);
  whole.finish();
  check(whole);

  weir::Random random(data[0]);
  for (const std::size_t longest : {1, 30}) {
    StreamRunner cut;
    for (Bytes rest = input; !rest.empty();) {
      const std::size_t piece = 1 + random.below(rest.size() < longest ? rest.size() : longest);
      cut.feed(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    cut.finish();
    WEIR_ASSERT(cut.lines == whole.lines, "events depend on the cuts");
  }
  return 0;
}
