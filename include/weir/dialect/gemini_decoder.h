// Gemini generateContent, the answer side: payloads in, neutral events out. A payload is the data of one SSE frame, an
// element of an array stream, or one whole JSON answer: all have the same shape. Format: WIREFORMATS.md 5.
//
// The stream has no end marker, and old models repeat a finish reason in every payload, so a finish is held back until
// end(): what finished is known when the body is over. decode() tells everything as events; tap() only reports facts.
// One decoder serves one answer and is used either way, not both. It keeps no pointer into a payload but error().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/codec/json_reader.h"
#include "weir/dialect/event_batch.h"
#include "weir/dialect/frame_facts.h"
#include "weir/dialect/gemini_partial_arguments.h"
#include "weir/dialect/gemini_usage.h"
#include "weir/dialect/varying.h"

namespace weir::dialect::gemini {

class Decoder {
 public:
  /// More candidates than this are a fault.
  static constexpr std::uint32_t kMaxChoices = 128;

  /// Reads one payload and puts its events into the batch, which is drained before the return. A malformed payload
  /// gives no event but a fault.
  FrameFacts decode(Bytes payload, EventBatch& batch);
  /// Reads one payload and reports only the facts.
  FrameFacts tap(Bytes payload);

  /// What of the last payload may be another in the next one.
  Varying varying() const { return {.text = varying_text_, .number = {}, .counts = varying_counts_}; }
  /// The last payload has come again with another text and other counts (varying()), and is not read: what of them
  /// matters later. The counts are read when they are asked for.
  void repeat(Bytes text, Bytes counts);
  /// Tells what repeat() left untold, before something else is told than another payload or the end.
  void catch_up(EventBatch& batch);
  /// The provider's body is over. Tells how each candidate finished, or a fault when one did not.
  void end(EventBatch& batch);

  /// True when nothing is missing: a candidate began, and all that began have finished. A whole document with content
  /// counts as finished even when it does not say so.
  bool complete() const { return begun_ != Choices{} && (begun_ == finished_ || (document_ && content_)); }
  /// There is no end marker.
  bool done() const { return false; }
  bool failed() const { return failed_; }
  /// Everything the provider has reported so far.
  Usage usage() const;
  /// Why the first candidate to finish ended; `unspecified` before.
  FinishReason finish_reason() const { return finish_reason_; }
  /// The provider's error, after FrameFacts::fault. Valid until the payload dies.
  const FaultReport& error() const { return error_; }

  /// Ready for another answer; keeps its memory.
  void reset();

 private:
  struct Payload;
  struct Part;
  using Choices = std::array<std::uint64_t, kMaxChoices / 64>;

  /// What a payload says about one candidate. Views into the payload.
  struct Candidate {
    std::uint32_t index = 0;
    Bytes parts;      // raw array; not kept by the tap
    Bytes finish;     // the provider's word; empty: none
    Bytes grounding;  // raw object
    Bytes citations;  // raw object
    bool content = false;
  };
  /// A candidate whose blocks are being told. At most one text block and one call are open, never both.
  struct ChoiceState {
    std::uint32_t next_index = 0;
    std::uint32_t open_index = 0;
    BlockKind open_kind = BlockKind::text;
    bool open = false;
    bool ascii = true;  // all of its text, so that offsets in bytes are offsets in characters
    FinishReason reason = FinishReason::unspecified;
    std::string native;
    PartialArguments arguments;  // of the open call
  };

  template <bool tapped>
  FrameFacts walk(Bytes text, EventBatch* batch);
  template <bool tapped>
  FrameFacts walk_object(Bytes text, EventBatch* batch);
  template <bool tapped>
  void read_candidates(codec::JsonReader& json, Payload& payload);
  template <bool tapped>
  void read_content(codec::JsonReader& json, Candidate& candidate, Payload& payload);
  void take_finish(std::uint32_t choice, Bytes native, FinishReason reason, bool telling);

  ChoiceState& state_of(std::uint32_t choice);
  void tell_candidate(const Candidate& candidate, Payload& payload, FrameFacts& facts, EventBatch& batch);
  void tell_part(std::uint32_t choice, const Part& part, EventBatch& batch);
  void tell_text(std::uint32_t choice, BlockKind kind, Bytes text, EventBatch& batch);
  void tell_signature(std::uint32_t choice, bool thought, Bytes signature, EventBatch& batch);
  void tell_call(std::uint32_t choice, const Part& part, EventBatch& batch);
  void tell_partial(std::uint32_t choice, Bytes partial, EventBatch& batch);
  void tell_citations(std::uint32_t choice, Bytes citations, EventBatch& batch);
  void tell_grounding(std::uint32_t choice, Bytes grounding, EventBatch& batch);
  void tell_fault(FaultReport report, EventBatch* batch);
  void begin_block(std::uint32_t choice, BlockKind kind, Bytes id, Bytes name, Bytes signature, EventBatch& batch);
  void close_block(std::uint32_t choice, Bytes signature, EventBatch& batch);
  void make_room(std::size_t size, EventBatch& batch);
  void take_later_counts();

  UsageMetadata usage_;
  Bytes varying_text_;                // see Varying
  Bytes varying_counts_;              // see Varying
  std::uint32_t varying_choice_ = 0;  // whose text that is
  bool varying_is_text_ = false;      // told as text, not as reasoning
  std::string later_counts_;          // of a payload that was not read: replace usage_ when it is needed
  FaultReport error_;
  Choices begun_{};
  Choices finished_{};
  FinishReason finish_reason_ = FinishReason::unspecified;
  std::uint32_t first_finished_ = kMaxChoices;
  bool failed_ = false;
  bool begin_told_ = false;
  bool ended_ = false;
  bool content_ = false;               // some came
  bool any_ = false;                   // a payload came
  bool document_ = false;              // one payload came, printed as documents are: in several lines
  std::vector<Candidate> candidates_;  // of the current payload
  /// What telling needs beyond tapping: made by the first decode() or end().
  struct Telling {
    UsageMetadata usage;  // that was told
    std::vector<ChoiceState> choices;
    std::string scratch;  // texts that had to be made; grows between two hand-overs of the batch only
  };
  std::unique_ptr<Telling> telling_;
};

}  // namespace weir::dialect::gemini
