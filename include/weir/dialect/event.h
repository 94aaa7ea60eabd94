// The neutral event stream: what an answer says, whichever dialect said it. Decoders make events, encoders and
// collectors take them. The laws of their order are in dialect/checker.h.
//
// Every view in an event points into the payload being decoded or into the decoder's scratch, and is valid only until
// the decoder is called again. Texts are still JSON-escaped: the rules are the same in every dialect, so text is copied
// and never unescaped on its way.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "weir/base/bytes.h"
#include "weir/base/fault.h"
#include "weir/dialect/error_class.h"
#include "weir/dialect/usage.h"

namespace weir::dialect {

enum class BlockKind : std::uint8_t { text, reasoning, tool_call, refusal, media };

/// Why a choice ended. `other`: the provider used a word this table does not know. `unspecified`: it said that the
/// stream is over, but gave no reason.
enum class FinishReason : std::uint8_t { stop, length, tool_calls, content_filter, error, other, unspecified };

std::string_view to_string(BlockKind kind);
std::string_view to_string(FinishReason reason);

/// First event of every answer that has content. Empty where the provider gave nothing.
struct Begin {
  Bytes id;
  Bytes model;
  std::int64_t created = 0;  ///< seconds since 1970-01-01 UTC; 0: not given
};

/// A block opens. `index` counts the blocks of a choice: 0, 1, 2, ... Several blocks of a choice may be open at once
/// (parallel tool calls whose fragments interleave).
struct BlockBegin {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  BlockKind kind = BlockKind::text;
  Bytes id;         ///< tool call: the provider's id; empty when it gave none
  Bytes name;       ///< tool call: the function's name; media: its type (`image/png`)
  Bytes signature;  ///< tool call: the provider's seal over it (Gemini), raw; empty when there is none
  bool redacted =
      false;  ///< reasoning that the provider keeps to itself: no text, its block_end carries the sealed data
};

/// More of an open block: text, reasoning text, a refusal's text; a fragment of a tool's arguments, which is JSON
/// written as the inside of a JSON string like any other text; base64 of media. Never empty. A tool call without any
/// delta has the arguments `{}`.
struct BlockDelta {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  Bytes text;
};

struct BlockEnd {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  Bytes signature;  ///< reasoning: the provider's seal over it (redacted: the sealed data); empty when there is none
};

/// A source that the choice's text rests on. Comes while no law about blocks is touched: any time before the finish.
struct Citation {
  std::uint32_t choice = 0;
  Bytes url;                ///< empty: none
  Bytes title;              ///< empty: none
  Bytes quoted;             ///< the words of the source; empty: not given
  std::int64_t start = -1;  ///< where in the choice's whole text, in characters; -1: not given
  std::int64_t end = -1;    ///< one past the last
};

/// Everything known so far; replaces the last one.
struct UsageReport {
  Usage usage;
};

struct Finish {
  std::uint32_t choice = 0;
  FinishReason reason = FinishReason::unspecified;
  Bytes native;         ///< the provider's own word
  Bytes stop_sequence;  ///< the stop sequence that matched, where the provider tells
};

/// The answer failed. Nothing follows but pings and extras.
struct FaultReport {
  Fault fault = Fault::upstream_stream_error;
  ErrorClass error_class = ErrorClass::server;
  Bytes code;     ///< the provider's code, a number as its digits
  Bytes type;     ///< the provider's type
  Bytes message;  ///< the provider's message; JSON when it was no string
};

struct Ping {};

/// Something that only the same dialect can carry: raw JSON. Elsewhere it is counted as loss.
struct Extra {
  Bytes raw;
};

using Event =
    std::variant<Begin, BlockBegin, BlockDelta, BlockEnd, Citation, UsageReport, Finish, FaultReport, Ping, Extra>;

/// How a turn ended, told to a client: a turn that holds tool calls ends in tool_calls whatever the provider's word,
/// but for the reasons that cut it off.
constexpr FinishReason finish_told(FinishReason reason, bool has_tool_calls) {
  switch (reason) {
    case FinishReason::length:
    case FinishReason::content_filter:
    case FinishReason::error:
      return reason;
    case FinishReason::stop:
    case FinishReason::tool_calls:
    case FinishReason::other:
    case FinishReason::unspecified:
      break;
  }
  return has_tool_calls ? FinishReason::tool_calls : FinishReason::stop;
}

}  // namespace weir::dialect
