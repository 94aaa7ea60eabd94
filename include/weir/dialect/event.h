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
#include "weir/dialect/usage.h"

namespace weir::dialect {

enum class BlockKind : std::uint8_t { text, reasoning, tool_call, refusal, media, citation };

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
  Bytes id;    ///< tool call: the provider's id; empty when it gave none
  Bytes name;  ///< tool call: the function's name
};

/// More of an open block: text, reasoning text, a fragment of a tool's arguments, base64 of media. Never empty.
struct BlockDelta {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  Bytes text;
};

struct BlockEnd {
  std::uint32_t choice = 0;
  std::uint32_t index = 0;
  Bytes signature;  ///< reasoning: the provider's seal over it; empty when there is none
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
  Bytes code;     ///< the provider's code, a number as its digits
  Bytes type;     ///< the provider's type
  Bytes message;  ///< the provider's message; JSON when it was no string
};

struct Ping {};

/// Something that only the same dialect can carry: raw JSON. Elsewhere it is counted as loss.
struct Extra {
  Bytes raw;
};

using Event = std::variant<Begin, BlockBegin, BlockDelta, BlockEnd, UsageReport, Finish, FaultReport, Ping, Extra>;

}  // namespace weir::dialect
