// Any bytes as an answer. The events must be lawful, must not depend on how the stream was cut, and the tap must report
// the same facts as the decoder. What is decoded and given to a client of the dialect says the same there. The first
// byte chooses document or stream and seeds the cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/base/random.h"
#include "weir/dialect/openai_chat_encoder.h"

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

/// Takes the events a second time, for a client.
struct Client {
  weir::dialect::AnswerContext context{.seed = 1, .now = 1, .model = "m"};
  weir::dialect::openai_chat::Encoder encoder{context};
  weir::dialect::Collector collector{1 << 24};
  std::string stream;

  void take(std::span<const weir::dialect::Event> events) {
    encoder.encode(events, stream);
    collector.take(events);
  }
};

void check_same(const StreamRunner& told, const StreamRunner& again) {
  WEIR_ASSERT(again.checker.broken_law().empty(), "what was encoded breaks a law");
  WEIR_ASSERT(!again.decoder.failed() && again.decoder.complete(), "what was encoded is no answer");
  WEIR_ASSERT(told.answers.size() <= again.answers.size(), "a choice is lost");
  for (const auto& [index, answer] : told.answers) {
    const auto& other = again.answers.at(index);
    WEIR_ASSERT(other.text == answer.text && other.reasoning == answer.reasoning && other.refusal == answer.refusal,
                "a text is lost");
    WEIR_ASSERT(other.finish == finish_told(answer.finish, !answer.tool_calls.empty()), "a finish is lost");
    WEIR_ASSERT(other.tool_calls.size() == answer.tool_calls.size(), "a call is lost");
    for (std::size_t i = 0; i < answer.tool_calls.size(); ++i) {
      const auto& [id, name, arguments] = answer.tool_calls[i];
      WEIR_ASSERT(other.tool_calls[i].name == name && !other.tool_calls[i].id.empty(), "a call's name is lost");
      WEIR_ASSERT(other.tool_calls[i].arguments == (arguments.empty() ? "{}" : arguments), "arguments are lost");
    }
  }
  constexpr std::uint64_t kBelievable = weir::dialect::NestedUsage::kMaxTokens / 8;
  const weir::dialect::Usage usage = told.decoder.usage();
  if (usage.input_total() < kBelievable && usage.output_total() < kBelievable)
    WEIR_ASSERT(weir::dialect::test::as_told(again.decoder.usage()) == weir::dialect::test::as_told(usage),
                "usage is lost");
}

void check_encoded(const StreamRunner& told) {
  Client client;
  weir::dialect::OpenAiChatDecoder decoder;
  weir::dialect::EventBatch batch(client);
  for (const std::string& payload : told.payloads) decoder.decode(payload, batch);
  decoder.end(batch);
  client.encoder.end(client.stream);
  StreamRunner stream;
  stream.feed(client.stream);
  stream.finish();
  if (told.decoder.failed()) {
    WEIR_ASSERT(stream.decoder.failed() && stream.checker.broken_law().empty(), "a fault is lost");
    return;
  }
  check_same(told, stream);
  if (client.collector.too_large()) return;
  std::string document;
  weir::dialect::openai_chat::write_document(client.collector.answer(), client.context, document);
  StreamRunner whole;
  whole.document(document);
  check_same(told, whole);
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
    check_encoded(whole);
    return 0;
  }
  whole.feed(input);
  whole.finish();
  check(whole);
  check_encoded(whole);

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
