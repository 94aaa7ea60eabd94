#include "weir/codec/json_writer.h"
#include "weir/dialect/gemini.h"

// Errors as Google words them: google.rpc.Status, whose `status` names one of a fixed set of codes, and whose details
// hold what that set cannot say.

namespace weir::dialect::gemini {

namespace {

struct Words {
  Bytes status;
  int code;  // the HTTP status that belongs to it
};

constexpr Words words_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::auth:
      return {"UNAUTHENTICATED", 401};
    case ErrorClass::permission:
      return {"PERMISSION_DENIED", 403};
    case ErrorClass::not_found:
      return {"NOT_FOUND", 404};
    case ErrorClass::invalid_request:
    case ErrorClass::context_length:
    case ErrorClass::content_filter:
      return {"INVALID_ARGUMENT", 400};
    case ErrorClass::too_large:
      return {"INVALID_ARGUMENT", 413};
    case ErrorClass::rate_limit:
    case ErrorClass::quota_exhausted:
      return {"RESOURCE_EXHAUSTED", 429};
    case ErrorClass::overloaded:
      return {"UNAVAILABLE", 503};
    case ErrorClass::server:
      return {"INTERNAL", 500};
    case ErrorClass::timeout:
      return {"DEADLINE_EXCEEDED", 504};
  }
  return {"INTERNAL", 500};
}

}  // namespace

void write_error_body(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param) {
  const Words words = words_of(error_class);
  codec::JsonWriter json(out);
  json.begin_object().key("error").begin_object();
  json.key("code").integer(status != 0 ? status : words.code);
  json.key("message").escaped_string(message).member("status", words.status);
  if (!code.empty() || !param.empty()) {
    json.key("details").begin_array();
    if (!code.empty()) {
      json.begin_object().member("@type", "type.googleapis.com/google.rpc.ErrorInfo");
      json.key("reason").escaped_string(code).member("domain", "weir").end_object();
    }
    if (!param.empty()) {
      json.begin_object().member("@type", "type.googleapis.com/google.rpc.BadRequest").key("fieldViolations");
      json.begin_array().begin_object().key("field").escaped_string(param);
      json.key("description").escaped_string(message).end_object().end_array().end_object();
    }
    json.end_array();
  }
  json.end_object().end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes message, Bytes code, Bytes param) {
  out += "data: ";
  write_error_body(out, error_class, status, message, code, param);
  out += "\r\n\r\n";
}

}  // namespace weir::dialect::gemini
