// Private to openai_responses: the items of a request's input.
#pragma once

#include "weir/codec/json_writer.h"
#include "weir/dialect/loss.h"
#include "weir/dialect/request.h"

namespace weir::dialect::openai_responses {

/// Writes the array of input items that a request's messages are.
void write_input(codec::JsonWriter& json, const Request& request, Loss& loss);

}  // namespace weir::dialect::openai_responses
