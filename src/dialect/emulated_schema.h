// Structured output that a provider without it gives through a forced tool: what every encoder makes of that tool.
#pragma once

#include "weir/dialect/encoder.h"

namespace weir::dialect {

/// True for the block whose arguments are the text that the client asked for.
inline bool is_schema_answer(const AnswerContext& context, BlockKind kind, Bytes name) {
  return context.emulated_schema && kind == BlockKind::tool_call && name == kSchemaTool;
}

/// As what a block is told to the client. A schema answer without a delta is the text `{}`.
inline BlockKind kind_told(const AnswerContext& context, BlockKind kind, Bytes name) {
  return is_schema_answer(context, kind, name) ? BlockKind::text : kind;
}

}  // namespace weir::dialect
