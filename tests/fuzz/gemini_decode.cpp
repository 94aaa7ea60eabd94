// Any bytes as an answer of Gemini. The events must be lawful and must not depend on how the stream was cut, the tap
// must report the same facts as the decoder, and what an encoder makes of the events is read as the same answer again,
// streamed, in an array and in a document. The first byte chooses document or stream and seeds the cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "../unit/dialect/encoded.h"
#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/dialect/gemini.h"
#include "weir/dialect/gemini_decoder.h"
#include "weir/dialect/gemini_encoder.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;
using Decoder = gemini::Decoder;
using Encoder = gemini::Encoder;
using Runner = test::BasicStreamRunner<Decoder>;

/// Some things only a decoder minds: what is malformed ends its events, but passes a tap.
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

void check_same(Runner& again, Runner& first, const char* how) {
  check_laws(again);
  WEIR_ASSERT(again.decoder.failed() == first.decoder.failed(), how);
  if (first.decoder.failed()) return;
  if (first.decoder.usage().input_total() <= NestedUsage::kMaxTokens)
    WEIR_ASSERT(test::as_told(again.decoder.usage()) == test::as_told(first.decoder.usage()), how);
  for (auto& [choice, said] : first.answers) {
    const auto& told = again.answers[choice];
    WEIR_ASSERT(told.text == said.text && told.reasoning == said.reasoning, how);
    WEIR_ASSERT(
        told.finish_native ==
            (said.finish == FinishReason::unspecified && said.finish_native.empty() ? "STOP" : said.finish_native),
        how);
    WEIR_ASSERT(told.tool_calls.size() == said.tool_calls.size(), how);
    for (std::size_t i = 0; i < told.tool_calls.size(); ++i)
      WEIR_ASSERT(told.tool_calls[i].name == said.tool_calls[i].name &&
                      told.tool_calls[i].id == said.tool_calls[i].id &&
                      told.tool_calls[i].arguments == said.tool_calls[i].arguments,
                  how);
  }
}

void check_encoding(Bytes answer, bool is_document, Runner& runner) {
  for (const bool array : {false, true}) {
    const AnswerContext context{.provider = Dialect::gemini, .array = array, .seed = 1, .model = "m"};
    const auto encoded = test::recode<Decoder, Encoder>(answer, is_document, context);
    Runner again;
    if (array) {
      again.document(encoded.stream);
    } else {
      again.feed(encoded.stream);
      again.finish(true);
    }
    check_same(again, runner, array ? "an array tells the same" : "a stream tells the same");
    if (runner.decoder.failed()) continue;
    std::string document;
    gemini::write_document(encoded.collector.answer(), context, document);
    Runner whole;
    whole.document(document);
    check_same(whole, runner, "a document tells the same");
  }
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
