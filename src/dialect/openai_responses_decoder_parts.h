// Private to openai_responses::Decoder, whose sources share it: what the parts of one payload say. Everything here is a
// view into the payload (or the decoder's scratch) and dies with it. The sources:
//
//   openai_responses_decoder.cpp        reads a payload and decides which event it is
//   openai_responses_decoder_tell.cpp   tells what was read, once
#pragma once

#include "json_members.h"
#include "weir/dialect/openai_responses_decoder.h"

namespace weir::dialect::openai_responses {

using codec::JsonReader;
using codec::JsonString;
using codec::JsonType;

/// Parts of a reasoning item's content are counted behind those of its summary.
inline constexpr std::uint32_t kContentPart = 1U << 16;

/// Parts of a message that did not come as deltas are counted behind those that did.
inline constexpr std::uint32_t kMissingPart = 1U << 31;

/// The `response` of some events, or a whole answer.
struct Decoder::Response {
  Bytes id;
  Bytes model;
  std::int64_t created = 0;
  bool is_response = false;  // object: response
  Bytes status;
  Bytes incomplete_reason;
  Bytes output;  // raw array
  Bytes error;   // raw
  NestedUsage usage;
};

struct Decoder::Payload {
  Bytes text;
  Bytes type;
  Bytes delta;
  Bytes whole;  // text, arguments, refusal or input: what the deltas of a part amount to
  std::uint32_t output_index = 0;
  bool has_output_index = false;
  std::uint32_t part = 0;
  Bytes sequence_number;  // not told by anybody
  Bytes item;
  Bytes response;
  Bytes annotation;
  FaultReport flat;  // code and message at the top level
  Response top;      // what of a whole answer stands at the top level
};

struct Decoder::Item {
  Bytes type;
  Bytes id;
  Bytes call_id;
  Bytes name;
  Bytes arguments;
  Bytes content;  // raw array, or a raw string
  Bytes summary;  // raw array
  Bytes encrypted_content;
  Bytes result;
  Bytes output_format;

  bool is_tool_call() const { return type == "function_call" || type == "custom_tool_call"; }
};

}  // namespace weir::dialect::openai_responses
