// Private to the writer of gemini requests. The sources:
//
//   gemini_write.cpp           the request around its contents: tools, choice, generationConfig
//   gemini_write_contents.cpp  messages become contents
#pragma once

#include "weir/codec/json_writer.h"
#include "weir/dialect/gemini.h"

namespace weir::dialect::gemini {

/// Writes the members `contents` and `systemInstruction` into the open object.
void write_contents(codec::JsonWriter& json, const Request& request, const Target& target, Loss& loss);

inline void refuse_field(Loss& loss, Bytes field, Bytes why) {
  loss.refuse({.fault = Fault::field_invalid, .field = std::string(field), .why = std::string(why)});
}

}  // namespace weir::dialect::gemini
