// Errors as OpenAI words them, in both of its dialects: an object of message, type, param and code.
#pragma once

#include "weir/base/bytes.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/error_class.h"

namespace weir::dialect::openai {

struct ErrorWords {
  Bytes type;
  Bytes code;  ///< empty: null
};

/// Type and code of a class: those of data/conformance/tables/error_classes.json, which are what OpenAI's own servers
/// send and its SDKs know.
ErrorWords words_of(ErrorClass error_class);

/// Writes the member `error` into an open object. `code` stands in for the code of the class when it is not empty;
/// `param` may be empty. All texts escaped.
void write_error(codec::JsonWriter& json, ErrorClass error_class, Bytes message, Bytes code, Bytes param);

}  // namespace weir::dialect::openai
