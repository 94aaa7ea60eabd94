// OpenAI chat completions, the answer side: payloads in, neutral events out. A payload is the data of one SSE frame, or
// one whole JSON answer. Also reads what the many compatible providers make of this format.
//
// Thoughts that a model writes into its text between <think> tags stay text, as the provider gave them.
//
// decode() tells everything as events; tap() is the same walk for a listener that wants no text: it only reports facts.
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
#include "weir/dialect/varying.h"

namespace weir::dialect {

class OpenAiChatDecoder {
 public:
  /// More choices or tool calls than this are a fault when decoded; the tap lets them pass.
  static constexpr std::uint32_t kMaxChoices = 128;
  static constexpr std::size_t kMaxToolCalls = 512;

  /// Reads one payload and puts its events into the batch, which is drained before the return. A malformed payload
  /// gives no event but a fault.
  FrameFacts decode(Bytes payload, EventBatch& batch);

  /// Reads one payload and reports only the facts.
  FrameFacts tap(Bytes payload);
  /// What of the last payload may be another in the next one.
  Varying varying() const { return {.text = only_text_, .number = {}, .counts = {}}; }

  /// The provider's stream is over. Reports a fault when it ended without a finish and without `[DONE]`.
  void end(EventBatch& batch);

  /// True when nothing is missing: a choice began, and either all that began have finished or the end marker came.
  bool complete() const { return begun_ != Choices{} && (done_ || begun_ == finished_); }
  bool done() const { return done_; }
  bool failed() const { return failed_; }
  /// Everything the provider has reported so far.
  Usage usage() const { return usage_.disjoint(); }
  /// The same in the provider's own nested classes.
  const NestedUsage& nested_usage() const { return usage_; }
  /// Why the first choice to finish ended; `unspecified` before.
  FinishReason finish_reason() const { return finish_reason_; }
  /// The provider's error, after FrameFacts::fault. Valid until the payload dies.
  const FaultReport& error() const { return error_; }

  /// Ready for another answer; keeps its memory.
  void reset();

 private:
  struct Payload;
  struct Choice;
  struct Delta;
  struct ToolFragment;
  using Choices = std::array<std::uint64_t, kMaxChoices / 64>;

  /// A block of a choice that takes text: at most one is open per choice.
  struct ChoiceState {
    std::uint32_t next_index = 0;
    std::uint32_t open_index = 0;
    BlockKind open_kind = BlockKind::text;
    bool open = false;
    bool finished = false;
  };
  /// A tool call; open until its choice finishes, because fragments of parallel calls may interleave.
  struct ToolCall {
    std::uint32_t choice = 0;
    std::uint32_t index = 0;      // of the block
    std::int64_t wire_index = 0;  // what the provider calls it
    std::uint64_t id_hash = 0;    // 0: none
    std::uint64_t name_hash = 0;  // 0: none
  };

  template <bool tapped>
  FrameFacts walk(Bytes payload, EventBatch* batch);
  template <bool tapped>
  void walk_choices(codec::JsonReader& json, Payload& payload, EventBatch* batch);
  void read_choice(codec::JsonReader& json, Choice& choice, Payload& payload);
  void read_error(codec::JsonReader& json, FaultReport& error);
  void read_function(codec::JsonReader& json, ToolFragment& fragment);
  ToolCall* find_call(std::uint32_t choice, const ToolFragment& fragment);

  void tell_choice(const Choice& choice, EventBatch& batch);
  void tell_text(std::uint32_t choice, BlockKind kind, Bytes text, EventBatch& batch);
  void tell_sources(std::uint32_t choice, Bytes sources, EventBatch& batch);
  void tell_images(std::uint32_t choice, Bytes images, EventBatch& batch);
  void tell_parts(std::uint32_t choice, Bytes parts, EventBatch& batch);
  void tell_tool_calls(std::uint32_t choice, Bytes calls, bool whole, EventBatch& batch);
  void tell_function_call(std::uint32_t choice, Bytes call, EventBatch& batch);
  void tell_tool_fragment(std::uint32_t choice, const ToolFragment& fragment, EventBatch& batch);
  void tell_finish(std::uint32_t choice, FinishReason reason, Bytes native, EventBatch& batch);
  void tell_fault(FaultReport report, EventBatch& batch);
  void close_text(std::uint32_t choice, EventBatch& batch);
  Bytes escape(Bytes json);

  NestedUsage usage_;
  FaultReport error_;
  Choices begun_{};
  Choices finished_{};
  FinishReason finish_reason_ = FinishReason::unspecified;
  bool done_ = false;
  bool failed_ = false;
  bool begin_told_ = false;
  bool delta_seen_ = false;  // a `message` beside deltas repeats them (Perplexity) and is not read
  Bytes only_text_;          // of the last payload
  /// What telling needs beyond tapping: made by the first decode().
  struct Telling {
    std::vector<ChoiceState> choices;
    std::vector<ToolCall> tool_calls;
  };
  std::unique_ptr<Telling> telling_;
  std::string scratch_;           // values that had to be escaped, of the current payload
  std::size_t payload_size_ = 0;  // of the current payload
};

}  // namespace weir::dialect
