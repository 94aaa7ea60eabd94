#include "weir/dialect/event.h"

namespace weir::dialect {

std::string_view to_string(BlockKind kind) {
  switch (kind) {
    case BlockKind::text:
      return "text";
    case BlockKind::reasoning:
      return "reasoning";
    case BlockKind::tool_call:
      return "tool_call";
    case BlockKind::refusal:
      return "refusal";
    case BlockKind::media:
      return "media";
    case BlockKind::citation:
      return "citation";
  }
  return "?";
}

std::string_view to_string(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::error:
      return "error";
    case FinishReason::other:
      return "other";
    case FinishReason::unspecified:
      return "unspecified";
  }
  return "?";
}

}  // namespace weir::dialect
