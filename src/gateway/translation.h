// The other lanes of an answer: the provider's bytes in, the client's bytes out, through the neutral events.
//
//   translate   a client that wants a stream: frame -> decoder -> events -> encoder -> frame, part by part
//   array       a client of Gemini's that wants the stream as an array, of its own dialect: every payload is an element
//               of it as it came; the events only tell how the answer fares
//   collect     a client that wants one document: frames (or a document) -> decoder -> events -> collected -> document
//
// How the provider answers, whatever it was asked for, its first byte tells: '{' begins a document, '[' an array of
// payloads, anything else a stream of server-sent events.
//
// An answer that may be continued by another provider (`stitches`) keeps its end open when it fails: its owner either
// goes on with resume(), or has the failure told. The encoder does not notice that the events come from elsewhere.
//
// Nothing is told to the client before something meaningful has come: content, a finish. What was written before is
// held here, so that an error in its place still becomes a status. Pure: no socket, no clock. What it holds is bounded
// (kMaxHeld) and told (held_bytes), so that its owner can reserve it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weir/codec/json_array.h"
#include "weir/codec/sse.h"
#include "weir/dialect/answer.h"
#include "weir/dialect/error_report.h"
#include "weir/dialect/frame_memo.h"
#include "weir/dialect/registry.h"
#include "weir/net/body_reader.h"

#include "continued.h"
#include "hidden_reasoning.h"

namespace weir::gateway {

class Translation {
 public:
  /// Most that is held of an answer: a frame that has not ended, a document, what is collected.
  static constexpr std::size_t kMaxHeld = 32 << 20;

  /// `as_document`: the client wants one document. `stitches`: the answer, a stream, may be continued.
  Translation(dialect::Dialect client, const dialect::AnswerContext& context, bool as_document, bool stitches = false);
  Translation(const Translation&) = delete;
  Translation& operator=(const Translation&) = delete;

  /// Reads a part of the provider's body; appends what the client gets for it.
  void read(const net::BodyPart& part, std::string& out);
  /// The provider's body is over: the rest, and the end of the client's answer. For a document, all of it.
  void end(std::string& out);
  /// The rest of the answer does not come: a stream ends with an error event. Only after begun().
  void fail(Fault fault, std::string& out);

  /// After a failure: what was told is a beginning that somebody else can go on with, by saying what follows said().
  bool can_go_on() const { return continued_ && begun_ && continued_->can_go_on(); }
  Bytes said() const { return continued_->said(); }
  /// The parts that follow are those of another provider's answer. `repeats`: it begins with said().
  void resume(dialect::Dialect provider, bool repeats);
  /// Nobody goes on: a stream that stitches ends with the error event of its last failure. Others have told theirs.
  void tell_failure(std::string& out);
  /// There is no memory for what was said.
  void give_up_stitching() { continued_->give_up(); }
  std::size_t said_bytes() const { return continued_ ? continued_->bytes() : 0; }

  /// Something meaningful has come: from here on the client has bytes.
  bool begun() const { return begun_; }
  /// The answer failed, by the provider's report or because it ended too early. Before begun() error() tells with what
  /// the client is to be refused; after it the client has been told.
  bool failed() const { return failed_; }
  /// Content among what has been read.
  bool has_content() const { return has_content_; }
  /// The provider has said that this is the end: the rest of its body need not be waited for.
  bool done() const { return decoder_.done(); }
  /// The fault of weir's own side of it: upstream_stream_error, upstream_truncated, answer_too_large,
  /// upstream_malformed.
  Fault fault() const { return fault_; }
  /// The provider's error, after failed().
  dialect::ErrorReport error() const;
  std::size_t held_bytes() const { return held_.capacity() + cut_.capacity() + (collector_ ? collector_->bytes() : 0); }
  const dialect::Decoder& decoder() const { return decoder_; }

  /// For dialect::EventBatch.
  void take(std::span<const dialect::Event> events);

 private:
  enum class Framing : std::uint8_t { unknown, events, array, document };

  void read(Bytes bytes);
  void read_frames(Bytes bytes);
  void read_elements(Bytes bytes);
  void read_payload(Bytes payload);
  void forget_cut();
  void remember(Bytes frame);
  void keep_alive();
  void catch_up();
  void hold(Bytes bytes);
  void tell(std::span<const dialect::Event> events);
  void pass(Bytes payload);
  void take_fault(const dialect::FaultReport& report);
  void write_failure(std::string& out);

  const dialect::Dialect client_;
  const dialect::AnswerContext context_;
  const bool passes_;  // payloads are elements as they came
  dialect::Decoder decoder_;
  dialect::Encoder encoder_;
  std::optional<dialect::Collector> collector_;  // for a client that wants a document
  std::optional<HiddenReasoning> hidden_;        // for a client that does not get to see what the model thought
  std::unique_ptr<Continued> continued_;         // of an answer that stitches
  codec::SseScanner scanner_;
  codec::JsonArrayScanner elements_;
  dialect::FrameMemo memo_;       // of a frame that told nothing but one delta...
  dialect::BlockDelta repeated_;  // ...which is this one, with another text: the last delta
  Framing framing_ = Framing::unknown;
  bool passed_ = false;  // an element
  bool begun_ = false;
  bool failed_ = false;
  bool ended_ = false;
  bool has_content_ = false;
  Fault fault_ = Fault::upstream_stream_error;
  std::string held_;            // written before something meaningful came
  std::string cut_;             // the beginning of a frame, or all of a document
  std::string scratch_;         // of a frame with data in several lines
  std::string* out_ = nullptr;  // during a call
  std::uint32_t told_ = 0;      // events of the present payload, but for usage
  struct Failure {
    dialect::ErrorClass error_class;
    std::string message, code, type;
  };
  std::optional<Failure> failure_;  // kept: the report views the payload
};

}  // namespace weir::gateway
