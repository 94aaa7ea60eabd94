// Any bytes as an answer in one dialect, told to a client of another, streamed and as a document. What the client gets
// is lawful in its dialect, fails when the answer failed and only then, and says the same. The first byte chooses the
// two dialects, the second stream or document and how the client wants it.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "../unit/dialect/encoded.h"
#include "../unit/dialect/stream_runner.h"
#include "weir/base/assert.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/registry.h"

namespace {

using namespace weir::dialect;
using weir::Bytes;
using Decoder = weir::dialect::Decoder;

/// A decoder that can be made without being told whose.
template <Dialect dialect>
struct DecoderOf : Decoder {
  DecoderOf() : Decoder(dialect) {}
};

/// What a client reads: the first choice, which every dialect has.
struct Told {
  bool failed = false;
  std::string broken_law;
  std::string lines;
  std::string said;  // text and refusals, which not every dialect tells apart
  std::vector<test::ToolCall> calls;
};

template <class Runner>
Told told_by(const Runner& runner) {
  Told told{.failed = runner.decoder.failed(), .broken_law = runner.checker.broken_law(), .lines = runner.lines};
  if (const auto found = runner.answers.find(0); found != runner.answers.end()) {
    told.said = found->second.text + found->second.refusal;
    told.calls = found->second.tool_calls;
  }
  return told;
}

template <Dialect dialect>
Told read_as(Bytes answer, bool as_document) {
  test::BasicStreamRunner<DecoderOf<dialect>> runner;
  if (as_document) {
    runner.document(answer);
  } else {
    runner.feed(answer);
    runner.finish(true);
  }
  return told_by(runner);
}

Told read_as(Dialect dialect, Bytes answer, bool as_document) {
  switch (dialect) {
    case Dialect::openai_chat:
      return read_as<Dialect::openai_chat>(answer, as_document);
    case Dialect::openai_responses:
      return read_as<Dialect::openai_responses>(answer, as_document);
    case Dialect::anthropic_messages:
      return read_as<Dialect::anthropic_messages>(answer, as_document);
    case Dialect::gemini:
      return read_as<Dialect::gemini>(answer, as_document);
  }
  return {};
}

struct Client {
  Client(Dialect dialect, const AnswerContext& context) : encoder(dialect, context) {}
  void take(std::span<const Event> events) {
    encoder.encode(events, stream);
    collector.take(events);
  }
  Encoder encoder;
  Collector collector{1 << 24};
  std::string stream;
};

bool is_json(Bytes text) {
  weir::codec::JsonReader json(text);
  json.skip_value();
  return json.finish() || json.too_deep();
}

void check_lawful(const Told& told, Bytes answer) {
  if (!told.broken_law.empty())
    weir::assert_failed(std::string(answer).c_str(), told.broken_law.c_str(), __FILE__, __LINE__);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Dialect client = kDialects[data[0] % kDialects.size()];
  const Dialect provider = kDialects[data[0] / kDialects.size() % kDialects.size()];
  const AnswerContext context{
      .provider = provider, .array = (data[1] & 2U) != 0, .emulated_schema = (data[1] & 4U) != 0, .model = "m"};
  const Bytes answer(reinterpret_cast<const char*>(data) + 2, size - 2);

  Client told(client, context);
  Decoder decoder(provider);
  {
    EventBatch batch(told);
    if (data[1] & 1U) {
      decoder.decode(answer, batch);
    } else {
      test::for_each_payload(answer, [&](Bytes payload) { decoder.decode(payload, batch); });
    }
    decoder.end(batch);
  }
  told.encoder.end(told.stream);
  const bool array = client == Dialect::gemini && context.array;
  const Told streamed = read_as(client, told.stream, array);
  check_lawful(streamed, told.stream);
  WEIR_ASSERT(streamed.failed == decoder.failed(), "a client sees another outcome");
  if (decoder.failed() || told.collector.too_large()) return 0;

  std::string document;
  write_document(client, told.collector.answer(), context, document);
  WEIR_ASSERT(is_json(document), "a document is JSON");
  const Told whole = read_as(client, document, true);
  check_lawful(whole, document);
  WEIR_ASSERT(!whole.failed, "a document tells an answer");
  if (whole.said != streamed.said) weir::assert_failed(told.stream.c_str(), document.c_str(), __FILE__, __LINE__);
  // Calls side by side are told as they end where a dialect has them whole, so their order may differ.
  const auto names = [](const Told& by) {
    std::vector<std::string> all;
    for (const test::ToolCall& call : by.calls) all.push_back(call.name);
    std::ranges::sort(all);
    return all;
  };
  WEIR_ASSERT(names(whole) == names(streamed), "a document calls what the stream calls");
  return 0;
}
