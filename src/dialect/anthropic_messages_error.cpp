#include "weir/codec/json_writer.h"
#include "weir/dialect/anthropic_messages.h"

namespace weir::dialect::anthropic_messages {

namespace {

struct Word {
  ErrorClass error_class;
  Bytes type;
};

constexpr Word kWords[] = {
    {ErrorClass::auth, "authentication_error"},
    {ErrorClass::permission, "permission_error"},
    {ErrorClass::not_found, "not_found_error"},
    {ErrorClass::invalid_request, "invalid_request_error"},
    {ErrorClass::context_length, "invalid_request_error"},
    {ErrorClass::content_filter, "invalid_request_error"},
    {ErrorClass::too_large, "request_too_large"},
    {ErrorClass::rate_limit, "rate_limit_error"},
    {ErrorClass::quota_exhausted, "rate_limit_error"},
    {ErrorClass::overloaded, "overloaded_error"},
    {ErrorClass::server, "api_error"},
    {ErrorClass::timeout, "timeout_error"},
};

Bytes type_of(ErrorClass error_class) {
  for (const Word& word : kWords)
    if (word.error_class == error_class) return word.type;
  return "api_error";
}

}  // namespace

void write_error_body(std::string& out, ErrorClass error_class, int, Bytes escaped_message, Bytes, Bytes param) {
  codec::JsonWriter json(out);
  json.begin_object().member("type", "error").key("error").begin_object();
  json.member("type", type_of(error_class)).key("message").escaped_string(escaped_message);
  if (param == "thread") {  // from these words the SDK knows that it can go on without one
    json.key("details").begin_object().member("error_code", "thread_unsupported_request");
    json.key("unsupported").begin_array().string("thread").end_array().end_object();
  }
  json.end_object().end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int status, Bytes escaped_message, Bytes code,
                       Bytes param) {
  out += "event: error\ndata: ";
  write_error_body(out, error_class, status, escaped_message, code, param);
  out += "\n\n";
}

}  // namespace weir::dialect::anthropic_messages
