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

Bytes to_string(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::auth:
      return "auth";
    case ErrorClass::permission:
      return "permission";
    case ErrorClass::not_found:
      return "not_found";
    case ErrorClass::invalid_request:
      return "invalid_request";
    case ErrorClass::context_length:
      return "context_length";
    case ErrorClass::content_filter:
      return "content_filter";
    case ErrorClass::too_large:
      return "too_large";
    case ErrorClass::rate_limit:
      return "rate_limit";
    case ErrorClass::quota_exhausted:
      return "quota_exhausted";
    case ErrorClass::overloaded:
      return "overloaded";
    case ErrorClass::server:
      return "server";
    case ErrorClass::timeout:
      return "timeout";
  }
  return "?";
}

}  // namespace weir::dialect
