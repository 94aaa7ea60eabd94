// The answer side towards a client: events in, bytes of its dialect out. One encoder serves one answer.
//
// Every dialect has an Encoder (a stream of events becomes a stream of SSE frames) and a write_document() (a collected
// answer becomes one JSON document); the registry chooses. What both must do:
//
//   - texts are copied as they come, escaped as they are; nothing is decoded on its way;
//   - ids that the provider gave are kept; where it gave none, or the dialect wants others, they are made from `seed`,
//     so that the same answer always has the same ids;
//   - what the dialect cannot say is left out without a trace in the stream (docs/translation.md lists it);
//   - a fault ends the stream with the dialect's own error event: never a made-up finish, nothing after it;
//   - events may come in any batches; output depends on their order alone;
//   - no allocation per event but what `out` and named, bounded accumulators grow by.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "weir/dialect/answer.h"
#include "weir/dialect/dialect.h"
#include "weir/dialect/event.h"
#include "weir/dialect/seal.h"

namespace weir::dialect {

/// What an encoder has to know beyond the events.
struct AnswerContext {
  Dialect provider = Dialect::openai_chat;  ///< whose seals these are
  bool include_usage = true;                ///< chat: the client asked for usage in the stream
  bool include_reasoning = true;            ///< the client gets to see what the model thought
  bool array = false;                       ///< Gemini: a JSON array is streamed, not SSE (no alt=sse)
  bool emulated_schema = false;  ///< the provider answers through a forced tool named kSchemaTool: its arguments are
                                 ///< the text that the client asked for, and the turn ends in stop
  std::uint64_t seed = 0;        ///< random, of the exchange: made ids come from it
  std::int64_t now = 0;          ///< seconds since 1970-01-01 UTC, where the provider gave no date
  Bytes model;  ///< as the client wrote it, escaped: where the provider gave none. Outlives the encoder

  Vendor vendor() const { return vendor_of(provider); }
};

/// The tool that emulates structured output where a model has none.
inline constexpr Bytes kSchemaTool = "structured_output";

/// `prefix` and 24 characters that depend on `seed` and `number`: "chatcmpl-…", "msg_…", "call_…".
void append_id(std::string& out, Bytes prefix, std::uint64_t seed, std::uint64_t number = 0);

}  // namespace weir::dialect
