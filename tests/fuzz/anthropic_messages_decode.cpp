// Any bytes as an answer of Anthropic Messages. The events must be lawful and must not depend on how the stream was
// cut, the tap must report the same facts as the decoder, and what an encoder makes of the events is read as the same
// answer again. The first byte chooses document or stream and seeds the cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "../unit/dialect/encoded.h"
#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/dialect/anthropic_messages_decoder.h"
#include "weir/dialect/anthropic_messages_encoder.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;
using Decoder = anthropic_messages::Decoder;
using Encoder = anthropic_messages::Encoder;
using Runner = test::BasicStreamRunner<Decoder>;

/// Some things only a decoder minds: what is malformed or boundless ends its events, but passes a tap.
bool decoder_gave_up(const Runner& runner) {
  for (std::size_t i = 0; i < runner.facts.size(); ++i)
    if (runner.facts[i].fault && !runner.tap_facts[i].fault) return true;
  return false;
}

void check_laws(const Runner& runner) {
  if (!runner.checker.broken_law().empty())
    weir::assert_failed(runner.lines.c_str(), runner.checker.broken_law().c_str(), __FILE__, __LINE__);
}

void check(const Runner& runner) {
  check_laws(runner);
  if (decoder_gave_up(runner)) return;
  WEIR_ASSERT(runner.facts == runner.tap_facts, "the tap reports other facts");
  WEIR_ASSERT(runner.tap.usage() == runner.decoder.usage(), "the tap counts other usage");
  WEIR_ASSERT(runner.tap.complete() == runner.decoder.complete(), "the tap sees another end");
  WEIR_ASSERT(runner.tap.finish_reason() == runner.decoder.finish_reason(), "the tap sees another finish");
}

/// A second encoding adds nothing and loses nothing but an unknown reason's own word.
void check_encoding(Bytes answer, bool is_document, const Runner& runner) {
  const AnswerContext context{.provider = Dialect::anthropic_messages, .seed = 1, .model = "m"};
  const auto once = test::recode<Decoder, Encoder>(answer, is_document, context);
  Runner again;
  again.feed(once.stream);
  again.finish(true);
  check_laws(again);
  WEIR_ASSERT(again.decoder.failed() == runner.decoder.failed(), "an answer fails or does not");
  if (runner.decoder.failed()) return;
  WEIR_ASSERT(
      test::as_told(again.decoder.usage()) == test::as_told(runner.decoder.usage()) || !runner.decoder.usage().reported,
      "usage is kept");
  const auto& said = runner.answers.at(0);
  const auto& told = again.answers.at(0);
  WEIR_ASSERT(told.text == said.text && told.reasoning == said.reasoning, "texts are kept");
  WEIR_ASSERT(told.tool_calls.size() == said.tool_calls.size(), "calls are kept");
  for (std::size_t i = 0; i < told.tool_calls.size(); ++i)
    WEIR_ASSERT(told.tool_calls[i].name == said.tool_calls[i].name &&
                    told.tool_calls[i].arguments == said.tool_calls[i].arguments,
                "a call is kept");
  const auto twice = test::recode<Decoder, Encoder>(once.stream, false, context);
  if (runner.decoder.finish_reason() == FinishReason::other) {
    // An unknown word under a turn with calls is told beside `tool_use`, for the client alone: no decoder reads it.
    const auto thrice = test::recode<Decoder, Encoder>(twice.stream, false, context);
    WEIR_ASSERT(thrice.stream == twice.stream, "a third encoding changes nothing");
  } else {
    WEIR_ASSERT(twice.stream == once.stream, "a second encoding changes nothing");
  }

  std::string document;
  anthropic_messages::write_document(once.collector.answer(), context, document);
  weir::codec::JsonReader json(document);
  json.skip_value();
  WEIR_ASSERT(json.finish() || json.too_deep(), "a document is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes input(reinterpret_cast<const char*>(data + 1), size - 1);
  Runner whole;
  if (data[0] % 4 == 0) {
    const std::vector<char> exact(input.begin(), input.end());
    whole.document(Bytes(exact.data(), exact.size()));
    check(whole);
    check_encoding(input, true, whole);
    return 0;
  }
  whole.feed(input);
  whole.finish();
  check(whole);
  check_encoding(input, false, whole);

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
