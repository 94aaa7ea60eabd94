#include "openai_error.h"
#include "weir/dialect/openai_chat.h"

namespace weir::dialect::openai_chat {

void write_error_body(std::string& out, ErrorClass error_class, int, Bytes message, Bytes code, Bytes param) {
  codec::JsonWriter json(out);
  json.begin_object();
  openai::write_error(json, error_class, message, code, param);
  json.end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param) {
  out += "data: ";
  write_error_body(out, error_class, status, message, code, param);
  out += "\n\n";
}

}  // namespace weir::dialect::openai_chat
