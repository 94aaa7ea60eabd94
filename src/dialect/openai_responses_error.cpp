#include "openai_error.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect::openai_responses {

void write_error_body(std::string& out, ErrorClass error_class, int, Bytes escaped_message, Bytes code, Bytes param) {
  codec::JsonWriter json(out);
  json.begin_object();
  openai::write_error(json, error_class, escaped_message, code, param);
  json.end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int, Bytes escaped_message, Bytes code, Bytes param) {
  out += "event: error\ndata: ";
  codec::JsonWriter json(out);
  json.begin_object().member("type", "error").key("sequence_number").unsigned_integer(0);
  openai::write_error(json, error_class, escaped_message, code, param);
  json.end_object();
  out += "\n\n";
}

}  // namespace weir::dialect::openai_responses
