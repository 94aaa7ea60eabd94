// Any bytes as a Responses answer. The events must be lawful, must not depend on how the stream was cut, and the tap
// must report the same facts as the decoder. Told to a client of the same dialect, what comes out is lawful again. The
// first byte chooses document or stream and seeds the cuts.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/dialect/openai_responses_decoder.h"
#include "weir/dialect/openai_responses_encoder.h"

namespace {

using weir::Bytes;
using namespace weir::dialect;
using Runner = test::BasicStreamRunner<openai_responses::Decoder>;

/// Some things only a decoder minds: what is malformed or boundless ends its events, but passes a tap.
bool decoder_gave_up(const Runner& runner) {
  for (std::size_t i = 0; i < runner.facts.size(); ++i)
    if (runner.facts[i].fault && !runner.tap_facts[i].fault) return true;
  return false;
}

void expect_lawful(const Runner& runner) {
  if (!runner.checker.broken_law().empty())
    weir::assert_failed(runner.lines.c_str(), runner.checker.broken_law().c_str(), __FILE__, __LINE__);
}

void check(const Runner& runner) {
  expect_lawful(runner);
  if (decoder_gave_up(runner)) return;
  WEIR_ASSERT(runner.facts == runner.tap_facts, "the tap reports other facts");
  WEIR_ASSERT(runner.tap.usage() == runner.decoder.usage(), "the tap counts other usage");
  WEIR_ASSERT(runner.tap.complete() == runner.decoder.complete(), "the tap sees another end");
  WEIR_ASSERT(runner.tap.finish_reason() == runner.decoder.finish_reason(), "the tap sees another finish");
}

struct Client {
  void take(std::span<const Event> events) { encoder.encode(events, stream); }
  openai_responses::Encoder encoder{AnswerContext{.provider = Dialect::openai_responses}};
  std::string stream;
};

/// One payload, to a client and back.
void tell_client(Bytes payload) {
  Client client;
  openai_responses::Decoder decoder;
  {
    EventBatch batch(client);
    decoder.decode(payload, batch);
    decoder.end(batch);
  }
  client.encoder.end(client.stream);
  Runner again;
  again.feed(client.stream);
  again.finish();
  expect_lawful(again);
  WEIR_ASSERT(again.decoder.failed() == decoder.failed(), "a client sees another outcome");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(reinterpret_cast<const char*>(data + 1), size - 1);
  Runner whole;
  if (data[0] % 4 == 0) {
    const std::vector<char> exact(input.begin(), input.end());
    const Bytes document(exact.data(), exact.size());
    whole.document(document);
    check(whole);
    tell_client(document);
    return 0;
  }
  whole.feed(input);
  whole.finish();
  check(whole);

  weir::Random random(data[0]);
  for (const std::size_t longest : {1, 30}) {
    Runner cut;
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
