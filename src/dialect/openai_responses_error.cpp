#include "openai_responses_answer.h"
#include "weir/codec/json_writer.h"
#include "weir/dialect/openai_responses.h"

namespace weir::dialect::openai_responses {

/// As data/conformance/tables/error_classes.json gives them.
ErrorWords words_of(ErrorClass error_class) {
  constexpr Bytes kRequest = "invalid_request_error";
  switch (error_class) {
    case ErrorClass::auth:
      return {kRequest, "invalid_api_key"};
    case ErrorClass::permission:
    case ErrorClass::invalid_request:
      return {kRequest, {}};
    case ErrorClass::not_found:
      return {kRequest, "model_not_found"};
    case ErrorClass::context_length:
      return {kRequest, "context_length_exceeded"};
    case ErrorClass::content_filter:
      return {kRequest, "content_filter"};
    case ErrorClass::too_large:
      return {kRequest, "request_too_large"};
    case ErrorClass::rate_limit:
      return {"rate_limit_error", "rate_limit_exceeded"};
    case ErrorClass::quota_exhausted:
      return {"insufficient_quota", "insufficient_quota"};
    case ErrorClass::overloaded:
      return {"server_error", "overloaded"};
    case ErrorClass::server:
      return {"server_error", {}};
    case ErrorClass::timeout:
      return {"timeout", "timeout"};
  }
  return {"server_error", {}};
}

namespace {

/// The members of an error object.
void write_members(codec::JsonWriter& json, ErrorClass error_class, Bytes escaped_message, Bytes code, Bytes param) {
  const ErrorWords words = words_of(error_class);
  const auto text_or_null = [&json](Bytes text) { text.empty() ? json.null() : json.escaped_string(text); };
  json.key("message").escaped_string(escaped_message).member("type", words.type).key("param");
  text_or_null(param);
  json.key("code");
  text_or_null(code.empty() ? words.code : code);
}

}  // namespace

void write_error_body(std::string& out, ErrorClass error_class, int, Bytes escaped_message, Bytes code, Bytes param) {
  codec::JsonWriter json(out);
  json.begin_object().key("error").begin_object();
  write_members(json, error_class, escaped_message, code, param);
  json.end_object().end_object();
}

void write_error_event(std::string& out, ErrorClass error_class, int, Bytes escaped_message, Bytes code, Bytes param) {
  out += "event: error\ndata: ";
  codec::JsonWriter json(out);
  json.begin_object().member("type", "error").key("sequence_number").unsigned_integer(0);
  json.key("error").begin_object();
  write_members(json, error_class, escaped_message, code, param);
  json.end_object().end_object();
  out += "\n\n";
}

}  // namespace weir::dialect::openai_responses
