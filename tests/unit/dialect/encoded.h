// An answer on its way through a decoder and an encoder, and back: what tests of encoders share.
#pragma once

#include <string>

#include "stream_runner.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/encoder.h"

namespace weir::dialect::test {

/// Hands events on to an encoder and to a collector.
template <class Encoder>
struct Recoder {
  explicit Recoder(const AnswerContext& context) : encoder(context) {}
  void take(std::span<const Event> events) {
    encoder.encode(events, out);
    collector.take(events);
    for (const Event& event : events) failed |= std::holds_alternative<FaultReport>(event);
  }
  Encoder encoder;
  Collector collector{std::size_t{64} << 20};
  std::string out;
  bool failed = false;
};

/// Calls visit(payload) for every payload of an SSE stream.
template <class Visit>
void for_each_payload(Bytes stream, Visit&& visit) {
  codec::SseScanner scanner;
  std::string scratch;
  std::string pending;
  const auto frame = [&] {
    const codec::SseFrame parsed = codec::parse_sse_frame(pending, scratch);
    if (parsed.has_data) visit(parsed.data);
    pending.clear();
  };
  while (!stream.empty()) {
    const std::size_t end = scanner.find_end(stream);
    if (end == codec::SseScanner::npos) {
      pending += stream;
      break;
    }
    pending += stream.substr(0, end);
    stream.remove_prefix(end);
    frame();
  }
  frame();
}

/// What a client of the encoder's dialect gets for a provider's answer: a stream, and a document.
template <class Encoder>
struct Encoded {
  std::string stream;
  Collector collector{0};
};

/// Decodes a whole answer (SSE or a document) and encodes it.
template <class Decoder, class Encoder>
Encoded<Encoder> recode(Bytes answer, bool is_document, const AnswerContext& context) {
  Recoder<Encoder> recoder(context);
  EventBatch batch(recoder);
  Decoder decoder;
  if (is_document) {
    decoder.decode(answer, batch);
  } else {
    for_each_payload(answer, [&](Bytes payload) { decoder.decode(payload, batch); });
  }
  decoder.end(batch);
  if (!recoder.failed) recoder.encoder.end(recoder.out);
  return {std::move(recoder.out), std::move(recoder.collector)};
}

}  // namespace weir::dialect::test
